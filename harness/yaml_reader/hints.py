"""Advice on text that the parser cannot read: where it stopped, and what to do about it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

import yaml

__all__ = ["Mark", "explain"]


class Mark(NamedTuple):
    """A place in a text; counts from 1."""

    line: int
    column: int


_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def explain(error: yaml.YAMLError, text: str) -> tuple[Mark, str]:
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
    advice = "check for a missing quote, bracket or space here or just before"
    if "cannot start any token" in said and mark.line < len(lines):
        character = lines[mark.line][mark.column : mark.column + 1]
        tab = "indent with spaces, not tabs"
        advice = tab if character == "\t" else f"quote this value: {character} cannot begin it"
    elif "Unicode character escape" in said:
        advice = "write the character itself: YAML cannot escape half of a surrogate pair"
    elif "mapping values are not allowed" in said:
        advice = "quote this value: it contains a colon and a space; or fix the indentation"
    return Mark(mark.line + 1, mark.column + 1), f"{advice} (the parser says: {said})"


def _explain_character(text: str, reason: str) -> tuple[Mark, str]:
    found = _UNPRINTABLE.search(text)
    if found is None:
        return Mark(1, 1), f"is not YAML: {reason}"
    line = text.count("\n", 0, found.start()) + 1
    column = found.start() - text.rfind("\n", 0, found.start())
    if found.group() == "\0":
        return Mark(line, column), "is not text: it contains a NUL character"
    code = f"U+{ord(found.group()):04X}"
    return Mark(line, column), f"write the control character {code} as an escape in double quotes"


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
    (
        re.compile(r"""(?:[\[,{]|:\s|-\s)\s*([@`%])"""),
        "quote this value: an unquoted value cannot begin with this character",
    ),
    (re.compile(r"""[\[,{]\s*(\?\s)"""), 'quote this value: "?" begins a key'),
)
