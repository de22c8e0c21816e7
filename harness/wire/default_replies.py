"""What a provider would say that had nothing to say: an empty success for every endpoint."""

from __future__ import annotations

import base64
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
_STREAM = b'"stream"'
_WANTED = re.compile(rb"\s*:\s*true\b")


def default_reply(request: Request) -> Reply:
    """A plausible answer without content, by the end of the path; if that says nothing, an empty object."""
    path = request.url.partition("#")[0].partition("?")[0].rstrip("/")
    for end, made in _BY_PATH.items():
        if path.endswith(end):
            return made(request)
    if ":streamGenerateContent" in path:
        return _gemini()
    if "/videos/" in path:
        return _film() if path.endswith("/content") else _video("completed")
    return _nothing()


def _wants_stream(body: bytes) -> bool:
    """Whether a body asks for a stream, without reading the rest of it: inside a text of JSON the quotes
    would stand behind backslashes."""
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
def _nothing() -> Reply:
    return _json({})


@cache
def _models() -> Reply:
    return _json({"data": []})


@cache
def _catalog() -> Reply:
    return _json({"providers": []})


@cache
def _usage() -> Reply:
    summary = {"requestCount": 0, "totalTokens": 0, "actualCostMicros": 0}
    return _json({"budget": {"configured": False}, "usage": {"summary": summary}})


# ------------------------------------------------------------------ chat completions


def _chat(request: Request) -> Reply:
    return _streamed_completion() if _wants_stream(request.body) else _completion()


_CHAT_USAGE = {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}


@cache
def _completion() -> Reply:
    choice = {"index": 0, "message": {"role": "assistant", "content": ""}, "finish_reason": "stop"}
    head = {"id": f"gen-{_ID}", "created": 0, "model": _ID, "object": "chat.completion"}
    return _json({**head, "choices": [choice], "usage": _CHAT_USAGE})


@cache
def _streamed_completion() -> Reply:
    head = {"id": f"gen-{_ID}", "created": 0, "model": _ID, "object": "chat.completion.chunk"}
    choice = {"index": 0, "delta": {"role": "assistant", "content": ""}, "finish_reason": "stop"}
    return _events({**head, "choices": [choice], "usage": _CHAT_USAGE}, done=True)


# ------------------------------------------------------------------ the other transports


def _responses(request: Request) -> Reply:
    return _streamed_response() if _wants_stream(request.body) else _json(_response())


def _response() -> dict[str, Any]:
    head = {"id": f"resp_{_ID}", "object": "response", "created_at": 0, "model": _ID, "status": "completed"}
    usage = {"input_tokens": 0, "output_tokens": 0, "total_tokens": 0}
    return {**head, "error": None, "incomplete_details": None, "output": [], "usage": usage}


@cache
def _streamed_response() -> Reply:
    begun = {**_response(), "status": "in_progress", "usage": None}
    return _events(
        {"type": "response.created", "response": begun, "sequence_number": 0},
        {"type": "response.completed", "response": _response(), "sequence_number": 1},
        named=True,
    )


def _messages(request: Request) -> Reply:
    return _streamed_message() if _wants_stream(request.body) else _json(_message("end_turn"))


def _message(stop_reason: str | None) -> dict[str, Any]:
    head = {"id": f"msg_{_ID}", "type": "message", "role": "assistant", "model": _ID, "content": []}
    usage = {"input_tokens": 0, "output_tokens": 0}
    return {**head, "stop_reason": stop_reason, "stop_sequence": None, "usage": usage}


@cache
def _streamed_message() -> Reply:
    end = {"stop_reason": "end_turn", "stop_sequence": None}
    return _events(
        {"type": "message_start", "message": _message(None)},
        {"type": "message_delta", "delta": end, "usage": {"output_tokens": 0}},
        {"type": "message_stop"},
        named=True,
    )


@cache
def _gemini() -> Reply:
    said = {"content": {"role": "model", "parts": [{"text": ""}]}, "finishReason": "STOP", "index": 0}
    usage = {"promptTokenCount": 0, "candidatesTokenCount": 0, "totalTokenCount": 0}
    return _events({"candidates": [said], "usageMetadata": usage, "modelVersion": _ID, "responseId": _ID})


# ------------------------------------------------------------------ pictures, films, sound


def _seeded() -> Any:
    from harness_openclaw.mock_provider.seeded_random import Dice

    return Dice(_ID.encode())


@cache
def _image() -> Reply:
    from harness_openclaw.mock_provider.media import png

    picture = base64.b64encode(png(_seeded())).decode()
    return _json({"created": 0, "data": [{"b64_json": picture, "media_type": "image/png"}]})


@cache
def _video(status: str) -> Reply:
    return _json({"id": _ID, "polling_url": f"/api/v1/videos/{_ID}", "status": status})


@cache
def _film() -> Reply:
    from harness_openclaw.mock_provider.video_files import mp4

    return Reply(200, (("content-type", "video/mp4"),), (mp4(_seeded(), 4),))


@cache
def _speech() -> Reply:
    from harness_openclaw.mock_provider.media import mp3

    return Reply(200, (("content-type", "audio/mpeg"),), (mp3("", _seeded()),))


_BY_PATH: Mapping[str, Callable[[Request], Reply]] = {
    "/chat/completions": _chat,
    "/models": lambda _: _models(),
    "/catalog": lambda _: _catalog(),
    "/usage": lambda _: _usage(),
    "/responses": _responses,
    "/messages": _messages,
    "/images": lambda _: _image(),
    "/videos": lambda _: _video("pending"),
    "/audio/speech": lambda _: _speech(),
}
