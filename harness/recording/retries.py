"""Retries: how often a request is repeated, after which replies, and after how long."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime

from harness.model import Headers, Reply

__all__ = ["Retries"]


@dataclass(frozen=True, slots=True)
class Retries:
    """How patiently a reply is asked for.

    At most `most` repeats follow replies of `statuses`, of 500 and above, and none at all. A stated wait
    above `longest_s` seconds is not waited for (None: any is). `in_flight` repeats a 402 that states a
    wait, `connecting` a request for which there was no connection. With `states_429` a 429 must state its
    wait.
    """

    most: int = 2
    statuses: frozenset[int] = frozenset({408, 409, 429})
    longest_s: float | None = 60.0
    states_429: bool = False
    in_flight: bool = True
    connecting: bool = False

    def wait_s(
        self,
        reply: Reply,
        before: int,
        *,
        chance: float = 0.0,
        now: datetime | None = None,
        retryable: bool | None = None,
    ) -> float | None:
        """Return the seconds to wait before a request is repeated that was repeated `before` times; None
        if it is not repeated.

        `chance`, from 0 to 1, spreads the waits that the provider does not state. `retryable` says whether
        the same request may succeed later; None leaves that to the status and headers of the reply.
        """
        if before >= self.most:
            return None
        status = reply.status
        if status < 400 and (reply.fault is None or reply.chunks):
            return None
        stated = _stated_s(reply.headers, now)
        if not (self._may_pass(reply, stated) if retryable is None else retryable):
            return None
        if stated is None:
            if status == 429 and self.states_429:
                return None
            backoff: float = min(0.5 * 2**before, 8.0)
            return backoff * (1 - 0.25 * chance)
        return None if self.longest_s is not None and stated > self.longest_s else stated

    def _may_pass(self, reply: Reply, stated: float | None) -> bool:
        """Return whether the same request may succeed later; what the reply says of that comes first."""
        should = (_header(reply.headers, "x-should-retry") or "").lower()
        if should in ("true", "false"):
            return should == "true"
        if self.in_flight and reply.status == 402 and stated is not None:
            return True
        if reply.fault is not None:
            return self.connecting or reply.fault != "refused"
        return reply.status >= 500 or reply.status in self.statuses


def _stated_s(headers: Headers, now: datetime | None) -> float | None:
    """Return the wait that a reply states, in seconds: retry-after-ms, else Retry-After (number or date)."""
    exact = _number(_header(headers, "retry-after-ms"))
    if exact is not None:
        return max(0.0, exact / 1000)
    stated = _header(headers, "retry-after")
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


def _header(headers: Headers, name: str) -> str | None:
    """Return the first value of a header (`name` in lower case) that is not empty."""
    for stated, value in headers:
        if stated.lower() == name and value.strip():
            return value.strip()
    return None


def _number(stated: str | None) -> float | None:
    try:
        number = float(stated or "")
    except ValueError:
        return None
    return number if math.isfinite(number) else None
