"""Why no case was selected, and what to say instead."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from harness.engine.selection import Selection
from harness.errors import did_you_mean
from harness.scenarios import Suites

__all__ = ["explain_empty_selection"]


def explain_empty_selection(suites: Suites, patterns: Sequence[str], editions: Collection[str]) -> str:
    """What is wrong with each pattern that names no case in these editions: it may name some in others."""
    here = _names(suites, editions)
    hints = [_hint(suites, each, editions, here) for each in patterns if not _any_named(each, here)]
    return "; ".join(hints) or "no case has this evidence, tag, reading and edition"


def _hint(suites: Suites, pattern: str, editions: Collection[str], here: set[str]) -> str:
    others = [
        each
        for each in suites.editions("all")
        if each not in editions and _any_named(pattern, _names(suites, [each]))
    ]
    if others:
        return f"{pattern!r} matches cases only in edition {' and '.join(others)}; use --edition {others[-1]}"
    known = {"/".join(name.split("/")[:2]) for name in here} | here
    return f"no case matches {pattern!r}{did_you_mean(pattern, known)}"


def _any_named(pattern: str, names: Collection[str]) -> bool:
    selection = Selection(patterns=(pattern,))
    return any(selection.names_case(name) for name in names)


def _names(suites: Suites, editions: Collection[str]) -> set[str]:
    return {case.name for each in editions for case in suites.cases(each)}
