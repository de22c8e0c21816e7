"""The Python of the contract `acme`: a client, and a mock provider that knows chat, jobs and a balance."""

from __future__ import annotations

import json
from collections.abc import Mapping, MutableMapping
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from harness.model import JsonValue, Reply, Request

__all__ = ["reference", "respond", "scenarios", "shape"]

scenarios = Path(__file__).parent
ORIGIN = "https://api.acme.example"
JSON = (("Content-Type", "application/json"),)


def reference() -> str:
    return "python:acme_contract:shape"


def shape(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the request of a chat call; refuse one without a model or a key."""
    if not given.get("model") or not given.get("api_key"):
        return {"error": {"class": "format", "message": "a model and a key are needed"}}
    base_url = given.get("base_url") or f"{ORIGIN}/v1"
    headers = {"Authorization": f"Bearer {given['api_key']}", "Content-Type": "application/json"}
    if base_url.startswith(f"{ORIGIN}/"):
        headers |= {"HTTP-Referer": "https://app.example", "X-Acme-Title": "Example"}
    body: dict[str, Any] = {
        "model": given["model"].removeprefix("acme/"),
        "messages": given.get("history", []),
    }
    if "thinking" in given:
        body["reasoning"] = {"effort": given["thinking"]}
    return {"method": "POST", "url": f"{base_url}/chat/completions", "headers": headers, "body": body}


shape.harness = {"features": ["outcome"]}  # type: ignore[attr-defined]


def respond(request: Request, state: MutableMapping[str, Any]) -> Reply:
    """Answer a chat call, begin a job, move it on with each look-up, and show the balance."""
    path = urlsplit(request.url).path
    if path.endswith("/chat/completions"):
        return _chat(request, state)
    if path.endswith("/videos"):
        state["looked_up"] = 0
        return _json(202, {"id": "job-1", "polling_url": "/v1/videos/job-1", "status": "pending"})
    if path.endswith("/videos/job-1"):
        state["looked_up"] += 1
        done = state["looked_up"] > 2
        return _json(
            200,
            {"id": "job-1", "status": "completed", "url": f"{ORIGIN}/v1/videos/job-1/content"}
            if done
            else {"id": "job-1", "status": "running"},
        )
    if path.endswith("/content"):
        return Reply(200, (("Content-Type", "video/mp4"),), (b"\0\0\0\x10ftypisom",))
    if path.endswith("/balance"):
        return _json(200, {"remaining": float(state.get("credits", Decimal(10)))})
    return _json(404, {"error": {"message": f"there is nothing at {path}"}})


def _chat(request: Request, state: MutableMapping[str, Any]) -> Reply:
    try:
        body = json.loads(request.body)
    except ValueError:
        return _json(400, {"error": {"message": "the body is not JSON"}})
    state["credits"] = state.get("credits", Decimal(10)) - Decimal("0.5")
    choice = {"message": {"role": "assistant", "content": "Hello from Acme."}, "finish_reason": "stop"}
    return _json(200, {"id": "gen-1", "model": body.get("model"), "choices": [choice]})


def _json(status: int, value: JsonValue) -> Reply:
    return Reply(status, JSON, (json.dumps(value).encode(),))
