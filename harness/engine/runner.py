"""The pipeline: cases → observations → judgements → verdicts, one pass, nothing kept."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from harness.engine.known_failing import KnownFailing
from harness.judge import Assignment, judge
from harness.model import (
    DECLARED_INPUTS,
    Case,
    CaseRun,
    Difference,
    Implementation,
    ImplementationInfo,
    JsonValue,
    Judgement,
    Observation,
    Reply,
    Request,
    Status,
    Verdict,
)
from harness.redaction import Redactor
from harness.scenarios import Suites
from harness.wire import render

__all__ = ["run", "why_not_applicable"]

_ENDLESS = ("timeout", "slow")

_NOT_FOUND = Reply(
    status=404,
    headers=(("content-type", "application/json"),),
    chunks=(b'{"error":{"code":404,"message":"no interaction of this case expects this request"}}',),
)


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
    jobs = _jobs(cases, implementation.about, folder, aside)
    started = time.perf_counter()
    for case, observation in implementation.perform(jobs, at_once=at_once):
        verdict = _conclude(case, observation, implementation.about, folder, started)
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
        return "it would wait for an answer that never comes as long as its own time limit"
    if "outcome" not in about.features and _expects_only_a_refusal(case):
        return "a refusal without a request cannot be told from doing nothing (feature outcome)"
    return None


def _jobs(
    cases: Iterable[Case], about: ImplementationInfo, folder: Path, aside: list[Verdict]
) -> Iterator[CaseRun]:
    for case in cases:
        reason = why_not_applicable(case, about)
        if reason is None:
            yield CaseRun(case, _Script(case, folder))
        else:
            aside.append(Verdict(case, "not_applicable", about.name, reason=reason))


def _drain(aside: list[Verdict]) -> Iterator[Verdict]:
    yield from aside
    aside.clear()


class _Script:
    """Answers a case's requests as its interactions say; a request that fits none gets a 404.

    Where an interaction does not state its reply, the contract's mock provider gives one, with one state
    for all steps. In a case whose verdict cannot depend on it the request gets a plausible success.
    """

    def __init__(self, case: Case, folder: Path) -> None:
        self._case = case
        self._folder = folder
        self._assignments: dict[int, Assignment] = {}
        self._respond = case.provider()
        self._any_reply_will_do = _ends_with_one_request(case)

    def __call__(self, step: int, request: Request) -> Reply:
        if step not in self._assignments:
            self._assignments[step] = Assignment(self._case.steps[step])
        assigned = self._assignments[step].assign(request)
        if assigned.interaction is None:
            return _NOT_FOUND
        replies = assigned.interaction.replies
        reply: Mapping[str, JsonValue] | None = {} if self._any_reply_will_do else None
        if replies:
            reply = replies[min(assigned.repetition, len(replies) - 1)]
        return render(reply, request, self._folder, turn=assigned.turn, respond=self._respond)


def _conclude(
    case: Case, observation: Observation, about: ImplementationInfo, folder: Path, started: float
) -> Verdict:
    def verdict(status: Status, **found: Any) -> Verdict:
        elapsed = time.perf_counter() - started
        return Verdict(case, status, about.name, observation=observation, duration_s=elapsed, **found)

    if observation.broken is not None:
        return verdict("errored", reason=observation.broken.message, detail=observation.broken.detail)
    if observation.unsupported is not None:
        sent = sum(len(step.requests) for step in observation.steps)
        if sent:
            reason = f"it sent {sent} request{'s'[: sent > 1]} and then said: {observation.unsupported}"
            return verdict("errored", reason=reason)
        return verdict("not_applicable", reason=f"it says: {observation.unsupported}")
    judgement = judge(case, observation)
    unverified, unlike = _hold_against_recordings(case, judgement, folder)
    differences = _located(case, (*judgement.differences, *unlike))
    if not differences and judgement.unchecked and not _anything_checked(case, observation):
        return verdict("not_applicable", reason=f"nothing can be checked: {judgement.unchecked[0]}")
    return verdict(
        "failed" if differences else "passed",
        differences=differences,
        unchecked=judgement.unchecked,
        unverified=unverified,
    )


def _located(case: Case, differences: tuple[Difference, ...]) -> tuple[Difference, ...]:
    """The differences, each with its place in the file; only they need what finds places."""
    if not differences:
        return ()
    from harness.scenarios import locate

    return tuple(replace(difference, location=locate(case, difference.at)) for difference in differences)


def _hold_against_recordings(
    case: Case, judgement: Judgement, folder: Path
) -> tuple[tuple[str, ...], tuple[Difference, ...]]:
    """What is unlike the recordings the replies come from: told as unverified, or as differences where the
    interaction asks for it (`check_request`)."""
    unverified: list[str] = []
    unlike: list[Difference] = []
    for step, requests in enumerate(judgement.assigned):
        for number, assigned in enumerate(requests):
            interaction = assigned.interaction
            if interaction is None or not interaction.replies:
                continue
            if not any("cassette" in reply for reply in interaction.replies):
                continue
            from harness.cassettes import find_drift

            notes = find_drift(assigned, folder, Redactor(case.canaries))
            if not interaction.check_request:
                unverified += notes
                continue
            rules = tuple(rule.id for rule in case.rules)
            at = (*interaction.at, "reply")
            unlike += [Difference("body", "", note, at, step, number, rules=rules) for note in notes]
    return tuple(unverified), tuple(unlike)


def _ends_with_one_request(case: Case) -> bool:
    """Whether nothing can follow from what is answered: one chat request is expected, and no outcome."""
    if len(case.steps) != 1:
        return False
    (step,) = case.steps
    return (
        step.outcome is None
        and step.operation == "chat"
        and len(step.interactions) == 1
        and step.interactions[0].most == 1
    )


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
