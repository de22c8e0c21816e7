"""A scenario's reply as bytes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from harness.model import Reply, Request
from harness.wire import FAULTS, Respond, render

CHAT = Request("POST", "https://api.acme.example/v1/chat/completions", (), b'{"stream":false}')
STREAM = Request("POST", "https://api.acme.example/v1/chat/completions", (), b'{"stream":true}')


def rendered(reply: Any, request: Request = CHAT) -> Reply:
    return render(reply, request)


@pytest.mark.parametrize(
    ("reply", "content_type", "body"),
    [
        ({"json": {"a": [1, None]}}, "application/json", b'{"a":[1,null]}'),
        ({"json": 2**70}, "application/json", str(2**70).encode()),
        ({"text": "grüß"}, "text/plain; charset=utf-8", "grüß".encode()),
        ({"base64": "/wA="}, "application/octet-stream", b"\xff\x00"),
        (
            {"sse": [{"a": 1}, "[DONE]", ": ping", "two\nlines"]},
            "text/event-stream",
            b'data: {"a":1}\n\ndata: [DONE]\n\n: ping\n\ndata: two\ndata: lines\n\n',
        ),
    ],
)
def test_a_body_has_its_content_type(reply: Any, content_type: str, body: bytes) -> None:
    """The status is 200 unless stated."""
    made = rendered(reply)
    assert (made.status, made.headers, made.body) == (200, (("content-type", content_type),), body)


def test_an_event_is_a_chunk() -> None:
    """A stream comes in pieces, one for each item."""
    assert rendered({"sse": ["a", ": b"]}).chunks == (b"data: a\n\n", b": b\n\n")


def test_stated_headers_come_first_and_a_stated_content_type_stands() -> None:
    """Names ignore case; a list is a repeated header; numbers and booleans stand for their text."""
    made = rendered(
        {"status": 429, "headers": {"Content-Type": "x/y", "Retry-After": 2, "A": ["1", True]}, "text": ""}
    )
    assert made.status == 429
    assert made.headers == (("Content-Type", "x/y"), ("Retry-After", "2"), ("A", "1"), ("A", "true"))


def test_an_error_status_without_a_body_has_none() -> None:
    """Nothing is made up for a failure, nor for 204."""
    assert rendered({"status": 502}) == Reply(502)
    assert rendered({"status": 204}) == Reply(204)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_alone_is_no_response(fault: str) -> None:
    """Its status is 0."""
    assert rendered({"fault": fault}) == Reply(0, (), (), fault)


def test_a_fault_comes_after_what_is_stated() -> None:
    """A body that breaks off has a status, headers and bytes before the break."""
    made = rendered({"sse": ["a"], "fault": "truncated"})
    assert (made.status, made.body, made.fault) == (200, b"data: a\n\n", "truncated")


@pytest.mark.parametrize("reply", [None, {}, {"status": 200}, {"status": 201, "headers": {"x": "y"}}])
def test_without_a_body_a_chat_request_gets_a_completion(reply: Any) -> None:
    """It says something, has stopped, and has used tokens: a client has no reason to ask again."""
    made = rendered(reply)
    answer = json.loads(made.body)
    assert made.status == (reply or {}).get("status", 200)
    assert dict(made.headers)["content-type"] == "application/json"
    assert answer["choices"][0]["message"] == {"role": "assistant", "content": "Hello."}
    assert answer["choices"][0]["finish_reason"] == "stop"
    assert answer["usage"] == {"prompt_tokens": 8, "completion_tokens": 2, "total_tokens": 10}


def test_without_a_body_a_streaming_chat_request_gets_a_stream_with_its_end() -> None:
    """Events of a chat completion with its text and its usage, the last one [DONE]."""
    made = rendered(None, STREAM)
    assert made.headers == (("content-type", "text/event-stream"),)
    assert made.chunks[-1] == b"data: [DONE]\n\n"
    events = events_of(made.chunks[:-1])
    assert {event["object"] for event in events} == {"chat.completion.chunk"}
    choices = [choice for event in events for choice in event["choices"]]
    assert "".join(choice["delta"].get("content", "") for choice in choices) == "Hello."
    assert [choice["finish_reason"] for choice in choices] == [None, "stop"]
    assert events[-1]["usage"]["completion_tokens"] == 2


def default(path: str, body: bytes = b"", respond: Respond | None = None, reply: Any = None) -> Reply:
    asked = Request("POST", f"https://provider.example/v1/{path}", (), body)
    return render(reply, asked, respond=respond)


def events_of(chunks: tuple[bytes, ...]) -> list[Any]:
    """The data of server-sent events, one a chunk; an event's name is the type that its data states."""
    events = []
    for chunk in chunks:
        *name, data = chunk.decode().removesuffix("\n\n").split("\n")
        event = json.loads(data.removeprefix("data: "))
        assert name in ([], [f"event: {event.get('type')}"])
        events.append(event)
    return events


