"""Values as one line of text, short enough to read."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from harness.matchers import MISSING, is_matcher

__all__ = ["common_start", "contrast", "masked", "one_line", "shown"]

_LONGEST = 160
_CONTEXT = 24
_NAMES: dict[str, Callable[[Any], str]] = {
    "$any": lambda kind: "anything" if kind == "anything" else f"any {kind}",
    "$regex": lambda pattern: f"text matching {pattern!r}",
    "$one_of": lambda choices: f"one of {_json(choices)}",
    "$absent": lambda _: "nothing",
    "$optional": lambda value: f"nothing or {_described(value)}",
    "$json": lambda value: f"JSON text of {_described(value)}",
    "$each": lambda value: f"a list of {_described(value)}",
    "$unordered": lambda items: f"in any order {_json(items)}",
    "$between": lambda bounds: f"a number from {_json(bounds[0])} to {_json(bounds[1])}",
}


def shown(value: Any, *, longest: int = _LONGEST) -> str:
    """`value` as JSON, a matcher in words; long text is shortened in the middle, all of it one line."""
    if isinstance(value, str) and len(value) > 2 * longest:
        value = f"{value[:longest]}{value[-longest:]}"
    return _shortened(one_line(_described(value)), longest)


def contrast(expected: Any, actual: Any) -> tuple[str, str]:
    """Both values as text. What two long strings have in common is left out, but for some context."""
    if isinstance(expected, str) and isinstance(actual, str) and max(len(expected), len(actual)) > _LONGEST:
        expected, actual = _apart(expected, actual)
    return shown(expected), shown(actual)


def masked(value: Any, mask: Callable[[str], str]) -> Any:
    """`value` with every string in it, and every key, as `mask` shows it."""
    if isinstance(value, str):
        return mask(value)
    if isinstance(value, Mapping):
        return {masked(key, mask): masked(item, mask) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [masked(item, mask) for item in value]
    return value


def one_line(text: str) -> str:
    """`text` with everything that does not print, or would break the line, escaped."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=repr)


def _described(value: Any) -> str:
    if value is MISSING:
        return "nothing"
    if is_matcher(value):
        ((word, argument),) = value.items()
        if word in _NAMES:
            return _NAMES[word](argument)
    return _json(value)


def _shortened(text: str, longest: int) -> str:
    if len(text) <= longest:
        return text
    half = (longest - 1) // 2
    return f"{text[:half]}…{text[-half:]}"


def _apart(expected: str, actual: str) -> tuple[str, str]:
    start = max(common_start(expected, actual) - _CONTEXT, 0)
    end = max(common_start(expected[start:][::-1], actual[start:][::-1]) - _CONTEXT, 0)

    def middle(text: str) -> str:
        inner = text[start : len(text) - end]
        return f"{'…' if start else ''}{inner}{'…' if end else ''}"

    return middle(expected), middle(actual)


def common_start(one: str, other: str) -> int:
    """How many characters two strings share at their start, by halving."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low
