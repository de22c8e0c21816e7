"""The body of `POST …/v1/messages`: Anthropic's Messages API, spoken natively through ClawRouter."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias

from harness_openclaw.reference.clawrouter import thinking_native, transcript
from harness_openclaw.reference.clawrouter.call import Call
from harness_openclaw.reference.clawrouter.transcript import Assistant, Block, Result, Results, Turn, User
from harness_openclaw.reference.openrouter.cache_markers import split_at_boundary
from harness_openclaw.reference.openrouter.params import find

__all__ = ["body"]

Message: TypeAlias = dict[str, Any]

_FOREIGN_ID = re.compile(r"[^A-Za-z0-9_-]")
_ID_LENGTH = 64
_NOT_OURS = "reasoning_content"
"""What stands in place of a signature on thoughts that came over another API."""


def body(call: Call) -> dict[str, Any]:
    """The body of `call`, cache markers set."""
    thinking = thinking_native.for_claude(call)
    marker = _marker(call)
    sent: dict[str, Any] = {
        "model": call.wire_id,
        "messages": _messages(transcript.read(call), thinks=thinking.on, marker=marker),
        "max_tokens": thinking.max_tokens,
        "stream": True,
    }
    if call.temperature is not None and not thinking.on:
        sent["temperature"] = call.temperature
    system = _system(call.system or "", marker)
    if system:
        sent["system"] = system
    if call.tools:
        sent["tools"] = [_tool(tool) for tool in call.tools]
        sent["tools"][-1].update(marker)
    choice = _tool_choice(call)
    if choice:
        sent["tool_choice"] = choice
    if thinking.thinking:
        sent["thinking"] = thinking.thinking
    if thinking.output_config:
        sent["output_config"] = thinking.output_config
    return sent


def _marker(call: Call) -> Message:
    """What is added to a block that is to be cached; nothing if nothing is."""
    retention = call.options.get("cache_retention") or find(call.params, "cacheRetention")
    if retention == "none":
        return {}
    lasting = {"ttl": "1h"} if retention == "long" else {}
    return {"cache_control": {"type": "ephemeral", **lasting}}


def _system(prompt: str, marker: Message) -> list[Message]:
    """The prompt, of which only what stays the same from call to call is marked."""
    stable, dynamic = split_at_boundary(prompt)
    blocks = [{"type": "text", "text": stable, **marker}] if stable else []
    return [*blocks, {"type": "text", "text": dynamic}] if dynamic else blocks


def _tool(tool: Block) -> Message:
    given = tool.get("parameters")
    schema = given if isinstance(given, dict) else {}
    described = {} if tool.get("description") is None else {"description": tool["description"]}
    return {
        "name": tool["name"],
        **described,
        "input_schema": {"type": "object", "properties": {}, "required": [], **schema},
    }


def _tool_choice(call: Call) -> Message | None:
    if call.chosen_tool:
        return {"type": "tool", "name": call.chosen_tool}
    if call.tool_choice is None:
        return None
    return {"type": "any" if call.tool_choice == "required" else call.tool_choice}


# ------------------------------------------------------------------ the history


def _messages(turns: Sequence[Turn], *, thinks: bool, marker: Message) -> list[Message]:
    """The messages of `turns`; marked are the end of the last user turn and, if results follow it, the last
    result."""
    messages: list[Message] = []
    last_user, last_results = None, None
    for turn in turns:
        message = _message(turn, thinks)
        if message is None:
            continue
        messages.append(message)
        if isinstance(turn, User):
            last_user, last_results = message, None
        elif isinstance(turn, Results):
            last_results = message
    if marker:
        for message in (last_user, last_results):
            if message is not None:
                _mark(message, marker)
    return messages


def _mark(message: Message, marker: Message) -> None:
    if isinstance(message["content"], str):
        message["content"] = [{"type": "text", "text": message["content"]}]
    message["content"][-1].update(marker)


def _message(turn: Turn, thinks: bool) -> Message | None:
    """A turn as a message; None if nothing of it is left to send."""
    if isinstance(turn, User):
        return _user(turn)
    if isinstance(turn, Assistant):
        blocks = [sent for block in turn.blocks for sent in _said(block, thinks)]
        return {"role": "assistant", "content": blocks} if blocks else None
    if isinstance(turn, Results):
        return {"role": "user", "content": [_result(result) for result in turn.items]}
    return turn.turn


def _user(turn: User) -> Message | None:
    if isinstance(turn.content, str):
        return {"role": "user", "content": turn.content} if turn.content.strip() else None
    blocks = [_shown(block) for block in turn.content if not transcript.is_blank(block)]
    return {"role": "user", "content": blocks} if blocks else None


def _shown(block: Block) -> Message:
    """A block of a user turn, or of a result: a text or an image."""
    if block.get("type") != "image":
        return dict(block)
    if "data" not in block:
        return {"type": "image", "source": {"type": "url", "url": block["url"]}}
    media_type = block.get("mime_type") or "image/png"
    return {"type": "image", "source": {"type": "base64", "media_type": media_type, "data": block["data"]}}


def _said(block: Block, thinks: bool) -> Iterator[Message]:
    """A block of the assistant: one block, or none."""
    kind = block.get("type")
    if kind == "tool_call":
        yield {
            "type": "tool_use",
            "id": _id(block["id"]),
            "name": block["name"],
            "input": transcript.arguments_object(block),
        }
    elif kind == "redacted_thinking" or block.get("redacted"):
        data = block.get("data") or block.get("signature")
        if data:
            yield {"type": "redacted_thinking", "data": data}
    elif kind == "thinking":
        yield from _thought(block, thinks)
    elif not transcript.is_blank(block):
        yield {"type": "text", "text": block["text"]}


def _thought(block: Block, thinks: bool) -> Iterator[Message]:
    """A thought of the same model: it counts only while the model thinks, unsigned it is a text."""
    signature = (block.get("signature") or "").strip()
    if not thinks or signature == _NOT_OURS:
        return
    if signature:
        yield {"type": "thinking", "thinking": block["thinking"], "signature": block["signature"]}
    elif not transcript.is_blank(block):
        yield {"type": "text", "text": block["thinking"]}


def _result(result: Result) -> Message:
    content: str | list[Message] = result.said
    if result.images:
        content = [{"type": "text", "text": result.said}, *map(_shown, result.images)]
    return {
        "type": "tool_result",
        "tool_use_id": _id(result.call_id),
        "content": content,
        "is_error": result.failed,
    }


def _id(call_id: str) -> str:
    """Another API's id of a tool call, in the letters that Anthropic takes."""
    return _FOREIGN_ID.sub("_", call_id)[:_ID_LENGTH]