@pytest.mark.parametrize("path", ["models", "models/", "models?supported=1"])
def test_without_a_body_a_list_of_models_has_one(path: str) -> None:
    """A client that looks a model up finds a list in the form of the OpenAI API."""
    (model,) = json.loads(default(path).body)["data"]
    assert (model["id"], model["object"]) == ("harness", "model")


def test_without_a_body_responses_say_hello() -> None:
    """As JSON, or as numbered events that end with the same response."""
    whole = json.loads(default("responses", b'{"stream":false}').body)
    assert whole["output"][0]["content"][0]["text"] == "Hello."
    assert (whole["status"], whole["usage"]["total_tokens"]) == ("completed", 10)
    events = events_of(default("responses", b'{"stream":true}').chunks)
    assert [event["sequence_number"] for event in events] == list(range(len(events)))
    assert [event["delta"] for event in events if event["type"] == "response.output_text.delta"] == ["Hello."]
    assert (events[-1]["type"], events[-1]["response"]) == ("response.completed", whole)


def test_without_a_body_messages_say_hello() -> None:
    """As JSON, or as events from message_start to message_stop."""
    whole = json.loads(default("messages", b'{"stream":false}').body)
    assert (whole["content"], whole["stop_reason"]) == ([{"type": "text", "text": "Hello."}], "end_turn")
    assert whole["usage"] == {"input_tokens": 8, "output_tokens": 2}
    events = events_of(default("messages", b'{"stream":true}').chunks)
    assert [event["delta"].get("text") for event in events if "delta" in event] == ["Hello.", None]
    assert [event["type"] for event in (events[0], events[-1])] == ["message_start", "message_stop"]


def test_without_a_body_gemini_says_hello() -> None:
    """As JSON, as a list of JSON, or with `alt=sse` as an event."""
    model = "models/gemini-2.5-pro"
    whole = json.loads(default(f"{model}:generateContent").body)
    assert whole["candidates"][0]["content"]["parts"] == [{"text": "Hello."}]
    assert (whole["candidates"][0]["finishReason"], whole["usageMetadata"]["totalTokenCount"]) == ("STOP", 10)
    assert json.loads(default(f"{model}:streamGenerateContent").body) == [whole]
    assert events_of(default(f"{model}:streamGenerateContent?key=k&alt=sse").chunks) == [whole]


def test_what_the_provider_answers_is_the_reply_that_is_not_stated() -> None:
    """Whatever it is, also to a request in a common form."""
    refusal = Reply(402, (("x", "y"),), (b"no credits",))
    assert default("chat/completions", respond=lambda request: refusal) == refusal


def test_a_success_in_no_common_form_has_the_body_of_the_provider() -> None:
    """With the status and headers as stated; a common form is answered without it."""
    picture = Reply(200, (("content-type", "image/png"),), (b"png",))
    stated = {"status": 201, "headers": {"x": "y"}}
    made = default("images", respond=lambda request: picture, reply=stated)
    assert made == Reply(201, (("x", "y"), ("content-type", "image/png")), (b"png",))
    assert b"Hello." in default("chat/completions", respond=lambda request: picture, reply=stated).body


@pytest.mark.parametrize("answer", [None, Reply(404), Reply(200, fault="reset")])
def test_a_success_that_nobody_knows_is_an_empty_object(answer: Reply | None) -> None:
    """Without a provider, or with one that refuses."""
    respond = None if answer is None else lambda request: answer
    assert default("anything", respond=respond, reply={}).body == b"{}"


def test_a_body_that_is_no_json_asks_for_no_stream() -> None:
    """Whatever is sent is answered."""
    assert json.loads(rendered(None, Request("POST", CHAT.url, (), b"\xff")).body)["choices"]
