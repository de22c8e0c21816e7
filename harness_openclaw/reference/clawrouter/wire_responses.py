"""A call as a body of the Responses API, `POST /v1/responses`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias

from harness.model import JsonValue
from harness_openclaw.reference.clawrouter import thinking_openai, tools, transcript
from harness_openclaw.reference.clawrouter.call import Call
from harness_openclaw.reference.clawrouter.transcript import Assistant, Block, Result, Results, User
from harness_openclaw.reference.openrouter.text import decode

__all__ = ["body"]

Item: TypeAlias = dict[str, Any]

_FOREIGN_ID = re.compile(r"[^A-Za-z0-9_-]")
_LONGEST_FOREIGN_ID = 64
_ABORTED = "aborted"
_PHASES = {"commentary", "final_answer"}
_KEPT_OF_REASONING = ("summary", "content")


def body(call: Call) -> dict[str, Any]:
    """The body of `call`. Never stored, and with encrypted reasoning where the model reasons (CW-REQ-03)."""
    made: dict[str, Any] = {
        "model": call.wire_id,
        "input": list(_items(call)),
        "stream": True,
        "max_output_tokens": call.model.max_tokens if call.max_tokens is None else call.max_tokens,
    }
    if call.temperature is not None:
        made["temperature"] = call.temperature
    offered = call.tools
    if offered is not None:
        made["tools"] = [{"type": "function", **tools.function(tool)} for tool in offered]
    if call.chosen_tool is not None:
        made["tool_choice"] = {"type": "function", "name": call.chosen_tool}
    elif call.tool_choice is not None:
        made["tool_choice"] = call.tool_choice
    return {**made, **thinking_openai.responses(call), "store": False}


def _items(call: Call) -> Iterator[Item]:
    prompt = call.prompt
    if prompt is not None:
        role = "developer" if call.model.reasoning else "system"
        yield _message(role, [_text(prompt)])
    for turn in transcript.read(call):
        if isinstance(turn, User):
            parts = [_text(turn.content)] if isinstance(turn.content, str) else _parts(turn.content)
            if parts:
                yield _message("user", parts)
        elif isinstance(turn, Assistant):
            for block in turn.blocks:
                yield from _said(block, turn.same)
        elif isinstance(turn, Results):
            for result in turn.items:
                yield _output(result)
        else:
            yield turn.turn


def _said(block: Block, same: bool) -> Iterator[Item]:
    """What a block of an assistant turn becomes: one item of its own, or nothing."""
    kind = block.get("type")
    if kind == "text":
        phase = _phase(block.get("textSignature"))
        item = _message("assistant", [{"type": "output_text", "text": block["text"], "annotations": []}])
        yield {**item, "phase": phase} if phase else item
    elif kind == "thinking" and not transcript.is_redacted(block):
        thought = _signed(block.get("signature"))
        if thought.get("type") == "reasoning":
            kept = {key: thought[key] for key in _KEPT_OF_REASONING if key in thought}
            yield {"type": "reasoning", "summary": [], **kept}
    elif kind == "tool_call":
        yield {
            "type": "function_call",
            "call_id": _call_id(block["id"], same),
            "name": block["name"],
            "arguments": transcript.arguments_of(block),
        }


def _output(result: Result) -> Item:
    output: str | list[Item] = _ABORTED if result.synthetic else result.said
    if result.images:
        output = [*([_text(result.text)] if result.text else []), *_parts(result.images)]
    return {
        "type": "function_call_output",
        "call_id": _call_id(result.call_id, result.same),
        "output": output,
    }


def _call_id(given: str, same: bool) -> str:
    """What stands before a bar; another model's id in letters that are taken everywhere."""
    call_id = given.partition("|")[0]
    return call_id if same else _FOREIGN_ID.sub("_", call_id)[:_LONGEST_FOREIGN_ID]


def _phase(signature: JsonValue) -> str | None:
    """Return the part of the answer that a text belongs to, if its signature has it; the id is never sent."""
    phase = _signed(signature).get("phase")
    return phase if phase in _PHASES else None


def _signed(signature: JsonValue) -> dict[str, Any]:
    """The JSON object that a signature holds; an empty one if it holds none."""
    held = decode(signature) if isinstance(signature, str) else None
    return held if isinstance(held, dict) else {}


def _message(role: str, content: list[Item]) -> Item:
    return {"type": "message", "role": role, "content": content}


def _text(text: str) -> Item:
    return {"type": "input_text", "text": text}


def _parts(blocks: Sequence[Block]) -> list[Item]:
    return [_image(block) if block.get("type") == "image" else _text(block["text"]) for block in blocks]


def _image(block: Block) -> Item:
    url = block.get("url") or f"data:{block.get('mime_type') or 'image/png'};base64,{block['data']}"
    return {"type": "input_image", "detail": "auto", "image_url": url}
