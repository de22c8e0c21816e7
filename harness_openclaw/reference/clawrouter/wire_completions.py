"""A call as a body of chat completions, `POST /v1/chat/completions`: as for OpenRouter, without its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from harness.model import JsonValue
from harness_openclaw.reference.clawrouter import thinking_openai, tools, transcript
from harness_openclaw.reference.clawrouter.access import PROVIDER
from harness_openclaw.reference.clawrouter.call import Call
from harness_openclaw.reference.openrouter import messages
from harness_openclaw.reference.openrouter.params import find
from harness_openclaw.reference.openrouter.refs import Family, Ref

__all__ = ["body"]

_NO_FAMILY = Family(*(False for _ in Family._fields))
"""No family of models is treated on its own here: none gets OpenRouter's shaping."""

_REPLAYED_THOUGHT = "reasoning_content"
"""The one field in which a thought goes back, to models that reason."""


def body(call: Call) -> dict[str, Any]:
    """The body of `call`."""
    prompt, offered = call.prompt, call.tools
    instructions = [] if prompt is None else [{"role": "system", "content": prompt}]
    made: dict[str, Any] = {
        "model": call.wire_id,
        "messages": instructions + _messages(call),
        "stream": True,
        "max_completion_tokens": call.model.max_tokens if call.max_tokens is None else call.max_tokens,
    }
    if call.temperature is not None:
        made["temperature"] = call.temperature
    if offered:
        made["tools"] = [{"type": "function", "function": tools.function(tool)} for tool in offered]
    if call.chosen_tool is not None:
        made["tool_choice"] = {"type": "function", "function": {"name": call.chosen_tool}}
    elif call.tool_choice is not None or offered:
        made["tool_choice"] = call.tool_choice or "auto"
    made.update(thinking_openai.completions(call))
    extra = find(call.params, "extra_body", "extraBody")
    if isinstance(extra, dict):
        made.update({key: value for key, value in extra.items() if key != "store"})
    return made


def _messages(call: Call) -> list[dict[str, Any]]:
    return messages.convert(
        list(_sendable(call)),
        ref=Ref(PROVIDER, call.wire_id, call.wire_id),
        family=_NO_FAMILY,
        takes_images=call.model.takes_images,
        edition="latest",
    )


def _sendable(call: Call) -> Iterator[Mapping[str, JsonValue]]:
    """The turns without what ClawRouter gets other than OpenRouter: thoughts under other fields' names,
    and images of tools where the model takes none."""
    for turn in transcript.without_strays(call.history):
        content = turn.get("content")
        if not isinstance(content, list) or messages.in_wire_form(turn):
            yield turn
        elif turn.get("role") == "tool":
            yield {**turn, "content": transcript.result_blocks(turn, call)}
        elif turn.get("role") == "assistant" and transcript.is_same_model(turn, call):
            yield {**turn, "content": [block for block in content if not _is_withheld(block, call)]}
        else:
            yield turn


def _is_withheld(block: transcript.Block, call: Call) -> bool:
    """Is it a thought of this very model that does not go back to it?"""
    return block.get("type") == "thinking" and (
        not call.model.reasoning
        or block.get("signature") != _REPLAYED_THOUGHT
        or transcript.is_redacted(block)
    )
