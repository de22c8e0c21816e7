"""Gemini's answers as they come back: what is made of a stream, and of one that goes wrong."""

from __future__ import annotations

import json
from typing import Any

import pytest
from recorded_answers import data_lines, is_stream, kind_of, recorded, stream, whole

from harness.model import Reply
from harness_openclaw.reference import Failure
from harness_openclaw.reference.answers.gemini import read


def chunk(*parts: dict[str, Any], reason: str | None = None, **usage: int) -> dict[str, Any]:
    candidate: dict[str, Any] = {"content": {"role": "model", "parts": list(parts)}, "index": 0}
    if reason:
        candidate["finishReason"] = reason
    return {"candidates": [candidate], **({"usageMetadata": usage} if usage else {})}


def said(text: str, **more: Any) -> dict[str, Any]:
    return {"text": text, **more}


def call(**more: Any) -> dict[str, Any]:
    return {"functionCall": {"name": "read", "args": {"path": "a"}, **more}, "thoughtSignature": "QUJDRA=="}


def test_texts_are_joined_and_thoughts_are_left_out() -> None:
    """The text is what the parts say that are no thoughts; the last counts hold."""
    reply = stream(
        chunk(said("why", thought=True), promptTokenCount=8, totalTokenCount=8),
        chunk(said("Hel")),
        chunk(
            said("lo"),
            reason="STOP",
            promptTokenCount=8,
            candidatesTokenCount=2,
            thoughtsTokenCount=5,
            cachedContentTokenCount=3,
            totalTokenCount=15,
        ),
    )
    assert read(reply) == {
        "text": "Hello",
        "finish_reason": "stop",
        "usage": {
            "input_tokens": 8,
            "output_tokens": 2,
            "total_tokens": 15,
            "cached_tokens": 3,
            "reasoning_tokens": 5,
        },
    }


def test_a_stop_with_a_call_is_tool_use() -> None:
    """Gemini ends with STOP either way; a call without an id gets one of its own."""
    reply = stream(chunk(call(id="c9")), chunk(call(), reason="STOP"))
    assert read(reply) == {
        "text": "",
        "finish_reason": "toolUse",
        "tool_calls": [
            {"id": "c9", "name": "read", "arguments": {"path": "a"}},
            {"id": "read_2", "name": "read", "arguments": {"path": "a"}},
        ],
    }


def test_the_token_limit_is_a_length() -> None:
    """MAX_TOKENS is an answer, cut off."""
    assert read(stream(chunk(said("Hel"), reason="MAX_TOKENS")))["finish_reason"] == "length"


@pytest.mark.parametrize(
    "reason", ["SAFETY", "RECITATION", "MALFORMED_FUNCTION_CALL", "OTHER", "FINISH_REASON_UNSPECIFIED"]
)
def test_any_other_end_is_an_error(reason: str) -> None:
    """What Gemini stopped for any other reason is no answer."""
    with pytest.raises(Failure, match=reason) as caught:
        read(stream(chunk(said("Hel"), reason=reason)))
    assert kind_of(caught.value) == (None, False)


