"""YAML as the JSON value it stands for.

Only what JSON has is read (docs/scenarios.md, What YAML means here): plain `null`, `true`, `false` and JSON
numbers are themselves, every other plain scalar is text, and what other readers of YAML would take for
something else must be quoted. Tags, merge keys and repeated keys are errors; aliases share the value of
their anchor. Time and memory are bounded: by the file's size before it is read, by depth and by the number
of values while it is.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

import yaml

from harness.errors import Location, Problem
from harness.model import JsonValue
from harness.yaml_reader.events import Event, EventReader, Mark, Places, StopReading
from harness.yaml_reader.hints import explain
from harness.yaml_reader.limits import MAX_DEPTH, MAX_VALUES
from harness.yaml_reader.scalars import MAY_MEAN_MORE, NotJsonError, plain_scalar, shortened

__all__ = ["Address", "Document", "parse"]

MAX_PROBLEMS: Final = 100

Address: TypeAlias = tuple[str | int, ...]
"""The keys and indexes that lead from the top of a document to a value."""


@dataclass(slots=True)
class Document:
    """What a file holds, what is wrong with it, and the lines its mappings begin in."""

    file: str
    value: JsonValue = None
    problems: list[Problem] = field(default_factory=list)
    _lines: dict[int, int] = field(default_factory=dict)
    _places: dict[int, Places] = field(default_factory=dict)

    def line_of(self, mapping: object) -> int:
        """Return the line in which an entry of a list at the top begins, else 1."""
        return self._lines.get(id(mapping), 1)

    def find(self, address: Address) -> tuple[Location, int]:
        """Return the place of what is at `address` (of its key, where it has one), and how many parts of
        the address exist. Needs a document that was parsed with places."""
        at = Location(self.file, 1, 1)
        value: Any = self.value
        for depth, part in enumerate(address):
            places = self._places.get(id(value))
            if places is None or part not in places.items:
                return at, depth
            mark: Mark = places.keys.get(part) or places.items[part]
            at = Location(self.file, mark.line + 1, mark.column + 1)
            value = value[part]
        return at, len(address)


def parse(text: str, file: str, *, places: bool = False) -> Document:
    """Return the document in `text`; what is wrong with it is in its `problems`.

    With `places` it can say where everything stands (`Document.find`), for about twice the time.
    """
    document = _parsed(text, file, places)
    if document.problems and document.value is not None and not places:
        return _parsed(text, file, True)  # which can say more about them
    return document


def _parsed(text: str, file: str, places: bool) -> Document:
    reader = _StrictReader(text, file, places=places)
    value = reader.read(text)
    return Document(file, value, reader.problems, reader.lines, reader.places)


class _StrictReader(EventReader):
    """Reads what JSON has, and gathers what is wrong with the rest."""

    value_starts = MAY_MEAN_MORE | {""}

    def __init__(self, text: str, file: str, *, places: bool) -> None:
        super().__init__(
            max_depth=MAX_DEPTH, max_values=MAX_VALUES, places_depth=sys.maxsize if places else 0
        )
        self.problems: list[Problem] = []
        self._text = text
        self._file = file

    def report(self, mark: Mark, message: str) -> None:
        self._add(mark.line + 1, mark.column + 1, message)

    def _add(self, line: int, column: int, message: str) -> None:
        self.problems.append(Problem(Location(self._file, line, column), message))
        if len(self.problems) >= MAX_PROBLEMS:
            raise StopReading

    def unparsable(self, error: yaml.YAMLError) -> None:
        mark, message = explain(error, self._text)
        self._add(*mark, message)

    def empty(self) -> None:
        self._add(1, 1, "is empty")

    def plain(self, event: Event, lost_by: str | None) -> JsonValue:
        text: str = event.value
        if not text and lost_by is not None:
            self.report(
                event.start_mark,
                f'inside {{ }} the key "{shortened(lost_by)}" has no value: quote the text if a comma split '
                "it, put a space after the colon, or write null",
            )
        try:
            return plain_scalar(text)
        except NotJsonError as error:
            self.report(event.start_mark, str(error))
            return text

    def tagged(self, event: Event) -> str:
        self.container_tag(event)
        text: str = event.value
        return text

    def container_tag(self, event: Event) -> None:
        self.report(event.start_mark, f"tags ({event.tag}) are not supported: write the plain value")

    def key(self, event: Event, mapping: dict[Any, Any], places: Places | None) -> str:
        text: str = event.value if event.tag is None else self.tagged(event)
        at = event.start_mark
        if text == "" and not event.style:
            self.report(at, "unnamed key: quote it, or remove the space before the colon")
        elif text == "<<" and not event.style:
            self.report(at, "merge keys (<<) are not supported: write the keys out")
        elif not event.style and text[0] in MAY_MEAN_MORE and self.plain(event, None).__class__ is not str:
            self.report(at, f'keys must be strings: quote it ("{shortened(text)}")')
        elif text in mapping:
            first = places and places.keys.get(text)
            where = f" (first on line {first.line + 1})" if first else ""
            self.report(at, f'the key "{shortened(text)}" appears twice{where}: remove one')
        elif not event.style and event.tag is None and not self.problems:
            self.plain_keys.add(text)
        return text

    def key_of_value(self, event: Event, value: Any, mapping: dict[Any, Any]) -> str:
        self.report(event.start_mark, "a key cannot be an alias: write it out, or quote it")
        return "\0"

    def container_as_key(self, event: Event) -> str:
        self.report(event.start_mark, "keys must be strings: quote it")
        return "\0"

    def second_document(self, event: Event) -> None:
        self.report(event.start_mark, "a second document begins here: a file may contain only one")
        raise StopReading
