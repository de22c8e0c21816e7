"""Known failures of an implementation: a list that is enforced both ways.

One a line, `case-pattern [RULE]  # reason`; `*` stands for anything within a part of the name, `**` for
any number of parts. The cases are run all the same. A difference that an entry covers does not fail the
run; an entry whose case passes, or that matches no case at all, does.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from harness.errors import LoadError, Location, Problem
from harness.model import Case, Verdict
from harness.scenarios import name_matches

__all__ = ["Entry", "KnownFailing", "read_known_failing"]

_LINE = re.compile(r"(?P<pattern>[^\s\[#]+)(?:\s+\[(?P<rule>[^\]\s]+)\])?\s*(?:\s#\s*(?P<reason>.*))?")


class Entry(NamedTuple):
    """One line of a list. Without a `rule` it covers every difference of the cases it names."""

    pattern: str
    rule: str | None
    reason: str
    location: Location

    def names(self, case: Case) -> bool:
        """Whether the entry is about this case: its name fits, and the rule is in force there."""
        if self.rule is not None and all(rule.id != self.rule for rule in case.rules):
            return False
        return name_matches(self.pattern, case.name)

    def __str__(self) -> str:
        return f"{self.pattern} [{self.rule}]" if self.rule else self.pattern


def read_known_failing(path: str | Path) -> KnownFailing:
    """Read a list; blank lines and lines of `#` alone are skipped.

    Raises LoadError with every line that cannot be read.
    """
    try:
        lines = Path(path).read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise LoadError([Problem(Location(str(path), 1), f"cannot read the list: {error}")]) from None
    entries: list[Entry] = []
    problems: list[Problem] = []
    for number, line in enumerate(lines, 1):
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        location = Location(str(path), number)
        found = _LINE.fullmatch(text)
        if found is None:
            message = f"expected `case-pattern [RULE]  # reason`, not {text!r}"
            problems.append(Problem(location, message))
            continue
        entries.append(Entry(found["pattern"], found["rule"], found["reason"] or "", location))
    if problems:
        raise LoadError(problems)
    return KnownFailing(entries)


class KnownFailing:
    """The entries of a list, applied to verdicts one by one."""

    def __init__(self, entries: Sequence[Entry] = ()) -> None:
        self.entries = tuple(entries)

    def apply(self, verdict: Verdict) -> Verdict:
        """The verdict in the light of the list.

        A failure that is covered whole becomes `known_failing`; what is not covered stays a failure.
        A pass, or an entry's rule that is kept, becomes a failure that names the entry to be removed.
        """
        if verdict.status not in ("passed", "failed"):
            return verdict
        entries = [entry for entry in self.entries if entry.names(verdict.case)]
        if not entries:
            return verdict
        broken = {rule for difference in verdict.differences for rule in difference.rules}
        stale = [
            entry
            for entry in entries
            if not verdict.differences or (entry.rule is not None and entry.rule not in broken)
        ]
        if stale:
            lines = "; ".join(f"{entry.location} `{entry}`" for entry in stale)
            return replace(verdict, status="failed", reason=f"listed as known failing, but passed: {lines}")
        covered = {entry.rule for entry in entries}
        rest = [
            difference
            for difference in verdict.differences
            if None not in covered and not covered.intersection(difference.rules)
        ]
        if rest:
            return replace(verdict, differences=tuple(rest))
        return replace(verdict, status="known_failing", reason="; ".join(_reasons(entries)))

    def unmatched(self, cases: Iterable[Case]) -> list[Entry]:
        """The entries that are about none of `cases` (all that exist, whatever is selected to run)."""
        left = list(self.entries)
        for case in cases:
            if not left:
                break
            left = [entry for entry in left if not entry.names(case)]
        return left


def _reasons(entries: Iterable[Entry]) -> Iterable[str]:
    return dict.fromkeys(entry.reason or f"listed in {entry.location}" for entry in entries)
