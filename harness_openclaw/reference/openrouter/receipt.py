"""What an answer says it counted and cost, and what it is known by at the provider (OR-PRE-08)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

import orjson

from harness.model import JsonValue, Reply
from harness.recording.protocol import Usage
from harness_openclaw.reference.answers.failures import header
from harness_openclaw.reference.answers.sse import events, is_stream

__all__ = ["DONE", "ends_well", "generation_of", "usage_of"]

DONE = "[DONE]"
"""The last event of a stream that came to its end."""


def usage_of(reply: Reply) -> Usage:
    """The usage that an answer reports, in its body or in the last event that has any."""
    stated = [value["usage"] for value in _objects(reply) if isinstance(value.get("usage"), dict)]
    usage = stated[-1] if stated else {}
    cost = usage.get("cost")
    return Usage(
        _count(usage.get("prompt_tokens")),
        _count(usage.get("completion_tokens")),
        Decimal(str(cost)) if isinstance(cost, int | float) and not isinstance(cost, bool) else None,
    )


def generation_of(reply: Reply) -> str:
    """The id of the generation, out of the body, an event or the headers; empty if there is none."""
    for value in _objects(reply):
        name = value.get("id")
        if isinstance(name, str) and name:
            return name
    return header(reply.headers, "x-generation-id") or ""


def ends_well(reply: Reply) -> bool:
    """Return whether a stream ended properly; true for an answer that is not a stream."""
    if not is_stream(reply.headers):
        return True
    last = ""
    for event in events(reply):
        last = event.data.strip()
    return last == DONE


def _objects(reply: Reply) -> Iterator[Mapping[str, Any]]:
    texts = [event.data for event in events(reply)] if is_stream(reply.headers) else [reply.body]
    for text in texts:
        value = _json(text)
        if isinstance(value, dict):
            yield value


def _json(text: str | bytes) -> JsonValue:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return None


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None
