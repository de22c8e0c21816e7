"""A neutral transcript → the messages of chat completions (OR-BODY).

Turns in wire form (see `in_wire_form`) pass as they are.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

from harness.model import JsonValue
from harness_openclaw.reference.openrouter import assistant, signatures
from harness_openclaw.reference.openrouter.refs import Family, Ref
from harness_openclaw.reference.openrouter.text import well_formed

__all__ = [
    "IMAGES_FOLLOW",
    "NO_OUTPUT",
    "NO_RESULT",
    "SEE_IMAGE",
    "convert",
    "has_tool_turns",
    "in_wire_form",
    "shown",
]

Message: TypeAlias = dict[str, Any]
Turn: TypeAlias = Mapping[str, JsonValue]

_IMAGE_OMITTED = "(image omitted: model does not support images)"
SEE_IMAGE = "(see the attached image)"
NO_OUTPUT = "(no output)"
NO_RESULT = "No result provided"
IMAGES_FOLLOW = "Images from the tool results above:"

_FAILED = {"error", "aborted"}
_TURN_KEYS = {
    "role",
    "content",
    "tool_call_id",
    "name",
    "is_error",
    "model",
    "provider",
    "api",
    "stop_reason",
}
_ROLES = {"user", "assistant", "tool"}
_ASSISTANT_BLOCKS = {"text", "thinking", "redacted_thinking", "tool_call"}


def in_wire_form(turn: Turn) -> bool:
    """Is the turn a message as sent, to be left as it is?

    So are other roles than user, assistant and tool, keys a neutral turn does not have (`tool_calls`),
    and assistant blocks of another vocabulary (`tool_use`) or with a cache marker of their own.
    """
    role = turn.get("role")
    if role not in _ROLES or not turn.keys() <= _TURN_KEYS:
        return True
    content = turn.get("content")
    return (
        role == "assistant"
        and isinstance(content, list)
        and any(block.get("type") not in _ASSISTANT_BLOCKS or "cache_control" in block for block in content)
    )


def has_tool_turns(history: Iterable[Turn]) -> bool:
    """Does the history call a tool or hold a tool's result?"""
    for turn in history:
        role, content = turn.get("role"), turn.get("content")
        if role == "tool" or turn.get("tool_calls"):
            return True
        blocks = content if role == "assistant" and isinstance(content, list) else ()
        if any(block.get("type") == "tool_call" for block in blocks):
            return True
    return False


def convert(
    history: Sequence[Turn], *, ref: Ref, family: Family, takes_images: bool, edition: str
) -> list[Message]:
    """The messages of `history`, tool calls answered and images where the model takes them."""
    transcript = _Transcript(ref, family, takes_images, latest=edition == "latest")
    for turn in history:
        transcript.add(turn)
    transcript.close()
    messages = transcript.messages
    if transcript.latest:
        messages = [assistant.replayed(message, family.replays_nothing) for message in messages]
    return _with_short_ids(messages) if family.mistral else messages


