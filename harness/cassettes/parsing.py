"""The bytes of a cassette as plain values, and where in the file they stand.

Built from libyaml's events, without ever constructing an object: the tags that recorders write around
texts are read as the text, every other foreign tag is refused. Size, depth and the number of values
(aliases written out) are bounded. Scalars mean what PyYAML's safe loader, and so vcrpy, takes them for;
only dates stay text, and so does everything in a mapping of `headers`.
"""

from __future__ import annotations

import base64
import binascii
import gc
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, Final, NamedTuple, TypeAlias

import orjson
import yaml

__all__ = [
    "MAX_BYTES",
    "MAX_DEPTH",
    "MAX_VALUES",
    "Address",
    "Note",
    "Parsed",
    "Unreadable",
    "parse",
    "without_collector",
]

MAX_BYTES: Final = 512 * 1024 * 1024
MAX_DEPTH: Final = 200
MAX_VALUES: Final = 20_000_000

Address: TypeAlias = tuple[str | int, ...]
"""The way from the top of the file to a value."""

_PLACED_DEPTH: Final = 4  # what stands in the top, the interactions, one of them, its request or response
_SCALARS_PLACED: Final = 2
_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Note(NamedTuple):
    """Something in the file that was read otherwise than it is written."""

    line: int
    column: int
    message: str


class Unreadable(Exception):  # noqa: N818 - becomes a Problem
    """The file is not YAML or JSON, or more than is read. Lines and columns count from 1.

    `broken`: the text ends, or goes on, as it should not.
    """

    def __init__(self, line: int, column: int, message: str, *, broken: bool = False) -> None:
        super().__init__(message)
        self.line = line
        self.column = column
        self.message = message
        self.broken = broken


class Parsed:
    """The first document of a file. `more` says whether others follow, `is_yaml` that it is no JSON."""

    def __init__(self, value: Any, data: bytes, read: _Builder | None = None) -> None:
        self.value = value
        self.notes: tuple[Note, ...] = tuple(read.notes) if read else ()
        self.more = read.more if read else False
        self.is_yaml = read is not None
        self._data = data
        self._read = read

    def place(self, address: Address) -> tuple[int, int]:
        """Line and column of the value at `address`, or of the nearest above it that is known."""
        if self._read is None:  # JSON, which is YAML too
            try:
                self._read = _Builder(self._data)
                self._read.build()
            except Unreadable:
                return 1, 1
        value, found = self._read.value, (1, 1)
        for step in address:
            place = self._read.places.get((id(value), step))
            if place is None:
                break
            value, found = value[step], (place.line + 1, place.column + 1)
        return found


def parse(data: bytes) -> Parsed:
    """The value that `data` holds in YAML or JSON. Raises `Unreadable`."""
    if len(data) > MAX_BYTES:
        size = len(data) // 1024**2
        raise Unreadable(1, 1, f"it has {size} MiB; more than {MAX_BYTES // 1024**2} MiB are not read")
    if data[:1] in (b"{", b"["):
        value = _json(data)
        if value is not None:
            return Parsed(value, data)
    builder = _Builder(data)
    return Parsed(builder.build(), data, builder)


@contextmanager
def without_collector() -> Iterator[None]:
    """Hold the garbage collector off: it makes the loading of many values several times slower, and has
    nothing to free."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _json(data: bytes) -> Any:
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError:
        try:
            return json.loads(data)  # halves of surrogate pairs
        except (ValueError, RecursionError):
            return None


# ------------------------------------------------------------------ scalars

_YAML: Final = "tag:yaml.org,2002:"
_MAY_MEAN_MORE: Final = frozenset("~nNtTfFyYoO-+.0123456789<")
_READ_AS_VALUE: Final = frozenset(_YAML + kind for kind in ("null", "bool", "int", "float"))
_RESOLVER: Final[Any] = yaml.resolver.Resolver()
_CONSTRUCTOR: Final = yaml.constructor.SafeConstructor()
_TEXT_TAGS: Final = frozenset(("!", _YAML + "str", _YAML + "python/str", _YAML + "python/unicode"))
_BINARY_TAGS: Final = frozenset((_YAML + "binary", _YAML + "python/bytes"))
_LIST_TAGS: Final = frozenset((None, "!", _YAML + "seq", _YAML + "python/tuple"))
_MAP_TAGS: Final = frozenset((None, "!", _YAML + "map"))
_TEXT_OBJECT: Final = re.compile(_YAML + r"python/object/(?:apply|new):[\w.]*\b(?:istr|upstr|str)$")
"""Subclasses of `str` that aiohttp's recorders write as calls, with the text as the only argument."""


