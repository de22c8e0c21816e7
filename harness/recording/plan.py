"""What a recording is going to do: which calls, where to, and what they may cost.

The calls are the implementation's own: each case is performed once, with nothing sent, to see them.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from harness.model import Case, CaseRun, Implementation, Observation, Reply, Request, Step
from harness.recording.hosts import host_of
from harness.recording.protocol import Estimate, PlannedCall
from harness.wire import render

__all__ = ["REFUSED", "FirstRequests", "Plan", "expected_failure", "first_requests", "plan"]

REFUSED = "refused"
"""The tag of a case whose requests the provider is expected to answer with an error."""

_MOST_LOOKUPS = 20
_ENOUGH = Reply(
    400,
    (("content-type", "application/json"),),
    (b'{"error":{"code":400,"message":"harness: the recording is being planned; nothing was sent"}}',),
)


@dataclass(frozen=True, slots=True)
class FirstRequests:
    """The first request of each step of a case that costs something, else its first; None for a step
    without requests. `problem` is why an implementation failed, or declined the case, before it had sent
    them; `lookups` are the URLs that it asked first."""

    case: Case
    requests: tuple[Request | None, ...]
    lookups: frozenset[str] = frozenset()
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """The calls of a recording. `problems` are the cases whose calls are not known, each with the reason."""

    calls: tuple[PlannedCall, ...]
    retries: int
    problems: tuple[tuple[Case, str], ...] = ()

    @property
    def hosts(self) -> tuple[str, ...]:
        return tuple(sorted({host_of(call.request.url) for call in self.calls}))

    @property
    def cost(self) -> Decimal:
        """What the calls may cost in USD if each is made once, without those of unknown price."""
        return sum((call.cost or Decimal() for call in self.calls), Decimal())

    @property
    def cost_with_retries(self) -> Decimal:
        return self.cost * (1 + self.retries)

    @property
    def unpriced(self) -> tuple[str, ...]:
        """The models whose price is unknown; a URL where a request names no model."""
        unknown = [call for call in self.calls if call.cost is None]
        return tuple(sorted({call.estimate.model or call.request.url for call in unknown}))


def first_requests(
    cases: Iterable[Case],
    implementation: Implementation,
    looked_up: Mapping[str, Reply] | None = None,
) -> Iterator[FirstRequests]:
    """Perform cases with nothing sent, and yield what the implementation asks first.

    A request that costs nothing (without a body) is answered from `looked_up`, by URL, else by the
    contract's mock provider or with a plausible success, so that the implementation gets to its first call.
    That one gets such a success, too, and all that follow in its step get an error. Raises
    ImplementationError.
    """
    probes: dict[tuple[str, str], _Probe] = {}

    def jobs() -> Iterator[CaseRun]:
        for case in cases:
            probe = probes[case.name, case.edition] = _Probe(case, looked_up or {})
            yield CaseRun(case, probe)

    for case, observation in implementation.perform(jobs(), at_once=1):
        yield probes.pop((case.name, case.edition)).result(observation)


class _Probe:
    """Answers the requests of a case that is being planned, and remembers them."""

    def __init__(self, case: Case, looked_up: Mapping[str, Reply]) -> None:
        self._case = case
        self._respond = case.provider()
        self._looked_up = looked_up
        self._sent: list[list[Request]] = [[] for _ in case.steps]
        self._lock = threading.Lock()

    def __call__(self, step: int, request: Request) -> Reply:
        with self._lock:
            sent = self._sent[step]
            has_called = any(each.body for each in sent)
            sent.append(request)
        if has_called or len(sent) > _MOST_LOOKUPS:
            return _ENOUGH
        known = None if request.body else self._looked_up.get(request.url)
        return render(None, request, respond=self._respond) if known is None else known

    def result(self, observation: Observation) -> FirstRequests:
        seen = [list(step.requests) for step in observation.steps]
        sent = [max(pair, key=len) for pair in zip(self._sent, seen + [[]] * len(self._sent), strict=False)]
        lookups = frozenset(each.url for step in sent for each in step if not each.body)
        return FirstRequests(self._case, tuple(map(_first, sent)), lookups, _problem(observation, sent))


def _first(requests: list[Request]) -> Request | None:
    return next((each for each in requests if each.body), requests[0] if requests else None)


def _problem(observation: Observation, sent: list[list[Request]]) -> str:
    if observation.unsupported is not None:
        return f"declined: {observation.unsupported}"
    if all(sent):
        return ""
    if observation.broken is not None:
        return f"failed: {observation.broken.message}"
    return "" if any(sent) else "sends nothing"


def plan(found: Iterable[FirstRequests], estimate: Callable[[Request], Estimate], retries: int) -> Plan:
    """Return the calls that cases will make, as far as their first requests show: one for every request
    that a step expects, but one only where its first request costs nothing."""
    kept = tuple(found)
    calls = (call for each in kept for call in _calls(each, estimate))
    problems = tuple((each.case, each.problem) for each in kept if each.problem)
    return Plan(tuple(calls), retries, problems)


def expected_failure(case: Case, step: Step) -> Mapping[str, Any] | None:
    """Return the error that the provider is expected to answer in a step: what its outcome says of it, an
    empty mapping for any error in a case with the tag `refused`, and None if it is to answer normally."""
    error = (step.outcome or {}).get("error")
    if step.interactions and isinstance(error, Mapping):
        return error
    return {} if REFUSED in case.tags else None


def _calls(found: FirstRequests, estimate: Callable[[Request], Estimate]) -> Iterator[PlannedCall]:
    for number, (step, request) in enumerate(zip(found.case.steps, found.requests, strict=True)):
        if request is None:
            continue
        refused = expected_failure(found.case, step) is not None
        call = PlannedCall(found.case, number, request, estimate(request), refused)
        yield from [call] * (_expected(step) if request.body else 1)


def _expected(step: Step) -> int:
    """Return how many requests that cost something a step expects, at least one."""
    return max(1, sum(each.least for each in step.interactions if each.request.get("method") != "GET"))
