"""What a recording is going to do: which calls, where to, and what they may cost."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

import orjson

from harness.model import Case, Request, Step
from harness.recording.upstream import host_of
from harness.reference import Refusal, Unsupported, shape
from harness.reference.openrouter.pricing import Estimate, Prices

__all__ = ["REFUSED", "Plan", "PlannedCall", "expected_failure", "plan"]

_PAID_EACH = ("chat", "image", "speech")

REFUSED = "refused"
"""The tag of a case whose requests the provider is to answer by an error."""


@dataclass(frozen=True, slots=True)
class PlannedCall:
    """A call that a case is expected to make. `refused` tells that the provider is to answer an error."""

    case: Case
    request: Request
    estimate: Estimate
    refused: bool = False

    @property
    def asks_listed_model(self) -> bool:
        """Whether the model is one of those that OpenRouter's list of chat models should have."""
        return urlsplit(self.request.url).path.endswith("/chat/completions") and bool(self.estimate.model)

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
            fields = frozenset(_object(call.request.body))
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

    def priced(self, prices: Prices) -> Plan:
        """The same calls at these prices."""
        calls = (
            replace(call, estimate=prices.estimate(call.request.body)) if call.request.body else call
            for call in self.calls
        )
        return Plan(tuple(calls), self.retries)


def plan(cases: Iterable[Case], prices: Prices, retries: int) -> Plan:
    """The calls that cases will make, as far as can be told without performing them: what the contract has
    an implementation send first, once for every request that a case expects.

    Of a video only the job is paid for, not the looks at it. Behind ClawRouter's catalog is one call of
    unknown price, and other look-ups cost nothing.
    """
    return Plan(tuple(call for case in cases for call in _calls(case, prices)), retries)


def expected_failure(case: Case, step: Step) -> Mapping[str, Any] | None:
    """The error that a step's requests are to be answered by: what its outcome says of it, nothing in
    particular for a case with the tag `refused`, and None if there is to be none."""
    error = (step.outcome or {}).get("error")
    if step.interactions and isinstance(error, Mapping):
        return error
    return {} if REFUSED in case.tags else None


def _calls(case: Case, prices: Prices) -> Iterator[PlannedCall]:
    for step in case.steps:
        expected = sum(interaction.least for interaction in step.interactions)
        request = _request(step)
        if expected and request is not None:
            refused = expected_failure(case, step) is not None
            call = PlannedCall(case, request, _estimate(step, request, prices), refused)
            yield from (call for _ in range(expected if step.operation in _PAID_EACH and request.body else 1))


def _estimate(step: Step, request: Request, prices: Prices) -> Estimate:
    if request.body:
        return prices.estimate(request.body)
    model = str(step.input.get("model") or "") if step.uses_catalog else ""
    return Estimate(model, 0, 0, None if model else Decimal())


def _request(step: Step) -> Request | None:
    try:
        return shape(step.input)
    except (Refusal, Unsupported):
        return None


def _object(body: bytes) -> Mapping[str, Any]:
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    return value if isinstance(value, dict) else {}
