"""An answer in Google's form, as one JSON object, a list or events, and its errors."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson

from harness.model import Headers, JsonValue, Reply
from harness_openclaw.mock_provider.completion import Answer, pauses, pieces_of
from harness_openclaw.mock_provider.errors import ErrorResponse
from harness_openclaw.mock_provider.model_output import count_tokens
from harness_openclaw.mock_provider.native_transport import event

__all__ = ["as_array", "as_events", "as_json", "broken_events", "error_reply"]

_ANYWHERE: Headers = (("X-Content-Type-Options", "nosniff"), ("X-Frame-Options", "SAMEORIGIN"))
_JSON: Headers = (("Content-Type", "application/json; charset=UTF-8"), *_ANYWHERE)
_EVENTS: Headers = (("Content-Type", "text/event-stream"), *_ANYWHERE)
_STOPS = {"stop": "STOP", "tool_calls": "STOP", "length": "MAX_TOKENS"}
_STATUSES = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    408: "DEADLINE_EXCEEDED",
    409: "ABORTED",
    422: "INVALID_ARGUMENT",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}
_ELSE = "UNKNOWN"


def as_json(answer: Answer) -> Reply:
    """Return the answer as one JSON object."""
    return Reply(200, _JSON, (orjson.dumps(_response(answer, _whole(answer), last=True)),))


def as_array(answer: Answer) -> Reply:
    """Return the answer as a JSON list of pieces, a chunk each."""
    chunks = [orjson.dumps(piece) for piece in _pieces(answer)]
    joined = b"".join((b"[", *(part for chunk in chunks for part in (chunk, b",\n"))))
    return Reply(200, _JSON, (joined.removesuffix(b",\n") + b"]\n",))


def as_events(answer: Answer) -> Reply:
    """Return the answer as events; only the last one has the reason why it stopped."""
    return _streamed(answer, *(event(piece) for piece in _pieces(answer)))


def broken_events(answer: Answer, error: ErrorResponse, *, after: int) -> Reply:
    """Return events that end in an error after `after` pieces; the status is 200."""
    pieces = list(_pieces(answer))[:-1][:after] if after else []
    return _streamed(answer, *(event(piece) for piece in pieces), event({"error": _error(error)}))


def error_reply(error: ErrorResponse) -> Reply:
    """Return an error in its `error` object."""
    headers = _JSON
    if error.retry_after is not None:
        headers = (*headers, ("Retry-After", str(error.retry_after)))
    return Reply(error.status, headers, (orjson.dumps({"error": _error(error)}),))


def _error(error: ErrorResponse) -> dict[str, JsonValue]:
    status = _STATUSES.get(error.status, _ELSE)
    return {"code": error.status, "message": error.upstream_message, "status": status}


def _streamed(answer: Answer, *chunks: bytes) -> Reply:
    return Reply(200, _EVENTS, chunks, pauses_ms=pauses(chunks, answer.rng))


def _whole(answer: Answer) -> list[dict[str, Any]]:
    """Return all parts: thoughts, text, calls; the part after thoughts is signed."""
    output, parts = answer.output, []
    if answer.reasoning:
        parts.append({"text": answer.reasoning, "thought": True})
    signed = {"thoughtSignature": answer.rng.opaque("signature")} if output.reasoning else {}
    if output.text or not output.calls:
        parts.append({"text": output.text, **signed})
    for number, call in enumerate(output.calls):
        called = {"name": call.name, "args": orjson.loads(call.arguments), "id": call.id}
        parts.append({"functionCall": called, **(signed if number == 0 else {})})
    return parts


def _pieces(answer: Answer) -> Iterator[dict[str, Any]]:
    *thoughts, last = _split(answer)
    written = 0
    for part in thoughts:
        if not part.get("thought"):
            written += count_tokens(part.get("text", ""))
        yield _response(answer, [part], written=written)
    yield _response(answer, [last], last=True)


def _split(answer: Answer) -> Iterator[dict[str, Any]]:
    """Return the parts as streamed: text a few words at a time, its signature with the last of them."""
    for part in _whole(answer):
        text = part.get("text")
        if not text:
            yield part
            continue
        *most, last = pieces_of(text)
        for piece in most:
            yield {"text": piece, **({"thought": True} if part.get("thought") else {})}
        yield {**part, "text": last}


def _response(
    answer: Answer, parts: list[dict[str, Any]], *, written: int = 0, last: bool = False
) -> dict[str, JsonValue]:
    candidate: dict[str, JsonValue] = {"content": {"parts": parts, "role": "model"}}
    if last:
        candidate["finishReason"] = _STOPS[answer.output.finish]
    candidate["index"] = 0
    return {
        "candidates": [candidate],
        "usageMetadata": _usage(answer, None if last else written),
        "modelVersion": answer.model.slug,
        "responseId": answer.id,
    }


def _usage(answer: Answer, written: int | None) -> dict[str, JsonValue]:
    usage = answer.usage
    output = usage.completion - usage.reasoning if written is None else written
    counted: dict[str, JsonValue] = {
        "promptTokenCount": usage.prompt,
        "candidatesTokenCount": output,
        "totalTokenCount": usage.prompt + output + usage.reasoning,
        "promptTokensDetails": [{"modality": "TEXT", "tokenCount": usage.prompt}],
    }
    if usage.reasoning:
        counted["thoughtsTokenCount"] = usage.reasoning
    return counted
