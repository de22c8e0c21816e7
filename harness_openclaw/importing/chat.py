"""What decides how a chat completion is sent: its host, its model, and fields that only OpenAI knows."""

from __future__ import annotations

from typing import Any, Final

from harness.cassettes.importing import ChatRequest

__all__ = ["OPENAI_ONLY", "is_canonical", "is_openrouter", "may_have_markers", "single_text"]

OPENAI_ONLY: Final = frozenset(
    {"prompt_cache_key", "prompt_cache_options", "prompt_cache_retention", "service_tier", "store"}
)
"""Fields that only OpenAI knows, and that are never sent to OpenRouter (OR-NO-01, -02, -04)."""

_CANONICAL: Final = "https://openrouter.ai/api/v1"


def is_openrouter(chat: ChatRequest) -> bool:
    """Return whether a request goes to one of OpenRouter's hosts."""
    return chat.host == "openrouter.ai" or chat.host.endswith(".openrouter.ai")


def is_canonical(chat: ChatRequest) -> bool:
    """Return whether a request goes to the provider's own base URL."""
    return chat.base_url == _CANONICAL


def may_have_markers(chat: ChatRequest) -> bool:
    """Return whether an edition puts cache markers into a request (OR-CC-01)."""
    return is_openrouter(chat) and chat.model.lower().startswith("anthropic/")


def single_text(content: list[Any]) -> str | None:
    """Return the text of a single text block, which means the same without the block; None for any other
    list."""
    (part,) = content if len(content) == 1 else (None,)
    if isinstance(part, dict) and part.keys() <= {"type", "text", "cache_control"}:
        text = part.get("text")
        return text if isinstance(text, str) else None
    return None
