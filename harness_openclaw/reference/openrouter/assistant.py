"""An earlier assistant turn as a message: text, thinking, tool calls (OR-BODY)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, TypeAlias

from harness.model import JsonValue
from harness_openclaw.reference.openrouter.refs import Ref
from harness_openclaw.reference.openrouter.text import decode, encode, well_formed

__all__ = ["FAILED_TURN", "convert", "is_same_model", "replayed"]

Message: TypeAlias = dict[str, Any]

FAILED_TURN = (
    "[This turn failed before it completed. Do not redo its work without confirming with the user first.]"
)
_API = "openai-completions"
_REASONING_KEYS = ("reasoning", "reasoning_content", "reasoning_text")
_REPLAY_FIELDS = {"reasoning_details", *_REASONING_KEYS}
_FOREIGN_ID = re.compile(r"[^A-Za-z0-9_-]")


def is_same_model(turn: Mapping[str, JsonValue], ref: Ref) -> bool:
    """Do those of provider, API and model that the turn names equal the request's own?"""
    own = {"provider": ref.provider, "api": _API, "model": ref.id}
    return all(turn.get(key, value) == value for key, value in own.items())


def convert(
    turn: Mapping[str, JsonValue], ref: Ref, *, joiner: str
) -> tuple[Message | None, list[str], dict[str, str]]:
    """The message of an assistant turn, the ids of its tool calls, and those ids that were rewritten.

    The message is None when nothing of the turn is left to send. `joiner` stands between its texts.
    """
    content = turn.get("content")
    if isinstance(content, str):
        text = well_formed(content)
        return ({"role": "assistant", "content": text} if text.strip() else None), [], {}
    same = is_same_model(turn, ref)
    texts: list[str] = []
    thoughts: dict[str, list[str]] = {}
    calls: list[Message] = []
    details: list[JsonValue] = []
    renamed: dict[str, str] = {}
    for block in content or ():
        kind = block.get("type")
        if kind == "text":
            texts.append(block["text"])
        elif kind == "thinking" and not same:
            if not block.get("redacted"):
                texts.append(block["thinking"])
        elif kind == "thinking":
            if block.get("signature") in _REASONING_KEYS and block["thinking"].strip():
                thoughts.setdefault(block["signature"], []).append(block["thinking"])
        elif kind == "tool_call":
            call_id = block["id"] if same else _adopted(block["id"])
            if call_id != block["id"]:
                renamed[block["id"]] = call_id
            calls.append(_call(call_id, block))
            if same:
                details.extend(_details(block.get("thoughtSignature")))
    text = joiner.join(well_formed(text) for text in texts if text.strip())
    if not text and not calls:
        return None, [], {}
    message: Message = {"role": "assistant", "content": text or None}
    for key, parts in thoughts.items():
        message[key] = well_formed("\n".join(parts))
    if calls:
        message["tool_calls"] = calls
    if details:
        message["reasoning_details"] = details
    return message, [call["id"] for call in calls], renamed


def _call(call_id: str, block: Mapping[str, JsonValue]) -> Message:
    arguments = block.get("arguments")
    text = (
        arguments if isinstance(arguments, str) else encode({} if arguments is None else arguments).decode()
    )
    return {"id": call_id, "type": "function", "function": {"name": block["name"], "arguments": text}}


def _adopted(call_id: str) -> str:
    """Another model's id: what stands before a bar, in letters that every provider takes."""
    head, bar, _ = call_id.partition("|")
    return _FOREIGN_ID.sub("_", head)[:40] if bar else call_id


def _details(signature: JsonValue) -> list[JsonValue]:
    """A signature that is a JSON document is a reasoning detail; any other is never sent (OR-GEM-05)."""
    detail = decode(signature) if isinstance(signature, str) else None
    return [detail] if detail else []


def replayed(message: Message, nothing: bool) -> Message:
    """Replay fields of the latest edition: tidied up, or (`nothing`) taken out altogether."""
    if message.get("role") != "assistant" or _REPLAY_FIELDS.isdisjoint(message):
        return message
    kept = {key: value for key, value in message.items() if key not in _REPLAY_FIELDS}
    if nothing:
        return kept
    details = message.get("reasoning_details")
    for candidate in (message.get("reasoning"), message.get("reasoning_text"), details):
        if isinstance(candidate, str) and candidate:
            kept["reasoning"] = candidate
            break
    content = message.get("reasoning_content")
    if isinstance(content, str) and content:
        kept["reasoning_content"] = content
    if "reasoning_details" in message and not isinstance(details, str):
        kept["reasoning_details"] = details
    return kept
