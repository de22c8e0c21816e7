"""The answer to `POST …/v1/responses`: a response, whole or as events up to `response.completed`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from harness.model import Reply
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

_ENDS = {"response.completed", "response.incomplete", "response.failed"}
_STATUSES = {
    "authentication_error": 401,
    "context_length_exceeded": 400,
    "insufficient_quota": 402,
    "invalid_api_key": 401,
    "invalid_prompt": 400,
    "invalid_request_error": 400,
    "model_not_found": 404,
    "overloaded_error": 529,
    "rate_limit_exceeded": 429,
    "server_error": 500,
    "server_is_overloaded": 529,
}
"""The HTTP status that belongs to an error's code or type, where it comes inside an answer."""


def read(reply: Reply, *, provider: str = "clawrouter") -> Outcome:
    """The outcome of a response. Raises `Failure` for a fault, an error status, an error inside the answer,
    an end that is neither completion nor the token limit, and a stream without an end."""
    answer = Answer(reply, provider)
    if answer.is_whole:
        response = mapping(answer.document())
        output: Iterable[Mapped] = ()
    else:
        response, output = _folded(answer)
    if response.get("error"):
        raise answer.failure_in(mapping(response["error"]), _STATUSES)
    return _outcome(response, output or items(response.get("output")), answer)


@dataclass(slots=True)
class _Item:
    """An item of the output while it comes in."""

    stated: Mapped = field(default_factory=dict)
    said: list[str] = field(default_factory=list)
    arguments: list[str] = field(default_factory=list)

    def whole(self) -> Mapped:
        """The item with what came in pieces, where it did not come whole as well."""
        item = dict(self.stated)
        if self.said and not item.get("content"):
            item["content"] = [{"type": "output_text", "text": "".join(self.said)}]
            item.setdefault("type", "message")
        if self.arguments and not item.get("arguments"):
            item["arguments"] = "".join(self.arguments)
        return item


def _folded(answer: Answer) -> tuple[Mapped, list[Mapped]]:
    """The response that a stream of events ends with, and the items that were streamed before."""
    streamed: dict[str, _Item] = {}
    for event in answer.events():
        kind = text(event.get("type"))
        if kind in _ENDS:
            response = mapping(event.get("response"))
            return {"status": kind.removeprefix("response."), **response}, [
                item.whole() for item in streamed.values()
            ]
        if kind == "error":
            return {"error": event.get("error") or {**event, "type": None}}, []
        _take_in(streamed, kind, event)
    raise answer.ended_early()


def _take_in(streamed: dict[str, _Item], kind: str, event: Mapped) -> None:
    match kind:
        case "response.output_item.added" | "response.output_item.done":
            _item(streamed, event).stated = mapping(event.get("item"))
        case "response.output_text.delta" | "response.refusal.delta":
            _item(streamed, event).said.append(text(event.get("delta")))
        case "response.function_call_arguments.delta":
            _item(streamed, event).arguments.append(text(event.get("delta")))
        case "response.function_call_arguments.done":
            _item(streamed, event).arguments = [text(event.get("arguments"))]


def _item(streamed: dict[str, _Item], event: Mapped) -> _Item:
    return streamed.setdefault(str(event.get("output_index", event.get("item_id"))), _Item())


def _outcome(response: Mapped, output: Iterable[Mapped], answer: Answer) -> Outcome:
    texts: list[str] = []
    calls: list[Mapped] = []
    for item in output:
        if item.get("type") == "message":
            parts = items(item.get("content"))
            texts.extend(text(part.get("text")) or text(part.get("refusal")) for part in parts)
        elif item.get("type") == "function_call":
            arguments = arguments_of(item.get("arguments"))
            calls.append({"id": item.get("call_id"), "name": item.get("name"), "arguments": arguments})
    status = response.get("status", "completed")
    reason = mapping(response.get("incomplete_details")).get("reason")
    cut_off = status == "incomplete" and reason == "max_output_tokens"
    if status != "completed" and not cut_off:
        raise answer.ended_with(reason or status)
    return assembled(texts, calls, _usage(response), cut_off=cut_off)


def _usage(response: Mapped) -> Mapped:
    stated = mapping(response.get("usage"))
    cached, detailed = (
        mapping(stated.get(name)) for name in ("input_tokens_details", "output_tokens_details")
    )
    return {
        "input_tokens": stated.get("input_tokens"),
        "output_tokens": stated.get("output_tokens"),
        "total_tokens": stated.get("total_tokens"),
        "cached_tokens": cached.get("cached_tokens"),
        "cache_write_tokens": cached.get("cache_write_tokens"),
        "reasoning_tokens": detailed.get("reasoning_tokens"),
        "cost": stated.get("cost"),
    }
