"""The answer to `POST …/v1/messages`: Anthropic's message, whole or as `message_start … message_stop`.

Token counts are those that the message states: `input_tokens` are without the cached ones.
"""

from __future__ import annotations

from collections.abc import Iterable

from harness.model import Reply
from harness.reference.answers.assembly import (
    Answer,
    Mapped,
    arguments_of,
    assembled,
    items,
    mapping,
    text,
)
from harness.reference.exchange import Outcome

__all__ = ["read"]

_FINISHED = {None, "end_turn", "stop_sequence", "pause_turn", "tool_use"}
_CUT_OFF = {"max_tokens", "model_context_window_exceeded"}
_STATUSES = {
    "invalid_request_error": 400,
    "authentication_error": 401,
    "billing_error": 402,
    "permission_error": 403,
    "not_found_error": 404,
    "request_too_large": 413,
    "rate_limit_error": 429,
    "api_error": 500,
    "timeout_error": 504,
    "overloaded_error": 529,
}
"""The HTTP status that belongs to an error's type, where it comes inside a stream."""

_USAGE = {
    "input_tokens": "input_tokens",
    "output_tokens": "output_tokens",
    "cached_tokens": "cache_read_input_tokens",
    "cache_write_tokens": "cache_creation_input_tokens",
}


def read(reply: Reply, *, provider: str = "clawrouter") -> Outcome:
    """The outcome of a message. Raises `Failure` for a fault, an error status, an error inside the answer,
    a refusal, and a stream that ends before `message_stop`."""
    answer = Answer(reply, provider)
    if answer.is_whole:
        message = mapping(answer.document())
        if "error" in message:
            raise answer.failure_in(mapping(message["error"]), _STATUSES)
        blocks: Iterable[Mapped] = items(message.get("content"))
    else:
        message, blocks = _folded(answer)
    return _outcome(message, blocks, answer)


def _folded(answer: Answer) -> tuple[Mapped, Iterable[Mapped]]:
    """The message that a stream of events adds up to, and its blocks."""
    message: Mapped = {}
    usage: Mapped = {}
    blocks: dict[object, Mapped] = {}
    for event in answer.events():
        match event.get("type"):
            case "message_start":
                message = mapping(event.get("message"))
                usage = {**mapping(message.get("usage"))}
            case "content_block_start":
                blocks[event.get("index")] = {**mapping(event.get("content_block"))}
            case "content_block_delta":
                _extend(blocks.setdefault(event.get("index"), {}), mapping(event.get("delta")))
            case "message_delta":
                stated = mapping(event.get("usage"))
                usage.update((name, count) for name, count in stated.items() if count is not None)
                message = {**message, **mapping(event.get("delta"))}
            case "message_stop":
                return {**message, "usage": usage}, blocks.values()
            case "error":
                raise answer.failure_in(mapping(event.get("error")), _STATUSES)
    raise answer.ended_early()


def _extend(block: Mapped, delta: Mapped) -> None:
    if delta.get("type") == "text_delta":
        block.setdefault("type", "text")
        block["text"] = text(block.get("text")) + text(delta.get("text"))
    elif delta.get("type") == "input_json_delta":
        block["written"] = block.get("written", "") + text(delta.get("partial_json"))


def _outcome(message: Mapped, blocks: Iterable[Mapped], answer: Answer) -> Outcome:
    texts: list[str] = []
    calls: list[Mapped] = []
    for block in blocks:
        if block.get("type") == "text":
            texts.append(text(block.get("text")))
        elif block.get("type") == "tool_use":
            given = block.get("written") or block.get("input")
            calls.append({"id": block.get("id"), "name": block.get("name"), "arguments": arguments_of(given)})
    reason = message.get("stop_reason")
    if reason not in _FINISHED | _CUT_OFF:
        raise answer.ended_with(reason)
    stated = mapping(message.get("usage"))
    usage = {name: stated.get(key) for name, key in _USAGE.items()}
    return assembled(texts, calls, usage, cut_off=reason in _CUT_OFF)
