"""Short, plausible answers in the wire forms that many providers share.

An answer without any text makes an agent ask again, so each says something and has used some tokens.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import orjson

from harness.model import JsonValue, Reply, Request

__all__ = ["default_reply"]

_JSON = (("content-type", "application/json"),)
_EVENTS = (("content-type", "text/event-stream"),)
_ID = "harness"
_TEXT = "Hello."
_INPUT_TOKENS, _OUTPUT_TOKENS = 8, 2
_CREATED = 1_767_225_600
"""When each answer was made, in seconds since 1970: the first of January 2026, UTC."""

_STREAM = b'"stream"'
_WANTED = re.compile(rb"\s*:\s*true\b")


def default_reply(request: Request) -> Reply | None:
    """Return a short success in the form that the end of the path asks for, streamed if the request asks
    for a stream; None if the path is that of no common form."""
    path, _, query = request.url.partition("#")[0].partition("?")
    path = path.rstrip("/")
    if path.endswith(":streamGenerateContent"):
        return _gemini_events() if "alt=sse" in query.split("&") else _gemini_list()
    for end, made in _BY_PATH.items():
        if path.endswith(end):
            return made(request.body)
    return None


def _wants_stream(body: bytes) -> bool:
    """Return whether a body asks for a stream, without parsing it: inside a JSON string the quotes would be
    escaped."""
    at = body.find(_STREAM)
    while at >= 0:
        if _WANTED.match(body, at + len(_STREAM)) and body[at - 1 : at] != b"\\":
            return True
        at = body.find(_STREAM, at + 1)
    return False


def _json(value: JsonValue) -> Reply:
    return Reply(200, _JSON, (orjson.dumps(value),))


def _events(*events: Mapping[str, Any], named: bool = False, done: bool = False) -> Reply:
    chunks = [
        (b"event: " + event["type"].encode() + b"\n" if named else b"")
        + b"data: "
        + orjson.dumps(event)
        + b"\n\n"
        for event in events
    ]
    return Reply(200, _EVENTS, (*chunks, b"data: [DONE]\n\n") if done else tuple(chunks))


@cache
def _models() -> Reply:
    model = {"id": _ID, "object": "model", "created": _CREATED, "owned_by": _ID}
    return _json({"object": "list", "data": [model]})


# ------------------------------------------------------------------ chat completions


def _chat(body: bytes) -> Reply:
    return _streamed_completion() if _wants_stream(body) else _completion()


_CHAT_USAGE = {
    "prompt_tokens": _INPUT_TOKENS,
    "completion_tokens": _OUTPUT_TOKENS,
    "total_tokens": _INPUT_TOKENS + _OUTPUT_TOKENS,
}
_SAID = {"role": "assistant", "content": _TEXT}


@cache
def _completion() -> Reply:
    choice = {"index": 0, "message": _SAID, "finish_reason": "stop"}
    head = {"id": f"chatcmpl-{_ID}", "object": "chat.completion", "created": _CREATED, "model": _ID}
    return _json({**head, "choices": [choice], "usage": _CHAT_USAGE})


@cache
def _streamed_completion() -> Reply:
    head = {"id": f"chatcmpl-{_ID}", "object": "chat.completion.chunk", "created": _CREATED, "model": _ID}
    text = {"index": 0, "delta": _SAID, "finish_reason": None}
    end = {"index": 0, "delta": {}, "finish_reason": "stop"}
    return _events({**head, "choices": [text]}, {**head, "choices": [end], "usage": _CHAT_USAGE}, done=True)


# ------------------------------------------------------------------ Responses


def _responses(body: bytes) -> Reply:
    return _streamed_response() if _wants_stream(body) else _json(_response())


_OUTPUT_TEXT = {"type": "output_text", "text": _TEXT, "annotations": []}
_MESSAGE_ITEM = {"id": f"msg_{_ID}", "type": "message", "role": "assistant"}
_OUTPUT_ITEM = {**_MESSAGE_ITEM, "status": "completed", "content": [_OUTPUT_TEXT]}


def _response() -> dict[str, Any]:
    usage = {
        "input_tokens": _INPUT_TOKENS,
        "input_tokens_details": {"cached_tokens": 0},
        "output_tokens": _OUTPUT_TOKENS,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": _INPUT_TOKENS + _OUTPUT_TOKENS,
    }
    head = {"id": f"resp_{_ID}", "object": "response", "created_at": _CREATED, "model": _ID}
    end = {"status": "completed", "error": None, "incomplete_details": None}
    asked = {"parallel_tool_calls": True, "tool_choice": "auto", "tools": []}
    return {**head, **end, **asked, "output": [_OUTPUT_ITEM], "usage": usage}


@cache
def _streamed_response() -> Reply:
    begun = {**_response(), "status": "in_progress", "output": [], "usage": None}
    at_item = {"output_index": 0}
    at_text = {"item_id": _MESSAGE_ITEM["id"], "output_index": 0, "content_index": 0}
    events: list[dict[str, Any]] = [
        {"type": "response.created", "response": begun},
        {"type": "response.in_progress", "response": begun},
        {
            "type": "response.output_item.added",
            **at_item,
            "item": {**_MESSAGE_ITEM, "status": "in_progress", "content": []},
        },
        {"type": "response.content_part.added", **at_text, "part": {**_OUTPUT_TEXT, "text": ""}},
        {"type": "response.output_text.delta", **at_text, "delta": _TEXT},
        {"type": "response.output_text.done", **at_text, "text": _TEXT},
        {"type": "response.content_part.done", **at_text, "part": _OUTPUT_TEXT},
        {"type": "response.output_item.done", **at_item, "item": _OUTPUT_ITEM},
        {"type": "response.completed", "response": _response()},
    ]
    return _events(*({**event, "sequence_number": n} for n, event in enumerate(events)), named=True)


# ------------------------------------------------------------------ Anthropic Messages


def _messages(body: bytes) -> Reply:
    return _streamed_message() if _wants_stream(body) else _message()


_MESSAGE = {"id": f"msg_{_ID}", "type": "message", "role": "assistant", "model": _ID}


@cache
def _message() -> Reply:
    end = {"stop_reason": "end_turn", "stop_sequence": None}
    usage = {"input_tokens": _INPUT_TOKENS, "output_tokens": _OUTPUT_TOKENS}
    return _json({**_MESSAGE, "content": [{"type": "text", "text": _TEXT}], **end, "usage": usage})


@cache
def _streamed_message() -> Reply:
    usage = {"input_tokens": _INPUT_TOKENS, "output_tokens": 1}
    begun: JsonValue = {**_MESSAGE, "content": [], "stop_reason": None, "stop_sequence": None, "usage": usage}
    end = {"stop_reason": "end_turn", "stop_sequence": None}
    return _events(
        {"type": "message_start", "message": begun},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": _TEXT}},
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": end, "usage": {"output_tokens": _OUTPUT_TOKENS}},
        {"type": "message_stop"},
        named=True,
    )


# ------------------------------------------------------------------ Gemini


def _generated() -> dict[str, Any]:
    content = {"role": "model", "parts": [{"text": _TEXT}]}
    usage = {
        "promptTokenCount": _INPUT_TOKENS,
        "candidatesTokenCount": _OUTPUT_TOKENS,
        "totalTokenCount": _INPUT_TOKENS + _OUTPUT_TOKENS,
    }
    candidate = {"content": content, "finishReason": "STOP", "index": 0}
    return {"candidates": [candidate], "usageMetadata": usage, "modelVersion": _ID, "responseId": _ID}


@cache
def _gemini() -> Reply:
    return _json(_generated())


@cache
def _gemini_list() -> Reply:
    return _json([_generated()])


@cache
def _gemini_events() -> Reply:
    return _events(_generated())


_BY_PATH: Mapping[str, Callable[[bytes], Reply]] = {
    "/chat/completions": _chat,
    "/responses": _responses,
    "/messages": _messages,
    "/models": lambda _: _models(),
    ":generateContent": lambda _: _gemini(),
}
