"""What the reference sends is what the providers' own packages let through."""

from __future__ import annotations

from typing import Any

import accepting
import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from random_histories import TOOLS, histories
from transports import LEVELS, MODELS, Served, asked_of

from harness.model import JsonValue
from harness_openclaw.reference import shape

PICTURE = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
IMAGE = {"type": "image", "mime_type": "image/png", "data": PICTURE}
SIGNED = {"type": "thinking", "thinking": "It rains there.", "signature": "QUJDRA=="}
ITEM = '{"type":"reasoning","id":"rs_1","summary":[{"type":"summary_text","text":"so"}]}'

HISTORIES: dict[str, list[JsonValue]] = {
    "plain": [{"role": "user", "content": "Hello"}],
    "tools": [
        {"role": "user", "content": "Weather in Lisbon?"},
        {
            "role": "assistant",
            "content": [
                {"type": "text", "text": "I look."},
                {
                    "type": "tool_call",
                    "id": "call_1|fc_1",
                    "name": "get_weather",
                    "arguments": {"city": "Lisbon"},
                },
                {"type": "tool_call", "id": "call_2", "name": "read", "arguments": {}},
            ],
        },
        {"role": "tool", "tool_call_id": "call_1|fc_1", "name": "get_weather", "content": "Sunny"},
        {"role": "tool", "tool_call_id": "call_2", "name": "read", "content": [], "is_error": True},
    ],
    "images": [
        {"role": "user", "content": [{"type": "text", "text": "What is this?"}, IMAGE]},
        {
            "role": "assistant",
            "content": [{"type": "tool_call", "id": "call_1", "name": "read", "arguments": {}}],
        },
        {"role": "tool", "tool_call_id": "call_1", "name": "read", "content": [IMAGE]},
        {"role": "user", "content": "And now?"},
    ],
    "thinking": [
        {"role": "user", "content": "Weather in Lisbon?"},
        {
            "role": "assistant",
            "content": [
                SIGNED,
                {"type": "thinking", "thinking": "", "redacted": True, "signature": "QUJDRA=="},
                {"type": "thinking", "thinking": "unsigned"},
                {"type": "thinking", "thinking": "so", "signature": ITEM},
                {
                    "type": "text",
                    "text": "I look.",
                    "textSignature": '{"v":1,"id":"msg_1","phase":"commentary"}',
                },
                {
                    "type": "tool_call",
                    "id": "call_1",
                    "name": "get_weather",
                    "arguments": {"city": "Lisbon"},
                    "thoughtSignature": "QUJDRA==",
                },
            ],
        },
        {"role": "tool", "tool_call_id": "call_1", "name": "get_weather", "content": "Sunny"},
        {"role": "assistant", "content": "Sunny.", "provider": "openrouter", "model": "other/model"},
        {"role": "user", "content": "Thanks"},
    ],
}
CHOICES: list[JsonValue] = ["auto", "none", "required", {"type": "function", "function": {"name": "read"}}]


def against(model: Served, body: bytes) -> list[str]:
    problems: list[str] = getattr(accepting, model.transport)(orjson.loads(body))
    return problems


@pytest.mark.parametrize("history", HISTORIES)
@pytest.mark.parametrize(("model", "level"), LEVELS, ids=str)
def test_a_request_through_clawrouter_is_one_of_its_apis(model: Served, level: str, history: str) -> None:
    """Each transport's request, at every level, is accepted by the types that its provider publishes."""
    request = asked_of(model, thinking=level, system="Be brief.", history=HISTORIES[history], tools=TOOLS)
    assert against(model, request.body) == []


@pytest.mark.parametrize("choice", CHOICES, ids=str)
@pytest.mark.parametrize("model", MODELS, ids=str)
def test_a_tool_choice_is_said_in_the_words_of_each_api(model: Served, choice: JsonValue) -> None:
    """The choice of a tool is translated, not passed on."""
    options = {"tool_choice": choice, "max_tokens": 2000, "temperature": 0.5, "cache_retention": "long"}
    request = asked_of(model, thinking="off", history=HISTORIES["plain"], tools=TOOLS, options=options)
    assert against(model, request.body) == []


@pytest.mark.parametrize("model", MODELS, ids=str)
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_any_history_becomes_a_request_of_its_api(model: Served, data: st.DataObject) -> None:
    """Whatever a client has in its memory, what is sent of it keeps to the published types."""
    history = data.draw(histories(model.id, model.upstream))
    level = data.draw(st.sampled_from(model.levels))
    request = asked_of(model, thinking=level, history=history, tools=TOOLS)
    assert against(model, request.body) == []


@pytest.mark.parametrize("transport", ["responses", "chat_completions", "messages", "gemini"])
def test_the_types_refuse_what_their_api_does_not_know(transport: str) -> None:
    """The check can fail: a stray field inside a message is told."""
    model = next(model for model in MODELS if model.transport == transport)
    body: dict[str, Any] = orjson.loads(asked_of(model, thinking="off", history=HISTORIES["plain"]).body)
    (turns,) = (body[name] for name in ("input", "messages", "contents") if name in body)
    turns[-1]["stray"] = 1
    assert getattr(accepting, transport)(body)


# ------------------------------------------------------------------ OpenRouter

OPENROUTER = ("anthropic/claude-sonnet-4-6", "openai/gpt-5.5", "google/gemini-3.1-pro-preview", "auto")


def at_openrouter(edition: str, model: str, **given: JsonValue) -> dict[str, Any]:
    call = {"edition": edition, "model": f"openrouter/{model}", "api_key": "sk-or-0000", **given}
    body: dict[str, Any] = orjson.loads(shape(call).body)
    return body


@pytest.mark.parametrize("history", HISTORIES)
@pytest.mark.parametrize("level", ["off", "low", "high", "xhigh"])
@pytest.mark.parametrize("model", OPENROUTER)
@pytest.mark.parametrize("edition", ["2026-04", "2026-05", "latest"])
def test_a_chat_with_openrouter_is_its_chat_request(
    edition: str, model: str, level: str, history: str
) -> None:
    """OpenRouter's own package lets the reference's chats through, unknown fields refused."""
    body = at_openrouter(
        edition,
        model,
        thinking=level,
        system="Be brief.",
        history=HISTORIES[history],
        tools=TOOLS,
        model_meta={"reasoning": True, "input": ["text", "image"], "max_tokens": 8192},
    )
    assert accepting.openrouter_chat(body) == []


@pytest.mark.parametrize(
    ("name", "given_"),
    [
        ("ImageGenerationRequest", {"operation": "image", "prompt": "a cat", "aspect_ratio": "16:9"}),
        (
            "VideoGenerationRequest",
            {
                "operation": "video",
                "prompt": "a lobster",
                "duration": 5,
                "resolution": "720P",
                "aspect_ratio": "16:9",
                "images": [
                    {"data": PICTURE},
                    {"url": "https://x.example/ref.png", "role": "reference_image"},
                ],
                "generate_audio": True,
                "seed": 7,
            },
        ),
        ("SpeechRequest", {"operation": "speech", "text": "hello", "voice": "af_alloy", "speed": 1.1}),
    ],
)
def test_media_are_asked_for_as_openrouter_declares(name: str, given_: dict[str, JsonValue]) -> None:
    """Images, video and speech of the latest edition fit the requests of OpenRouter's own package."""
    given_ = {"edition": "latest", "api_key": "sk-or-0000", **given_}
    assert accepting.openrouter_component(name, orjson.loads(shape(given_).body)) == []
