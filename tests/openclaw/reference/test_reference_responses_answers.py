"""Responses as they come back: what is made of a stream, and of one that goes wrong."""

from __future__ import annotations

import json
from typing import Any

import pytest
from recorded_answers import data_lines, is_stream, kind_of, recorded, stream, whole

from harness.model import Reply
from harness_openclaw.reference import Failure
from harness_openclaw.reference.answers.responses import read

TEXTS = {"response.output_text.delta", "response.refusal.delta"}


def added(at: int, **item: Any) -> dict[str, Any]:
    return {"type": "response.output_item.added", "output_index": at, "item": item}


def done(at: int, **item: Any) -> dict[str, Any]:
    return {"type": "response.output_item.done", "output_index": at, "item": item}


def said(text: str, at: int = 0) -> dict[str, Any]:
    return {"type": "response.output_text.delta", "output_index": at, "content_index": 0, "delta": text}


def message(*texts: str) -> dict[str, Any]:
    return {"type": "message", "content": [{"type": "output_text", "text": text} for text in texts]}


def end(kind: str = "completed", **response: Any) -> dict[str, Any]:
    return {"type": f"response.{kind}", "response": {"status": kind, "output": [], **response}}


def call(**more: Any) -> dict[str, Any]:
    return {"type": "function_call", "id": "fc_1", "call_id": "c1", "name": "read", "arguments": "", **more}


def test_texts_are_joined_and_reasoning_is_left_out() -> None:
    """The text is what the output's messages say, in order; reasoning and its summary are none."""
    summary = {"type": "response.reasoning_summary_text.delta", "output_index": 0, "delta": "why"}
    usage = {
        "input_tokens": 10,
        "input_tokens_details": {"cached_tokens": 4},
        "output_tokens": 7,
        "output_tokens_details": {"reasoning_tokens": 5},
        "total_tokens": 17,
    }
    reply = stream(
        {"type": "response.created", "response": {"status": "in_progress"}},
        added(0, type="reasoning", summary=[]),
        summary,
        done(0, type="reasoning", summary=[{"type": "summary_text", "text": "why"}]),
        added(1, type="message", content=[]),
        said("Hel", 1),
        said("lo", 1),
        done(1, **message("Hello")),
        done(2, **message("!", "?")),
        end(usage=usage),
    )
    assert read(reply) == {
        "text": "Hello!?",
        "finish_reason": "stop",
        "usage": {
            "input_tokens": 10,
            "output_tokens": 7,
            "total_tokens": 17,
            "cached_tokens": 4,
            "reasoning_tokens": 5,
        },
    }


@pytest.mark.parametrize(
    "events",
    [
        pytest.param((said("Hel"), said("lo")), id="pieces-alone"),
        pytest.param((done(0, **message("Hello")),), id="items-alone"),
        pytest.param((said("Hel"), done(0, **message("Hello"))), id="an-item-after-its-pieces"),
    ],
)
def test_a_text_counts_once_however_it_comes(events: tuple[dict[str, Any], ...]) -> None:
    """Pieces and finished items say the same thing; either is enough."""
    assert read(stream(*events, end()))["text"] == "Hello"


def test_an_output_that_comes_only_with_the_end_is_read() -> None:
    """Where nothing was streamed before, the final response has it all."""
    assert read(stream(end(output=[message("Hello")])))["text"] == "Hello"


@pytest.mark.parametrize(
    ("written", "arguments"),
    [
        pytest.param('{"path":"a"}', {"path": "a"}, id="json"),
        pytest.param("", {}, id="none"),
        pytest.param('{"path"', '{"path"', id="no-json"),
    ],
)
def test_a_call_is_read_from_its_pieces_and_from_its_item(written: str, arguments: Any) -> None:
    """A tool call has its call id, and for arguments the JSON in their text, or the text itself."""
    piece = {"type": "response.function_call_arguments.delta", "output_index": 0, "delta": written}
    expected = {
        "text": "",
        "finish_reason": "toolUse",
        "tool_calls": [{"id": "c1", "name": "read", "arguments": arguments}],
    }
    assert read(stream(added(0, **call()), piece, end())) == expected
    assert read(stream(added(0, **call()), piece, done(0, **call(arguments=written)), end())) == expected


def test_the_token_limit_is_a_length() -> None:
    """A response that is incomplete for its token limit is an answer, cut off."""
    reply = stream(said("Hel"), end("incomplete", incomplete_details={"reason": "max_output_tokens"}))
    assert read(reply) == {"text": "Hel", "finish_reason": "length"}


