"""Thinking level → `reasoning` (OR-RSN), for every model but DeepSeek V4 on its exact route."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from harness.model import JsonValue
from harness_openclaw.reference.refusal import Refusal

__all__ = ["clamp", "effort_of", "level_of", "rewrite"]

_ORDER = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
_RANK = {effort: rank for rank, effort in enumerate(_ORDER)}
_MAPPED = {"adaptive": "medium", "max": "xhigh"}
_MAPPED_LATEST = {**_MAPPED, "ultra": "xhigh"}


def level_of(value: JsonValue) -> str | None:
    """The thinking level given; `none` is another word for `off`. None: no level was given."""
    if value is None:
        return None
    if not isinstance(value, str):
        raise Refusal(f"{value!r} is not a thinking level, such as off or high")
    level = value.strip().lower()
    return "off" if level == "none" else level or None


def effort_of(level: str, meta: Mapping[str, JsonValue], edition: str) -> str:
    """The effort a level other than off stands for, clamped to what the model lists."""
    latest = edition == "latest"
    if latest and level == "adaptive" and meta.get("reasoning") is True:
        mapped = "high"
    else:
        mapped = (_MAPPED_LATEST if latest else _MAPPED).get(level, level)
    return clamp(mapped, meta.get("reasoning_efforts") or ())


def clamp(effort: str, listed: Sequence[str]) -> str:
    """The nearest listed effort not above `effort`, else the lowest listed; `effort` without a list."""
    if effort in listed or effort not in _RANK:
        return effort
    known = sorted((word for word in listed if word in _RANK), key=_RANK.__getitem__)
    below = [word for word in known if _RANK[word] <= _RANK[effort]]
    return below[-1] if below else known[0] if known else effort


def rewrite(
    body: dict[str, Any],
    level: str | None,
    *,
    skipped: bool,
    meta: Mapping[str, JsonValue],
    edition: str,
    keeps_max: bool = False,
) -> dict[str, Any]:
    """Take out the legacy `reasoning_effort`, and state the effort in `reasoning` (OR-RSN-01…07).

    `skipped` models get nothing. `keeps_max`: DeepSeek at another provider, which takes `max` (OR-DS-10).
    """
    if "reasoning_effort" in body:
        body = {key: value for key, value in body.items() if key != "reasoning_effort"}
    if skipped:
        return body
    before = body.get("reasoning")
    if edition == "latest" and meta.get("reasoning_efforts") == []:
        return _switch(body, before, level)
    if level is None or level == "off":
        if meta.get("reasoning") is True and not _truthy(before):
            return {**body, "reasoning": {"effort": "none"}}
        return body
    if _truthy(before) and (not isinstance(before, dict) or "effort" in before or "max_tokens" in before):
        return body
    effort = "max" if keeps_max and level == "max" else effort_of(level, meta, edition)
    return {
        **body,
        "reasoning": {**before, "effort": effort} if isinstance(before, dict) else {"effort": effort},
    }


def _switch(body: dict[str, Any], before: JsonValue, level: str | None) -> dict[str, Any]:
    """A model without effort selector can only be switched on and off (OR-RSN-07)."""
    if level is None or (_truthy(before) and not isinstance(before, dict)):
        return body
    if isinstance(before, dict) and not {"effort", "max_tokens", "enabled"}.isdisjoint(before):
        return body
    return {**body, "reasoning": {**(before or {}), "enabled": level != "off"}}


def _truthy(value: JsonValue) -> bool:
    """As the published builds read it: an empty object or list counts; null, false, "" and 0 do not."""
    return isinstance(value, dict | list) or bool(value)
