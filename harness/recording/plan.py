"""What a recording is going to do: which calls, where to, and what they may cost."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from harness.model import Case, JsonValue, Reply, Request, Step
from harness.recording.upstream import host_of
from harness_openclaw.mock_provider.fault_injection import HEADER, PREFIX
from harness_openclaw.reference import CallError, Refusal, Unsupported, shape
from harness_openclaw.reference.client import Session, begin
from harness_openclaw.reference.exchange import VirtualClock
from harness_openclaw.reference.openrouter.pricing import Estimate, object_in

__all__ = ["REFUSED", "Plan", "PlannedCall", "expected_failure", "plan"]

_PAID_EACH = ("chat", "image", "speech")
_OF_CLAWROUTER = ("catalog", "usage")

REFUSED = "refused"
"""The tag of a case whose requests the provider is to answer by an error."""


@dataclass(frozen=True, slots=True)
class PlannedCall:
    """A call that a case is expected to make. `refused` tells that the provider is to answer an error, and
    `clawrouter` is the root below which the call goes if it goes through ClawRouter."""

    case: Case
    request: Request
    estimate: Estimate
    refused: bool = False
    clawrouter: str | None = None

    @property
    def asks_listed_model(self) -> bool:
        """Whether the model is one of those that OpenRouter's list of chat models should have."""
        path = urlsplit(self.request.url).path
        return self.clawrouter is None and path.endswith("/chat/completions") and bool(self.estimate.model)

    @property
    def host(self) -> str:
        return host_of(self.request.url)

    @property
    def cost(self) -> Decimal | None:
        """What it may cost; nothing where it is to be refused."""
        return Decimal() if self.refused else self.estimate.cost


@dataclass(frozen=True, slots=True)
class Plan:
    """The calls of a recording."""

    calls: tuple[PlannedCall, ...]
    retries: int

    @property
    def hosts(self) -> tuple[str, ...]:
        return tuple(sorted({call.host for call in self.calls}))

    @property
    def only_for_a_stand_in(self) -> int:
        """How many cases ask for answers on demand, which no real provider gives."""
        return len({call.case.name for call in self.calls if _asks_a_stand_in(call.case)})

    @property
    def asks_openrouter(self) -> bool:
        """Whether any call goes elsewhere than to ClawRouter."""
        return any(call.clawrouter is None for call in self.calls)

    @property
    def clawrouters(self) -> Mapping[str, frozenset[str]]:
        """ClawRouter's roots that are asked, with the catalog ids of the models that are to answer there."""
        found: dict[str, frozenset[str]] = {}
        for call in self.calls:
            if call.clawrouter is not None:
                named = frozenset() if call.refused else frozenset(_catalog_ids(call.case))
                found[call.clawrouter] = found.get(call.clawrouter, frozenset()) | named
        return found

    @property
    def cost(self) -> Decimal:
        """What the calls may cost if each is made once."""
        return sum((call.cost or Decimal() for call in self.calls), Decimal())

    @property
    def cost_with_retries(self) -> Decimal:
        return self.cost * (1 + self.retries)

    @property
    def models(self) -> Mapping[str, frozenset[str]]:
        """The chat models that are asked for, with the fields that the requests to them have."""
        found: dict[str, frozenset[str]] = {}
        for call in self.calls:
            if not call.asks_listed_model:
                continue
            fields = frozenset(object_in(call.request.body))
            found[call.estimate.model] = found.get(call.estimate.model, frozenset()) | fields
        return found

    @property
    def refused_models(self) -> frozenset[str]:
        """The models that are asked for only where an error is expected."""
        served = {call.estimate.model for call in self.calls if not call.refused}
        return frozenset(self.models) - served

    @property
    def unpriced(self) -> tuple[str, ...]:
        return tuple(sorted({call.estimate.model for call in self.calls if call.cost is None}))

    @property
    def cheapest(self) -> PlannedCall | None:
        """The call that costs least of those that a list of chat models prices, and that are to be served."""
        served = [call for call in self.calls if call.asks_listed_model and not call.refused]
        return min(
            served, key=lambda call: Decimal("Infinity") if call.cost is None else call.cost, default=None
        )


def plan(
    cases: Iterable[Case],
    estimate: Callable[[Request], Estimate],
    retries: int,
    looked_up: Mapping[str, Reply] | None = None,
) -> Plan:
    """The calls that cases will make, as far as can be told without performing them: what the contract has
    an implementation send first, once for every request that a case expects.

    Of a video only the job is paid for, not the looks at it. What ClawRouter is asked is known where its
    catalog is among the answers `looked_up`, by URL; else it is one call of unknown price.
    """
    calls = (call for case in cases for call in _calls(case, estimate, looked_up or {}))
    return Plan(tuple(calls), retries)


def expected_failure(case: Case, step: Step) -> Mapping[str, Any] | None:
    """The error that a step's requests are to be answered by: what its outcome says of it, nothing in
    particular for a case with the tag `refused`, and None if there is to be none."""
    error = (step.outcome or {}).get("error")
    if step.interactions and isinstance(error, Mapping):
        return error
    return {} if REFUSED in case.tags else None


def _calls(
    case: Case, estimate: Callable[[Request], Estimate], looked_up: Mapping[str, Reply]
) -> Iterator[PlannedCall]:
    for step in case.steps:
        expected = sum(interaction.least for interaction in step.interactions)
        request = _request(step, looked_up) if expected else None
        if request is None:
            continue
        refused = expected_failure(case, step) is not None
        call = PlannedCall(case, request, _estimate(step, request, estimate), refused, _root(step))
        paid_each = step.operation in _PAID_EACH and request.body
        yield from (call for _ in range(_paid(step) if paid_each else 1))


def _paid(step: Step) -> int:
    """How many of the requests that a step expects are more than a look."""
    asking = [each for each in step.interactions if each.request.get("method") != "GET"]
    return sum(interaction.least for interaction in asking)


def _root(step: Step) -> str | None:
    if step.operation not in _OF_CLAWROUTER and not _uses_catalog(step):
        return None
    from harness_openclaw.reference.clawrouter.access import root_of

    return root_of(step.input)


def _catalog_ids(case: Case) -> Iterator[str]:
    for step in case.steps:
        if _uses_catalog(step):
            yield str(step.input["model"]).strip().partition("/")[2]


def _asks_a_stand_in(case: Case) -> bool:
    for step in case.steps:
        named = str(step.input.get("model") or "").partition("/")[2]
        headers = step.input.get("headers") or {}
        if named.startswith(PREFIX) or HEADER in map(str.lower, headers):
            return True
    return False


def _estimate(step: Step, request: Request, estimate: Callable[[Request], Estimate]) -> Estimate:
    if request.body or not _uses_catalog(step):
        return estimate(request)
    return Estimate(str(step.input["model"]), 0, 0, None)


def _request(step: Step, looked_up: Mapping[str, Reply]) -> Request | None:
    try:
        return _after_looking(step.input, looked_up) if _uses_catalog(step) else shape(step.input)
    except (Refusal, Unsupported):
        return None


def _after_looking(given: Mapping[str, JsonValue], looked_up: Mapping[str, Reply]) -> Request | None:
    """The first request of a call that is not answered already."""
    call = begin(given, Session(VirtualClock()))
    try:
        request = next(call)
        while isinstance(request, Request) and request.url in looked_up:
            request = call.send(looked_up[request.url])
    except (CallError, StopIteration):
        return None
    return request if isinstance(request, Request) else None


def _uses_catalog(step: Step) -> bool:
    model = step.input.get("model")
    return isinstance(model, str) and model.strip().lower().startswith("clawrouter/")
