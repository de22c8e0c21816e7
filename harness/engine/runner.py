"""The pipeline: cases → observations → judgements → verdicts, one pass, nothing kept."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from harness.engine.known_failing import KnownFailing
from harness.judge import judge
from harness.model import (
    DECLARED_INPUTS,
    Case,
    CaseRun,
    Difference,
    Implementation,
    ImplementationInfo,
    Observation,
    Status,
    Verdict,
)
from harness.scenarios import Suites
from harness.wire import CaseReplay, RecordingCheck

__all__ = ["run", "why_not_applicable"]

_ENDLESS = ("timeout", "slow")


def run(
    cases: Suites | Iterable[Case],
    implementation: Implementation,
    *,
    at_once: int = 1,
    cassettes: Path | None = None,
    known: KnownFailing | None = None,
) -> Iterator[Verdict]:
    """Hold an implementation to cases and yield a verdict for each as it comes, in any order.

    Suites are expanded for the edition that the implementation names, else the contract's default, and with
    its own variables. `at_once` cases are in flight where the implementation can do so; `cassettes` is the
    folder that replies are taken from. Raises ImplementationError if the implementation cannot be used.
    """
    if isinstance(cases, Suites):
        about = implementation.about
        cases = cases.cases(preferred=about.edition, vars=about.vars)
    folder = cassettes or Path()
    aside: list[Verdict] = []
    replays: dict[tuple[str, str], CaseReplay] = {}
    jobs = _jobs(cases, implementation.about, folder, aside, replays)
    started = time.perf_counter()
    for case, observation in implementation.perform(jobs, at_once=at_once):
        replay = replays.pop((case.name, case.edition), None)
        verdict = _conclude(case, observation, implementation.about, replay, started)
        yield from _drain(aside)
        yield known.apply(verdict) if known else verdict
        started = time.perf_counter()
    yield from _drain(aside)


def why_not_applicable(case: Case, about: ImplementationInfo) -> str | None:
    """Why the case cannot say anything about this implementation, or None when it can.

    Decided by what the implementation declares: operations, inputs and features.
    """
    unknown = case.operations.difference(about.operations)
    if unknown:
        return f"does not declare the operation {', '.join(sorted(unknown))}"
    if "*" not in about.inputs:
        used = {name for step in case.steps for name in step.input}
        undeclared = (used & DECLARED_INPUTS) - set(about.inputs)
        if undeclared:
            return f"does not declare the input {', '.join(sorted(undeclared))}"
    missing = set(case.requires).difference(about.features)
    if missing:
        return f"does not declare the feature {', '.join(sorted(missing))}"
    if about.in_real_time and "clock" not in about.features and _leaves_unanswered(case):
        return "it would wait for its own time limit, because this case never answers (feature clock)"
    if "outcome" not in about.features and _expects_only_a_refusal(case):
        return "without the feature outcome, a refusal looks like doing nothing"
    return None


def _jobs(
    cases: Iterable[Case],
    about: ImplementationInfo,
    folder: Path,
    aside: list[Verdict],
    replays: dict[tuple[str, str], CaseReplay],
) -> Iterator[CaseRun]:
    """Yield the cases to perform, and keep the replays of those with recordings by name and edition."""
    for case in cases:
        reason = why_not_applicable(case, about)
        if reason is None:
            replay = CaseReplay(case, folder)
            if case.is_recorded:
                replays[case.name, case.edition] = replay
            yield CaseRun(case, replay)
        else:
            aside.append(Verdict(case, "not_applicable", about.name, reason=reason))


def _drain(aside: list[Verdict]) -> Iterator[Verdict]:
    yield from aside
    aside.clear()


def _conclude(
    case: Case, observation: Observation, about: ImplementationInfo, replay: CaseReplay | None, started: float
) -> Verdict:
    def verdict(status: Status, **found: Any) -> Verdict:
        elapsed = time.perf_counter() - started
        return Verdict(case, status, about.name, observation=observation, duration_s=elapsed, **found)

    if observation.broken is not None:
        return verdict("errored", reason=observation.broken.message, detail=observation.broken.detail)
    if observation.unsupported is not None:
        sent = sum(len(step.requests) for step in observation.steps)
        if sent:
            reason = f"it sent {sent} request{'s'[: sent > 1]} and then reported: {observation.unsupported}"
            return verdict("errored", reason=reason)
        return verdict("not_applicable", reason=f"it reports: {observation.unsupported}")
    judgement = judge(case, observation)
    recordings = RecordingCheck() if replay is None else replay.check(judgement)
    differences = _located(case, (*judgement.differences, *recordings.differences))
    if not differences and judgement.unchecked and not _anything_checked(case, observation):
        return verdict("not_applicable", reason=f"nothing to check: {judgement.unchecked[0]}")
    return verdict(
        "failed" if differences else "passed",
        differences=differences,
        unchecked=judgement.unchecked,
        unverified=recordings.unverified,
        played=recordings.played,
    )


def _located(case: Case, differences: tuple[Difference, ...]) -> tuple[Difference, ...]:
    """The differences, each with its place in the file; only they need what finds places."""
    if not differences:
        return ()
    from harness.scenarios import locate

    return tuple(replace(difference, location=locate(case, difference.at)) for difference in differences)


def _leaves_unanswered(case: Case) -> bool:
    """Whether some request is left without an answer, or without the end of one."""
    return any(
        reply.get("fault") in _ENDLESS
        for step in case.steps
        for interaction in (*step.interactions, *step.allow_requests)
        for reply in interaction.replies
    )


def _expects_only_a_refusal(case: Case) -> bool:
    return all(
        not step.interactions and step.outcome is not None and "error" in step.outcome for step in case.steps
    )


def _anything_checked(case: Case, observation: Observation) -> bool:
    """Whether an expectation was one that could be seen: of requests, of none, or of the outcome."""
    outcome_seen = "outcome" not in observation.blind_spots
    return any(step.interactions or step.outcome is None or outcome_seen for step in case.steps)
