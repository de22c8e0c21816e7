"""The answer to `:streamGenerateContent`: `data:` lines with `candidates`, or the same as JSON.

Token counts are those that the answer states: `output_tokens` are without the thoughts, which stand in
`reasoning_tokens`.
"""

from __future__ import annotations

from collections.abc import Iterable

from harness.model import JsonValue, Reply
from harness_openclaw.reference.answers.assembly import (
    Answer,
    Mapped,
    arguments_of,
    assembled,
    items,
    mapping,
    text,
)
from harness_openclaw.reference.exchange import Outcome

__all__ = ["read"]

_STATUSES = {
    "INVALID_ARGUMENT": 400,
    "FAILED_PRECONDITION": 400,
    "UNAUTHENTICATED": 401,
    "PERMISSION_DENIED": 403,
    "NOT_FOUND": 404,
    "RESOURCE_EXHAUSTED": 429,
    "INTERNAL": 500,
    "UNAVAILABLE": 503,
    "DEADLINE_EXCEEDED": 504,
}
"""The HTTP status that belongs to the status word of an error, where it states no code."""

_USAGE = {
    "input_tokens": "promptTokenCount",
    "output_tokens": "candidatesTokenCount",
    "total_tokens": "totalTokenCount",
    "cached_tokens": "cachedContentTokenCount",
    "reasoning_tokens": "thoughtsTokenCount",
}


def read(reply: Reply, *, provider: str = "clawrouter") -> Outcome:
    """The outcome of the first candidate. A call that comes without an id gets its name and number as one.

    Raises `Failure` for a fault, an error status, an error inside the answer, a blocked prompt, a finish
    reason other than STOP and MAX_TOKENS, and an answer that ends without any.
    """
    answer = Answer(reply, provider)
    texts: list[str] = []
    calls: list[Mapped] = []
    usage: Mapped = {}
    reason: JsonValue = None
    for chunk in _chunks(answer):
        if "error" in chunk:
            raise answer.failure_in(mapping(chunk["error"]), _STATUSES)
        blocked = mapping(chunk.get("promptFeedback")).get("blockReason")
        if blocked:
            raise answer.ended_with(blocked)
        usage.update(mapping(chunk.get("usageMetadata")))
        candidate = next(items(chunk.get("candidates")), {})
        for part in items(mapping(candidate.get("content")).get("parts")):
            if not part.get("thought"):
                texts.append(text(part.get("text")))
            call = mapping(part.get("functionCall"))
            if call:
                calls.append(_call(call, len(calls) + 1))
        reason = candidate.get("finishReason") or reason
    if reason is None or reply.fault is not None:
        raise answer.ended_early()
    if reason not in ("STOP", "MAX_TOKENS"):
        raise answer.ended_with(reason)
    counts = {name: usage.get(key) for name, key in _USAGE.items()}
    return assembled(texts, calls, counts, cut_off=reason == "MAX_TOKENS")


def _chunks(answer: Answer) -> Iterable[Mapped]:
    """The parts of the answer: its events, or of a JSON document the objects in its list, or itself."""
    if not answer.is_whole:
        return answer.events()
    document = answer.document()
    return items(document if isinstance(document, list) else [document])


def _call(call: Mapped, number: int) -> Mapped:
    name = call.get("name")
    return {
        "id": call.get("id") or f"{name}_{number}",
        "name": name,
        "arguments": arguments_of(call.get("args")),
    }
