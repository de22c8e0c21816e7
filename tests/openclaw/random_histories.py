"""Conversations as a client would have them in its memory, made at random: hypothesis strategies.

They begin with the user and end with a user's turn or with tool results, as before any call. In between is
what really happens: pictures, several calls at once, calls without a result, failed results, thinking with
and without signatures, turns of other models, turns that broke off.
"""

from __future__ import annotations

import base64
from typing import Any

from hypothesis import strategies as st

from harness.model import JsonValue

__all__ = ["TOOLS", "histories"]

TOOLS: list[JsonValue] = [
    {
        "name": "get_weather",
        "description": "The weather of a city.",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}, "days": {"type": "integer"}},
            "required": ["city"],
        },
    },
    {"name": "read", "description": "Read a file.", "parameters": {}},
]

_PICTURE = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
_CHARACTERS = st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"])
_SAID = st.text(_CHARACTERS, min_size=1, max_size=30).filter(str.strip)
_BLANK = st.sampled_from(["", " ", "\n"])
_BYTES = st.binary(min_size=3, max_size=12).map(lambda raw: base64.b64encode(raw).decode())
_SIGNATURES = _BYTES | st.sampled_from(
    [
        "reasoning_content",
        "reasoning",
        '{"type":"reasoning","id":"rs_1","summary":[{"type":"summary_text","text":"so"}],"encrypted_content":"x"}',
        "not base64!",
    ]
)
_IDS = st.from_regex(r"[A-Za-z0-9_-]{1,40}", fullmatch=True) | st.sampled_from(
    ["call_1|fc_2", "toolu.01:a", "x" * 64]
)
_ARGUMENTS = st.fixed_dictionaries({"city": _SAID}, optional={"days": st.integers(0, 9)})


def _text(said: st.SearchStrategy[str]) -> st.SearchStrategy[JsonValue]:
    return said.map(lambda text: {"type": "text", "text": text})


_IMAGE = st.just({"type": "image", "mime_type": "image/png", "data": _PICTURE})
_SHOWN = st.lists(_text(_SAID | _BLANK) | _IMAGE, min_size=1, max_size=3)
_THINKING = st.fixed_dictionaries(
    {"type": st.just("thinking"), "thinking": _SAID}, optional={"signature": _SIGNATURES}
) | st.fixed_dictionaries(
    {"type": st.just("thinking"), "thinking": st.just(""), "redacted": st.just(True), "signature": _BYTES}
)


@st.composite
def _answers(draw: st.DrawFn, origins: list[dict[str, str]], used: set[str]) -> list[dict[str, Any]]:
    """An assistant's turn and the tool results that follow it."""
    call: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
        {
            "type": st.just("tool_call"),
            "id": _IDS.filter(lambda name: name not in used),
            "name": st.sampled_from(["get_weather", "read"]),
            "arguments": _ARGUMENTS,
        },
        optional={"thoughtSignature": _SIGNATURES},
    )
    blocks = draw(st.lists(_THINKING, max_size=2))
    blocks += draw(st.lists(_text(_SAID | _BLANK), max_size=2))
    calls = draw(st.lists(call, max_size=3, unique_by=lambda block: block["id"]))
    used.update(block["id"] for block in calls)
    turn: dict[str, Any] = {"role": "assistant", "content": blocks + calls, **draw(st.sampled_from(origins))}
    reason = draw(st.sampled_from([None, "stop", "length", "error", "aborted"]))
    if reason is not None:
        turn["stop_reason"] = "toolUse" if calls and reason == "stop" else reason
    if reason in ("error", "aborted"):  # its calls were never made
        return [turn]
    results = []
    for block in calls:
        if draw(st.integers(0, 4)):  # every fifth call was never answered
            content = draw(_SHOWN | _SAID | st.just([]))
            result = {"role": "tool", "tool_call_id": block["id"], "name": block["name"], "content": content}
            results.append({**result, "is_error": True} if draw(st.booleans()) else result)
    return [turn, *results]


@st.composite
def histories(draw: st.DrawFn, model: str, upstream: str) -> list[JsonValue]:
    """A history of two to ten turns for the model of this id, whose turns may name it in either way."""
    origins = [
        {},
        {"provider": "clawrouter", "model": model},
        {"provider": "clawrouter", "model": upstream},
        {"provider": "openrouter", "model": "meta-llama/llama-4"},
    ]
    used: set[str] = set()
    turns: list[JsonValue] = []
    user = st.fixed_dictionaries({"role": st.just("user"), "content": _SAID | _SHOWN})
    for _ in range(draw(st.integers(1, 3))):
        turns += draw(st.lists(user, min_size=1, max_size=2))
        turns += draw(_answers(origins, used))
    if turns[-1]["role"] != "tool" or draw(st.booleans()):
        turns.append(draw(st.fixed_dictionaries({"role": st.just("user"), "content": _SAID})))
    return turns
