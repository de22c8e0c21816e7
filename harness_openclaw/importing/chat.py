"""A recorded chat call taken apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import orjson

from harness.matchers import normalise_url, split_url
from harness.model import Request

__all__ = ["OPENAI_ONLY", "ChatCall", "NotInvertible", "call_of", "only_text"]

OPENAI_ONLY: Final = frozenset(
    {"prompt_cache_key", "prompt_cache_options", "prompt_cache_retention", "service_tier", "store"}
)
"""Fields that only OpenAI knows, and that are never sent to OpenRouter (OR-NO-01, -02, -04)."""

_PATH: Final = "/chat/completions"
_CANONICAL: Final = "https://openrouter.ai/api/v1"


class NotInvertible(Exception):  # noqa: N818 - an answer, told to the user
    """There is no input of which a request follows, and why."""


@dataclass(frozen=True, slots=True)
class ChatCall:
    """A request for a chat completion. `base` is the URL that the path was put below; `openrouter` says
    whether it leads to an OpenRouter host, `canonical` whether it is the provider's own."""

    url: str
    base: str
    host: str
    openrouter: bool
    canonical: bool
    model: str
    messages: tuple[dict[str, Any], ...]
    body: dict[str, Any]

    @property
    def marked(self) -> bool:
        """Whether the edition puts cache markers into it (OR-CC-01)."""
        return self.openrouter and self.model.lower().startswith("anthropic/")


def call_of(request: Request) -> ChatCall:
    """The chat call that a request is. Raises `NotInvertible`."""
    parts = split_url(request.url)
    if request.method != "POST" or not parts.path.endswith(_PATH):
        raise NotInvertible(f"{request.method} {parts.path} is no chat completion")
    try:
        body = orjson.loads(request.body)
    except orjson.JSONDecodeError:
        raise NotInvertible("its body is no JSON") from None
    model = body.get("model") if isinstance(body, dict) else None
    if not isinstance(model, str) or not model.strip():
        raise NotInvertible("its body names no model")
    messages = body.get("messages")
    if not isinstance(messages, list) or not all(isinstance(each, dict) for each in messages):
        raise NotInvertible("its body has no list of messages")
    base = str(parts._replace(path=parts.path.removesuffix(_PATH)))
    openrouter = parts.host == "openrouter.ai" or parts.host.endswith(".openrouter.ai")
    return ChatCall(
        normalise_url(request.url),
        base,
        parts.host,
        openrouter,
        base == _CANONICAL,
        model,
        tuple(messages),
        body,
    )


def only_text(content: list[Any]) -> str | None:
    """The text of a single block of text, which says the same without its block; None for any other list."""
    (part,) = content if len(content) == 1 else (None,)
    if isinstance(part, dict) and part.keys() <= {"type", "text", "cache_control"}:
        text = part.get("text")
        return text if isinstance(text, str) else None
    return None
