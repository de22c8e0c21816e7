"""YAML as the JSON value it stands for, built from libyaml's events.

Only what JSON has is read (docs/scenarios.md, What YAML means here): plain `null`, `true`, `false` and JSON
numbers are themselves, every other plain scalar is text, and what other readers of YAML would take for
something else must be quoted. Tags, merge keys and repeated keys are errors; aliases share the value of
their anchor. Time and memory are bounded: by the file's size before it is read, by depth and by the number
of values while it is.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

import yaml

from harness.errors import Location, Problem
from harness.model import JsonValue
from harness.yaml_reader.hints import Mark, explain
from harness.yaml_reader.limits import MAX_DEPTH, MAX_VALUES
from harness.yaml_reader.parser import parser_class
from harness.yaml_reader.scalars import MAY_MEAN_MORE, NotJsonError, plain_scalar, shortened

__all__ = ["Document", "parse"]

MAX_PROBLEMS: Final = 100

Address: TypeAlias = tuple[str | int, ...]


class _Places:
    """Where the keys and values of one mapping or list stand."""

    __slots__ = ("items", "keys")

    def __init__(self) -> None:
        self.keys: dict[str, Mark] = {}
        self.items: dict[str | int, Mark] = {}


@dataclass(slots=True)
class Document:
    """What a file holds, what is wrong with it, and the lines its mappings begin in."""

    file: str
    value: JsonValue = None
    problems: list[Problem] = field(default_factory=list)
    _lines: dict[int, int] = field(default_factory=dict)
    _places: dict[int, _Places] | None = None

    def line_of(self, mapping: object) -> int:
        """The line in which an entry of a list at the top begins, else 1."""
        return self._lines.get(id(mapping), 1)

    def find(self, address: Address) -> tuple[Location, int]:
        """The place of what is at `address` (of its key, where it has one), and how many parts of the
        address exist. Needs a document that was parsed with places."""
        mark = Mark(1, 1)
        value = self.value
        for depth, part in enumerate(address):
            places = (self._places or {}).get(id(value))
            if places is None or part not in places.items:
                return Location(self.file, *mark), depth
            mark = places.keys.get(part, places.items[part]) if isinstance(part, str) else places.items[part]
            value = value[part]
        return Location(self.file, *mark), len(address)


# ------------------------------------------------------------------ events


def parse(text: str, file: str, *, places: bool = False) -> Document:
    """The document in `text`; what is wrong with it is in its `problems`.

    With `places` it can say where everything stands (`Document.find`), for about twice the time.
    """
    document = _Builder(text, file, places=places).build()
    if document.problems and document.value is not None and not places:
        return _Builder(text, file, places=True).build()  # which can say more about them
    return document


_NO_KEY: Final = object()


class _Stop(Exception):  # noqa: N818 - ends the reading, is no error of its own
    pass


class _Builder:
    """Turns events into values; each list and mapping being built is a frame on a stack."""

    def __init__(self, text: str, file: str, *, places: bool) -> None:
        self._text = text
        self._document = Document(file, _places={} if places else None)
        self._anchors: dict[str, tuple[JsonValue, int] | None] = {}  # None: still being built

    def build(self) -> Document:
        document = self._document
        try:
            document.value = self._read(parser_class()(self._text))
        except _Stop:
            pass
        except yaml.YAMLError as error:
            document.problems.append(self._too_deep(error) or self._explained(error))
        return document

    def _explained(self, error: yaml.YAMLError) -> Problem:
        mark, message = explain(error, self._text)
        return Problem(Location(self._document.file, *mark), message)

    def _too_deep(self, error: yaml.YAMLError) -> Problem | None:
        """The place that is nested too deep before the one where the parser stopped, if there is one.

        Parsers read ahead, and newer versions of libyaml have a limit of their own.
        """
        mark = getattr(error, "problem_mark", None)
        if mark is None:
            return None
        before = _Builder(self._text[: mark.index], self._document.file, places=False)
        with suppress(_Stop, yaml.YAMLError):
            before._read(parser_class()(before._text))
        return next((each for each in before._document.problems if each.message == _TOO_DEEP), None)

    def _report(self, mark: Any, message: str) -> None:
        problems = self._document.problems
        problems.append(Problem(Location(self._document.file, mark.line + 1, mark.column + 1), message))
        if len(problems) >= MAX_PROBLEMS:
            raise _Stop

    def _read(self, parser: Any) -> JsonValue:
        get = parser.get_event
        lines = self._document._lines
        places = self._document._places
        root: list[JsonValue] = []
        stack: list[Any] = []  # container, key, flow, anchor, count before
        container: Any = root
        is_map = flow = False
        key: Any = _NO_KEY
        own: _Places | None = None
        count = documents = 0
        while True:
            event = get()
            kind = type(event)
            if kind is yaml.ScalarEvent:
                value: Any = event.value
                if not event.style and (value == "" or value[0] in MAY_MEAN_MORE):
                    try:
                        if value == "" and flow and is_map:
                            self._report(event.start_mark, _NO_VALUE if key is _NO_KEY else _lost_value(key))
                        value = plain_scalar(value)
                    except NotJsonError as error:
                        self._report(event.start_mark, str(error))
                count += 1
                if event.tag is not None:
                    self._report(
                        event.start_mark, f"tags ({event.tag}) are not read: write the value plainly"
                    )
                if event.anchor is not None:
                    self._anchors[event.anchor] = (value, 1)
                if is_map and key is _NO_KEY:
                    key = self._key(event, value, container, own)
                    continue
            elif kind is yaml.MappingStartEvent or kind is yaml.SequenceStartEvent:
                if is_map and key is _NO_KEY:
                    self._report(event.start_mark, "a key is a text: quote it")
                    key = "\0"
                if event.tag is not None:
                    self._report(
                        event.start_mark, f"tags ({event.tag}) are not read: write the value plainly"
                    )
                stack.append((container, is_map, key, flow, event, count, own))
                if len(stack) > MAX_DEPTH:
                    self._report(event.start_mark, _TOO_DEEP)
                    raise _Stop
                if event.anchor is not None:
                    self._anchors[event.anchor] = None
                count += 1
                is_map = kind is yaml.MappingStartEvent
                container = {} if is_map else []
                if places is not None:
                    own = places[id(container)] = _Places()
                if is_map and len(stack) == 3:
                    lines[id(container)] = event.start_mark.line + 1
                flow = event.flow_style
                key = _NO_KEY
                continue
            elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
                value = container
                container, is_map, key, flow, event, before, own = stack.pop()
                if event.anchor is not None:
                    self._anchors[event.anchor] = (value, count - before)
            elif kind is yaml.AliasEvent:
                value, size = self._aliased(event)
                count += size
                if is_map and key is _NO_KEY:
                    self._report(event.start_mark, "a key cannot be an alias: write it out, or quote it")
                    key = "\0"
                    continue
            elif kind is yaml.DocumentStartEvent:
                documents += 1
                if documents > 1:
                    self._report(event.start_mark, "a second document begins here: a file holds one")
                    raise _Stop
                continue
            elif kind is yaml.StreamEndEvent:
                if not documents:
                    raise self._empty()
                return root[0]
            else:
                continue
            if count > MAX_VALUES:
                self._report(event.start_mark, f"more than {MAX_VALUES:,} values, aliases written out")
                raise _Stop
            if is_map:
                container[key] = value
                if own is not None:
                    own.items[key] = _mark(event)
                key = _NO_KEY
            else:
                if own is not None:
                    own.items[len(container)] = _mark(event)
                container.append(value)

    def _empty(self) -> _Stop:
        self._document.problems.append(Problem(Location(self._document.file, 1, 1), "is empty"))
        return _Stop()

    def _key(self, event: Any, value: JsonValue, container: dict[str, Any], own: _Places | None) -> str:
        """The key that a scalar is."""
        text: str = event.value
        if value.__class__ is not str:
            if text or event.style:
                self._report(event.start_mark, f'a key is a text: quote it ("{shortened(text)}")')
            elif not event.style:
                self._report(event.start_mark, _NO_VALUE)
        elif text == "<<" and not event.style:
            self._report(
                event.start_mark,
                "merge keys (<<) are not read: use defaults or variant_of, or write the keys out",
            )
        elif text in container:
            first = own.keys.get(text) if own is not None else None
            where = f" (first in line {first.line})" if first else ""
            self._report(event.start_mark, f'the key "{shortened(text)}" is here twice{where}: remove one')
        if own is not None and text not in own.keys:
            own.keys[text] = _mark(event)
        return text

    def _aliased(self, event: Any) -> tuple[JsonValue, int]:
        name = event.anchor
        if name not in self._anchors:
            self._report(
                event.start_mark,
                f'there is no anchor &{name} above: quote this value ("*{name}") if it is text',
            )
            return None, 1
        found = self._anchors[name]
        if found is None:
            self._report(event.start_mark, f"the alias *{name} stands inside its own anchor &{name}")
            return None, 1
        return found


def _mark(event: Any) -> Mark:
    mark = event.start_mark
    return Mark(mark.line + 1, mark.column + 1)


_TOO_DEEP: Final = f"is nested more than {MAX_DEPTH} deep"
_NO_VALUE: Final = "a key without a name: quote it, or take the blank before the colon away"


def _lost_value(key: str) -> str:
    return (
        f'inside {{ }} the key "{shortened(key)}" has no value: quote the text if a comma split it, '
        "write a blank after the colon, or write null"
    )