def test_a_blocked_prompt_is_an_error() -> None:
    """A prompt that is blocked gets no candidate, only the reason."""
    with pytest.raises(Failure, match="PROHIBITED_CONTENT") as caught:
        read(stream({"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}}))
    assert kind_of(caught.value) == (None, False)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        ({"code": 503, "status": "UNAVAILABLE", "message": "The model is overloaded."}, ("overloaded", True)),
        ({"code": 429, "status": "RESOURCE_EXHAUSTED", "message": "Quota."}, ("rate_limit", True)),
        ({"code": 500, "status": "INTERNAL", "message": "An error."}, ("timeout", True)),
        ({"status": "PERMISSION_DENIED", "message": "No."}, ("auth", False)),
        ({"status": "UNAUTHENTICATED", "message": "No."}, ("auth", False)),
        ({"status": "NOT_FOUND", "message": "No."}, ("model_not_found", False)),
        ({"status": "INVALID_ARGUMENT", "message": "No."}, ("format", False)),
        ({"status": "FAILED_PRECONDITION", "message": "No."}, ("format", False)),
        ({"status": "RESOURCE_EXHAUSTED", "message": "No."}, ("rate_limit", True)),
        ({"status": "UNAVAILABLE", "message": "No."}, ("timeout", True)),
        ({"status": "DEADLINE_EXCEEDED", "message": "No."}, ("timeout", True)),
        ({"status": "INTERNAL", "message": "No."}, ("timeout", True)),
    ],
)
def test_an_error_inside_the_stream_has_the_class_of_its_code(
    error: dict[str, Any], expected: tuple[str, bool]
) -> None:
    """An error in the place of a chunk counts like its HTTP status, alone or in a list of one."""
    for data in ({"error": error}, [{"error": error}]):
        with pytest.raises(Failure, match=error["message"]) as caught:
            read(stream(chunk(said("a")), f"data: {json.dumps(data)}\n\n"))
        assert (kind_of(caught.value), caught.value.status) == (expected, 200)


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param(stream(chunk(said("Hel"))), id="no-finish-reason"),
        pytest.param(stream(), id="empty"),
        pytest.param(stream(chunk(said("a"), reason="STOP"), fault="truncated"), id="cut-off"),
    ],
)
def test_an_answer_that_ends_early_is_like_a_lost_connection(reply: Reply) -> None:
    """Without a finish reason, or from a connection that broke, there is no answer."""
    with pytest.raises(Failure) as caught:
        read(reply)
    assert kind_of(caught.value) == ("timeout", True)


def test_an_answer_that_comes_whole_reads_the_same() -> None:
    """A JSON document, or a list of chunks, gives the outcome that the stream would."""
    chunks = [chunk(said("Hel")), chunk(said("lo"), reason="STOP")]
    assert read(whole(chunks)) == read(stream(*chunks)) == read(whole(chunk(said("Hello"), reason="STOP")))


def test_every_recorded_stream_reads_as_a_plain_look_at_its_lines_does() -> None:
    """Texts, calls and counts of real answers are those that stand in the lines of their streams."""
    replies = recorded(":streamGenerateContent")
    streams = [reply for reply in replies if is_stream(reply)]
    for reply in streams:
        lines = data_lines(reply)
        outcome = read(reply)
        parts = [
            part
            for line in lines
            for candidate in line.get("candidates", ())
            for part in candidate.get("content", {}).get("parts", ())
        ]
        texts = [part["text"] for part in parts if "text" in part and not part.get("thought")]
        calls = [part["functionCall"] for part in parts if "functionCall" in part]
        usage = lines[-1]["usageMetadata"]
        assert outcome["text"] == "".join(texts)
        assert [each["name"] for each in outcome.get("tool_calls", ())] == [each["name"] for each in calls]
        assert outcome["usage"]["input_tokens"] == usage["promptTokenCount"]
        assert outcome["usage"].get("reasoning_tokens") == usage.get("thoughtsTokenCount")
    assert (len(replies), len(streams)) == (149, 137)


@pytest.mark.parametrize("operation", [":streamGenerateContent", ":generateContent"])
def test_every_recorded_answer_that_came_whole_is_read(operation: str) -> None:
    """Real answers that were JSON are read, or are failures where they end with another reason."""
    for reply in recorded(operation):
        if not is_stream(reply):
            reasons = [each for each in _values(json.loads(reply.body), "finishReason") if each]
            if {*reasons} <= {"STOP", "MAX_TOKENS"} and reasons:
                assert read(reply)["usage"]
            else:
                with pytest.raises(Failure):
                    read(reply)


def _values(value: Any, key: str) -> list[Any]:
    if isinstance(value, list):
        return [found for item in value for found in _values(item, key)]
    if isinstance(value, dict):
        below = [found for item in value.values() for found in _values(item, key)]
        return [value[key], *below] if key in value else below
    return []
