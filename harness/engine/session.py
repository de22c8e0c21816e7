"""A session: implementations run against selected cases, as one stream of events."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Generator, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from harness._version import __version__
from harness.engine.events import Begun, Ended, Event, Summary
from harness.engine.known_failing import KnownFailing, read_known_failing
from harness.engine.runner import run
from harness.engine.selection import Selection
from harness.errors import ImplementationError
from harness.model import Case, Implementation, Status, Verdict
from harness.scenarios import Suites

__all__ = ["Session"]


class Session:
    """One run: which suites, in which edition, which of their cases, and which failures are known.

    `edition` is a name, `all`, or None for the one that the implementation names, else the contract's
    default. `known_failing` is the path of a list that replaces the implementation's own. At most
    `at_once` cases are in flight; after `max_failures` nothing more is run. `vars` are set beside those of
    the implementation.
    """

    def __init__(
        self,
        suites: Suites,
        *,
        edition: str | None = None,
        selection: Selection | None = None,
        known_failing: str | Path | None = None,
        at_once: int = 1,
        max_failures: int | None = None,
        vars: dict[str, Any] | None = None,  # noqa: A002
    ) -> None:
        self.suites = suites
        self.selection = selection or Selection()
        self._edition = edition
        self._known_failing = known_failing
        self._at_once = at_once
        self._max_failures = max_failures
        self._vars = vars or {}
        self._known: dict[str | Path, KnownFailing] = {}

    def editions(self, implementation: Implementation) -> tuple[str, ...]:
        """Return the editions that an implementation is run in."""
        return self.suites.editions(self._edition, implementation.about.edition)

    def cases(self, implementation: Implementation) -> Iterator[Case]:
        """Yield the selected cases for an implementation."""
        return self.selection(self._every_case(implementation))

    def known(self, implementation: Implementation) -> KnownFailing:
        """Return the list of known failures that applies. Raises LoadError if it cannot be read."""
        path = self._known_failing or implementation.about.known_failing
        if not path:
            return KnownFailing()
        if path not in self._known:
            self._known[path] = read_known_failing(path)
        return self._known[path]

    def run(
        self, implementations: Sequence[Implementation], *, count: bool = False
    ) -> Generator[Event, None, None]:
        """Run the cases, one implementation after the other: a `Begun`, verdicts, an `Ended`.

        `count` counts the cases first. An interrupt ends the run with its summary. Raises
        ImplementationError, after the `Ended`, where an implementation cannot be used at all.
        """
        started = time.perf_counter()
        yield Begun(
            implementations=tuple(each.about for each in implementations),
            contracts=tuple(each.name for each in self.suites.contracts),
            editions=tuple(dict.fromkeys(one for each in implementations for one in self.editions(each))),
            total=sum(1 for each in implementations for _ in self.cases(each)) if count else None,
            harness_version=__version__,
            started_at=datetime.now(UTC).isoformat(timespec="seconds"),
        )
        counts: Counter[Status] = Counter()
        stale: list[str] = []
        recorded: list[Verdict] = []
        interrupted = False
        failure: ImplementationError | None = None
        try:
            for implementation in implementations:
                known = self.known(implementation)
                stale += self._stale(implementation, known)
                for verdict in run(
                    self.cases(implementation), implementation, at_once=self._at_once, known=known
                ):
                    counts[verdict.status] += 1
                    if verdict.case.is_recorded:
                        recorded.append(verdict)
                    yield verdict
                    if self._enough(counts):
                        break
        except KeyboardInterrupt:
            interrupted = True
        except ImplementationError as error:
            failure = error
        whole = not (interrupted or failure or self.selection.is_narrow or self._max_failures)
        summary = Summary(
            dict(counts),
            time.perf_counter() - started,
            tuple(stale),
            interrupted=interrupted,
            unplayed=_unplayed(recorded) if whole else (),
        )
        yield Ended(summary)
        if failure is not None:
            raise failure

    def judge(self, case: Case, implementation: Implementation) -> Verdict:
        """Run one case."""
        return next(run([case], implementation, known=self.known(implementation)))

    def _enough(self, counts: Counter[Status]) -> bool:
        most = self._max_failures
        return most is not None and counts["failed"] + counts["errored"] >= most

    def _every_case(self, implementation: Implementation) -> Iterator[Case]:
        about = implementation.about
        return self.suites.cases(self._edition, preferred=about.edition, vars={**about.vars, **self._vars})

    def _stale(self, implementation: Implementation, known: KnownFailing) -> Iterator[str]:
        for entry in known.unmatched(self._every_case(implementation)) if known.entries else ():
            yield f"{entry.location} `{entry}` matches no case that has its rule"


def _unplayed(verdicts: Sequence[Verdict]) -> tuple[str, ...]:
    if not verdicts:
        return ()
    from harness.cassettes.unused import unplayed_interactions

    left = unplayed_interactions(verdicts)
    return tuple(f"{path}, interaction {', '.join(map(str, numbers))}" for path, numbers in left.items())
