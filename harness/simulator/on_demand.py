"""Answers on demand: what a model id `simulated/…` or the header `X-Simulate` asks for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from harness.errors import UsageError, nearest
from harness.simulator.refusals import REFUSALS, Refusal

__all__ = ["HEADER", "PREFIX", "Demand", "demand", "demands"]

PREFIX = "simulated/"
HEADER = "x-simulate"

Shape = Literal["status", "body", "stream", "fault"]

_ERROR = "error-"
_IN_BODY = "error-in-body"
_FAULT = "fault-"
_ONCE = "-once"
_NO_RESPONSE = ("timeout", "reset", "refused")
_FAULTS = (*_NO_RESPONSE, "truncated", "slow")

_OVERLOADED = Refusal(503, "The provider is overloaded", {"error_type": "provider_unavailable"})
_IN_STREAM = {
    "error-in-stream": (Refusal(502, "Provider disconnected"), 3),
    "error-in-stream-first": (_OVERLOADED, 0),
    "error-in-stream-text-code": (Refusal(502, "Provider disconnected", code="server_error"), 3),
    "error-in-stream-429": (REFUSALS["429-upstream"], 0),
}


@dataclass(frozen=True, slots=True)
class Demand:
    """An answer that was asked for by name.

    `status` is an error answer of that status, `body` an error in a JSON body of status 200, `stream` an
    error among the events `after` so many deltas (in the body if no events are wanted), `fault` no
    sound answer at all. `once` tells that only the first of several equal requests is answered so.
    """

    shape: Shape
    refusal: Refusal | None = None
    fault: str = ""
    after: int = 0
    once: bool = False

    @property
    def at_once(self) -> bool:
        """Whether it is answered without a look at what else is asked."""
        return self.shape == "status" or self.fault in _NO_RESPONSE


def demands() -> tuple[str, ...]:
    """Every name that can be asked for."""
    return (
        *(f"{_ERROR}{name}" for name in REFUSALS),
        _IN_BODY,
        *_IN_STREAM,
        *(f"{_FAULT}{fault}" for fault in _FAULTS),
    )


def demand(name: str) -> Demand:
    """What a name asks for; `-once` behind it limits that to the first of equal requests.

    Raises `UsageError` for a name that nothing is known by.
    """
    once = name.endswith(_ONCE)
    plain = name.removesuffix(_ONCE)
    if plain in _IN_STREAM:
        refusal, after = _IN_STREAM[plain]
        return Demand("stream", refusal, after=after, once=once)
    if plain == _IN_BODY:
        return Demand("body", _OVERLOADED, once=once)
    kind, _, rest = plain.partition("-")
    if f"{kind}-" == _ERROR and rest in REFUSALS:
        return Demand("status", REFUSALS[rest], once=once)
    if f"{kind}-" == _FAULT and rest in _FAULTS:
        return Demand("fault", fault=rest, once=once)
    raise UsageError(
        f"the stand-in provider has no answer called {name!r}{nearest(plain, demands())}",
        hint="docs/simulator.md lists them all.",
    )
