"""Tokens and costs of a call."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import orjson

from harness.model import JsonValue
from harness_openclaw.mock_provider.chat_requests import ChatRequest
from harness_openclaw.mock_provider.errors import ApiError, ErrorResponse
from harness_openclaw.mock_provider.model_output import ModelOutput, count_tokens
from harness_openclaw.mock_provider.models import Model

__all__ = ["TOKENS_PER_FILE", "Prompts", "Usage", "measure"]

_TOKENS_A_TURN = 4
TOKENS_PER_FILE = 258  # images, documents, sound, video
_LEAST_CACHED = 1024


@dataclass(frozen=True, slots=True)
class Usage:
    """The tokens and costs of a call. `cached` and `written` are part of `prompt`, `reasoning` and `images`
    of `completion`."""

    prompt: int = 0
    completion: int = 0
    reasoning: int = 0
    cached: int = 0
    written: int = 0
    prompt_cost: Decimal = Decimal()
    completion_cost: Decimal = Decimal()
    images: int = 0

    @property
    def cost(self) -> Decimal:
        return self.prompt_cost + self.completion_cost

    def as_json(self) -> dict[str, JsonValue]:
        return {
            "prompt_tokens": self.prompt,
            "completion_tokens": self.completion,
            "total_tokens": self.prompt + self.completion,
            "cost": _number(self.cost),
            "is_byok": False,
            "prompt_tokens_details": {
                "cached_tokens": self.cached,
                "cache_write_tokens": self.written,
                "audio_tokens": 0,
                "video_tokens": 0,
            },
            "cost_details": {
                "upstream_inference_cost": _number(self.cost),
                "upstream_inference_prompt_cost": _number(self.prompt_cost),
                "upstream_inference_completions_cost": _number(self.completion_cost),
            },
            "completion_tokens_details": {
                "reasoning_tokens": self.reasoning,
                "image_tokens": self.images,
                "audio_tokens": 0,
            },
        }


def _number(amount: Decimal) -> int | float:
    """Return an amount as JavaScript writes it: whole numbers without a fraction."""
    return int(amount) if amount == amount.to_integral_value() else float(amount)


class Prompts:
    """The marked prompt prefixes that a provider has cached."""

    def __init__(self) -> None:
        self._seen: set[bytes] = set()

    def of(
        self, chat: ChatRequest, too_long: Callable[[int, int], ApiError] | None = None
    ) -> tuple[int, int, int]:
        """Return the tokens of a prompt: all, those read from the cache, those written to it.

        Raises the error of `too_long`, by default OpenRouter's, if the prompt exceeds the context of the
        model.
        """
        tokens = sum(map(_tokens_of_turn, chat.messages))
        tokens += sum(count_tokens(orjson.dumps(tool).decode()) for tool in chat.tools)
        if tokens > chat.model.context:
            raise (too_long or _too_long)(tokens, chat.model.context)
        marked = _last_marked(chat) if chat.model.cache_write is not None else None
        if marked is None:
            return tokens, 0, 0
        turns = chat.messages[: marked + 1]
        beginning = sum(map(_tokens_of_turn, turns))
        if beginning < _LEAST_CACHED:
            return tokens, 0, 0
        digest = hashlib.blake2b(orjson.dumps([chat.model.id, turns]), digest_size=16).digest()
        if digest in self._seen:
            return tokens, beginning, 0
        self._seen.add(digest)
        return tokens, 0, beginning


def _too_long(tokens: int, context: int) -> ApiError:
    message = (
        f"This endpoint's maximum context length is {context} tokens. However, you requested about"
        f" {tokens} tokens ({tokens} of text input). Please reduce the length of the input."
    )
    return ApiError(ErrorResponse(400, message, {"provider_name": None}))


def _last_marked(chat: ChatRequest) -> int | None:
    for index in range(len(chat.messages) - 1, -1, -1):
        turn = chat.messages[index]
        content = turn.get("content")
        parts = content if isinstance(content, list) else ()
        if "cache_control" in turn or any("cache_control" in part for part in parts):
            return index
    return None


def _tokens_of_turn(turn: Mapping[str, Any]) -> int:
    content = turn.get("content")
    tokens = _TOKENS_A_TURN
    if isinstance(content, str):
        tokens += count_tokens(content)
    elif isinstance(content, list):
        for part in content:
            text = part.get("text")
            tokens += count_tokens(text) if isinstance(text, str) else TOKENS_PER_FILE
    calls = turn.get("tool_calls")
    if calls:
        tokens += count_tokens(orjson.dumps(calls).decode())
    return tokens


def measure(model: Model, prompt: tuple[int, int, int], output: ModelOutput) -> Usage:
    """Return the usage of an answer, given the prompt tokens of `Prompts.of`."""
    tokens, cached, written = prompt
    plain = tokens - cached - written
    return Usage(
        prompt=tokens,
        completion=output.tokens,
        reasoning=output.reasoning_tokens,
        cached=cached,
        written=written,
        prompt_cost=plain * model.price("prompt")
        + cached * model.price("cache_read")
        + written * model.price("cache_write"),
        completion_cost=output.tokens * model.price("completion"),
        images=output.image_tokens,
    )
