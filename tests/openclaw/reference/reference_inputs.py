"""Inputs for the reference, and the parts of what it makes of them."""

from __future__ import annotations

import json
from typing import Any

from harness_openclaw.reference import shape

EDITIONS = ("2026-04", "2026-05", "latest")
CUSTOM = "https://proxy.example/v1"
CANONICAL = "https://openrouter.ai/api/v1"
EPHEMERAL = {"type": "ephemeral"}


def call(model: str = "openrouter/openai/gpt-4o", **given: Any) -> dict[str, Any]:
    """A chat call of one user turn, with `given` on top."""
    return {"model": model, "api_key": "sk-or-test", "history": [user("hi")], **given}


def user(content: Any) -> dict[str, Any]:
    return {"role": "user", "content": content}


def assistant(content: Any, **more: Any) -> dict[str, Any]:
    return {"role": "assistant", "content": content, **more}


def text(content: str, **more: Any) -> dict[str, Any]:
    return {"type": "text", "text": content, **more}


def tool_call(call_id: str = "x", **more: Any) -> dict[str, Any]:
    return {"type": "tool_call", "id": call_id, "name": "read", "arguments": {"path": "a"}, **more}


def wire_call(call_id: str = "x", arguments: str = '{"path":"a"}') -> dict[str, Any]:
    return {"id": call_id, "type": "function", "function": {"name": "read", "arguments": arguments}}


def result(content: Any = "done", call_id: str = "x") -> dict[str, Any]:
    return {"role": "tool", "tool_call_id": call_id, "content": content}


def body(given: dict[str, Any]) -> dict[str, Any]:
    """The JSON body of the request shaped from `given`."""
    decoded: dict[str, Any] = json.loads(shape(given).body)
    return decoded


def messages(given: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = body(given)["messages"]
    return found


def headers(given: dict[str, Any]) -> dict[str, str]:
    """The headers of the request shaped from `given`, names in lower case."""
    sent = shape(given).headers
    lowered = {name.lower(): value for name, value in sent}
    assert len(lowered) == len(sent), "a header was sent twice"
    return lowered
