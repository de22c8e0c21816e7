"""Response caching, as headers made from model params (OR-RC, since 2026-05)."""

from __future__ import annotations

import math
import re

from harness.model import Headers, JsonValue
from harness_openclaw.reference.openrouter.params import ABSENT, Layers, find

__all__ = ["headers", "time_to_live"]

_ENABLE = ("responseCache", "response_cache")
_TTL = ("responseCacheTtlSeconds", "response_cache_ttl_seconds", "responseCacheTtl", "response_cache_ttl")
_CLEAR = ("responseCacheClear", "response_cache_clear")
_WORDS = {
    **dict.fromkeys(("1", "true", "yes", "on", "enable", "enabled"), True),
    **dict.fromkeys(("0", "false", "no", "off", "disable", "disabled"), False),
}
_LEADING_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
_LONGEST = 86400


def headers(layers: Layers, edition: str) -> Headers:
    """The `X-OpenRouter-Cache…` headers that `layers` ask for on an OpenRouter host (OR-RC-02…08)."""
    clear = _boolean(find(layers, *_CLEAR))
    enabled = _boolean(find(layers, *_ENABLE))
    if enabled is None and clear is not True:
        return ()
    if enabled is False:
        return (("X-OpenRouter-Cache", "false"),)
    made = [("X-OpenRouter-Cache", "true")]
    seconds = time_to_live(find(layers, *_TTL), edition)
    if seconds is not None:
        made.append(("X-OpenRouter-Cache-TTL", str(seconds)))
    if clear:
        made.append(("X-OpenRouter-Cache-Clear", "true"))
    return tuple(made)


def _boolean(value: JsonValue) -> bool | None:
    if isinstance(value, bool):
        return value
    return _WORDS.get(value.strip().lower()) if isinstance(value, str) else None


def time_to_live(value: JsonValue, edition: str) -> int | None:
    """Whole seconds from 1 to a day; None for anything but a finite number (OR-RC-07, -09).

    Text counts by the number it begins with; in the latest edition it must be a number throughout.
    """
    if isinstance(value, str):
        text = value.strip()
        found = _LEADING_NUMBER.match(text)
        if found is None or (edition == "latest" and found.end() != len(text)):
            return None
        value = float(found.group())
    if (
        value is ABSENT
        or isinstance(value, bool)
        or not isinstance(value, int | float)
        or not math.isfinite(value)
    ):
        return None
    return max(1, min(_LONGEST, math.trunc(value)))
