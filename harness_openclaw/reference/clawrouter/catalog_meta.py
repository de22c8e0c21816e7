"""What is known of a model beyond its route: name, abilities, limits and prices (CW-CAT-07, -08)."""

from __future__ import annotations

import math
import re
from typing import Any, NamedTuple

from harness.model import JsonValue
from harness_openclaw.reference.clawrouter.catalog_rows import Row

__all__ = ["Meta", "describe"]

_REASONS = re.compile(r"claude-|gemini-|gpt-5|gpt-oss|deepseek-v|reasoner|glm-5|grok-4|minimax-m")
_SEES = re.compile(r"claude-|gemini-|gpt-4o|gpt-5")
_EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
_CONTEXT_WINDOW = 200_000
_MAX_TOKENS = 32_768
_SAFE_INTEGER = 2**53 - 1


class Meta(NamedTuple):
    """`efforts` is None where the catalog states none; `cost` is in dollars per million tokens."""

    name: str
    reasoning: bool
    efforts: tuple[str, ...] | None
    takes_images: bool
    context_window: int
    max_tokens: int
    cost: dict[str, float]


def describe(row: Row, edition: str) -> Meta:
    """What a row says of its model, and what follows from its name where it says nothing."""
    latest = edition == "latest"
    efforts = _efforts(row.fields.get("supportedReasoningEfforts")) if latest else None
    known_as = f"{row.provider}/{row.id}".lower()
    pricing = row.fields.get("pricing")
    if not isinstance(pricing, dict):
        pricing = {}
    return Meta(
        f"{row.provider_name} · {_own_name(row) if latest else row.id}",
        efforts is not None or _REASONS.search(known_as) is not None,
        efforts,
        _SEES.search(known_as) is not None,
        _tokens(pricing.get("maxInputTokens"), _CONTEXT_WINDOW),
        _tokens(pricing.get("defaultMaxOutputTokens"), _MAX_TOKENS),
        _cost(pricing),
    )


def _own_name(row: Row) -> str:
    """The model's display name, else its id; the provider, which is named before it, is not repeated."""
    stated = row.fields.get("displayName")
    name = (stated.strip() if isinstance(stated, str) else "") or row.id
    return name.removeprefix(f"{row.provider}/") or name


def _efforts(stated: JsonValue) -> tuple[str, ...] | None:
    """The known ones of a usable list, each once; None where there is no such list (CW-CAT-08)."""
    if not isinstance(stated, list) or len(stated) > len(_EFFORTS):
        return None
    words = (word.strip() for word in stated if isinstance(word, str))
    return tuple(dict.fromkeys(word for word in words if word in _EFFORTS)) or None


def _tokens(stated: JsonValue, default: int) -> int:
    """A positive integer that JavaScript can hold (4096.0 is one), else the default."""
    whole = isinstance(stated, int | float) and not isinstance(stated, bool) and stated == stated // 1
    return int(stated) if whole and 0 < stated <= _SAFE_INTEGER else default


def _cost(pricing: dict[str, Any]) -> dict[str, float]:
    write = _price(pricing.get("cacheWrite5mInputMicrosPerMillion"))
    if write is None:
        write = _price(pricing.get("cacheWrite1hInputMicrosPerMillion"))
    return {
        "input": _price(pricing.get("inputMicrosPerMillion")) or 0,
        "output": _price(pricing.get("outputMicrosPerMillion")) or 0,
        "cache_read": _price(pricing.get("cachedInputMicrosPerMillion")) or 0,
        "cache_write": write or 0,
    }


def _price(micros: JsonValue) -> float | None:
    """Dollars per million tokens; None for anything but a finite number of zero or more."""
    if isinstance(micros, bool) or not isinstance(micros, int | float) or not math.isfinite(micros):
        return None
    return micros / 1_000_000 if micros >= 0 else None
