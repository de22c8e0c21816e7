"""The answer to `POST …/v1/messages`: Anthropic's message, whole or as `message_start … message_stop`.

Token counts are those that the message states: `input_tokens` are without the cached ones.
"""

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

_FINISHED = {"end_turn", "stop_sequence", "pause_turn", "tool_use"}
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
        blocks: Iterable[_Block] = [_Block(block) for block in items(message.get("content"))]
    else:
        message, blocks = _folded(answer)
    return _outcome(message, blocks, answer)


@dataclass(slots=True)
class _Block:
    """A block of the content as it began, and what was added to it."""

    begun: Mapped = field(default_factory=dict)
    texts: list[str] = field(default_factory=list)
    arguments: list[str] = field(default_factory=list)

    def add(self, delta: Mapped) -> None:
        if delta.get("type") == "text_delta":
            self.texts.append(text(delta.get("text")))
        elif delta.get("type") == "input_json_delta":
            self.arguments.append(text(delta.get("partial_json")))

    @property
    def said(self) -> str:
        return text(self.begun.get("text")) + "".join(self.texts)

    @property
    def call(self) -> Mapped:
        given = "".join(self.arguments) or self.begun.get("input")
        return {
            "id": self.begun.get("id"),
            "name": self.begun.get("name"),
            "arguments": arguments_of(given),
        }


def _folded(answer: Answer) -> tuple[Mapped, Iterable[_Block]]:
    """The message that a stream of events adds up to, and its blocks."""
    message: Mapped = {}
    usage: Mapped = {}
    blocks: dict[str, _Block] = {}
    for event in answer.events():
        kind = event.get("type")
        if kind == "content_block_delta":
            blocks.setdefault(str(event.get("index")), _Block()).add(mapping(event.get("delta")))
        elif kind == "message_start":
            message = mapping(event.get("message"))
            usage = {**mapping(message.get("usage"))}
        elif kind == "content_block_start":
            blocks[str(event.get("index"))] = _Block(mapping(event.get("content_block")))
        elif kind == "message_delta":
            stated = mapping(event.get("usage"))
            usage.update((name, count) for name, count in stated.items() if count is not None)
            message = {**message, **mapping(event.get("delta"))}
        elif kind == "message_stop":
            return {**message, "usage": usage}, blocks.values()
        elif kind == "error":
            raise answer.failure_in(mapping(event.get("error")), _STATUSES)
    raise answer.ended_early()


def _outcome(message: Mapped, blocks: Iterable[_Block], answer: Answer) -> Outcome:
    texts: list[str] = []
    calls: list[Mapped] = []
    for block in blocks:
        kind = block.begun.get("type")
        if kind == "tool_use":
            calls.append(block.call)
        elif kind in ("text", None):
            texts.append(block.said)
    reason = message.get("stop_reason")
    if reason is not None and text(reason) not in _FINISHED | _CUT_OFF:
        raise answer.ended_with(reason)
    stated = mapping(message.get("usage"))
    usage = {name: stated.get(key) for name, key in _USAGE.items()}
    return assembled(texts, calls, usage, cut_off=text(reason) in _CUT_OFF)
