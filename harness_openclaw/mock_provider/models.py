"""A model of the mock provider, and its vendor's conventions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from harness.model import JsonValue

__all__ = ["Model", "Vendor"]


@dataclass(frozen=True, slots=True)
class Vendor:
    """The vendor of models: its name in answers, its own finish reasons, its form of reasoning.

    With `summarises`, reasoning is a summary beside an encrypted block; with `signs`, its last part has a
    signature. `least_output` is the smallest output limit that is accepted.
    """

    name: str
    stop: str = "stop"
    tool_calls: str = "tool_calls"
    length: str = "length"
    reasoning_format: str = "unknown"
    summarises: bool = False
    signs: bool = False
    tool_id: str = "call_"
    fingerprint: bool = False
    least_output: int = 1


@dataclass(frozen=True, slots=True)
class Model:
    """A model: its entry in `GET /models`, and what its answers are like.

    Prices are USD per token, as listed. `reasoning` is part of the entry; `reasons` says whether the model
    reasons by default. `routes_to` is the model that answers in its place.
    """

    id: str
    slug: str  # the dated name under which it answers
    name: str
    vendor: Vendor
    context: int
    output: int | None
    prompt: str
    completion: str
    cache_read: str | None = None
    cache_write: str | None = None
    takes: tuple[str, ...] = ("text",)
    gives: tuple[str, ...] = ("text",)
    parameters: tuple[str, ...] = ()
    reasoning: Mapping[str, Any] | None = None
    reasons: bool = False
    created: int = 1_745_000_000
    tokenizer: str = "Other"
    moderated: bool = False
    routes_to: str | None = None

    def price(self, name: str) -> Decimal:
        """Return the price of a token: `prompt`, `completion`, `cache_read` or `cache_write`.

        Cached tokens without a price cost as much as others.
        """
        price: str | None = getattr(self, name)
        return Decimal(price if price is not None else self.prompt)

    @property
    def can_reason(self) -> bool:
        return "reasoning" in self.parameters

    @property
    def draws(self) -> bool:
        return "image" in self.gives

    @property
    def is_anthropic(self) -> bool:
        return self.id.startswith("anthropic/")

    @property
    def is_deepseek_v4(self) -> bool:
        return self.id.startswith("deepseek/deepseek-v4")

    def listing(self) -> dict[str, JsonValue]:
        """Return its entry in `GET /models`."""
        pricing = {"prompt": self.prompt, "completion": self.completion, "web_search": "0.01"}
        if self.cache_read is not None:
            pricing["input_cache_read"] = self.cache_read
        if self.cache_write is not None:
            pricing["input_cache_write"] = self.cache_write
        listed: dict[str, JsonValue] = {
            "id": self.id,
            "canonical_slug": self.slug,
            "hugging_face_id": None,
            "name": self.name,
            "created": self.created,
            "description": f"{self.name}, as the mock provider offers it.",
            "context_length": self.context,
            "architecture": {
                "modality": f"{'+'.join(self.takes)}->{'+'.join(self.gives)}",
                "input_modalities": list(self.takes),
                "output_modalities": list(self.gives),
                "tokenizer": self.tokenizer,
                "instruct_type": None,
            },
            "pricing": pricing,
            "top_provider": {
                "context_length": None if self.routes_to else self.context,
                "max_completion_tokens": self.output,
                "is_moderated": self.moderated,
            },
            "per_request_limits": None,
            "supported_parameters": list(self.parameters),
            "default_parameters": {"temperature": None, "top_p": None, "frequency_penalty": None},
            "supported_voices": None,
            "knowledge_cutoff": None,
            "expiration_date": None,
            "links": {"details": f"/api/v1/models/{self.slug}/endpoints"},
        }
        if self.reasoning is not None:
            listed["reasoning"] = dict(self.reasoning)
        return listed
