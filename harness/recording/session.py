"""The recording itself: cases are performed, answered by the provider, judged, and their answers saved."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from harness.cassettes.writing import CassetteLeak
from harness.judge import judge
from harness.model import Assigned, Case, CaseRun, Difference, Implementation, Observation
from harness.recording.cassette_paths import files_of, position_of
from harness.recording.cost_log import Entry, entry
from harness.recording.hosts import host_of
from harness.recording.live_responder import Exchange, LiveResponder
from harness.recording.progress import Progress
from harness.recording.provider_client import OverBudgetError, ProviderClient
from harness.recording.save import Origin, problems, save
from harness.redaction import Scrubber
from harness.redaction.rules import COMMON, RedactionRules

__all__ = ["RecordingResult", "RecordingStatus", "Settings", "pending", "record"]

RecordingStatus: TypeAlias = Literal["recorded", "failed", "skipped", "not_applicable"]


@dataclass(frozen=True, slots=True)
class Settings:
    """How a recording is made.

    With `into` each case has a file of its own in that folder, else those that its replies name. Answers
    that are not fit to be recorded go into the folder `aside`. `again` replaces existing recordings;
    `keep_failing` also saves cases that break their rules or were not answered as expected; `cache_hits`
    accepts answers from the provider's cache. `rules` are the contract's for scrubbing.
    """

    into: Path | None = None
    aside: Path = Path(".harness/set-aside")
    source: str = "live"
    again: bool = False
    keep_failing: bool = False
    cache_hits: bool = False
    rules: RedactionRules = COMMON


@dataclass(frozen=True, slots=True)
class RecordingResult:
    """What became of one case. `files` are those written; `reason` is why it is not recorded, and
    `differences` how its requests break its rules. `stops` says why no further case is recorded."""

    case: Case
    status: RecordingStatus
    files: tuple[Path, ...] = ()
    reason: str = ""
    differences: tuple[Difference, ...] = ()
    entries: tuple[Entry, ...] = ()
    stops: str = ""


def pending(cases: Iterable[Case], settings: Settings, progress: Progress) -> tuple[Case, ...]:
    """Return the cases that are going to be recorded: of several with the same file the first."""
    planned: set[Path] = set()
    found = []
    for case in cases:
        if _why_not(case, settings, progress, planned) is None:
            planned.update(files_of(case, settings.into))
            found.append(case)
    return tuple(found)


def record(
    cases: Iterable[Case],
    implementation: Implementation,
    client: ProviderClient,
    settings: Settings,
    progress: Progress,
) -> Iterator[RecordingResult]:
    """Record cases one after the other, and yield what became of each.

    Ends after the first that could exceed the budget, or for which there was no connection. A file is
    written when its case is over, so that it stays however the recording ends. What has arrived for a case
    that KeyboardInterrupt ends is set aside and yielded before that is raised again. Raises
    ImplementationError if the implementation cannot be used at all.
    """
    return _Session(implementation, client, settings, progress).record(cases)


class _Session:
    def __init__(
        self, implementation: Implementation, client: ProviderClient, settings: Settings, progress: Progress
    ) -> None:
        self._implementation = implementation
        self._client = client
        self._settings = settings
        self._progress = progress
        self._origin = Origin(implementation.about, settings.source)
        self._responders: dict[tuple[str, str], LiveResponder] = {}
        self._aside: list[RecordingResult] = []
        self._written: set[Path] = set()
        self._over = False

    def record(self, cases: Iterable[Case]) -> Iterator[RecordingResult]:
        try:
            for case, observation in self._implementation.perform(self._jobs(cases), at_once=1):
                yield from self._drain()
                result = self._conclude(case, observation)
                self._over = self._over or bool(result.stops)
                yield result
            yield from self._drain()
        except KeyboardInterrupt:
            yield from self._interrupted()
            raise

    def _jobs(self, cases: Iterable[Case]) -> Iterator[CaseRun]:
        for case in cases:
            if self._over:
                return
            reason = _why_not(case, self._settings, self._progress, self._written)
            if reason is not None:
                self._aside.append(RecordingResult(case, "skipped", reason=reason))
                continue
            responder = LiveResponder(case, self._client, send_failing=self._settings.keep_failing)
            self._responders[case.name, case.edition] = responder
            yield CaseRun(case, responder.answer, responder.live, self._client.wait)

    def _drain(self) -> Iterator[RecordingResult]:
        yield from self._aside
        self._aside.clear()

    def _interrupted(self) -> Iterator[RecordingResult]:
        """Yield what was asked for a case that is not over, and may have been paid for."""
        for responder in self._responders.values():
            case, made = responder.interrupt()
            if made:
                kept = self._set_aside(case, made, self._scrubber(case))
                yield RecordingResult(
                    case, "failed", kept, "it was interrupted", (), self._entries(case, made)
                )

    def _entries(self, case: Case, made: Iterable[Exchange]) -> tuple[Entry, ...]:
        provider = self._client.provider
        return tuple(entry(case.name, case.edition, each.call, provider) for each in made)

    # -------------------------------------------------------------- a case that was performed

    def _conclude(self, case: Case, observation: Observation) -> RecordingResult:
        responder = self._responders.pop((case.name, case.edition))
        if observation.unsupported is not None:
            return RecordingResult(case, "not_applicable", reason=observation.unsupported)
        differences: tuple[Difference, ...] = ()
        reason = ""
        places: Mapping[Path, list[Exchange]] = {}
        if observation.broken is not None:
            reason = observation.broken.message
        else:
            judgement = judge(case, observation)
            differences = judgement.differences
            if differences and not self._settings.keep_failing:
                reason = "it breaks its rules"
            else:
                places = self._due(self._placed(case, responder, judgement.assigned))
        responder.end()
        made = responder.exchanges
        stops = self._why_stop(responder)
        if responder.trouble is not None:
            reason = str(responder.trouble)
        elif stops or observation.broken is None:  # a failed answer explains what a client made of it
            provider = self._client.provider
            found = problems(case, made, provider, cache_hits=self._settings.cache_hits)
            reason = "; ".join(dict.fromkeys(found)) or reason
        entries = self._entries(case, made)
        scrubber = self._scrubber(case)
        if reason and not (self._settings.keep_failing and places and responder.trouble is None):
            kept = self._set_aside(case, made, scrubber)
            return RecordingResult(case, "failed", kept, reason, differences, entries, stops)
        if not any(places.values()):
            return RecordingResult(case, "failed", (), "it sent nothing to record", differences, entries)
        wrong = self._write(case, places, scrubber)
        if wrong is not None:
            return RecordingResult(
                case, "failed", self._set_aside(case, made, scrubber), wrong, differences, entries
            )
        with suppress(OSError):  # --resume skips it for its file then
            self._progress.finish(case)
        return RecordingResult(case, "recorded", tuple(places), reason, differences, entries)

    def _placed(
        self, case: Case, responder: LiveResponder, assigned: tuple[tuple[Assigned, ...], ...]
    ) -> dict[Path, list[Exchange]]:
        """Return the exchanges of a case by the files they are recorded into, in their order there. Requests
        that the implementation did not wait for are sent now."""
        settings = self._settings
        found: dict[Path, list[tuple[int, Exchange]]] = {}
        for step, requests in enumerate(assigned):
            for each in requests:
                place = position_of(each, case, settings.into)
                if place is None or responder.trouble is not None:
                    continue
                exchange = responder.exchange(step, each.request)
                if exchange is not None:
                    found.setdefault(place[0], []).append((place[1], exchange))
        return {
            path: [exchange for _, exchange in sorted(numbered, key=lambda pair: pair[0])]
            for path, numbered in found.items()
        }

    def _due(self, places: Mapping[Path, list[Exchange]]) -> dict[Path, list[Exchange]]:
        """Return the files to write: one that several cases share belongs to the first, and an existing one
        is kept unless `again`."""
        again = self._settings.again
        return {
            path: exchanges
            for path, exchanges in places.items()
            if path not in self._written and (again or not path.is_file())
        }

    def _write(self, case: Case, places: Mapping[Path, list[Exchange]], scrubber: Scrubber) -> str | None:
        """Write a case's files; return what is wrong with them, None if nothing is."""
        for path, exchanges in places.items():
            try:
                wrong = save(path, case, exchanges, self._origin, scrubber)
            except CassetteLeak as leak:
                return str(leak)
            except OSError as error:
                return f"{path} cannot be written: {error.strerror or error}"
            self._written.add(path)
            if wrong is not None:
                return f"{path}: {wrong}"
        return None

    def _set_aside(self, case: Case, made: tuple[Exchange, ...], scrubber: Scrubber) -> tuple[Path, ...]:
        """Save the answers of a case that are not fit for its files where they can be examined."""
        path = self._settings.aside / f"{case.name}.yaml"
        return () if not made or self._write(case, {path: list(made)}, scrubber) is not None else (path,)

    def _why_stop(self, responder: LiveResponder) -> str:
        trouble = responder.trouble
        if isinstance(trouble, OverBudgetError):
            return f"the next call could exceed --max-cost. {trouble.hint}"
        for made in responder.exchanges:
            if made.call.response.is_unreachable:
                return f"{host_of(made.request.url)}: {made.call.response.problem}"
        return ""

    def _scrubber(self, case: Case) -> Scrubber:
        secrets = {**case.canaries, **{key.name: key.value for key in self._client.keys}}
        return Scrubber(secrets, rules=self._settings.rules)


def _why_not(case: Case, settings: Settings, progress: Progress, written: Collection[Path]) -> str | None:
    """Return why a case is not recorded now; `written` are the files of this recording."""
    files = files_of(case, settings.into)
    if not files:
        return "its replies are not cassettes; record it with --into"
    if progress.is_finished(case):
        return "finished before"
    if all(file in written for file in files):
        return f"{_named(files)} was recorded just now"
    if not settings.again and all(file.is_file() for file in files):
        return f"{_named(files)} exists; --again replaces it"
    return None


def _named(files: tuple[Path, ...]) -> str:
    return " and ".join(str(file) for file in files)
