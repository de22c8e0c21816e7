"""Asking again: how often, after which answers, and after how long (OR-RETRY-01 to OR-RETRY-06)."""

from __future__ import annotations

from dataclasses import dataclass

from harness.model import Reply, Request
from harness.recording import retries
from harness_openclaw.reference.exchange import Exchange, pause

__all__ = ["NEVER", "Retries", "ask_patiently"]


@dataclass(frozen=True, slots=True)
class Retries(retries.Retries):
    """How often a request is repeated, and how long is waited before that: a stated wait however long it is,
    and no 402 is repeated."""

    longest_s: float | None = None
    in_flight: bool = False
    connecting: bool = True


NEVER = Retries(most=0)


def ask_patiently(request: Request, patience: Retries) -> Exchange[Reply]:
    """Send a request, and the same request again as long as `patience` says so; gives the last reply."""
    before = 0
    while True:
        reply: Reply = yield request
        wait_s = patience.wait_s(reply, before)
        if wait_s is None:
            return reply
        yield from pause(wait_s * 1000)
        before += 1
