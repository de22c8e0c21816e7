"""Anthropic's messages as they come back: what is made of a stream, and of one that goes wrong."""

from __future__ import annotations

import json
from typing import Any

import pytest
from recorded_answers import data_lines, is_stream, kind_of, recorded, stream, whole

from harness.model import Reply
from harness_openclaw.reference import Failure
from harness_openclaw.reference.answers.messages import read


def start(**usage: Any) -> dict[str, Any]:
    message: dict[str, Any] = {
        "id": "msg_1",
        "role": "assistant",
        "content": [],
        "stop_reason": None,
        "usage": usage,
    }
    return {"type": "message_start", "message": message}


def block(at: int, kind: str, **more: Any) -> dict[str, Any]:
    return {"type": "content_block_start", "index": at, "content_block": {"type": kind, **more}}


def delta(at: int, kind: str, **more: Any) -> dict[str, Any]:
    return {"type": "content_block_delta", "index": at, "delta": {"type": kind, **more}}


def end(reason: str | None = "end_turn", **usage: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    ended = {"type": "message_delta", "delta": {"stop_reason": reason}, "usage": usage}
    return ended, {"type": "message_stop"}


def said(*texts: str) -> tuple[dict[str, Any], ...]:
    return block(0, "text", text=""), *(delta(0, "text_delta", text=text) for text in texts)


def test_texts_are_joined_and_thoughts_are_left_out() -> None:
    """The text is what the text blocks say, in order; thinking and its signature are none."""
    reply = stream(
        start(input_tokens=3, output_tokens=1),
        block(0, "thinking", thinking=""),
        delta(0, "thinking_delta", thinking="why"),
        delta(0, "signature_delta", signature="QUJDRA=="),
        {"type": "content_block_stop", "index": 0},
        {"type": "ping"},
        block(1, "text", text=""),
        delta(1, "text_delta", text="Hel"),
        delta(1, "text_delta", text="lo"),
        block(2, "text", text="!"),
        *end(output_tokens=9),
    )
    assert read(reply) == {
        "text": "Hello!",
        "finish_reason": "stop",
        "usage": {"input_tokens": 3, "output_tokens": 9},
    }


def test_the_last_count_of_each_kind_of_token_holds() -> None:
    """Counts of the message's end replace those of its start, but for those it states as null."""
    reply = stream(
        start(input_tokens=10, cache_read_input_tokens=4, cache_creation_input_tokens=2, output_tokens=1),
        *said("a"),
        *end(input_tokens=None, output_tokens=7),
    )
    assert read(reply)["usage"] == {
        "input_tokens": 10,
        "output_tokens": 7,
        "cached_tokens": 4,
        "cache_write_tokens": 2,
    }


@pytest.mark.parametrize(
    ("written", "arguments"),
    [
        pytest.param(['{"pa', 'th": "a"}'], {"path": "a"}, id="in-pieces"),
        pytest.param([], {}, id="none"),
        pytest.param(['{"path": '], '{"path": ', id="no-json"),
        pytest.param(["[1]"], "[1]", id="no-object"),
    ],
)
def test_arguments_are_read_from_their_pieces(written: list[str], arguments: Any) -> None:
    """A tool's arguments are the JSON that its pieces add up to, or their text where it is none."""
    pieces = (delta(0, "input_json_delta", partial_json=piece) for piece in written)
    reply = stream(start(), block(0, "tool_use", id="t1", name="read", input={}), *pieces, *end("tool_use"))
    assert read(reply) == {
        "text": "",
        "finish_reason": "toolUse",
        "tool_calls": [{"id": "t1", "name": "read", "arguments": arguments}],
    }


@pytest.mark.parametrize(
    ("reason", "finish"),
    [
        ("end_turn", "stop"),
        ("stop_sequence", "stop"),
        ("pause_turn", "stop"),
        ("tool_use", "stop"),
        ("max_tokens", "length"),
    ],
)
def test_stop_reasons_of_a_message_without_calls(reason: str, finish: str) -> None:
    """Only the token limit is `length`, and tool use without any tool call is a stop (OR-ERR-03)."""
    assert read(stream(start(), *said("a"), *end(reason)))["finish_reason"] == finish


def test_a_refusal_is_an_error() -> None:
    """A message that the model's provider stopped is no answer, and asking again does not help."""
    with pytest.raises(Failure, match="refusal") as caught:
        read(stream(start(), *said("I"), *end("refusal")))
    assert kind_of(caught.value) == (None, False)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("overloaded_error", ("overloaded", True)),
        ("rate_limit_error", ("rate_limit", True)),
        ("api_error", ("timeout", True)),
        ("timeout_error", ("timeout", True)),
        ("authentication_error", ("auth", False)),
        ("permission_error", ("auth", False)),
        ("billing_error", ("billing", False)),
        ("not_found_error", ("model_not_found", False)),
        ("invalid_request_error", ("format", False)),
    ],
)
def test_an_error_inside_the_stream_has_the_class_of_its_type(kind: str, expected: tuple[str, bool]) -> None:
    """An `error` event counts like the HTTP status of its type; its own status stays 200."""
    error = {"type": "error", "error": {"type": kind, "message": "No luck"}}
    with pytest.raises(Failure, match="No luck") as caught:
        read(stream(start(), *said("a"), error))
    assert (kind_of(caught.value), caught.value.status) == (expected, 200)


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param(stream(start(), *said("a")), id="no-message_stop"),
        pytest.param(stream(), id="empty"),
        pytest.param(stream(start(), *said("a"), fault="truncated"), id="cut-off"),
    ],
)
def test_an_answer_that_ends_early_is_like_a_lost_connection(reply: Reply) -> None:
    """Without `message_stop`, or from a connection that broke, there is no answer; another try may help."""
    with pytest.raises(Failure) as caught:
        read(reply)
    assert kind_of(caught.value) == ("timeout", True)


