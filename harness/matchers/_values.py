"""Matchers and the type-strict comparison: `1`, `"1"`, `1.0` and `true` are four different things."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, Final

from harness.errors import did_you_mean
from harness.matchers._json import read_json

__all__ = ["MATCHERS", "MISSING", "accepts", "escape", "is_matcher", "problem_with", "unescape"]


class _Missing:
    """No value at all, which is not the same as null."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "nothing"


MISSING: Final = _Missing()

_MATCHER = re.compile(r"\$[A-Za-z_]+")
_NUMBERS = (int, float)

_KINDS: dict[str, Callable[[Any], bool]] = {
    "string": lambda value: isinstance(value, str),
    "number": lambda value: isinstance(value, _NUMBERS) and not isinstance(value, bool),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "boolean": lambda value: isinstance(value, bool),
    "list": lambda value: isinstance(value, list),
    "object": lambda value: isinstance(value, Mapping),
    "null": lambda value: value is None,
    "anything": lambda value: True,
}


def is_matcher(value: object) -> bool:
    """Whether `value` is a mapping whose only key is `$` and letters (it may still be an unknown word)."""
    if not isinstance(value, Mapping) or len(value) != 1:
        return False
    (key,) = value
    return isinstance(key, str) and _MATCHER.fullmatch(key) is not None


def unescape(key: str) -> str:
    """The literal key that `$$ref` stands for: `$ref`. Other keys are what they are."""
    return key[1:] if key.startswith("$$") else key


def escape(value: Any) -> Any:
    """`value` so written that `accepts` takes it literally: keys that begin with `$` get a second one."""
    if isinstance(value, Mapping):
        return {f"${key}" if key.startswith("$") else key: escape(item) for key, item in value.items()}
    if isinstance(value, list):
        return [escape(item) for item in value]
    return value


# ------------------------------------------------------------------ as written


def _any_problem(argument: Any) -> str | None:
    if isinstance(argument, str) and argument in _KINDS:
        return None
    return f"unknown kind {argument!r} for $any{did_you_mean(str(argument), _KINDS, list_known=True)}"


def _regex_problem(argument: Any) -> str | None:
    if not isinstance(argument, str):
        return "$regex takes a regular expression as a string"
    try:
        _regex(argument)
    except re.error as error:
        return f"$regex {argument!r} is not a regular expression: {error}"
    return None


def _one_of_problem(argument: Any) -> str | None:
    return None if isinstance(argument, list) and argument else "$one_of takes a list of at least one value"


def _absent_problem(argument: Any) -> str | None:
    return None if argument is True else "$absent takes true and nothing else"


def _unordered_problem(argument: Any) -> str | None:
    return None if isinstance(argument, list) else "$unordered takes a list"


def _between_problem(argument: Any) -> str | None:
    if isinstance(argument, list) and len(argument) == 2 and all(map(_KINDS["number"], argument)):
        return None if argument[0] <= argument[1] else f"$between has its bounds reversed: {argument}"
    return "$between takes a list of two numbers, the lowest and the highest allowed"


def _no_problem(argument: Any) -> str | None:
    return None


# ------------------------------------------------------------------ as compared


