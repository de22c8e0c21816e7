"""JSONPaths (RFC 9535): the plain ones are read and walked here, the others by jsonpath-rfc9535.

Nearly every path in a scenario consists of names, indices, `*` and `..name`. Walking those here keeps
the library, a noticeable part of a short run's start, out of the way until a filter or a slice needs it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple, TypeAlias

__all__ = ["JsonPath", "Match", "Place", "as_path", "compile_path"]

Place: TypeAlias = tuple[str | int, ...]
"""Where something is in a JSON value: keys and indices from its top."""


class Match(NamedTuple):
    place: Place
    value: Any


class _Any:
    """`[*]`: every child."""

    __slots__ = ()


_ANY = _Any()
_MAX_INDEX = 2**53 - 1
_NAME = r"[^\x00-@\[-^`{-\x7f][^\x00-/:-@\[-^`{-\x7f]*"  # a class of what is not in it compiles quickly
_STEP = re.compile(
    rf"(?P<deep>\.\.)?(?:"
    rf"(?(deep)|\.)(?P<name>{_NAME})"
    r"|(?(deep)|\.)(?P<star>\*)"
    r"|\[(?P<quoted>'[^'\"\\\x00-\x1f]*'|\"[^'\"\\\x00-\x1f]*\")\]"
    r"|\[(?P<index>0|-?[1-9][0-9]*)\]"
    r"|\[(?P<every>\*)\])"
)
_SEARCHABLE = re.compile(r"[A-Za-z0-9_.-]+")


class _Step(NamedTuple):
    deep: bool
    want: str | int | _Any


def _read(text: str) -> tuple[_Step, ...] | None:
    """The steps of a plain path, or None if the text is anything else."""
    if not text.startswith("$"):
        return None
    steps: list[_Step] = []
    position = 1
    while position < len(text):
        found = _STEP.match(text, position)
        if found is None:
            return None
        want: str | int | _Any
        if found["name"] is not None:
            want = found["name"]
        elif found["quoted"] is not None:
            want = found["quoted"][1:-1]
        elif found["index"] is not None:
            want = int(found["index"])
            if abs(want) > _MAX_INDEX:
                return None
        else:
            want = _ANY
        steps.append(_Step(found["deep"] is not None, want))
        position = found.end()
    return tuple(steps)


def _children(match: Match) -> Iterator[Match]:
    place, value = match
    if isinstance(value, dict):
        for key, child in value.items():
            yield Match((*place, key), child)
    elif isinstance(value, list):
        for index, child in enumerate(value):
            yield Match((*place, index), child)


def _below(match: Match) -> Iterator[Match]:
    """The value and everything in it, parents before children."""
    waiting = [match]
    while waiting:
        current = waiting.pop()
        yield current
        waiting.extend(reversed(list(_children(current))))


def _taken(match: Match, want: str | int | _Any) -> Iterator[Match]:
    place, value = match
    if isinstance(want, str):
        if isinstance(value, dict) and want in value:
            yield Match((*place, want), value[want])
    elif isinstance(want, int):
        if isinstance(value, list) and -len(value) <= want < len(value):
            index = want % len(value)
            yield Match((*place, index), value[index])
    else:
        yield from _children(match)


@dataclass(frozen=True, slots=True)
class JsonPath:
    """A compiled JSONPath. `names` are keys without which nothing can match, where they can be searched
    for as plain text in a body."""

    text: str
    names: tuple[str, ...]
    _steps: tuple[_Step, ...] | None
    _query: Any = None

    def find(self, value: Any) -> list[Match]:
        """All matches in `value`, each with its place."""
        if self._steps is None:
            return [Match(tuple(node.location), node.value) for node in self._query.find(value)]
        matches = [Match((), value)]
        for deep, want in self._steps:
            sources = [lower for match in matches for lower in _below(match)] if deep else matches
            matches = [taken for source in sources for taken in _taken(source, want)]
        return matches

    def covers(self, place: Place) -> bool:
        """Whether `place`, or something it lies in, is meant by the path. This asks of the place alone,
        so that it also answers for what is missing. Only plain paths cover anything."""
        if self._steps is None:
            return False
        return _covers(self._steps, place)

    def reaches(self, place: Place) -> bool:
        """Whether the path leads through `place` to something inside it; `..` leads nowhere in particular."""
        if self._steps is None or len(self._steps) <= len(place):
            return False
        ahead = self._steps[: len(place)]
        return not any(step.deep for step in ahead) and _covers(ahead, place)

    @property
    def start(self) -> Place:
        """The place to which the path leads before it fans out: of `$.a[0]..b` it is `("a", 0)`."""
        place: list[str | int] = []
        for deep, want in self._steps or ():
            if deep or isinstance(want, _Any) or (isinstance(want, int) and want < 0):
                break
            place.append(want)
        return tuple(place)


def _covers(steps: tuple[_Step, ...], place: Place) -> bool:
    if not steps:
        return True
    (deep, want), rest = steps[0], steps[1:]
    for index in range(len(place) if deep else min(1, len(place))):
        part = place[index]
        meant = want == part and type(want) is type(part) if not isinstance(want, _Any) else True
        if isinstance(want, int) and want < 0 and isinstance(part, int):
            meant = True  # counted from the end of a list whose length the place does not tell
        if meant and _covers(rest, place[index + 1 :]):
            return True
    return False


def _is_searchable(name: str) -> bool:
    return _SEARCHABLE.fullmatch(name) is not None


@lru_cache(maxsize=4096)
def compile_path(text: str) -> JsonPath:
    """The JSONPath written as `text`. Raises `ValueError` with the reason if it is none."""
    steps = _read(text)
    if steps is not None:
        names = tuple(step.want for step in steps if isinstance(step.want, str) and _is_searchable(step.want))
        return JsonPath(text, names, steps)
    import jsonpath_rfc9535

    try:
        query = jsonpath_rfc9535.compile(text)
    except jsonpath_rfc9535.JSONPathError as error:
        reason = str(error.args[0]).partition(", line ")[0]
        raise ValueError(f"{text!r} is not a JSONPath: {reason}") from None
    return JsonPath(text, (), None, query)


def as_path(place: Place) -> str:
    """`place` as a JSONPath: `$.messages[0]['x-y']`."""
    parts = ["$"]
    for part in place:
        if isinstance(part, int):
            parts.append(f"[{part}]")
        elif re.fullmatch(_NAME, part):
            parts.append(f".{part}")
        else:
            quoted = json.dumps(part, ensure_ascii=False)[1:-1].replace('\\"', '"').replace("'", "\\'")
            parts.append(f"['{quoted}']")
    return "".join(parts)
