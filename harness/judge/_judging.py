"""A case and an observation → everything in which they differ."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple, TypeAlias

from harness.judge._canaries import Canaries
from harness.judge._explain import explain
from harness.judge._finding import Finding, charged_to, from_change
from harness.judge._matching import Assignment, Placed, expected_line, pair_leftovers, same_origin
from harness.judge._request import content_findings, findings
from harness.judge._request_view import RequestView
from harness.judge._stability import kept_findings, same_findings
from harness.judge._text import masked, one_line
from harness.matchers import MISSING, accepts
from harness.model import (
    Assigned,
    Case,
    Difference,
    Interaction,
    Judgement,
    Observation,
    Step,
    StepObservation,
)
from harness.redaction import Redactor

__all__ = ["judge"]

Address: TypeAlias = tuple[str | int, ...]

_CLOCK_GRAIN_MS = 1.0  # clocks that count whole milliseconds may be off by one


class _Found(NamedTuple):
    """A finding, the step and request it is about, and the address that its own is below."""

    finding: Finding
    step: int
    request: int | None
    base: Address


def judge(case: Case, observation: Observation) -> Judgement:
    """All differences between what a case expects and what was observed, in the order of the requests.

    Whether an assertion can be checked is part of the answer: what the way of observing cannot see is a
    sentence in `unchecked`, neither passed nor failed. Each difference is charged to the rules that claim
    its place. `location` is left to the caller, who knows the files.
    """
    judging = _Judging(case, observation)
    found = [one for number in range(judging.steps) for one in judging.step(number)]
    return Judgement(
        tuple(_differences(case, found)) if found else (),
        tuple(judging.unchecked),
        tuple(judging.assigned),
    )


def _differences(case: Case, found: Iterable[_Found]) -> Iterator[Difference]:
    mask = Redactor(case.canaries)
    for finding, step, request, base in found:
        yield Difference(
            finding.kind,
            one_line(mask(finding.path)),
            finding.describe(mask),
            (*base, *(mask(part) if isinstance(part, str) else part for part in finding.at)),
            step,
            request,
            _value(finding.expected, mask),
            _value(finding.actual, mask),
            charged_to(case.rules, finding),
        )


def _value(value: Any, mask: Redactor) -> Any:
    return None if value is MISSING else masked(value, mask)


class _Judging:
    """The judging of one observation, step by step; requests are remembered by their interaction's id."""

    def __init__(self, case: Case, observation: Observation) -> None:
        self._case = case
        self._observation = observation
        self._canaries = Canaries(case.canaries)
        self._named: dict[str, RequestView] = {}
        self._requests_of = {
            one.id: one.request for step in case.steps for one in step.interactions if one.id is not None
        }
        self.steps = max(len(case.steps), len(observation.steps))
        self.assigned: list[tuple[Assigned, ...]] = []
        self.unchecked: dict[str, None] = {}

    def step(self, number: int) -> Iterator[_Found]:
        """Everything that is wrong in a step."""
        case, observed = self._case, self._observation.steps
        step = case.steps[number] if number < len(case.steps) else Step({}, (), ("steps", number))
        performed = observed[number] if number < len(observed) else StepObservation()
        assignment = Assignment(step)
        placed = [assignment.place(RequestView(request)) for request in performed.requests]
        self.assigned.append(tuple(one.assigned for one in placed))
        pairs, missing = pair_leftovers(step, placed)
        for index, one in enumerate(placed):
            wanted = one.assigned.interaction or pairs.get(index)
            found = self._stray(step, one) if wanted is None else self._expected(wanted, one)
            for finding, base in found:
                yield _Found(finding, number, index, base)
        for interaction, sent in missing:
            yield _Found(_never_sent(interaction, sent), number, None, interaction.at)
        for finding in self._outcome(step, performed.outcome):
            yield _Found(finding, number, None, step.at)

    # -------------------------------------------------------------- one request

    def _stray(self, step: Step, placed: Placed) -> Iterator[tuple[Finding, Address]]:
        """A request that should not have been sent. What it carries to a place where requests are
        expected is not a leak if one of those carries the same."""
        view = placed.view
        if placed.forbidden_by is not None:
            yield _unwanted("forbidden", view, ("forbid_requests", placed.forbidden_by)), step.at
            allowing = []
        else:
            yield _unwanted("unexpected", view, ("interactions",)), step.at
            allowing = [one.request for one in step.interactions if same_origin(one.request, view)]
        for finding in self._canaries.misplaced(view, allowing):
            yield finding._replace(at=("interactions",)), step.at

    def _expected(self, wanted: Interaction, placed: Placed) -> Iterator[tuple[Finding, Address]]:
        """A request against the interaction it was counted for, or is paired with for want of a better."""
        view, base = placed.view, (*wanted.at, "request")
        if placed.instead_of is not None or placed.too_late:
            yield _out_of_turn(placed), wanted.at
        judged = findings if placed.assigned.interaction is None else content_findings
        for finding in judged(wanted.request, view):
            yield finding, base
        if "headers" in wanted.request and "header-duplicates" in self._observation.blind_spots:
            self.unchecked["whether a header was sent twice cannot be seen"] = None
        allowing = [wanted.request]
        if placed.assigned.interaction is not None:
            for finding in self._related(wanted, view, allowing):
                yield finding, base
            yield from self._times(wanted, placed)
            if wanted.id is not None:
                self._named.setdefault(wanted.id, view)
        for finding in self._canaries.misplaced(view, allowing):
            yield finding, base

    def _related(
        self, interaction: Interaction, view: RequestView, allowing: list[Mapping[str, Any]]
    ) -> Iterator[Finding]:
        same = interaction.request.get("same_as")
        if same is not None:
            allowing.append(self._requests_of.get(same, {}))
            if same in self._named:
                yield from same_findings(same, self._named[same], view)
        kept = interaction.request.get("keeps")
        if kept is not None:
            yield from kept_findings(kept, self._named, view)

    def _times(self, wanted: Interaction, placed: Placed) -> Iterator[tuple[Finding, Address]]:
        request, blind_spots = placed.view.request, self._observation.blind_spots
        if "timeout_ms" in wanted.request:
            limit = wanted.request["timeout_ms"]
            if request.timeout_ms is None or "timeout" in blind_spots:
                self.unchecked["the time limit of a request cannot be seen"] = None
            elif not accepts(limit, _whole(request.timeout_ms)):
                yield _timing("timeout_ms", limit, request.timeout_ms), (*wanted.at, "request")
        if wanted.after_ms:
            due = wanted.after_ms[min(placed.assigned.repetition, len(wanted.after_ms) - 1)]
            waited = request.after_ms or 0
            if "timing" in blind_spots or (request.after_ms is None and due != 0):
                self.unchecked["how long was waited before a request cannot be seen"] = None
            elif not _in_time(waited, due):
                yield _timing("after_ms", due, request.after_ms), wanted.at

    # -------------------------------------------------------------- the outcome

    def _outcome(self, step: Step, outcome: Mapping[str, Any] | None) -> Iterator[Finding]:
        if outcome is not None:
            yield from self._canaries.in_outcome(outcome)
        if step.outcome is None:
            return
        if "outcome" in self._observation.blind_spots:
            self.unchecked["the outcome cannot be seen"] = None
            return
        for change in explain(step.outcome, outcome or {}, open_objects=True):
            yield from_change(change, ("outcome",), "outcome")


