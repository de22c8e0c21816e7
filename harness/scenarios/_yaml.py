"""YAML as the JSON value it stands for, built from libyaml's events.

Only what JSON has is read (docs/scenarios.md, What YAML means here): plain `null`, `true`, `false` and JSON
numbers are themselves, every other plain scalar is text, and what other readers of YAML would take for
something else must be quoted. Tags, merge keys and repeated keys are errors; aliases share the value of
their anchor. Time and memory are bounded: by the file's size before it is read, by depth and by the number
of values while it is.
"""

from __future__ import annotations

import math
import re
import stat
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeAlias

import yaml

from harness.errors import Location, Problem
from harness.model import JsonValue

__all__ = [
    "MAX_BYTES",
    "MAX_DEPTH",
    "MAX_VALUES",
    "Document",
    "Mark",
    "ReadError",
    "decode",
    "parse",
    "read_bytes",
    "read_text",
]

MAX_BYTES: Final = 8 * 1024 * 1024
MAX_DEPTH: Final = 100
MAX_VALUES: Final = 1_000_000
MAX_PROBLEMS: Final = 100

Address: TypeAlias = tuple[str | int, ...]


class Mark(NamedTuple):
    """A place in a text; counts from 1."""

    line: int
    column: int


class ReadError(Exception):
    """A file cannot be read any further; `problem` says why."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem


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


# ------------------------------------------------------------------ scalars

_LITERALS: Final[dict[str, JsonValue]] = {"null": None, "true": True, "false": False, "": None}
_MAY_MEAN_MORE: Final = frozenset("-+.0123456789~nNtTfF")
_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]*)")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?")
_LOOK_ALIKE = re.compile(
    r"~|True|TRUE|False|FALSE|Null|NULL"
    r"|\.(?:nan|NaN|NAN)|[-+]?\.(?:inf|Inf|INF)"
    r"|[-+]?0[xX][0-9a-fA-F_]+|[-+]?0[oO][0-7_]+|[-+]?0[bB][01_]+"
    r"|[-+]?[0-9][0-9_]*(?:\.[0-9_]*)?(?:[eE][-+]?[0-9]+)?"
    r"|[-+]?\.[0-9][0-9_]*(?:[eE][-+]?[0-9]+)?"
)
_MAX_DIGITS: Final = 4000


class _NotJsonError(ValueError):
    """A plain scalar that must be quoted."""


def _plain(text: str) -> JsonValue:
    """The value of a plain scalar whose first character is one of `_MAY_MEAN_MORE`, or an empty one."""
    if text in _LITERALS:
        return _LITERALS[text]
    if _INTEGER.fullmatch(text):
        if len(text) > _MAX_DIGITS:
            raise _NotJsonError(f"this number has {len(text)} digits; quote it if it is text")
        return int(text)
    if _NUMBER.fullmatch(text):
        number = float(text)
        if math.isinf(number):
            raise _NotJsonError(f"{text} is too large for a number; quote it if it is text")
        return number
    if _LOOK_ALIKE.fullmatch(text):
        raise _NotJsonError(
            f"{_short(text)} means different things to different readers of YAML: quote it "
            f'("{_short(text)}") if it is text, else write it as JSON does (null, true, false, 16, 0.5)'
        )
    return text


def _short(text: str, limit: int = 40) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"


# ------------------------------------------------------------------ files


def read_text(path: Path) -> str:
    """The text of a file. Raises `ReadError` if it is no ordinary file, too large or not UTF-8."""
    return decode(read_bytes(path), str(path))


def read_bytes(path: Path) -> bytes:
    """The bytes of a file. Raises `ReadError` if it is no ordinary file or too large."""
    try:
        size = _size_of(path)
        with path.open("rb") as file:
            raw = file.read(size + 1)
        if len(raw) > size:
            raise ValueError("is being written to: try again")
    except OSError as error:
        raise ReadError(_at_top(str(path), f"cannot be read: {error.strerror or error}")) from None
    except ValueError as error:
        raise ReadError(_at_top(str(path), str(error))) from None
    return raw


def decode(raw: bytes, file: str) -> str:
    """The text that a file's bytes are in UTF-8. Raises `ReadError`."""
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = raw[: error.start]
        line = before.count(b"\n") + 1
        column = len(before[before.rfind(b"\n") + 1 :].decode("utf-8", "replace")) + 1
        problem = Problem(Location(file, line, column), "is not UTF-8 text: save it as UTF-8")
        raise ReadError(problem) from None


def _at_top(file: str, message: str) -> Problem:
    return Problem(Location(file, 1, 1), message)


def _size_of(path: Path) -> int:
    """The size of a file. Raises ValueError if it should not be read."""
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):
        raise ValueError("is no ordinary file")
    if status.st_size > MAX_BYTES:
        size = status.st_size / 1024**2
        raise ValueError(f"has {size:.0f} MiB; more than {MAX_BYTES // 1024**2} MiB are not read")
    return status.st_size


# ------------------------------------------------------------------ events


