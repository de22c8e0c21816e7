"""What replies say, in the forms of common APIs: events, usage, cost and ids."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

import orjson

from harness.model import Headers, JsonValue, Reply, Request
from harness.recording.protocol import Usage

__all__ = ["generation_id", "header", "is_stream", "objects_in", "usage"]

_BLANK_LINE = re.compile(rb"\r\n\r\n|\n\n|\r\r")
_ID_HEADERS = ("x-request-id", "request-id", "cf-ray")
_PROMPT = ("prompt_tokens", "input_tokens", "promptTokenCount")
_COMPLETION = ("completion_tokens", "output_tokens", "candidatesTokenCount")


def is_stream(headers: Headers) -> bool:
    """Return whether a body with these headers is a stream of server-sent events, by its content type."""
    return "event-stream" in (header(headers, "content-type") or "").lower()


def header(headers: Headers, name: str) -> str | None:
    """Return the first value of a header (`name` in lower case) that is not empty."""
    for stated, value in headers:
        if stated.lower() == name and value.strip():
            return value.strip()
    return None


def objects_in(reply: Reply) -> Iterator[Mapping[str, Any]]:
    """Yield the JSON object that a body is, or those of its events; no other values."""
    for text in _events(reply.body) if is_stream(reply.headers) else [reply.body]:
        value = _json(text)
        if isinstance(value, dict):
            yield value


def usage(request: Request, reply: Reply) -> Usage:
    """Return what a reply reports, each count where it is stated last: in `usage` of a body, an event, or
    the message or response that an event begins or ends, or in Gemini's `usageMetadata`."""
    prompt = completion = cost = None
    for value in objects_in(reply):
        for stated in _usages(value):
            prompt = _count(stated, _PROMPT, prompt)
            completion = _count(stated, _COMPLETION, completion)
            amount = stated.get("cost")
            if isinstance(amount, int | float) and not isinstance(amount, bool):
                cost = Decimal(str(amount))
    return Usage(prompt, completion, cost)


def generation_id(request: Request, reply: Reply) -> str:
    """Return the id in the body or an event of a reply, else in its headers; empty if it has none."""
    for value in objects_in(reply):
        named = _held(value)
        name = named.get("id") or named.get("responseId")
        if isinstance(name, str) and name:
            return name
    return next(filter(None, (header(reply.headers, name) for name in _ID_HEADERS)), "")


def _usages(value: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for stated in (_held(value).get("usage"), value.get("usage"), value.get("usageMetadata")):
        if isinstance(stated, dict):
            yield stated


def _held(value: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the message or the response that an event is about, else the value itself."""
    begun = value.get("message") or value.get("response")
    return begun if isinstance(begun, dict) else value


def _count(stated: Mapping[str, Any], names: tuple[str, ...], otherwise: int | None) -> int | None:
    for name in names:
        count = stated.get(name)
        if isinstance(count, int) and not isinstance(count, bool):
            return count
    return otherwise


def _events(body: bytes) -> Iterator[bytes]:
    """Yield the data of each server-sent event."""
    for block in _BLANK_LINE.split(body):
        lines = [line[5:].removeprefix(b" ") for line in block.splitlines() if line.startswith(b"data:")]
        if lines:
            yield b"\n".join(lines)


def _json(text: bytes) -> JsonValue:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