def _whole(number: float) -> float:
    """`number` as an integer where it is one: 90000.0 milliseconds are 90000."""
    return int(number) if float(number).is_integer() else number


def _in_time(waited: float, due: Any) -> bool:
    if isinstance(due, Mapping):
        return accepts(due, waited)
    return bool(abs(waited - due) <= _CLOCK_GRAIN_MS)


def _timing(path: str, expected: Any, actual: Any) -> Finding:
    return Finding("timing", "timing", path, (path,), expected, actual)


def _unwanted(what: str, view: RequestView, at: Address) -> Finding:
    line = f"{view.request.method} {view.request.url}"
    return Finding("request", "requests", "", at, actual=line, words=f"{what}: {line}")


def _never_sent(wanted: Interaction, sent: int) -> Finding:
    line = expected_line(wanted)
    if sent:
        words = f"sent {_times(sent)}, expected at least {_times(wanted.least)}: {line}"
    else:
        words = f"never sent: {line}"
    return Finding("request", "requests", "", (), expected=line, words=words)


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _out_of_turn(placed: Placed) -> Finding:
    line = f"{placed.view.request.method} {placed.view.request.url}"
    if placed.instead_of is None:
        words = f"out of order: {line} came after requests that it should precede"
    else:
        words = f"out of order: {line} came before {expected_line(placed.instead_of)}"
    return Finding("request", "requests", "", (), actual=line, words=words)
