"""Answers that are not fit to be recorded as they are: failures, and those worth asking again for."""

from __future__ import annotations

from dataclasses import dataclass

import orjson

from harness.model import JsonValue, Reply
from harness.reference import CallError, retries
from harness.reference.answers.failures import failure_in, failure_of_fault, failure_of_status
from harness.reference.answers.sse import is_stream, parse

__all__ = ["Failure", "Retries", "events_of", "failure_of", "is_stream"]

_UNCLASSIFIED = "of no class"


@dataclass(frozen=True, slots=True)
class Failure:
    """An answer that is none. `kind` is the class of OR-ERR-01; `said` is short, in the provider's words."""

    kind: str
    said: str
    status: int
    in_band: bool = False


@dataclass(frozen=True, slots=True)
class Retries(retries.Retries):
    """How patiently an answer is asked for that is worth recording: a stated wait is kept to a minute, and
    requests in flight are waited for."""

    longest_s: float | None = 60.0
    in_flight: bool = True


def failure_of(reply: Reply) -> Failure | None:
    """How an answer failed: by a fault, by its status, or by an error in the body of a 200; None if it did
    not."""
    if reply.fault is not None:
        return _as_recorded(failure_of_fault(reply, label="it failed"), reply)
    if reply.status >= 400:
        return _as_recorded(failure_of_status(reply, label="it was refused"), reply)
    values = events_of(reply.body) if is_stream(reply.headers) else [_json(reply.body)]
    for value in values:
        failure = failure_in(value, label="an error in the answer", status=reply.status)
        if failure is not None:
            return _as_recorded(failure, reply, in_band=True)
    return None


def events_of(body: bytes) -> list[JsonValue]:
    """The data of each server-sent event: JSON where it is JSON, else text such as `[DONE]`."""
    values = []
    for event in parse(body):
        value = _json(event.data)
        values.append(event.data if value is None else value)
    return values


def _as_recorded(failure: CallError, reply: Reply, *, in_band: bool = False) -> Failure:
    return Failure(failure.error_class or _UNCLASSIFIED, failure.message, reply.status, in_band)


def _json(data: str | bytes) -> JsonValue:
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError:
        return None
