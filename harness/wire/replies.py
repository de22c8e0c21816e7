"""A scenario's reply as bytes (docs/scenarios.md, reply)."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from harness.json_encoding import encode_json
from harness.model import Headers, JsonValue, Reply, Request
from harness.wire.default_replies import default_reply

__all__ = ["FAULTS", "Respond", "render"]

Respond: TypeAlias = Callable[[Request], Reply]
"""Plays a provider: gives its answer to a request."""

FAULTS = ("timeout", "reset", "refused", "truncated", "slow")

_BODIES = ("json", "text", "sse", "base64")
_CONTENT_TYPES = {
    "json": "application/json",
    "text": "text/plain; charset=utf-8",
    "sse": "text/event-stream",
    "base64": "application/octet-stream",
}
_WITHOUT_BODY = (204, 205)


def render(
    reply: Mapping[str, JsonValue] | None, request: Request, *, respond: Respond | None = None
) -> Reply:
    """Return the reply to `request` that `reply`, which names no cassette, describes.

    None is what the provider answers, which `respond` plays; without `respond`, a plausible success. That is
    also the body of a `reply` that states neither a body nor a failure. A fault without a status or a body
    means no response at all: status 0.
    """
    if reply is None:
        return _success(request, None) if respond is None else respond(request)
    found = _written(reply, request, respond)
    fault = reply.get("fault")
    return found if fault is None else Reply(found.status, found.headers, found.chunks, fault)


def _written(reply: Mapping[str, Any], request: Request, respond: Respond | None) -> Reply:
    kind = next((kind for kind in _BODIES if kind in reply), None)
    status = reply.get("status")
    headers = _headers(reply.get("headers"))
    if kind is None:
        if "fault" in reply:
            return Reply(status or (200 if headers else 0), headers)
        if status is None or (status < 300 and status not in _WITHOUT_BODY):
            success = _success(request, respond)
            return Reply(status or success.status, _with_defaults(headers, success.headers), success.chunks)
        return Reply(status, headers)
    chunks = _chunks(kind, reply[kind])
    return Reply(status or 200, _with_defaults(headers, (("content-type", _CONTENT_TYPES[kind]),)), chunks)


def _success(request: Request, respond: Respond | None) -> Reply:
    """Return a plausible success: in a common form, else from `respond`, else an empty object."""
    known = default_reply(request)
    if known is None and respond is not None:
        answer = respond(request)
        known = answer if 200 <= answer.status < 300 and answer.fault is None else None
    return known or Reply(200, (("content-type", _CONTENT_TYPES["json"]),), (b"{}",))


def _chunks(kind: str, content: Any) -> tuple[bytes, ...]:
    if kind == "json":
        return (encode_json(content),)
    if kind == "text":
        return (str(content).encode(),)
    if kind == "base64":
        return (base64.b64decode(content),)
    return tuple(_event(item) for item in content)


def _event(item: Any) -> bytes:
    """One server-sent event: a comment as it is, text or JSON as its data."""
    if isinstance(item, str):
        if item.startswith(":"):
            return f"{item}\n\n".encode()
        return "".join(f"data: {line}\n" for line in item.split("\n")).encode() + b"\n"
    return b"data: " + encode_json(item) + b"\n\n"


def _headers(stated: Mapping[str, Any] | None) -> Headers:
    return tuple(
        (name, _text(value))
        for name, values in (stated or {}).items()
        for value in (values if isinstance(values, list) else [values])
    )


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _with_defaults(headers: Headers, defaults: Headers) -> Headers:
    stated = {name.lower() for name, _ in headers}
    return headers + tuple(pair for pair in defaults if pair[0] not in stated)
