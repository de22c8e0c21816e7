"""Requests to the mock ClawRouter, in the four forms that its models are called with."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from harness.model import Reply, Request
from harness_openclaw.mock_provider import Provider

KEY = "cr-" + "5e" * 20
ROOT = "https://clawrouter.example"
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}


def look(path: str, *, key: str | None = KEY, **headers: str) -> Request:
    """A look at the catalog or the usage."""
    carried = {} if key is None else {"Authorization": f"Bearer {key}"}
    return Request("GET", f"{ROOT}/v1/{path}", tuple((carried | headers).items()))


def messages(*, key: str | None = KEY, headers: dict[str, str] | None = None, **body: Any) -> Request:
    """A request in Anthropic's form; one turn of the user if nothing else is said."""
    given = {"model": "claude-sonnet-4-6", "max_tokens": 4000, "messages": [user()]} | body
    own = {"anthropic-version": "2023-06-01"} | ({} if key is None else {"x-api-key": key})
    return _post("native/anthropic/v1/messages", own | (headers or {}), given)


def responses(*, key: str | None = KEY, headers: dict[str, str] | None = None, **body: Any) -> Request:
    """A request in the form of OpenAI's Responses."""
    given = {"model": "openai/gpt-5.5", "input": "Hello"} | body
    own = {} if key is None else {"Authorization": f"Bearer {key}"}
    return _post("responses", own | (headers or {}), given)


def gemini(
    *,
    key: str | None = KEY,
    headers: dict[str, str] | None = None,
    model: str = "gemini-2.5-pro",
    stream: bool = True,
    **body: Any,
) -> Request:
    """A request in Google's form."""
    given = {"contents": [{"role": "user", "parts": [{"text": "Hello"}]}]} | body
    own = {} if key is None else {"x-goog-api-key": key}
    verb = "streamGenerateContent?alt=sse" if stream else "generateContent"
    return _post(f"native/google/v1beta/models/{model}:{verb}", own | (headers or {}), given)


def completions(*, key: str | None = KEY, headers: dict[str, str] | None = None, **body: Any) -> Request:
    """A chat completion."""
    given = {"model": "deepseek/deepseek-v4-pro", "messages": [user()], "stream": True} | body
    own = {} if key is None else {"Authorization": f"Bearer {key}"}
    return _post("chat/completions", own | (headers or {}), given)


def user(content: Any = "Hello") -> dict[str, Any]:
    return {"role": "user", "content": content}


def assistant(*blocks: Any) -> dict[str, Any]:
    return {"role": "assistant", "content": list(blocks)}


def call(name: str = "toolu_1") -> dict[str, Any]:
    return {"type": "tool_use", "id": name, "name": "get_weather", "input": {"city": "Rome"}}


def result(name: str = "toolu_1", *, content: Any = "Sunny") -> dict[str, Any]:
    return {"type": "tool_result", "tool_use_id": name, "content": content}


def turn(role: str, *parts: Any) -> dict[str, Any]:
    """Contents as Gemini takes them."""
    return {"role": role, "parts": list(parts)}


def answer(request: Request) -> Reply:
    """What a provider says that was never asked before."""
    return Provider().answer(request)


def message_of(reply: Reply) -> str:
    message: str = json.loads(reply.body)["error"]["message"]
    return message


def _post(path: str, headers: dict[str, str], body: Any) -> Request:
    own = {"Content-Type": "application/json"} | headers
    return Request("POST", f"{ROOT}/v1/{path}", tuple(own.items()), json.dumps(body).encode())


ASKING: dict[str, Callable[..., Request]] = {
    "messages": messages,
    "responses": responses,
    "gemini": gemini,
    "completions": completions,
}
"""How to ask in each form."""

NATIVE = ("messages", "responses", "gemini")
