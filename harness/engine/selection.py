"""Which cases of the suites are run: by name, evidence, reading, tag and shard."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple
from zlib import crc32

from harness.errors import UsageError
from harness.model import EVIDENCE, Case
from harness.scenarios import name_matches

__all__ = ["Selection", "parse_shard"]


class Selection(NamedTuple):
    """What a case must be to be run.

    `evidence` is the weakest that is taken; `tags` and `patterns` take a case that has, or fits, any of
    them, where a pattern that fits a suite or scenario takes all of its cases; `shard` (I, N) takes every
    N-th case by a hash of its name, the same on every machine.
    """

    patterns: tuple[str, ...] = ()
    evidence: str = "observed"
    reading: str | None = None
    tags: tuple[str, ...] = ()
    shard: tuple[int, int] | None = None
    names: frozenset[tuple[str, str]] | None = None  # exactly these, as (name, edition)

    @property
    def is_narrow(self) -> bool:
        """Whether it asks for some of the cases rather than for a kind of evidence."""
        return bool(self.patterns or self.tags or self.shard or self.names is not None or self.reading)

    def takes(self, case: Case) -> bool:
        """Whether the case is selected."""
        if EVIDENCE.index(case.evidence) > EVIDENCE.index(self.evidence):
            return False
        if self.reading is not None and case.reading not in (None, self.reading):
            return False
        if self.tags and not set(self.tags).intersection(case.tags):
            return False
        if self.names is not None and (case.name, case.edition) not in self.names:
            return False
        if self.patterns and not self.names_case(case.name):
            return False
        if self.shard is not None:
            number, count = self.shard
            return crc32(case.name.encode()) % count == number - 1
        return True

    def __call__(self, cases: Iterable[Case]) -> Iterator[Case]:
        return (case for case in cases if self.takes(case))

    def names_case(self, name: str) -> bool:
        """Whether one of the patterns fits the name, or its beginning of whole parts."""
        return any(
            name_matches(pattern, name) or name_matches(f"{pattern}/**", name) for pattern in self.patterns
        )


def parse_shard(text: str) -> tuple[int, int]:
    """`2/4` → (2, 4). Raises UsageError unless 1 ≤ I ≤ N."""
    first, slash, second = text.partition("/")
    if slash and first.isdecimal() and second.isdecimal() and 1 <= int(first) <= int(second):
        return int(first), int(second)
    raise UsageError(f"--shard {text!r} must be I/N with 1 <= I <= N, for example --shard 2/4")