def _loader() -> type[yaml.SafeLoader] | type[yaml.CSafeLoader]:
    if yaml.__with_libyaml__:
        return yaml.CSafeLoader
    warnings.warn(
        "PyYAML was installed without libyaml: scenarios load about ten times slower "
        "(reinstall PyYAML from a wheel, or build it with libyaml's headers)",
        RuntimeWarning,
        stacklevel=4,
    )
    return yaml.SafeLoader


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
            document.value = self._read(_loader()(self._text))
        except _Stop:
            pass
        except yaml.YAMLError as error:
            mark, message = _explain(error, self._text)
            document.problems.append(Problem(Location(document.file, *mark), message))
        return document

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
                if not event.style and (value == "" or value[0] in _MAY_MEAN_MORE):
                    try:
                        if value == "" and flow and is_map:
                            self._report(event.start_mark, _NO_VALUE if key is _NO_KEY else _lost_value(key))
                        value = _plain(value)
                    except _NotJsonError as error:
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
                    self._report(event.start_mark, f"is nested more than {MAX_DEPTH} deep")
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
        self._document.problems.append(_at_top(self._document.file, "is empty"))
        return _Stop()

    def _key(self, event: Any, value: JsonValue, container: dict[str, Any], own: _Places | None) -> str:
        """The key that a scalar is."""
        text: str = event.value
        if value.__class__ is not str:
            if text or event.style:
                self._report(event.start_mark, f'a key is a text: quote it ("{_short(text)}")')
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
            self._report(event.start_mark, f'the key "{_short(text)}" is here twice{where}: remove one')
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


_NO_VALUE: Final = "a key without a name: quote it, or take the blank before the colon away"


def _lost_value(key: str) -> str:
    return (
        f'inside {{ }} the key "{_short(key)}" has no value: quote the text if a comma split it, '
        "write a blank after the colon, or write null"
    )


# ------------------------------------------------------------------ the parser's words in ours

_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def _explain(error: yaml.YAMLError, text: str) -> tuple[Mark, str]:
    """Where the parser stopped, and what to do about it."""
    if isinstance(error, yaml.reader.ReaderError):
        return _explain_character(text, str(error.reason))
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    said = str(getattr(error, "problem", None) or error)
    if mark is None:
        return Mark(1, 1), f"is not YAML: {said}"
    lines = text.splitlines()
    for place in _suspects(error, mark):
        start = max(0, place.column - _NEAR)
        near = lines[place.line][start : place.column + _NEAR] if place.line < len(lines) else ""
        for pattern, advice in _ADVICE:
            if found := pattern.search(near):
                found_at = Mark(place.line + 1, start + found.start(1) + 1)
                return found_at, f"{advice} (the parser says: {said})"
    advice = "look for a missing quote, bracket or blank here or just before"
    if "cannot start any token" in said and mark.line < len(lines):
        character = lines[mark.line][mark.column : mark.column + 1]
        tab = "indent with blanks, not with tabs"
        advice = tab if character == "\t" else f"quote this value: {character} cannot begin it"
    elif "Unicode character escape" in said:
        advice = "write the character itself: YAML has no escapes for halves of a surrogate pair"
    elif "mapping values are not allowed" in said:
        advice = "quote this value: it holds a colon and a blank; or mend the indentation"
    return Mark(mark.line + 1, mark.column + 1), f"{advice} (the parser says: {said})"


def _explain_character(text: str, reason: str) -> tuple[Mark, str]:
    found = _UNPRINTABLE.search(text)
    if found is None:
        return Mark(1, 1), f"is not YAML: {reason}"
    line = text.count("\n", 0, found.start()) + 1
    column = found.start() - text.rfind("\n", 0, found.start())
    if found.group() == "\0":
        return Mark(line, column), "is not text: it holds a NUL character"
    code = f"U+{ord(found.group()):04X}"
    return Mark(line, column), f"the control character {code} may stand only in double quotes, as an escape"


def _suspects(error: Any, mark: Any) -> Iterator[Any]:
    """The marks near which the cause is looked for, likeliest first."""
    yield mark
    context = getattr(error, "context_mark", None)
    if context is not None and context.line != mark.line:
        yield context


_NEAR: Final = 200
_ADVICE: Final = (
    (
        re.compile(r"""(?:[\[{,]\s*|[\[{][^'"#]*:\s+)([^\s'",:{}\[\]]*\$\{)"""),
        'quote this value: "${…}" needs quotes inside { } and [ ]',
    ),
    (
        re.compile(r"""[\[,:{]\s*(\$[^\s,'"]*\[)"""),
        "quote this value: a JSONPath with [ ] needs quotes inside { } and [ ]",
    ),
    (re.compile(r"""(?:[\[,{]|:\s|-\s)\s*(\*(?![\w-]))"""), 'quote this value: "*" begins an alias'),
    (re.compile(r"""(?:[\[,{]|:\s|-\s)\s*(&(?![\w-]))"""), 'quote this value: "&" begins an anchor'),
    (re.compile(r"""(?:[\[,{]|:\s|-\s)\s*([@`%])"""), "quote this value: a plain one cannot begin like this"),
    (re.compile(r"""[\[,{]\s*(\?\s)"""), 'quote this value: "?" begins a key'),
)
