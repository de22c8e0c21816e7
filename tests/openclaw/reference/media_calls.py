"""Image, video and speech calls of the reference, driven by replies of which the last one stays."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from typing import Any

from harness.model import Reply, Request
from harness_openclaw.reference import Client

KEY = "sk-or-v1-fake-0000"
CANONICAL = "https://openrouter.ai/api/v1"
CUSTOM = "https://proxy.example/v1"
PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n picture").decode()
DATA_URL = f"data:image/png;base64,{PNG}"


def answer(value: Any, status: int = 200, **headers: str) -> Reply:
    """A reply with a JSON body."""
    named = tuple((name.replace("_", "-"), stated) for name, stated in headers.items())
    return Reply(status, (("content-type", "application/json"), *named), (json.dumps(value).encode(),))


def file(data: bytes, content_type: str | None = None) -> Reply:
    """A reply with bytes."""
    return Reply(200, (("Content-Type", content_type),) if content_type else (), (data,))


class Call:
    """What a call of the reference sent, how long it waited and what came of it."""

    def __init__(self, given: dict[str, Any], replies: Sequence[Reply] = ()) -> None:
        self.requests: list[Request] = []
        self.waits: list[float] = []
        self.outcome: dict[str, Any] = {}
        self._perform({"api_key": KEY, **given}, list(replies) or [answer({})])

    def _perform(self, given: dict[str, Any], replies: list[Reply]) -> None:
        steps = Client()(given)
        reply: Reply | None = None
        while True:
            try:
                step = steps.send(reply)
            except StopIteration as end:
                self.outcome = end.value
                return
            reply = None
            if isinstance(step, Request):
                self.requests.append(step)
                reply = replies.pop(0) if len(replies) > 1 else replies[0]
            else:
                self.waits.append(step["sleep_ms"])

    @property
    def request(self) -> Request:
        """The one request that was sent."""
        [only] = self.requests
        return only

    @property
    def bodies(self) -> list[Any]:
        return [json.loads(request.body) if request.body else None for request in self.requests]

    @property
    def body(self) -> Any:
        """The JSON body of the first request."""
        return self.bodies[0]

    @property
    def headers(self) -> list[dict[str, str]]:
        """The headers of each request, names in lower case."""
        return [{name.lower(): value for name, value in request.headers} for request in self.requests]

    @property
    def sent(self) -> list[str]:
        return [f"{request.method} {request.url}" for request in self.requests]

    @property
    def artifacts(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.outcome["artifacts"]
        return found

    @property
    def error(self) -> dict[str, Any]:
        found: dict[str, Any] = self.outcome["error"]
        return found