@lru_cache(maxsize=4096)
def _plain(text: str) -> Any:
    """What a plain scalar is: null, a truth value, a number, else text."""
    return _of_tag(_RESOLVER.resolve(yaml.ScalarNode, text, (True, False)), text)


def _of_tag(tag: str, text: str) -> Any:
    if tag not in _READ_AS_VALUE:
        return text
    construct = yaml.constructor.SafeConstructor.yaml_constructors[tag]
    try:
        return construct(_CONSTRUCTOR, yaml.ScalarNode(tag, text))
    except (ValueError, KeyError, IndexError, OverflowError):
        return text


# ------------------------------------------------------------------ events

_NO_KEY: Final = object()


class _Builder:
    """Turns events into values. The containers that are being built are on a stack."""

    def __init__(self, data: bytes) -> None:
        self.value: Any = None
        self.more = False
        self.places: dict[tuple[int, Any], Any] = {}  # marks by container and key or index
        self.notes: list[Note] = []
        self._data = data
        self._anchors: dict[str, tuple[Any, int] | None] = {}  # None: still being built
        self._told_of_tags = False

    def build(self) -> Any:
        loader = _LOADER(self._data)
        try:
            self.value = self._read(loader.get_event)
        except yaml.reader.ReaderError as error:
            line, column = self._position(error.position)
            raise Unreadable(line, column, f"it is no text that YAML can hold: {error.reason}") from None
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
            raise Unreadable(line, column, f"{error.problem}", broken=True) from None
        finally:
            loader.dispose()
        return self.value

    def _position(self, offset: int) -> tuple[int, int]:
        before = self._data[:offset]
        return before.count(b"\n") + 1, offset - (before.rfind(b"\n") + 1) + 1

    def _read(self, get: Any) -> Any:
        scalar, mapping, sequence = yaml.ScalarEvent, yaml.MappingStartEvent, yaml.SequenceStartEvent
        map_end, list_end, alias = yaml.MappingEndEvent, yaml.SequenceEndEvent, yaml.AliasEvent
        root: list[Any] = []
        stack: list[tuple[Any, ...]] = []
        container: Any = root
        is_map = False
        key: Any = _NO_KEY
        depth = count = documents = 0
        raw = 0  # the depth of the mapping of headers that is being read
        while True:
            event = get()
            kind = event.__class__
            if kind is scalar:
                value = event.value
                if is_map and key is _NO_KEY:  # a key, always a text
                    if event.tag is not None:
                        value = self._tagged(event)
                    elif value == "<<" and not event.style:
                        raise _at(event, "merge keys (<<) are not read: write the keys out")
                    if value in container:
                        self._note_twice(event, value)
                    key = value
                    continue
                if event.tag is not None:
                    value = self._tagged(event)
                elif not event.style and not raw and (value == "" or value[0] in _MAY_MEAN_MORE):
                    value = _plain(value)
                count += 1
                if event.anchor is not None:
                    self._anchors[event.anchor] = (value, 1)
                if depth <= _SCALARS_PLACED:
                    self.places[id(container), key if is_map else len(container)] = event.start_mark
                if is_map:
                    container[key] = value
                    key = _NO_KEY
                else:
                    container.append(value)
                continue
            if kind is mapping or kind is sequence:
                if kind is mapping:
                    made: Any = {}
                    if event.tag not in _MAP_TAGS:
                        raise _foreign_tag(event)
                    if key == "headers" and not raw:
                        raw = depth + 1
                else:
                    made = []
                    if event.tag not in _LIST_TAGS and not _TEXT_OBJECT.match(event.tag):
                        raise _foreign_tag(event)
                if depth <= _PLACED_DEPTH:
                    self.places[id(container), key if is_map else len(container)] = event.start_mark
                depth += 1
                if depth > MAX_DEPTH:
                    raise _at(event, f"it is nested more than {MAX_DEPTH} deep")
                if event.anchor is not None:
                    self._anchors[event.anchor] = None
                stack.append((container, is_map, key, event, count))
                container, is_map, key = made, kind is mapping, _NO_KEY
                continue
            if kind is map_end or kind is list_end:
                value = container
                if depth == raw:
                    raw = 0
                depth -= 1
                container, is_map, key, start, before = stack.pop()
                if start.tag not in (_LIST_TAGS if kind is list_end else _MAP_TAGS):
                    value = self._text_of(start, value)
                count += 1
                if start.anchor is not None:
                    self._anchors[start.anchor] = (value, count - before)
            elif kind is alias:
                value, weight = self._aliased(event)
                count += weight
            elif kind is yaml.DocumentStartEvent:
                documents += 1
                if documents > 1:
                    self.more = True
                    return root[0]
                continue
            elif kind is yaml.StreamEndEvent:
                if not root:
                    raise Unreadable(1, 1, "it is empty")
                return root[0]
            else:
                continue
            if count > MAX_VALUES:
                raise _at(event, f"it has more than {MAX_VALUES:,} values, aliases written out")
            if not is_map:
                container.append(value)
            elif key is _NO_KEY:
                if value.__class__ is list or value.__class__ is dict:
                    raise _at(event, "a key is a list or a mapping; it must be a text")
                if value in container:
                    self._note_twice(event, value)
                key = value
            else:
                container[key] = value
                key = _NO_KEY

    def _tagged(self, event: Any) -> Any:
        tag, text = event.tag, event.value
        if tag in _TEXT_TAGS:
            return text
        if tag in _BINARY_TAGS:
            try:
                return base64.b64decode(text.encode("ascii"))
            except (binascii.Error, ValueError) as error:
                raise _at(event, f"this is no base64: {error}") from None
        if tag.startswith(_YAML) and "/" not in tag:
            return _of_tag(tag, text)
        raise _foreign_tag(event)

    def _text_of(self, start: Any, value: list[Any]) -> str:
        if len(value) != 1 or not isinstance(value[0], str):
            raise _foreign_tag(start)
        if not any("tag" in note.message for note in self.notes):
            self._note(
                start, f"the tag {_short(start.tag)} is read as the text that it holds; nothing is run"
            )
        return value[0]

    def _aliased(self, event: Any) -> tuple[Any, int]:
        found = self._anchors.get(event.anchor, _NO_KEY)
        if found is _NO_KEY:
            raise _at(event, f"there is no anchor &{event.anchor} above")
        if found is None:
            raise _at(event, f"the alias *{event.anchor} stands inside its own anchor")
        known: tuple[Any, int] = found  # type: ignore[assignment]
        return known

    def _note_twice(self, event: Any, key: Any) -> None:
        self._note(event, f"the key {key!r} is here twice: the last one counts, as for vcrpy")

    def _note(self, event: Any, message: str) -> None:
        mark = event.start_mark
        self.notes.append(Note(mark.line + 1, mark.column + 1, message))


def _at(event: Any, message: str) -> Unreadable:
    return Unreadable(event.start_mark.line + 1, event.start_mark.column + 1, message)


def _foreign_tag(event: Any) -> Unreadable:
    return _at(event, f"the tag {_short(event.tag)} asks for an object to be made, and none is")


def _short(tag: str) -> str:
    return "!!" + tag.removeprefix(_YAML) if tag.startswith(_YAML) else tag
