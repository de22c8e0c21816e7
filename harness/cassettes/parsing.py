"""The bytes of a cassette as plain values, and where in the file they stand.

Built from a parser's events, without ever constructing an object: the tags that recorders write around
texts are read as the text, every other foreign tag is refused. Size, depth and the number of values
(aliases written out) are bounded. Scalars mean what PyYAML's safe loader, and so vcrpy, takes them for;
only dates stay text, and so does everything in a mapping of `headers`.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from functools import lru_cache
from typing import Any, Final, NamedTuple, TypeAlias

import orjson
import yaml

from harness.yaml_reader.events import NO_KEY, Event, EventReader, Mark, Places

__all__ = [
    "MAX_BYTES",
    "MAX_DEPTH",
    "MAX_VALUES",
    "Address",
    "Note",
    "Parsed",
    "Unreadable",
    "parse",
]

MAX_BYTES: Final = 512 * 1024 * 1024
MAX_DEPTH: Final = 200
MAX_VALUES: Final = 20_000_000

Address: TypeAlias = tuple[str | int, ...]
"""The way from the top of the file to a value."""

_PLACED_DEPTH: Final = 4  # what stands in the top, the interactions, one of them, its request or response


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
    """The first document of a file. `more`: whether others follow; `is_yaml`: whether it is not JSON."""

    def __init__(self, value: Any, data: bytes, read: _Reader | None = None) -> None:
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
                self._read = _Reader(self._data)
                self._read.build()
            except Unreadable:
                return 1, 1
        value, found = self._read.value, (1, 1)
        for step in address:
            places = self._read.places.get(id(value))
            if places is None or step not in places.items:
                break
            mark = places.items[step]
            value, found = value[step], (mark.line + 1, mark.column + 1)
        return found


def parse(data: bytes) -> Parsed:
    """The value that `data` holds in YAML or JSON. Raises `Unreadable`."""
    if len(data) > MAX_BYTES:
        size = len(data) // 1024**2
        raise Unreadable(1, 1, f"it has {size} MiB; more than {MAX_BYTES // 1024**2} MiB cannot be read")
    if data[:1] in (b"{", b"["):
        value = _json(data)
        if value is not None:
            return Parsed(value, data)
    builder = _Reader(data)
    return Parsed(builder.build(), data, builder)


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


# ------------------------------------------------------------------ the reader


class _Reader(EventReader):
    """Reads what recorders write, and stops at the first thing that it cannot read."""

    value_starts = frozenset(("", *"~nNtTfFyYoO-+.0123456789"))
    text_keys = frozenset(("headers",))

    def __init__(self, data: bytes) -> None:
        super().__init__(max_depth=MAX_DEPTH, max_values=MAX_VALUES, places_depth=_PLACED_DEPTH)
        self.value: Any = None
        self.more = False
        self.notes: list[Note] = []
        self._data = data

    def build(self) -> Any:
        """Return the value of the first document. Raises `Unreadable`."""
        self.value = self.read(self._data)
        return self.value

    def report(self, mark: Mark, message: str) -> None:
        whole = message.startswith("is nested")
        raise Unreadable(mark.line + 1, mark.column + 1, f"it {message}" if whole else message)

    def unparsable(self, error: yaml.YAMLError) -> None:
        if isinstance(error, yaml.reader.ReaderError):
            line, column = self._position(error.position)
            raise Unreadable(
                line, column, f"it contains a character that YAML does not allow: {error.reason}"
            )
        mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        raise Unreadable(line, column, f"{getattr(error, 'problem', error)}", broken=True)

    def _position(self, offset: int) -> tuple[int, int]:
        before = self._data[:offset]
        return before.count(b"\n") + 1, offset - (before.rfind(b"\n") + 1) + 1

    def empty(self) -> None:
        raise Unreadable(1, 1, "it is empty")

    def second_document(self, event: Event) -> None:
        self.more = True

    def plain(self, event: Event, lost_by: str | None) -> Any:
        return _plain(event.value)

    def tagged(self, event: Event) -> Any:
        tag, text = event.tag, event.value
        if tag in _TEXT_TAGS:
            return text
        if tag in _BINARY_TAGS:
            try:
                return base64.b64decode(text.encode("ascii"))
            except (binascii.Error, ValueError) as error:
                raise _at(event, f"a !!binary value is not base64: {error}") from None
        if tag.startswith(_YAML) and "/" not in tag:
            return _of_tag(tag, text)
        raise _foreign_tag(event)

    def key(self, event: Event, mapping: dict[Any, Any], places: Places | None) -> Any:
        if event.tag is not None:
            key = self.tagged(event)
        else:
            key = event.value
            if key != "<<":
                self.plain_keys.add(key)
            elif not event.style:
                raise _at(event, "merge keys (<<) are not supported: write the keys out")
        self._note_if_twice(event, key, mapping)
        return key

    def container_as_key(self, event: Event) -> Any:
        return NO_KEY  # a text in a tag, perhaps

    def key_of_value(self, event: Event, value: Any, mapping: dict[Any, Any]) -> Any:
        if isinstance(value, list | dict):
            raise _at(event, "a key is a list or a mapping; it must be a string")
        self._note_if_twice(event, value, mapping)
        return value

    def container_tag(self, event: Event) -> None:
        if event.tag in (_MAP_TAGS if isinstance(event, yaml.MappingStartEvent) else _LIST_TAGS):
            return
        if isinstance(event, yaml.MappingStartEvent) or not _TEXT_OBJECT.match(event.tag):
            raise _foreign_tag(event)

    def tagged_container(self, event: Event, value: Any) -> Any:
        if event.tag in (_MAP_TAGS if isinstance(value, dict) else _LIST_TAGS):
            return value
        if len(value) != 1 or not isinstance(value[0], str):
            raise _foreign_tag(event)
        if not any("tag" in note.message for note in self.notes):
            self._note(event, f"the tag {_short(event.tag)} is read as text; nothing is run")
        return value[0]

    def _note_if_twice(self, event: Event, key: Any, mapping: dict[Any, Any]) -> None:
        if key in mapping:
            self._note(event, f"the key {key!r} appears twice: the last one counts, as in vcrpy")

    def _note(self, event: Event, message: str) -> None:
        mark = event.start_mark
        self.notes.append(Note(mark.line + 1, mark.column + 1, message))


def _at(event: Event, message: str) -> Unreadable:
    return Unreadable(event.start_mark.line + 1, event.start_mark.column + 1, message)


def _foreign_tag(event: Event) -> Unreadable:
    return _at(event, f"the tag {_short(event.tag)} asks for a Python object, which is not created")


def _short(tag: str) -> str:
    return "!!" + tag.removeprefix(_YAML) if tag.startswith(_YAML) else tag
