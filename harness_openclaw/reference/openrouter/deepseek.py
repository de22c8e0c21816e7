"""DeepSeek V4 on the exact route: its own way of saying how much to think (OR-DS, since 2026-05)."""

from __future__ import annotations

from typing import Any

__all__ = ["rewrite", "rewrite_latest"]

_EFFORTS = {
    "minimal": "minimal",
    "low": "low",
    "medium": "medium",
    "high": "high",
    "xhigh": "xhigh",
    "max": "xhigh",
    "adaptive": "medium",
}
_HIGHEST = {"xhigh", "max", "ultra"}


def rewrite(body: dict[str, Any], level: str | None) -> dict[str, Any]:
    """Edition 2026-05: `thinking` and `reasoning_effort`, and no replayed turn without
    `reasoning_content` while thinking is on (OR-DS-02…05). Without a level thinking is on, at high."""
    if level == "off":
        kept = {key: value for key, value in body.items() if key not in ("reasoning", "reasoning_effort")}
        return {**kept, "messages": _without_reasoning(body["messages"]), "thinking": {"type": "disabled"}}
    return {
        **body,
        "messages": [
            {**message, "reasoning_content": ""} if _lacks_reasoning(message) else message
            for message in body["messages"]
        ],
        "thinking": {"type": "enabled"},
        "reasoning_effort": _EFFORTS.get(level or "high", "high"),
    }


def rewrite_latest(body: dict[str, Any], level: str | None) -> dict[str, Any]:
    """Edition latest: `reasoning.effort` alone; turns with tool calls are not filled (OR-DS-08)."""
    off = level is None or level == "off"
    effort = "none" if off else "xhigh" if level in _HIGHEST else "high"
    before = body.get("reasoning")
    if off:
        messages = _without_reasoning(body["messages"])
    else:
        messages = [
            {**message, "reasoning_content": ""}
            if _lacks_reasoning(message) and not message.get("tool_calls")
            else message
            for message in body["messages"]
        ]
    kept = {key: value for key, value in body.items() if key not in ("reasoning_effort", "thinking")}
    reasoning = {**before, "effort": effort} if isinstance(before, dict) else {"effort": effort}
    return {**kept, "messages": messages, "reasoning": reasoning}


def _lacks_reasoning(message: dict[str, Any]) -> bool:
    return message.get("role") == "assistant" and "reasoning_content" not in message


def _without_reasoning(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {key: value for key, value in message.items() if key != "reasoning_content"}
        if "reasoning_content" in message
        else message
        for message in messages
    ]
