"""What a run tells its reporters: a beginning, a verdict at a time, an end. All reports are readers of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, Protocol

from harness.model import ImplementationInfo, Status, Verdict

__all__ = ["Begun", "Ended", "Reporter", "Summary"]


class Begun(NamedTuple):
    """A run begins: who is held to how many cases (None while they are not counted)."""

    implementations: tuple[ImplementationInfo, ...]
    editions: tuple[str, ...]
    total: int | None
    harness_version: str
    started_at: str  # ISO 8601, UTC


class Summary(NamedTuple):
    """The end of a run, in numbers and as an exit code (pytest's)."""

    counts: Mapping[Status, int]
    duration_s: float
    stale: tuple[str, ...] = ()  # entries of known-failing lists that are about no case
    interrupted: bool = False
    unplayed: tuple[str, ...] = ()  # recorded interactions that a whole run did not play

    @property
    def exit_code(self) -> int:
        """0 as expected, 1 differences or a stale list, 2 interrupted, 3 something broke, 5 nothing run."""
        if self.interrupted:
            return 2
        if self.counts.get("errored"):
            return 3
        if self.counts.get("failed") or self.stale:
            return 1
        return 0 if any(self.counts.values()) else 5


class Ended(NamedTuple):
    """A run is over."""

    summary: Summary


class Reporter(Protocol):
    """Turns the events of a run into something for people or programs."""

    def begin(self, event: Begun) -> None: ...

    def verdict(self, verdict: Verdict) -> None: ...

    def end(self, event: Ended) -> None: ...
