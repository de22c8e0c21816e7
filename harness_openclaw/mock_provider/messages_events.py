"""An answer in Anthropic's form, as one JSON object or named events, and its errors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from harness.model import Headers, JsonValue, Reply
from harness_openclaw.mock_provider.completion import Answer, argument_pieces_of, pauses, pieces_of
from harness_openclaw.mock_provider.errors import ErrorResponse
from harness_openclaw.mock_provider.native_transport import event
from harness_openclaw.mock_provider.request import IncomingRequest

__all__ = ["as_events", "as_json", "broken_events", "error_reply"]

_STOPS = {"stop": "end_turn", "tool_calls": "tool_use", "length": "max_tokens"}
_ERRORS = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    408: "timeout_error",
    409: "invalid_request_error",
    422: "invalid_request_error",
    429: "rate_limit_error",
    504: "timeout_error",
    529: "overloaded_error",
}
_ELSE = "api_error"
_EVENTS = ("Content-Type", "text/event-stream; charset=utf-8")
_JSON = ("Content-Type", "application/json")


def as_json(answer: Answer) -> Reply:
    """Return the answer as one JSON object."""
    message = {
        **_head(answer),
        "content": list(_content(answer)),
        "stop_reason": _STOPS[answer.output.finish],
        "stop_sequence": None,
        "stop_details": None,
        "usage": _usage(answer, answer.usage.completion) | _details(answer),
    }
    return Reply(200, (_JSON, _request_id(answer)), (orjson.dumps(message),))


def as_events(answer: Answer) -> Reply:
    """Return the answer as events: the start of the message, its blocks, its end."""
    end = {"stop_reason": _STOPS[answer.output.finish], "stop_sequence": None, "stop_details": None}
    usage = _usage(answer, answer.usage.completion)
    counted = {name: usage[name] for name in _COUNTED}
    chunks = (
        *_opening(answer),
        *_blocks(answer),
        _named({"type": "message_delta", "delta": end, "usage": counted | _details(answer)}),
        _named({"type": "message_stop"}),
    )
    return _streamed(answer, chunks)


def broken_events(answer: Answer, error: ErrorResponse, *, after: int) -> Reply:
    """Return events that end in an error after `after` pieces; the status is 200."""
    pieces = list(_blocks(answer))[: after + 2 if after else 0]
    opening = _opening(answer) if after else ()
    end = {"type": "error", "error": _error(error), "request_id": _request_id(answer)[1]}
    return _streamed(answer, (*opening, *pieces, _named(end)))


def error_reply(error: ErrorResponse, incoming: IncomingRequest) -> Reply:
    """Return an error with the id of the request."""
    name = incoming.id("req_01", 22)
    body = {"type": "error", "error": _error(error), "request_id": name}
    headers: Headers = (_JSON, ("request-id", name))
    if error.retry_after is not None:
        headers = (*headers, ("retry-after", str(error.retry_after)))
    return Reply(error.status, headers, (orjson.dumps(body),))


def _error(error: ErrorResponse) -> dict[str, JsonValue]:
    kind, message = _ERRORS.get(error.status, _ELSE), error.upstream_message
    if "overloaded" in message.lower():
        kind = "overloaded_error"
    return {"type": kind, "message": message}


_COUNTED = ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens", "output_tokens")


def _streamed(answer: Answer, chunks: tuple[bytes, ...]) -> Reply:
    return Reply(200, (_EVENTS, _request_id(answer)), chunks, pauses_ms=pauses(chunks, answer.rng))


def _request_id(answer: Answer) -> tuple[str, str]:
    return "request-id", f"req_{answer.id.removeprefix('msg_')}"


def _named(value: Mapping[str, Any]) -> bytes:
    return event(value, value["type"])


def _head(answer: Answer) -> dict[str, JsonValue]:
    return {"id": answer.id, "type": "message", "role": "assistant", "model": answer.model.slug}


def _usage(answer: Answer, written: int) -> dict[str, JsonValue]:
    usage = answer.usage
    return {
        "input_tokens": usage.prompt - usage.cached - usage.written,
        "cache_creation_input_tokens": usage.written,
        "cache_read_input_tokens": usage.cached,
        "cache_creation": {"ephemeral_5m_input_tokens": usage.written, "ephemeral_1h_input_tokens": 0},
        "output_tokens": written,
        "service_tier": "standard",
        "inference_geo": "not_available",
    }


def _details(answer: Answer) -> dict[str, JsonValue]:
    if not answer.output.reasoning:
        return {}
    return {"output_tokens_details": {"thinking_tokens": answer.usage.reasoning}}


def _content(answer: Answer) -> Iterator[dict[str, JsonValue]]:
    output = answer.output
    if output.reasoning:
        signature = answer.rng.opaque("signature")
        yield {"type": "thinking", "thinking": answer.reasoning, "signature": signature}
    if output.text:
        yield {"type": "text", "text": output.text}
    for call in output.calls:
        yield {"type": "tool_use", "id": call.id, "name": call.name, "input": orjson.loads(call.arguments)}


# ------------------------------------------------------------------ events


def _opening(answer: Answer) -> tuple[bytes, ...]:
    message = {
        **_head(answer),
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "stop_details": None,
        "usage": _usage(answer, 1),
    }
    return (_named({"type": "message_start", "message": message}),)


def _blocks(answer: Answer) -> Iterator[bytes]:
    calls = iter(answer.output.calls)
    for index, block in enumerate(_content(answer)):
        if block["type"] == "thinking":
            empty: dict[str, JsonValue] = {"type": "thinking", "thinking": "", "signature": ""}
            deltas = [{"type": "thinking_delta", "thinking": piece} for piece in pieces_of(block["thinking"])]
            deltas.append({"type": "signature_delta", "signature": block["signature"]})
        elif block["type"] == "text":
            empty = {"type": "text", "text": ""}
            deltas = [{"type": "text_delta", "text": piece} for piece in pieces_of(block["text"])]
        else:
            empty = {**block, "input": {}}
            pieces = ["", *argument_pieces_of(next(calls).arguments)]
            deltas = [{"type": "input_json_delta", "partial_json": piece} for piece in pieces]
        yield _named({"type": "content_block_start", "index": index, "content_block": empty})
        if index == 0:
            yield _named({"type": "ping"})
        for delta in deltas:
            yield _named({"type": "content_block_delta", "index": index, "delta": delta})
        yield _named({"type": "content_block_stop", "index": index})
