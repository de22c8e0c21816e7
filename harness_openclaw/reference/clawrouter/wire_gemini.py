"""The body of `:streamGenerateContent`: Google's Gemini API, spoken natively through ClawRouter."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, TypeAlias

from harness.model import JsonValue
from harness_openclaw.reference.clawrouter import thinking_native, transcript
from harness_openclaw.reference.clawrouter.call import Call
from harness_openclaw.reference.clawrouter.transcript import Assistant, Block, Result, Results, Turn, User
from harness_openclaw.reference.openrouter.cache_markers import join_at_boundary
from harness_openclaw.reference.openrouter.messages import IMAGES_FOLLOW

__all__ = ["body"]

Content: TypeAlias = dict[str, Any]

_BASE64 = re.compile(r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{4})")
_MODES = {"auto": "AUTO", "none": "NONE", "required": "ANY"}
_UNSIGNED = "skip_thought_signature_validator"
"""What Gemini 3 takes for the signature of a call that was never signed."""


def body(call: Call) -> dict[str, Any]:
    """The body of `call`; the model and the streaming are in the URL."""
    third = thinking_native.is_gemini_3(call.wire_id)
    contents = [content for turn in transcript.read(call) for content in _contents(turn, is_gemini_3=third)]
    sent: dict[str, Any] = {"contents": contents, "generationConfig": _generation(call)}
    if call.system:
        sent["systemInstruction"] = {"parts": [{"text": join_at_boundary(call.system)}], "role": "user"}
    if call.tools:
        sent["tools"] = [{"functionDeclarations": [_declaration(tool) for tool in call.tools]}]
    calling = _calling(call)
    if calling:
        sent["toolConfig"] = {"functionCallingConfig": calling}
    return sent


def _generation(call: Call) -> dict[str, Any]:
    stated = {
        "temperature": call.temperature,
        "maxOutputTokens": call.max_tokens,
        "thinkingConfig": thinking_native.for_gemini(call),
    }
    return {name: value for name, value in stated.items() if value is not None}


def _declaration(tool: Block) -> dict[str, Any]:
    described = {} if tool.get("description") is None else {"description": tool["description"]}
    return {"name": tool["name"], **described, "parametersJsonSchema": tool.get("parameters") or {}}


def _calling(call: Call) -> dict[str, Any] | None:
    if call.chosen_tool:
        return {"mode": "ANY", "allowedFunctionNames": [call.chosen_tool]}
    return {"mode": _MODES[call.tool_choice]} if call.tool_choice in _MODES else None


# ------------------------------------------------------------------ the history


def _contents(turn: Turn, *, is_gemini_3: bool) -> Iterator[Content]:
    """A turn as contents: one, none if nothing of it is left to send, or two if images follow results."""
    if isinstance(turn, User):
        blocks = [{"type": "text", "text": turn.content}] if isinstance(turn.content, str) else turn.content
        yield {"role": "user", "parts": [_shown(block) for block in blocks] or [{"text": " "}]}
    elif isinstance(turn, Assistant):
        parts = [part for block in turn.blocks for part in _said(block, turn.same)]
        if is_gemini_3:
            _sign_first_call(parts)
        if parts:
            yield {"role": "model", "parts": parts}
    elif isinstance(turn, Results):
        yield {"role": "user", "parts": [_result(result, is_gemini_3) for result in turn.items]}
        images = [_shown(image) for result in turn.items for image in result.images]
        if images and not is_gemini_3:
            yield {"role": "user", "parts": [{"text": IMAGES_FOLLOW}, *images]}
    else:
        yield turn.turn


def _shown(block: Block) -> Content:
    """A block of a user turn, or of a result: a text, which cannot be empty here, or an image."""
    if block.get("type") != "image":
        return {"text": block["text"] or " "}
    mime_type = {"mimeType": block.get("mime_type") or "image/png"}
    if "data" not in block:
        return {"fileData": {**mime_type, "fileUri": block["url"]}}
    return {"inlineData": {**mime_type, "data": block["data"]}}


def _said(block: Block, same: bool) -> Iterator[Content]:
    """A block of the model: one part, or none."""
    kind = block.get("type")
    if kind == "tool_call":
        called = {"name": block["name"], "args": transcript.arguments_object(block)}
        identified = {"id": block["id"]} if same else {}
        yield {"functionCall": {**called, **identified}, **_signed(block.get("thoughtSignature"))}
    elif kind == "thinking":
        yield {"thought": True, "text": block["thinking"], **_signed(block.get("signature"))}
    elif kind == "text" and not transcript.is_blank(block):
        yield {"text": block["text"], **_signed(block.get("textSignature"))}


def _signed(signature: JsonValue) -> Content:
    """The signature of a part, if it is one that Gemini can read."""
    if isinstance(signature, str) and _BASE64.fullmatch(signature):
        return {"thoughtSignature": signature}
    return {}


def _sign_first_call(parts: list[Content]) -> None:
    """Gemini 3 wants a signature on the first call of a turn: where it has none, the word that stands for
    it."""
    first = next((part for part in parts if "functionCall" in part), None)
    if first is not None:
        first.setdefault("thoughtSignature", _UNSIGNED)


def _result(result: Result, is_gemini_3: bool) -> Content:
    identified = {"id": result.call_id} if result.same else {}
    response: Content = {
        "name": result.name or "",
        "response": {"error" if result.failed else "output": result.text},
        **identified,
    }
    if is_gemini_3 and result.images:
        response["parts"] = [_shown(image) for image in result.images]
    return {"functionResponse": response}
