"""What can go wrong, as one small tree. Every error says what, where and what next.

HarnessError
├── UsageError             bad address, option or name                     exit 4
│   └── LoadError          scenario, rule, cassette or list files: all problems at once
└── ImplementationError    an implementation cannot be started or used     exit 3

`Unsupported` is not an error of the harness: an implementation raises it for a case that it does not support.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

__all__ = [
    "HarnessError",
    "ImplementationError",
    "LoadError",
    "Location",
    "Problem",
    "Unsupported",
    "UsageError",
    "did_you_mean",
]


class Location(NamedTuple):
    """A place in a file; lines and columns count from 1."""

    file: str
    line: int
    column: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


class Problem(NamedTuple):
    """One thing that is wrong in a file, and what to write instead."""

    location: Location
    message: str

    def __str__(self) -> str:
        return f"{self.location}: {self.message}"


class HarnessError(Exception):
    """Base of every error that a user of the harness can cause or see."""

    exit_code = 3

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}\n  {self.hint}" if self.hint else self.message


class UsageError(HarnessError):
    """The command, an option, an address or a name is wrong."""

    exit_code = 4


class LoadError(UsageError):
    """Files that cannot be used; `problems` holds all of them, sorted by place."""

    def __init__(self, problems: Sequence[Problem], *, hint: str = "") -> None:
        self.problems = tuple(sorted(problems))
        super().__init__("\n".join(str(problem) for problem in self.problems), hint=hint)


class ImplementationError(HarnessError):
    """An implementation cannot be started, does not speak the protocol, or died for good."""

    exit_code = 3


def did_you_mean(word: str, known: Iterable[str], *, list_known: bool = False) -> str:
    """Return `; did you mean 'x'?` for the one of `known` that is most like `word`, or an empty string.

    With `list_known`, up to twelve known words are listed if none is similar.
    """
    from difflib import get_close_matches

    by_lower = {each.lower(): each for each in known}
    close = get_close_matches(word.lower()[:100], by_lower, n=1)
    if close:
        return f"; did you mean {by_lower[close[0]]!r}?"
    return (
        f"; expected one of {', '.join(by_lower.values())}" if list_known and 0 < len(by_lower) <= 12 else ""
    )


class Unsupported(Exception):  # noqa: N818 - an answer, not an error
    """Raised by an implementation under test in Python: the case is not for it, and why."""
