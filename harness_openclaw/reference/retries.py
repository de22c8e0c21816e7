"""Asking again: how often, after which answers, and after how long (OR-RETRY-01 to OR-RETRY-06)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime

from harness.model import Headers, Reply, Request
from harness_openclaw.reference.answers.failures import header
from harness_openclaw.reference.exchange import Exchange, pause

__all__ = ["NEVER", "Retries", "ask_patiently"]


@dataclass(frozen=True, slots=True)
class Retries:
    """How often a request is repeated, and how long to wait before that.

    `most` is the number of repeats after a status in `statuses`, one of 500 and above, and no answer at all.
    A stated wait longer than `longest_s` is not waited for; with `states_429` a 429 must state one. With
    `in_flight`, a 402 with a stated wait is repeated, too.
    """

    most: int = 2
    statuses: frozenset[int] = frozenset({408, 409, 429})
    longest_s: float | None = None
    states_429: bool = False
    in_flight: bool = False

    def wait_s(
        self, reply: Reply, before: int, *, chance: float = 0.0, now: datetime | None = None
    ) -> float | None:
        """Seconds to wait before the request is repeated, having been repeated `before` times; None if it
        is not repeated. `chance`, from 0 to 1, spreads the waits that the provider does not state."""
        if before >= self.most:
            return None
        status = reply.status
        if status < 400 and (reply.fault is None or reply.chunks):
            return None
        stated = _stated_s(reply.headers, now)
        if not self._passes(reply, stated):
            return None
        if stated is None:
            if status == 429 and self.states_429:
                return None
            backoff: float = min(0.5 * 2**before, 8.0)
            return backoff * (1 - 0.25 * chance)
        return None if self.longest_s is not None and stated > self.longest_s else stated

    def _passes(self, reply: Reply, stated: float | None) -> bool:
        """May the same request be answered otherwise later? The answer's own word on that comes first."""
        should = (header(reply.headers, "x-should-retry") or "").lower()
        if should in ("true", "false"):
            return should == "true"
        if self.in_flight and reply.status == 402 and stated is not None:
            return True
        return reply.fault is not None or reply.status >= 500 or reply.status in self.statuses


NEVER = Retries(most=0)


def ask_patiently(request: Request, retries: Retries) -> Exchange[Reply]:
    """Send a request, and the same request again as long as `retries` says so; gives the last reply."""
    before = 0
    while True:
        reply: Reply = yield request
        wait_s = retries.wait_s(reply, before)
        if wait_s is None:
            return reply
        yield from pause(wait_s * 1000)
        before += 1


def _stated_s(headers: Headers, now: datetime | None) -> float | None:
    """The wait that an answer states, in seconds: retry-after-ms, else Retry-After, a number or a date."""
    exact = _number(header(headers, "retry-after-ms"))
    if exact is not None:
        return max(0.0, exact / 1000)
    stated = header(headers, "retry-after")
    seconds = _number(stated)
    if seconds is not None:
        return max(0.0, seconds)
    if stated is None:
        return None
    from email.utils import parsedate_to_datetime

    try:
        until = parsedate_to_datetime(stated)
    except ValueError:
        return None
    if until.tzinfo is None:
        until = until.replace(tzinfo=UTC)
    return max(0.0, (until - (now or datetime.now(UTC))).total_seconds())


def _number(stated: str | None) -> float | None:
    try:
        number = float(stated or "")
    except ValueError:
        return None
    return number if math.isfinite(number) else None