class _Transcript:
    """The messages so far, the calls still without a result, and the images that wait for them to end."""

    __slots__ = (
        "_family",
        "_images",
        "_open_calls",
        "_ref",
        "_renamed",
        "_takes_images",
        "latest",
        "messages",
    )

    def __init__(self, ref: Ref, family: Family, takes_images: bool, latest: bool) -> None:
        self.messages: list[Message] = []
        self.latest = latest
        self._ref = ref
        self._family = family
        self._takes_images = takes_images
        self._open_calls: dict[str, None] = {}
        self._images: list[Message] = []
        self._renamed: dict[str, str] = {}

    def add(self, turn: Turn) -> None:
        role = turn.get("role")
        if role == "tool":
            self._add_tool(turn)
            return
        if role == "assistant":
            self._add_assistant(signatures.clean(turn, gemini=self._family.gemini))
            return
        self.close()
        if in_wire_form(turn):
            self.messages.append(dict(turn))
            return
        content = turn.get("content")
        if not isinstance(content, list):
            self.messages.append({"role": "user", "content": well_formed(content or "")})
            return
        parts = [_part(block) for block in shown(content, self._takes_images)]
        if parts:
            self.messages.append({"role": "user", "content": parts})

    def _add_assistant(self, turn: Turn) -> None:
        self.close()
        if in_wire_form(turn):
            self.messages.append(dict(turn))
            return
        if turn.get("stop_reason") in _FAILED:
            if self.latest:
                self.messages.append({"role": "assistant", "content": assistant.FAILED_TURN})
            return
        message, calls, renamed = assistant.convert(turn, self._ref, joiner="\n" if self.latest else "")
        self._renamed.update(renamed)
        self._open_calls = dict.fromkeys(calls)
        if message is not None:
            self.messages.append(message)

    def _add_tool(self, turn: Turn) -> None:
        call_id = turn.get("tool_call_id") or ""
        call_id = self._renamed.get(call_id, call_id)
        self._open_calls.pop(call_id, None)
        if in_wire_form(turn):
            self.messages.append(dict(turn))
            return
        content = turn.get("content")
        blocks = [{"type": "text", "text": content}] if isinstance(content, str) else content or []
        visible = shown(blocks, self._takes_images)
        text = "\n".join(block["text"] for block in visible if block.get("type") == "text")
        images = [block for block in visible if block.get("type") == "image"]
        if not text:
            text = NO_OUTPUT if self.latest and not images else SEE_IMAGE
        self.messages.append({"role": "tool", "content": well_formed(text), "tool_call_id": call_id})
        self._images.extend(map(_part, images))

    def close(self) -> None:
        """End a run of tool results: answer what was not answered, and show the images."""
        for call_id in self._open_calls:
            self.messages.append({"role": "tool", "content": NO_RESULT, "tool_call_id": call_id})
        self._open_calls = {}
        if self._images:
            self.messages.append(
                {"role": "user", "content": [{"type": "text", "text": IMAGES_FOLLOW}, *self._images]}
            )
            self._images = []


def shown(
    blocks: Sequence[Message], takes_images: bool, *, remark: str = _IMAGE_OMITTED
) -> Sequence[Message]:
    """`blocks`, each run of images a `remark` if the model takes none."""
    if takes_images or all(block.get("type") != "image" for block in blocks):
        return blocks
    visible: list[Message] = []
    for at, block in enumerate(blocks):
        if block.get("type") != "image":
            visible.append(block)
        elif at == 0 or blocks[at - 1].get("type") != "image":
            visible.append({"type": "text", "text": remark})
    return visible


def _part(block: Message) -> Message:
    kind = block.get("type")
    if kind == "text":
        text = well_formed(block["text"])
        marker = {"cache_control": block["cache_control"]} if "cache_control" in block else {}
        return {"type": "text", "text": text, **marker}
    if kind == "image":
        url = block.get("url") or f"data:{block.get('mime_type') or 'image/png'};base64,{block['data']}"
        return {"type": "image_url", "image_url": {"url": url}}
    return block


def _with_short_ids(messages: Sequence[Message]) -> list[Message]:
    """Mistral takes tool-call ids of nine letters and digits only (OR-BODY-07)."""
    short: dict[str, str] = {}

    def shorten(call_id: str) -> str:
        if call_id not in short:
            plain = re.sub(r"[^A-Za-z0-9]", "", call_id)
            taken = plain[:9] if len(plain) >= 9 else ""
            if not taken or taken in short.values():
                taken = hashlib.sha256(call_id.encode("utf-8", "surrogatepass")).hexdigest()[:9]
            short[call_id] = taken
        return short[call_id]

    def renamed(message: Message) -> Message:
        if message.get("tool_calls"):
            calls = [{**call, "id": shorten(call["id"])} for call in message["tool_calls"]]
            return {**message, "tool_calls": calls}
        if isinstance(message.get("tool_call_id"), str):
            return {**message, "tool_call_id": shorten(message["tool_call_id"])}
        return message

    return [renamed(message) for message in messages]
