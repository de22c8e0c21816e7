"""Anthropic refuses a trailing assistant turn while it reasons: such turns go (OR-PF, since 2026-05)."""

from __future__ import annotations

from typing import Any

from harness.model import JsonValue

__all__ = ["drop", "enabled"]

_OFF_WORDS = {"", "off", "none"}


def drop(body: dict[str, Any]) -> dict[str, Any]:
    """`body` without its trailing assistant turns, if reasoning is on; turns that call a tool stay."""
    if not (enabled(body.get("reasoning")) or enabled(body.get("reasoning_effort"))):
        return body
    messages = body["messages"]
    kept = len(messages)
    while kept and messages[kept - 1].get("role") == "assistant" and not _calls_tool(messages[kept - 1]):
        kept -= 1
    return body if kept == len(messages) else {**body, "messages": messages[:kept]}


def enabled(value: JsonValue) -> bool:
    """Does this value of `reasoning` or `reasoning_effort` switch reasoning on (OR-PF-02)?"""
    if value is None or value is False:
        return False
    if isinstance(value, str):
        return value.strip().lower() not in _OFF_WORDS
    if isinstance(value, dict):
        effort = value.get("effort")
        return value.get("enabled") is not False and not (
            isinstance(effort, str) and effort.strip().lower() in _OFF_WORDS
        )
    return True


def _calls_tool(message: dict[str, Any]) -> bool:
    content = message.get("content")
    return bool(message.get("tool_calls")) or (
        isinstance(content, list)
        and any(
            isinstance(block, dict) and block.get("type") in ("tool_use", "toolCall") for block in content
        )
    )
