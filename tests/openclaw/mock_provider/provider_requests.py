"""Requests to the mock provider, and its answers read as a client reads them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from harness.model import Reply, Request

KEY = "sk-or-v1-" + "5e" * 24
BASE = "https://openrouter.ai/api/v1"
CLAUDE = "anthropic/claude-sonnet-4-6"
GPT = "openai/gpt-4o"
DEEPSEEK = "deepseek/deepseek-v4-pro"
PAINTER = "google/gemini-3.1-flash-image-preview"

WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather somewhere.",
        "parameters": {
            "type": "object",
            "properties": {
                "city": {"type": "string"},
                "days": {"type": "integer", "minimum": 2},
                "unit": {"enum": ["C", "F"]},
            },
            "required": ["city", "days", "unit"],
        },
    },
}


def user(text: str = "Hello") -> dict[str, Any]:
    return {"role": "user", "content": text}


def chat(
    *, base: str = BASE, key: str | None = KEY, headers: dict[str, str] | None = None, **body: Any
) -> Request:
    """A chat request; one turn of the user to Claude if nothing else is said."""
    body = {"model": CLAUDE, "messages": [user()]} | body
    return Request("POST", f"{base}/chat/completions", _headers(key, headers), json.dumps(body).encode())


def media(
    path: str, *, base: str = BASE, key: str | None = KEY, headers: dict[str, str] | None = None, **body: Any
) -> Request:
    """A request for a picture, a video or speech."""
    return Request("POST", f"{base}/{path}", _headers(key, headers), json.dumps(body).encode())


def look_up(path: str, *, base: str = BASE, key: str | None = KEY) -> Request:
    return Request("GET", f"{base}/{path}", _headers(key, None))


def _headers(key: str | None, more: dict[str, str] | None) -> tuple[tuple[str, str], ...]:
    own = {"Content-Type": "application/json"} | (more or {})
    if key is not None:
        own["Authorization"] = f"Bearer {key}"
    return tuple(own.items())


def header(reply: Reply, name: str) -> str | None:
    return next((value for sent, value in reply.headers if sent.lower() == name.lower()), None)


def body_of(reply: Reply) -> Any:
    return json.loads(reply.body)


def error_of(reply: Reply) -> dict[str, Any]:
    found: dict[str, Any] = body_of(reply)["error"]
    return found


def events_in(stream: bytes) -> Iterator[str]:
    """The data of each event, as a reader of server-sent events gives it; comments fall away."""
    data: list[str] = []
    for line in stream.decode().split("\n"):
        if line.startswith("data:"):
            data.append(line.removeprefix("data:").removeprefix(" "))
        elif not line and data:
            yield "\n".join(data)
            data = []


@dataclass
class Streamed:
    """What is put together from a stream's deltas, the way client libraries do it."""

    chunks: list[dict[str, Any]] = field(default_factory=list)
    text: str = ""
    reasoning: str = ""
    calls: dict[int, dict[str, str]] = field(default_factory=dict)
    finish: str | None = None
    usages: list[dict[str, Any]] = field(default_factory=list)
    done: bool = False


def read_stream(reply: Reply) -> Streamed:
    """Put a stream together; anything a client would trip over is an error here too."""
    streamed = Streamed()
    for data in events_in(reply.body):
        assert not streamed.done, "something follows [DONE]"
        if data == "[DONE]":
            streamed.done = True
            continue
        chunk = json.loads(data)
        streamed.chunks.append(chunk)
        if "usage" in chunk:
            streamed.usages.append(chunk["usage"])
        (choice,) = chunk["choices"]
        delta = choice["delta"]
        streamed.text += delta.get("content") or ""
        streamed.reasoning += delta.get("reasoning") or ""
        streamed.finish = choice["finish_reason"] or streamed.finish
        for part in delta.get("tool_calls", ()):
            call = streamed.calls.setdefault(part["index"], {"id": "", "name": "", "arguments": ""})
            call["id"] += part.get("id", "")
            call["name"] += part["function"].get("name", "")
            call["arguments"] += part["function"].get("arguments", "")
    return streamed
