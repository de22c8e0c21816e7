"""What the readers of answers share: decoded events, parts that may be missing, errors inside an answer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeAlias

import orjson

from harness.model import JsonValue, Reply
from harness.reference.answers.failures import classify, failure_in
from harness.reference.answers.sse import events
from harness.reference.exchange import Outcome
from harness.reference.refusal import Failure

__all__ = [
    "arguments_of",
    "assembled",
    "decoded_events",
    "ended_early",
    "ended_with",
    "in_band",
    "is_whole",
    "items",
    "mapping",
    "text",
]

Mapped: TypeAlias = dict[str, Any]


def mapping(value: JsonValue) -> Mapped:
    """`value` if it is an object; whatever else stands in its place counts as not there."""
    return value if isinstance(value, dict) else {}


def items(value: JsonValue) -> Iterator[Mapped]:
    """The objects in `value`, if it is a list."""
    if isinstance(value, list):
        yield from (item for item in value if isinstance(item, dict))


def text(value: JsonValue) -> str:
    """`value` if it is a text, else the empty one."""
    return value if isinstance(value, str) else ""


def is_whole(reply: Reply) -> bool:
    """Is the body one JSON document, not a stream of events?"""
    return reply.body.lstrip()[:1] in (b"{", b"[")


def decoded_events(reply: Reply) -> Iterator[Mapped]:
    """The data of each event of a stream. Raises `Failure` at one that is no JSON object."""
    for event in events(reply):
        if event.data == "[DONE]":
            return
        try:
            data = orjson.loads(event.data)
        except orjson.JSONDecodeError:
            data = None
        if isinstance(data, list) and len(data) == 1:
            data = data[0]
        if not isinstance(data, dict):
            raise Failure("an event of the answer is no JSON object", status=reply.status)
        yield data


def arguments_of(stated: JsonValue) -> JsonValue:
    """What a tool is called with: the JSON in the text of its arguments, or the text where it is none."""
    if not isinstance(stated, str):
        return {} if stated is None else stated
    try:
        return orjson.loads(stated) if stated.strip() else {}
    except orjson.JSONDecodeError:
        return stated


def assembled(
    texts: Iterable[str], calls: list[Mapped], usage: Mapping[str, JsonValue], *, cut_off: bool
) -> Outcome:
    """The outcome of an answer, and of `usage` those counts that are stated. Unless it was `cut_off` at the
    limit of tokens, its end depends on whether there is a tool to call (OR-ERR-03)."""
    ended = "toolUse" if calls else "stop"
    outcome: Outcome = {"text": "".join(texts), "finish_reason": "length" if cut_off else ended}
    if calls:
        outcome["tool_calls"] = calls
    stated = {name: count for name, count in usage.items() if _is_count(count)}
    if stated:
        outcome["usage"] = stated
    return outcome


def _is_count(value: JsonValue) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def in_band(
    error: Mapped, reply: Reply, *, label: str, provider: str, statuses: Mapping[str, int]
) -> Failure:
    """The failure that an answer tells of after its status. A word for it counts like the HTTP status that
    it has in `statuses`, a numeric code like that status (OR-ERR-01)."""
    told = failure_in({"error": error}, label=label, status=reply.status, provider=provider)
    if told is None:
        return Failure(f"{label}: an error that says nothing", status=reply.status)
    words = [word for word in map(error.get, ("code", "type", "status")) if isinstance(word, str)]
    meant = next((statuses[word] for word in words if word in statuses), None)
    if meant is None:
        return told
    kind = classify(meant, " ".join([text(error.get("message")), *words]), provider=provider)
    return Failure(told.message, error_class=kind.error_class, retryable=kind.retryable, status=reply.status)


def ended_early(reply: Reply, *, label: str) -> Failure:
    """The stream is over and its answer is not: like a connection that was lost."""
    return Failure(
        f"{label}: the answer ended early", error_class="timeout", retryable=True, status=reply.status
    )


def ended_with(reason: JsonValue, reply: Reply, *, label: str) -> Failure:
    """The provider stopped the answer for a reason that makes it no answer (OR-ERR-03)."""
    return Failure(f"{label}: the answer ended with {reason}", status=reply.status)
