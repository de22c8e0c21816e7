"""Anthropic cache markers, and the boundary line inside system prompts (OR-CC)."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, TypeAlias

from harness.model import JsonValue

__all__ = [
    "join_at_boundary",
    "mark_instructions",
    "mark_last_turn",
    "mark_latest",
    "split_at_boundary",
    "without_boundary",
]

Message: TypeAlias = dict[str, Any]

_EPHEMERAL = {"type": "ephemeral"}
_UNMARKED = {"thinking", "redacted_thinking"}
_INSTRUCTIONS = {"system", "developer"}
_BOUNDARY_LINE = "<!-- OPENCLAW_CACHE_BOUNDARY -->"
_BOUNDARY = re.compile(rf"(?:^|\n)[ \t]*{_BOUNDARY_LINE}[ \t]*(?:\n|$)")


def without_boundary(body: dict[str, Any]) -> dict[str, Any]:
    """`body` with each boundary line of its system prompts turned into a single newline (OR-CC-08)."""
    messages = body["messages"]
    if any(message.get("role") in _INSTRUCTIONS and _BOUNDARY_LINE in str(message) for message in messages):
        return {**body, "messages": [_without_boundary(message) for message in messages]}
    return body


def _without_boundary(message: Message) -> Message:
    content = message.get("content")
    if message.get("role") not in _INSTRUCTIONS:
        return message
    if isinstance(content, list):
        return {**message, "content": [_joined(block) if _has_text(block) else block for block in content]}
    return {**message, "content": join_at_boundary(content)} if isinstance(content, str) else message


def _joined(block: Message) -> Message:
    return {**block, "text": join_at_boundary(block["text"])}


def join_at_boundary(prompt: str) -> str:
    """`prompt` with each boundary line turned into a single newline (OR-CC-08)."""
    return _BOUNDARY.sub("\n", prompt)


def split_at_boundary(prompt: str) -> tuple[str, str]:
    """What stands before the boundary and stays the same from call to call, and what stands behind it.

    Without a boundary all of it stays the same.
    """
    boundary = _BOUNDARY.search(prompt)
    if boundary is None:
        return prompt, ""
    return prompt[: boundary.start()].rstrip(), prompt[boundary.end() :].lstrip()


def mark_last_turn(body: dict[str, Any]) -> dict[str, Any]:
    """Mark the last user or assistant turn that has a text, before any prefill is dropped."""
    return _mark_last(body, {"user", "assistant"}, _EPHEMERAL)


def mark_instructions(body: dict[str, Any]) -> dict[str, Any]:
    """Mark system and developer messages on their last block, unmark replayed thinking (OR-CC-02, -03)."""
    return {**body, "messages": [_marked_instruction(message) for message in body["messages"]]}


def _marked_instruction(message: Message) -> Message:
    role, content = message.get("role"), message.get("content")
    if role in _INSTRUCTIONS:
        if isinstance(content, str):
            return {**message, "content": _marked(_text(content), _EPHEMERAL)}
        if isinstance(content, list) and content:
            *others, last = content
            if isinstance(last, dict) and last.get("type") not in _UNMARKED:
                return {**message, "content": [*others, *_marked(last, _EPHEMERAL)]}
    elif role == "assistant" and isinstance(content, list):
        return {**message, "content": [_unmarked(block) if _thinks(block) else block for block in content]}
    return message


def mark_latest(body: dict[str, Any], retention: str | None) -> dict[str, Any]:
    """Replace all markers, in the latest edition by at most three (OR-CC-07).

    They are on the last tool, on the first system or developer message and on the last user or tool message
    with a text. With `retention` none there are none, with long they live for an hour.
    """
    body = {**body, "messages": [_bare(message) for message in body["messages"]]}
    if "tools" in body:
        body["tools"] = [_unmarked(tool) for tool in body["tools"]]
    if retention == "none":
        return body
    marker = {**_EPHEMERAL, "ttl": "1h"} if retention == "long" else _EPHEMERAL
    if body.get("tools"):
        body["tools"][-1] = {**body["tools"][-1], "cache_control": marker}
    return _mark_last(_mark_prompt(body, marker), {"user", "tool"}, marker)


def _mark_prompt(body: dict[str, Any], marker: JsonValue) -> dict[str, Any]:
    for at, message in enumerate(body["messages"]):
        if message.get("role") in _INSTRUCTIONS:
            marked = _with_marker(message, marker, _marked_up_to_boundary)
            return body if marked is None else _replaced(body, at, marked)
    return body


def _mark_last(body: dict[str, Any], roles: set[str], marker: JsonValue) -> dict[str, Any]:
    messages = body["messages"]
    for at in range(len(messages) - 1, -1, -1):
        if messages[at].get("role") in roles:
            marked = _with_marker(messages[at], marker)
            if marked is not None:
                return _replaced(body, at, marked)
    return body


def _replaced(body: dict[str, Any], at: int, message: Message) -> dict[str, Any]:
    messages = body["messages"]
    return {**body, "messages": [*messages[:at], message, *messages[at + 1 :]]}


def _marked(block: Message, marker: JsonValue) -> list[Message]:
    return [{**block, "cache_control": marker}]


def _marked_up_to_boundary(block: Message, marker: JsonValue) -> list[Message]:
    """The stable part of a prompt marked, what stands behind the boundary not."""
    stable, dynamic = split_at_boundary(block["text"])
    parts = _marked({**block, "text": stable}, marker) if stable else []
    return [*parts, {"type": "text", "text": dynamic}] if dynamic or not parts else parts


def _with_marker(
    message: Message, marker: JsonValue, mark: Callable[[Message, JsonValue], list[Message]] = _marked
) -> Message | None:
    """`message` with its last non-empty text marked; None when it has none."""
    content = message.get("content")
    blocks = [_text(content)] if isinstance(content, str) else content if isinstance(content, list) else []
    for at in range(len(blocks) - 1, -1, -1):
        if _has_text(blocks[at]):
            return {**message, "content": [*blocks[:at], *mark(blocks[at], marker), *blocks[at + 1 :]]}
    return None


def _text(text: str) -> Message:
    return {"type": "text", "text": text}


def _has_text(block: JsonValue) -> bool:
    return isinstance(block, dict) and block.get("type") == "text" and bool(block.get("text"))


def _bare(message: Message) -> Message:
    content = message.get("content")
    if isinstance(content, list):
        return {**message, "content": [_unmarked(block) for block in content]}
    return message


def _unmarked(block: JsonValue) -> JsonValue:
    if isinstance(block, dict) and "cache_control" in block:
        return {key: value for key, value in block.items() if key != "cache_control"}
    return block


def _thinks(block: JsonValue) -> bool:
    return isinstance(block, dict) and block.get("type") in _UNMARKED
