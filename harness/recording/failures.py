"""What an answer says of a failure: its class (OR-ERR-01), and how long to wait before asking again
(OR-RETRY-01 to OR-RETRY-03)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import orjson

from harness.model import Headers, JsonValue, Reply

__all__ = ["Failure", "Retries", "events_of", "failure_of", "is_stream"]

_AUTH, _BILLING, _LIMIT, _TIMEOUT = "auth", "billing", "rate_limit", "timeout"
_CLASSES: Mapping[int, str] = {
    400: "format",
    401: _AUTH,
    402: _BILLING,
    403: _AUTH,
    404: "model_not_found",
    408: _TIMEOUT,
    422: "format",
    429: _LIMIT,
    529: "overloaded",
}
_RETRYABLE = frozenset({408, 409, 429})
_KEY_LIMIT = re.compile(r"(?i)key limit (?:exceeded|reached|hit)")
_OVERLOADED = re.compile(r"(?i)overloaded")
_PASSED_ON = "Provider returned error"
_FAULT_TEXTS = {
    "timeout": "no answer in time",
    "refused": "no connection",
    "reset": "the connection broke off before an answer",
    "truncated": "the answer was cut off",
    "slow": "the answer did not come to an end",
}


@dataclass(frozen=True, slots=True)
class Failure:
    """An answer that is none. `kind` is the class of OR-ERR-01; `said` is short, in the provider's words."""

    kind: str
    said: str
    status: int
    in_band: bool = False


def failure_of(reply: Reply) -> Failure | None:
    """How an answer failed: by a fault, by its status, or by an error in the body of a 200; None if it did
    not."""
    if reply.fault is not None:
        return Failure(_TIMEOUT, _FAULT_TEXTS.get(reply.fault, reply.fault), reply.status)
    error = _error_in(reply)
    if error is None and reply.status < 400:
        return None
    said = error.get("message") if error is not None else None
    said = said if isinstance(said, str) else ""
    if reply.status >= 400:
        return Failure(_kind(reply.status, said), f"{reply.status} {said}".strip(), reply.status)
    code = error.get("code") if error is not None else None
    status = code if isinstance(code, int) and not isinstance(code, bool) else 500
    return Failure(_kind(status, said), f"error {code} in the answer: {said}", reply.status, in_band=True)


def _kind(status: int, said: str) -> str:
    if _KEY_LIMIT.search(said):
        return _BILLING
    if said.startswith(_PASSED_ON) and status not in (401, 402, 429):
        return _TIMEOUT
    if status == 503 and _OVERLOADED.search(said):
        return "overloaded"
    return _CLASSES.get(status, _TIMEOUT if status >= 500 else "format")


def _error_in(reply: Reply) -> Mapping[str, Any] | None:
    found: list[JsonValue] = events_of(reply.body) if is_stream(reply.headers) else [_json(reply.body)]
    for value in found:
        error = value.get("error") if isinstance(value, dict) else None
        if isinstance(error, dict):
            return error
        if isinstance(error, str):
            return {"message": error}
    return None


def is_stream(headers: Headers) -> bool:
    """Whether a body is a stream of server-sent events, going by its content type."""
    return any(name.lower() == "content-type" and "event-stream" in value.lower() for name, value in headers)


def events_of(body: bytes) -> list[JsonValue]:
    """The data of each server-sent event: JSON where it is JSON, else text such as `[DONE]`."""
    values = []
    for event in re.split(rb"\r?\n\r?\n", body):
        lines = [line[5:].strip() for line in event.splitlines() if line.startswith(b"data:")]
        if lines:
            data = b"\n".join(lines)
            value = _json(data)
            values.append(data.decode("utf-8", "replace") if value is None else value)
    return values


def _json(data: bytes) -> JsonValue:
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError:
        return None


# ------------------------------------------------------------------ asking again


@dataclass(frozen=True, slots=True)
class Retries:
    """How often a request is repeated, and how long is waited before that.

    `most` repeats of what the provider may yet answer: 408, 409, 429, 5xx, no connection, no answer in
    time. A stated wait above `longest_s` is not waited for.
    """

    most: int = 2
    longest_s: float = 60.0

    def wait_s(
        self, reply: Reply, before: int, *, chance: float, now: datetime | None = None
    ) -> float | None:
        """Seconds to wait before the request is repeated, having been repeated `before` times; None if it
        is not repeated. `chance`, from 0 to 1, spreads the waits that the provider does not state."""
        if before >= self.most or (reply.chunks and reply.status < 400):
            return None
        headers = {name.lower(): value.strip() for name, value in reply.headers}
        should = headers.get("x-should-retry", "").lower()
        passing = reply.fault is not None or reply.status in _RETRYABLE or reply.status >= 500
        in_flight = reply.status == 402 and "retry-after" in headers
        if should == "false" or not (passing or in_flight or should == "true"):
            return None
        stated = _stated_s(headers, now)
        if stated is not None:
            return stated if stated <= self.longest_s else None
        backoff: float = min(0.5 * 2**before, 8.0)
        return backoff * (1 - 0.25 * chance)


def _stated_s(headers: Mapping[str, str], now: datetime | None) -> float | None:
    try:
        return max(0.0, float(headers["retry-after-ms"]) / 1000)
    except (KeyError, ValueError):
        pass
    stated = headers.get("retry-after")
    if stated is None:
        return None
    try:
        return max(0.0, float(stated))
    except ValueError:
        pass
    try:
        until = parsedate_to_datetime(stated)
    except ValueError:
        return None
    return max(0.0, (until - (now or datetime.now(UTC))).total_seconds())
