"""Streams of events, and what a chat completion says."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from harness.model import Reply
from harness_openclaw.reference.answers.chat import read
from harness_openclaw.reference.answers.sse import Event, events, parse
from harness_openclaw.reference.refusal import Failure

STREAM = (("Content-Type", "text/event-stream; charset=utf-8"),)
JSON = (("content-type", "application/json"),)


def streamed(*data: Any, fault: str | None = None) -> Reply:
    """A stream of these, as JSON unless they are text."""
    written = (item if isinstance(item, str) else orjson.dumps(item).decode() for item in data)
    return Reply(200, STREAM, tuple(f"data: {item}\n\n".encode() for item in written), fault)


def whole(value: Any) -> Reply:
    return Reply(200, JSON, (orjson.dumps(value),))


def delta(finish: str | None = None, **said: Any) -> dict[str, Any]:
    """A chunk whose only choice says this."""
    return {"id": "gen-1", "choices": [{"index": 0, "delta": said, "finish_reason": finish}]}


def failure_of(reply: Reply) -> Failure:
    with pytest.raises(Failure) as caught:
        read(reply)
    return caught.value


# ------------------------------------------------------------------ events


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (b"data: a\n\ndata: b\n\n", [("", "a"), ("", "b")]),
        (b": hm\n\ndata: a\n\n", [("", "a")]),
        (b": hm\ndata: a\n\n", [("", "a")]),
        (b"data:a\n\ndata:  b\n\n", [("", "a"), ("", " b")]),
        (b"data: a\r\n\r\ndata: b\r\rdata: c\n\n", [("", "a"), ("", "b"), ("", "c")]),
        (b"data: a\ndata: b\n\n", [("", "a\nb")]),
        (b"event: ping\ndata: {}\nid: 7\n\n", [("ping", "{}")]),
        (b"event: ping\n\n", []),
        (b"data\n\n", [("", "")]),
        (b"\n\n\n\ndata: a\n\n\n\n", [("", "a")]),
        (b"\xef\xbb\xbfdata: a\n\n", [("", "a")]),
        ("data: a\u2028b\x85c\n\n".encode(), [("", "a\u2028b\x85c")]),
        (b"data: a\n\ndata: b", [("", "a"), ("", "b")]),
        (b"", []),
    ],
)
def test_events_are_found_in_a_body(body: bytes, found: list[tuple[str, str]]) -> None:
    """In every form that the format has, comments left out."""
    assert list(parse(body)) == [Event(*event) for event in found]


def test_what_was_cut_off_is_no_event() -> None:
    """Only a blank line ends one, unless the stream came to its end."""
    assert list(events(Reply(200, STREAM, (b"data: a\n\nda", b"ta: b"), "truncated"))) == [Event("", "a")]
    assert [event.data for event in events(Reply(200, STREAM, (b"data: a\n\nda", b"ta: b")))] == ["a", "b"]


# ------------------------------------------------------------------ what a completion says


def test_text_and_usage_of_a_stream_are_reported() -> None:
    """Reasoning is no part of the text, and the last usage is the one."""
    usage = {
        "prompt_tokens": 9,
        "completion_tokens": 5,
        "total_tokens": 14,
        "prompt_tokens_details": {"cached_tokens": 4, "cache_write_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": 2},
        "cost": 0.5,
    }
    reply = streamed(
        delta(role="assistant", content=""),
        delta(reasoning="Hm."),
        delta(content="Grüß "),
        {"id": "gen-1", "choices": [], "usage": None},
        delta(content="Gott"),
        delta("stop", content="") | {"usage": usage},
        "[DONE]",
        "what follows is not looked at",
    )
    assert read(reply) == {
        "text": "Grüß Gott",
        "finish_reason": "stop",
        "usage": {
            "input_tokens": 9,
            "output_tokens": 5,
            "total_tokens": 14,
            "cached_tokens": 4,
            "cache_write_tokens": 0,
            "reasoning_tokens": 2,
            "cost": 0.5,
        },
    }


def test_an_answer_in_one_piece_is_read_alike() -> None:
    """Its content may be a list of parts."""
    call = {"id": "c", "type": "function", "function": {"name": "f", "arguments": '{"a":1}'}}
    parts = [{"type": "text", "text": "a"}, {"type": "image_url"}, {"type": "text", "text": "b"}]
    message = {"role": "assistant", "content": parts, "reasoning": "Hm.", "tool_calls": [call]}
    choice = {"index": 0, "message": message, "finish_reason": "tool_calls"}
    assert read(whole({"choices": [choice], "usage": {"prompt_tokens": 1}})) == {
        "text": "ab",
        "tool_calls": [{"id": "c", "name": "f", "arguments": {"a": 1}}],
        "finish_reason": "toolUse",
        "usage": {"input_tokens": 1},
    }


def test_a_body_without_a_type_is_what_it_looks_like() -> None:
    """JSON if it begins like it, else a stream."""
    choice = {"message": {"content": "a"}, "finish_reason": "stop"}
    others = (("X-Request-Id", "1"), ("Content-Type", ""))
    assert read(Reply(200, others, (b"\n", orjson.dumps({"choices": [choice]}))))["text"] == "a"
    assert read(Reply(200, others, streamed(delta("stop", content="b")).chunks))["text"] == "b"


def test_a_body_is_what_its_type_says() -> None:
    """In any letter case, whatever it begins with."""
    waiting = Reply(200, (("CONTENT-TYPE", "application/JSON"),), (b": waiting",))
    stream = Reply(200, (("CONTENT-TYPE", "TEXT/EVENT-STREAM"),), streamed(delta("stop", content="b")).chunks)
    assert failure_of(waiting).error_class is None
    assert read(stream)["text"] == "b"


def test_pieces_of_calls_are_put_together_by_index() -> None:
    """In the order in which the calls began, without an index by their id, else to the last."""
    reply = streamed(
        delta(tool_calls=[{"index": 1, "id": "b", "function": {"name": "g", "arguments": '{"x"'}}]),
        delta(tool_calls=[{"index": 0, "id": "a", "function": {"name": "f"}}]),
        delta(tool_calls=[{"index": 1, "function": {"arguments": ":2}"}}]),
        delta(tool_calls=[{"id": "c", "function": {"name": "h", "arguments": "not "}}]),
        delta(tool_calls=[{"function": {"arguments": "js"}}]),
        delta(tool_calls=[{"id": "d", "function": {"name": "i", "arguments": "{}"}}]),
        delta(tool_calls=[{"id": "c", "function": {"arguments": "on"}}]),
        delta("tool_calls"),
    )
    assert read(reply)["tool_calls"] == [
        {"id": "b", "name": "g", "arguments": {"x": 2}},
        {"id": "a", "name": "f", "arguments": {}},
        {"id": "c", "name": "h", "arguments": "not json"},
        {"id": "d", "name": "i", "arguments": {}},
    ]


@pytest.mark.parametrize(
    ("reason", "finish"),
    [
        ("stop", "stop"),
        ("end", "stop"),
        ("length", "length"),
        ("tool_calls", "stop"),
        ("function_call", "stop"),
    ],
)
def test_an_answer_without_calls_ends_as_it_says(reason: str, finish: str) -> None:
    """OR-ERR-03: but not to use a tool."""
    assert read(streamed(delta(reason, content="a")))["finish_reason"] == finish


# ------------------------------------------------------------------ answers that are none


@pytest.mark.parametrize(
    ("reason", "error_class"),
    [("content_filter", None), ("error", None), ("network_error", "timeout"), ("whatever", None)],
)
def test_every_other_end_is_a_failure(reason: str, error_class: str | None) -> None:
    """OR-ERR-03."""
    failure = failure_of(streamed(delta(reason, content="a"), "[DONE]"))
    assert failure.error_class == error_class
    assert reason in failure.message


@pytest.mark.parametrize(
    "reply",
    [
        streamed({"error": {"code": 429, "message": "Slow down"}}),
        streamed(delta(content="a"), {"error": {"code": 429, "message": "Slow down"}} | delta("error")),
        streamed({"choices": [{"error": {"code": 429, "message": "Slow down"}}]}),
        whole({"error": {"code": 429, "message": "Slow down"}}),
        whole({"choices": [{"error": {"code": 429, "message": "Slow down"}, "message": {}}]}),
        Reply(429, JSON, (b'{"error":{"message":"Slow down"}}',)),
    ],
)
def test_an_error_is_found_wherever_it_is(reply: Reply) -> None:
    """In the status, in the body, in an event, in a choice."""
    failure = failure_of(reply)
    assert (failure.error_class, failure.retryable) == ("rate_limit", True)
    assert "Slow down" in failure.message


@pytest.mark.parametrize(
    "reply",
    [
        streamed(delta(content="a")),
        streamed(delta(content="a"), "[DONE]"),
        streamed(delta(content="a"), fault="truncated"),
        streamed(delta("stop", content="a"), fault="reset"),
        streamed(),
        Reply(0, fault="timeout"),
        Reply(200, STREAM, fault="reset"),
        Reply(200, JSON, (b'{"choices":[',), "truncated"),
    ],
)
def test_an_answer_that_is_not_all_there_is_a_time_out(reply: Reply) -> None:
    """An end needs a reason, and a stream that breaks after it may lack its usage."""
    failure = failure_of(reply)
    assert (failure.error_class, failure.retryable) == ("timeout", True)


def test_what_comes_after_the_end_does_not_matter() -> None:
    """The connection may break as it likes."""
    assert read(streamed(delta("stop", content="a"), "[DONE]", fault="reset"))["text"] == "a"


@pytest.mark.parametrize(
    "reply",
    [
        streamed("{"),
        streamed("1"),
        whole([]),
        whole({"choices": []}),
        whole({"choices": [{"message": {"content": "a"}, "finish_reason": None}]}),
        Reply(200, (("content-type", "text/html"),), (b"<p>Sign in</p>",)),
    ],
)
def test_what_makes_no_sense_is_a_failure_without_a_class(reply: Reply) -> None:
    """Asking again would not help."""
    failure = failure_of(reply)
    assert (failure.error_class, failure.retryable, failure.status) == (None, False, 200)
