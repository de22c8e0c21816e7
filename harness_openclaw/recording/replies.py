"""What replies of OpenRouter and ClawRouter say: failures, usage and ids."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

import orjson

from harness.model import JsonValue, Reply, Request
from harness.recording import answers
from harness.recording.protocol import ProviderFailure, Usage
from harness_openclaw.reference import CallError, Failure
from harness_openclaw.reference.answers.failures import (
    failure_in,
    failure_of_fault,
    failure_of_status,
    header,
)
from harness_openclaw.reference.answers.sse import is_stream, parse
from harness_openclaw.reference.exchange import Outcome
from harness_openclaw.reference.openrouter import checks
from harness_openclaw.reference.openrouter.receipt import usage_of

__all__ = ["classify", "generation_id", "unfit", "usage"]

_UNCLASSIFIED = "unclassified"
_JOB = re.compile(r"/videos/[^/]+$")
_JOB_FAILED = {"failed", "cancelled", "expired"}


def classify(request: Request, reply: Reply) -> ProviderFailure | None:
    """Return how a reply failed, None if it did not (OR-ERR-01): by a fault, by its status, by an error in
    the body of a 200, by a job that ended without a video, or, in the native forms behind ClawRouter, by not
    saying how it ended."""
    if reply.fault is not None:
        return _recorded(failure_of_fault(reply, label="it failed"), reply)
    if reply.status >= 400:
        return _recorded(failure_of_status(reply, label="it was refused"), reply)
    read = _native_form(request.url)
    if read is not None:
        try:
            read(reply)
        except Failure as caught:
            return _recorded(caught, reply, in_band=True)
        return None
    values = list(_values(reply))
    for value in values:
        failure = failure_in(value, label="an error in the answer", status=reply.status)
        if failure is not None:
            return _recorded(failure, reply, in_band=True)
    return _ended_job(values[0], reply) if _JOB.search(urlsplit(request.url).path) else None


def usage(request: Request, reply: Reply) -> Usage:
    """Return what a reply says it counted, in the form of its endpoint."""
    read = _native_form(request.url)
    if read is None:
        return usage_of(reply)
    try:
        counted = read(reply).get("usage") or {}
    except Failure:
        return Usage()
    return Usage(counted.get("input_tokens"), counted.get("output_tokens"))


def generation_id(request: Request, reply: Reply) -> str:
    """Return the generation's id, else the one that the reply as a whole has."""
    named = next(filter(None, map(_id, _values(reply))), None)
    return named or header(reply.headers, "x-generation-id") or answers.generation_id(request, reply)


def unfit(request: Request, reply: Reply, *, cache_hits: bool) -> str | None:
    """Return what a reply is that should not be recorded, None if it can be (OR-PRE-09)."""
    if _native_form(request.url) is not None:
        return None
    wrong = checks.unfit(reply, cache_hits=cache_hits)
    return None if wrong is None else f"{wrong} (OR-PRE-09)"


def _native_form(url: str) -> Callable[[Reply], Outcome] | None:
    """Return what reads a reply from `url` that is in a provider's own form, as through ClawRouter:
    Responses, Anthropic's messages, Gemini's contents. It raises `Failure` for one that is not a success."""
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


def _ended_job(job: JsonValue, reply: Reply) -> ProviderFailure | None:
    status = job.get("status") if isinstance(job, dict) else None
    if status not in _JOB_FAILED:
        return None
    return ProviderFailure(_UNCLASSIFIED, f"the job ended as {status}", reply.status, in_band=True)


def _recorded(failure: CallError, reply: Reply, *, in_band: bool = False) -> ProviderFailure:
    return ProviderFailure(failure.error_class or _UNCLASSIFIED, failure.message, reply.status, in_band)


def _values(reply: Reply) -> Iterator[JsonValue]:
    """Yield the JSON of a body, or the data of its events: JSON, else text such as `[DONE]`."""
    if not is_stream(reply.headers):
        yield _json(reply.body)
        return
    for event in parse(reply.body):
        value = _json(event.data)
        yield event.data if value is None else value


def _id(value: JsonValue) -> str | None:
    """Return the id in a body or event: of a completion, or of the message or response that begins."""
    if not isinstance(value, dict):
        return None
    begun = value.get("message") or value.get("response")
    held: Mapping[str, Any] = begun if isinstance(begun, dict) else value
    name = held.get("id") or held.get("responseId")
    return name if isinstance(name, str) else None


def _json(data: str | bytes) -> JsonValue:
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError:
        return None
