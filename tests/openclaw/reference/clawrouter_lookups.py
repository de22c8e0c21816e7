"""Operations of the reference, answered with replies that are written down one after the other."""

from __future__ import annotations

import json
from typing import Any

from harness.model import Reply, Request
from harness_openclaw.reference import Client
from harness_openclaw.reference.exchange import VirtualClock


def perform(
    given: dict[str, Any],
    *replies: Reply,
    client: Client | None = None,
    clock: VirtualClock | None = None,
    takes_ms: float = 0,
) -> tuple[list[Request], dict[str, Any]]:
    """The requests of an operation, each answered with the next of `replies` after `takes_ms` on `clock`, and
    its outcome. Exactly these replies must be asked for."""
    call = (client or Client(clock))({"edition": "latest", "api_key": "cr-test", **given})
    requests: list[Request] = []
    waiting = iter(replies)
    answer: Reply | None = None
    try:
        while True:
            step = call.send(answer)
            assert isinstance(step, Request)
            requests.append(step)
            answer = next(waiting)
            if clock is not None:
                clock.wait(takes_ms)
    except StopIteration as end:
        assert next(waiting, None) is None, "a reply was not asked for"
        outcome: dict[str, Any] = end.value
        return requests, outcome


def saying(value: Any, status: int = 200) -> Reply:
    """A reply of JSON."""
    return Reply(status, (("content-type", "application/json"),), (json.dumps(value).encode(),))


def provider(name: str, *models: str, **more: Any) -> dict[str, Any]:
    """An OpenAI-compatible provider of a catalog, and its models, named without it."""
    rows = [{"id": f"{name}/{model}", "upstream": model, "capabilities": ["llm.chat"]} for model in models]
    return {
        "id": name,
        "openaiCompatible": True,
        "nativeBaseUrl": f"/v1/native/{name}",
        "routes": [],
        "models": rows,
        **more,
    }


def refs(outcome: dict[str, Any]) -> list[str]:
    """The refs of the models that an outcome lists."""
    return [model["ref"] for model in outcome["models"]]
