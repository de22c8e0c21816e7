"""The events of a run: a beginning, a verdict at a time, an end. Every report is a consumer of them."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from typing import NamedTuple, Protocol, TypeAlias

from harness.model import ImplementationInfo, Status, Verdict

__all__ = ["Begun", "Ended", "Event", "Reporter", "Summary", "report"]


class Begun(NamedTuple):
    """A run begins: which implementations run how many cases (None if they are not counted)."""

    implementations: tuple[ImplementationInfo, ...]
    contracts: tuple[str, ...]  # their names; empty for suites outside any contract
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


Event: TypeAlias = Begun | Verdict | Ended


class Reporter(Protocol):
    """Turns the events of a run into something for people or programs."""

    def begin(self, event: Begun) -> None: ...

    def verdict(self, verdict: Verdict) -> None: ...

    def end(self, event: Ended) -> None: ...


def report(events: Generator[Event, None, None], reporters: Sequence[Reporter]) -> Summary:
    """Pass the events of a run to its reporters and return its summary.

    An interrupt in a reporter ends the run as one in the run itself does.
    """
    summary = Summary({}, 0.0)
    while True:
        try:
            event = next(events, None)
            if event is None:
                return summary
            summary = _pass_on(event, reporters) or summary
        except KeyboardInterrupt as interrupt:
            summary = _pass_on(events.throw(interrupt), reporters) or summary


def _pass_on(event: Event, reporters: Sequence[Reporter]) -> Summary | None:
    for reporter in reporters:
        if isinstance(event, Verdict):
            reporter.verdict(event)
        elif isinstance(event, Begun):
            reporter.begin(event)
        else:
            reporter.end(event)
    return event.summary if isinstance(event, Ended) else None