@pytest.mark.parametrize(
    "ended",
    [
        pytest.param(end("incomplete", incomplete_details={"reason": "content_filter"}), id="filtered"),
        pytest.param(end("failed", error=None), id="failed"),
        pytest.param(end("completed", status="cancelled"), id="cancelled"),
    ],
)
def test_any_other_end_is_an_error(ended: dict[str, Any]) -> None:
    """What was stopped, or failed without a word, is no answer (OR-ERR-03)."""
    with pytest.raises(Failure) as caught:
        read(stream(said("Hel"), ended))
    assert kind_of(caught.value) == (None, False)


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("server_error", ("timeout", True)),
        ("rate_limit_exceeded", ("rate_limit", True)),
        ("insufficient_quota", ("billing", False)),
        ("context_length_exceeded", ("context_overflow", False)),
        ("invalid_prompt", ("format", False)),
        ("invalid_request_error", ("format", False)),
        ("invalid_api_key", ("auth", False)),
        ("authentication_error", ("auth", False)),
        ("model_not_found", ("model_not_found", False)),
        ("overloaded_error", ("overloaded", True)),
        ("server_is_overloaded", ("overloaded", True)),
        (429, ("rate_limit", True)),
    ],
)
def test_an_error_inside_the_stream_has_the_class_of_its_code(code: Any, expected: tuple[str, bool]) -> None:
    """The `error` event, flat or nested, and a failed response are classified by their code alike."""
    error = {"code": code, "message": "No luck"}
    for event in (
        {"type": "error", **error, "param": None},
        {"type": "error", "error": error},
        end("failed", error=error),
    ):
        with pytest.raises(Failure, match="No luck") as caught:
            read(stream(said("a"), event))
        assert (kind_of(caught.value), caught.value.status) == (expected, 200)


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param(stream(said("Hel")), id="no-end"),
        pytest.param(stream(), id="empty"),
        pytest.param(stream(said("Hel"), fault="reset"), id="cut-off"),
    ],
)
def test_an_answer_that_ends_early_is_like_a_lost_connection(reply: Reply) -> None:
    """Without `response.completed`, or from a connection that broke, there is no answer."""
    with pytest.raises(Failure) as caught:
        read(reply)
    assert kind_of(caught.value) == ("timeout", True)


def test_a_response_that_comes_whole_reads_the_same() -> None:
    """A JSON answer gives the outcome that its stream would."""
    answer = {"status": "completed", "output": [message("Hello"), call(arguments="{}")], "error": None}
    assert read(whole(answer)) == {
        "text": "Hello",
        "finish_reason": "toolUse",
        "tool_calls": [{"id": "c1", "name": "read", "arguments": {}}],
    }


def test_every_recorded_stream_reads_as_a_plain_look_at_its_lines_does() -> None:
    """Texts, calls and counts of real responses are those that stand in the lines of their streams."""
    replies = recorded("/responses")
    streams = [reply for reply in replies if is_stream(reply)]
    for reply in streams:
        lines = data_lines(reply)
        outcome = read(reply)
        texts = [line["delta"] for line in lines if line["type"] in TEXTS]
        items = [line["item"] for line in lines if line["type"] == "response.output_item.done"]
        calls = [item["call_id"] for item in items if item["type"] == "function_call"]
        usage = lines[-1]["response"]["usage"]
        assert outcome["text"] == "".join(texts)
        assert [each["id"] for each in outcome.get("tool_calls", ())] == calls
        assert all(isinstance(each["arguments"], dict) for each in outcome.get("tool_calls", ()))
        assert {
            name: outcome["usage"][name] for name in ("input_tokens", "output_tokens", "total_tokens")
        } == {name: usage[name] for name in ("input_tokens", "output_tokens", "total_tokens")}
    assert (len(replies), len(streams)) == (431, 102)


def test_every_recorded_response_that_came_whole_is_read_or_is_no_answer() -> None:
    """Real responses without streaming give their text and counts, but for two of a status that is none."""
    odd = 0
    for reply in recorded("/responses"):
        if is_stream(reply):
            continue
        answer = json.loads(reply.body)
        if answer.get("status", "completed") not in ("completed", "incomplete"):
            odd += 1
            with pytest.raises(Failure):
                read(reply)
            continue
        messages = (item for item in answer["output"] if item["type"] == "message")
        parts = (part for message in messages for part in message["content"])
        outcome = read(reply)
        assert outcome["text"] == "".join(part.get("text") or part["refusal"] for part in parts)
        assert outcome["usage"]["output_tokens"] == answer["usage"]["output_tokens"]
    assert odd == 2


def test_a_refusal_is_what_the_model_says() -> None:
    """A refusal is the model's own words, and the response that holds it is complete."""
    piece = {"type": "response.refusal.delta", "output_index": 0, "delta": "No."}
    refused = done(0, type="message", content=[{"type": "refusal", "refusal": "No."}])
    assert read(stream(piece, end()))["text"] == read(stream(refused, end()))["text"] == "No."
