"""Choosing cases by patterns of their names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from harness.model import Case

__all__ = ["name_matches", "select"]


@lru_cache(maxsize=4096)
def _pattern(text: str) -> re.Pattern[str]:
    pieces = re.split(r"(\*+)", text)
    return re.compile(
        "".join(
            re.escape(piece) if not piece.startswith("*") else "[^/]*" if piece == "*" else ".*"
            for piece in pieces
        )
    )


def name_matches(pattern: str, name: str) -> bool:
    """Whether a case's name is meant by a pattern: `*` is within a part of the name, `**` across parts."""
    return _pattern(pattern).fullmatch(name) is not None


def select(cases: Iterable[Case], patterns: Iterable[str]) -> Iterator[Case]:
    """The cases whose names one of the patterns means; all of them if there is no pattern."""
    wanted = tuple(patterns)
    for case in cases:
        if not wanted or any(name_matches(pattern, case.name) for pattern in wanted):
            yield case