def test_what_happens_after_the_end_does_not_matter() -> None:
    """A message that is whole is an answer, though the connection broke behind it."""
    assert read(stream(start(), *said("a"), *end(), fault="reset"))["text"] == "a"


def test_an_error_that_was_told_before_the_connection_broke_is_the_error() -> None:
    """The provider's own word counts, not the way it hung up."""
    error = {"type": "error", "error": {"type": "rate_limit_error", "message": "No"}}
    with pytest.raises(Failure) as caught:
        read(stream(start(), error, fault="reset"))
    assert kind_of(caught.value) == ("rate_limit", True)


def test_nothing_at_all_is_a_lost_connection() -> None:
    """A fault before the first byte has the class of time-outs."""
    with pytest.raises(Failure) as caught:
        read(Reply(fault="timeout"))
    assert kind_of(caught.value) == ("timeout", True)


def test_an_event_that_is_no_json_is_an_error_without_a_class() -> None:
    """A stream that makes no sense is malformed, not a provider's error."""
    with pytest.raises(Failure) as caught:
        read(stream(start(), "data: {oops\n\n"))
    assert kind_of(caught.value) == (None, False)


def test_a_message_that_comes_whole_reads_the_same() -> None:
    """A JSON answer gives the outcome that its stream would."""
    answer = {
        "content": [
            {"type": "text", "text": "a"},
            {"type": "tool_use", "id": "t", "name": "n", "input": {"x": 1}},
        ],
        "stop_reason": "tool_use",
        "usage": {"input_tokens": 1, "output_tokens": 2},
    }
    assert read(whole(answer)) == {
        "text": "a",
        "finish_reason": "toolUse",
        "tool_calls": [{"id": "t", "name": "n", "arguments": {"x": 1}}],
        "usage": {"input_tokens": 1, "output_tokens": 2},
    }


def test_an_error_status_is_classified_by_it() -> None:
    """An answer that is refused before it begins is a failure with its status."""
    refused = {"type": "error", "error": {"type": "rate_limit_error", "message": "slow down"}}
    with pytest.raises(Failure, match="slow down") as caught:
        read(whole(refused, 429))
    assert (kind_of(caught.value), caught.value.status) == (("rate_limit", True), 429)


def test_every_recorded_stream_reads_as_a_plain_look_at_its_lines_does() -> None:
    """Texts, calls and counts of real messages are those that stand in the lines of their streams."""
    replies = recorded("/v1/messages")
    streams = [reply for reply in replies if is_stream(reply)]
    for reply in streams:
        lines = data_lines(reply)
        outcome = read(reply)
        blocks = [line["content_block"] for line in lines if line["type"] == "content_block_start"]
        deltas = [line["delta"] for line in lines if line["type"] == "content_block_delta"]
        ended = next(line for line in reversed(lines) if line["type"] == "message_delta")
        begun = next(line["message"] for line in lines if line["type"] == "message_start")
        assert outcome["text"] == "".join(part["text"] for part in deltas if part["type"] == "text_delta")
        names = [each["name"] for each in blocks if each["type"] == "tool_use"]
        assert [call["name"] for call in outcome.get("tool_calls", ())] == names
        assert all(isinstance(call["arguments"], dict) for call in outcome.get("tool_calls", ()))
        assert outcome["usage"]["output_tokens"] == ended["usage"]["output_tokens"]
        stated = ended["usage"].get("input_tokens") or begun["usage"]["input_tokens"]
        assert outcome["usage"]["input_tokens"] == stated
    assert (len(replies), len(streams)) == (821, 261)


def test_every_recorded_message_that_came_whole_is_read() -> None:
    """Real messages without streaming give their text, their calls and their counts."""
    for reply in recorded("/v1/messages"):
        if not is_stream(reply):
            answer = json.loads(reply.body)
            texts = [each["text"] for each in answer["content"] if each["type"] == "text"]
            outcome = read(reply)
            assert outcome["text"] == "".join(texts)
            assert outcome["usage"]["output_tokens"] == answer["usage"]["output_tokens"]