@lru_cache(maxsize=1024)
def _regex(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


def _any(argument: Any, actual: Any, open_objects: bool) -> bool:
    return actual is not MISSING and _KINDS[argument](actual)


def _matches_regex(argument: Any, actual: Any, open_objects: bool) -> bool:
    return isinstance(actual, str) and _regex(argument).search(actual) is not None


def _one_of(argument: Any, actual: Any, open_objects: bool) -> bool:
    return any(accepts(choice, actual, open_objects=open_objects) for choice in argument)


def _absent(argument: Any, actual: Any, open_objects: bool) -> bool:
    return actual is MISSING


def _optional(argument: Any, actual: Any, open_objects: bool) -> bool:
    return actual is MISSING or accepts(argument, actual, open_objects=open_objects)


def _json(argument: Any, actual: Any, open_objects: bool) -> bool:
    if not isinstance(actual, str):
        return False
    try:
        held = read_json(actual)
    except ValueError:
        return False
    return accepts(argument, held, open_objects=open_objects)


def _each(argument: Any, actual: Any, open_objects: bool) -> bool:
    return isinstance(actual, list) and all(
        accepts(argument, item, open_objects=open_objects) for item in actual
    )


def _unordered(argument: Any, actual: Any, open_objects: bool) -> bool:
    """Each expected item has an item of its own: a perfect matching, found by augmenting paths."""
    if not isinstance(actual, list) or len(actual) != len(argument):
        return False
    fits = [
        [n for n, item in enumerate(actual) if accepts(expected, item, open_objects=open_objects)]
        for expected in argument
    ]
    taken_by: dict[int, int] = {}

    def place(expected: int, tried: set[int]) -> bool:
        for item in fits[expected]:
            if item not in tried:
                tried.add(item)
                if item not in taken_by or place(taken_by[item], tried):
                    taken_by[item] = expected
                    return True
        return False

    return all(place(expected, set()) for expected in range(len(argument)))


def _between(argument: Any, actual: Any, open_objects: bool) -> bool:
    return bool(_KINDS["number"](actual) and argument[0] <= actual <= argument[1])


_WORDS: dict[str, tuple[Callable[[Any], str | None], Callable[[Any, Any, bool], bool]]] = {
    "$any": (_any_problem, _any),
    "$regex": (_regex_problem, _matches_regex),
    "$one_of": (_one_of_problem, _one_of),
    "$absent": (_absent_problem, _absent),
    "$optional": (_no_problem, _optional),
    "$json": (_no_problem, _json),
    "$each": (_no_problem, _each),
    "$unordered": (_unordered_problem, _unordered),
    "$between": (_between_problem, _between),
}

MATCHERS: Final = tuple(_WORDS)
"""The matchers' words."""


def problem_with(matcher: Mapping[str, Any]) -> str | None:
    """Why a matcher (see `is_matcher`) is wrong as written, or None. Matchers inside it are not looked at."""
    ((word, argument),) = matcher.items()
    if word not in _WORDS:
        return (
            f"{word} is not a matcher{did_you_mean(word, MATCHERS, list_known=True)} "
            f"(write ${word} for a literal key)"
        )
    return _WORDS[word][0](argument)


def accepts(expected: Any, actual: Any, *, open_objects: bool = False) -> bool:
    """Whether `actual` is what `expected` asks for, matchers at every depth included.

    Types are strict: `1`, `"1"` and `true` differ; an expected `1` refuses `1.0`, an expected `1.0` takes
    `1`. With `open_objects` objects may have more keys at every depth, lists stay exact. `MISSING` as
    `actual` is not a value: only `$absent` and `$optional` match it.
    Raises `ValueError` for a matcher that `problem_with` would find wrong.
    """
    kind = type(expected)
    if kind is str:
        return isinstance(actual, str) and actual == expected
    if kind is dict or isinstance(expected, Mapping):
        if is_matcher(expected):
            return _accepted_by_matcher(expected, actual, open_objects)
        return isinstance(actual, Mapping) and _accepts_object(expected, actual, open_objects)
    if kind is list:
        return (
            isinstance(actual, list)
            and len(actual) == len(expected)
            and all(
                accepts(one, other, open_objects=open_objects)
                for one, other in zip(expected, actual, strict=True)
            )
        )
    if kind is bool or expected is None:
        return actual is expected
    if kind is int:
        return type(actual) is int and bool(actual == expected)
    if kind is float:
        return type(actual) in _NUMBERS and bool(actual == expected)
    raise ValueError(f"{kind.__name__} is not a JSON value")


def _accepted_by_matcher(matcher: Mapping[str, Any], actual: Any, open_objects: bool) -> bool:
    ((word, argument),) = matcher.items()
    known = _WORDS.get(word)
    if known is None or known[0](argument) is not None:
        raise ValueError(problem_with(matcher))
    return known[1](argument, actual, open_objects)


def _accepts_object(expected: Mapping[str, Any], actual: Mapping[str, Any], open_objects: bool) -> bool:
    present = 0
    for written, value in expected.items():
        key = unescape(written)
        found = actual.get(key, MISSING)
        if not accepts(value, found, open_objects=open_objects):
            return False
        present += found is not MISSING
    return open_objects or present == len(actual)
