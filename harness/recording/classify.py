"""Answers that are not fit to be recorded as they are: failures, and those worth asking again for."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

import orjson

from harness.model import JsonValue, Reply
from harness_openclaw import reference
from harness_openclaw.reference import CallError, retries
from harness_openclaw.reference.answers.failures import failure_in, failure_of_fault, failure_of_status
from harness_openclaw.reference.answers.sse import is_stream, parse
from harness_openclaw.reference.exchange import Outcome

__all__ = ["Failure", "Retries", "events_of", "failure_of", "is_stream", "native_form"]

_UNCLASSIFIED = "of no class"
_JOB = re.compile(r"/videos/[^/]+$")
_JOB_FAILED = {"failed", "cancelled", "expired"}


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


def failure_of(reply: Reply, url: str = "") -> Failure | None:
    """How the answer from `url` failed: by a fault, by its status, by an error in the body of a 200, by a
    job that ended without a film, or, in the native forms behind ClawRouter, by not saying how it ended.
    None if it did not."""
    if reply.fault is not None:
        return _as_recorded(failure_of_fault(reply, label="it failed"), reply)
    if reply.status >= 400:
        return _as_recorded(failure_of_status(reply, label="it was refused"), reply)
    read = native_form(url)
    if read is not None:
        try:
            read(reply)
        except reference.Failure as caught:
            return _as_recorded(caught, reply, in_band=True)
        return None
    values = events_of(reply.body) if is_stream(reply.headers) else [_json(reply.body)]
    for value in values:
        failure = failure_in(value, label="an error in the answer", status=reply.status)
        if failure is not None:
            return _as_recorded(failure, reply, in_band=True)
    return _ended_job(values[0], reply) if _JOB.search(urlsplit(url).path) else None


def native_form(url: str) -> Callable[[Reply], Outcome] | None:
    """What reads an answer from `url` if it is in a provider's own form, as through ClawRouter: Responses,
    Anthropic's messages, Gemini's contents. It raises the reference's `Failure` for one that is none."""
    path = urlsplit(url).path
    if path.endswith("/responses"):
        from harness_openclaw.reference.answers import responses

        return responses.read
    if path.endswith("/messages"):
        from harness_openclaw.reference.answers import messages

        return messages.read
    if path.endswith((":streamGenerateContent", ":generateContent")):
        from harness_openclaw.reference.answers import gemini

        return gemini.read
    return None


def _ended_job(job: JsonValue, reply: Reply) -> Failure | None:
    status = job.get("status") if isinstance(job, dict) else None
    if status not in _JOB_FAILED:
        return None
    return Failure(_UNCLASSIFIED, f"the job ended as {status}", reply.status, in_band=True)


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
