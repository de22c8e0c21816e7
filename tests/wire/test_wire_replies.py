"""A scenario's reply as bytes."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from harness.errors import LoadError, UsageError
from harness.model import Reply, Request
from harness.wire import FAULTS, render

NOWHERE = Path("nowhere")
CHAT = Request("POST", "https://openrouter.ai/api/v1/chat/completions", (), b'{"stream":false}')
STREAM = Request("POST", "https://openrouter.ai/api/v1/chat/completions", (), b'{"stream":true}')


def rendered(reply: Any, request: Request = CHAT) -> Reply:
    return render(reply, request, NOWHERE)


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
def test_without_a_body_a_chat_request_gets_an_empty_completion(reply: Any) -> None:
    """It is plausible: a choice, a finish reason and a usage."""
    made = rendered(reply)
    answer = json.loads(made.body)
    assert made.status == (reply or {}).get("status", 200)
    assert dict(made.headers)["content-type"] == "application/json"
    assert answer["choices"][0]["message"] == {"role": "assistant", "content": ""}
    assert answer["choices"][0]["finish_reason"] == "stop"
    assert answer["usage"]["total_tokens"] == 0


def test_without_a_body_a_streaming_chat_request_gets_a_stream_with_its_end() -> None:
    """Events of a chat completion, the last one [DONE]."""
    made = rendered(None, STREAM)
    assert made.headers == (("content-type", "text/event-stream"),)
    assert made.chunks[-1] == b"data: [DONE]\n\n"
    events = [json.loads(chunk.removeprefix(b"data: ")) for chunk in made.chunks[:-1]]
    assert {event["object"] for event in events} == {"chat.completion.chunk"}
    assert [choice["finish_reason"] for event in events for choice in event["choices"]] == ["stop"]


def empty(method: str, path: str, body: bytes = b"") -> Reply:
    return rendered(None, Request(method, f"https://provider.example/v1/{path}", (), body))


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "models?supported=1", {"data": []}),
        ("GET", "models/", {"data": []}),
        ("GET", "catalog", {"providers": []}),
        ("GET", "key", {}),
    ],
)
def test_without_a_body_look_ups_get_an_empty_answer(method: str, path: str, body: Any) -> None:
    """Lists are empty, anything unknown is an empty object."""
    assert json.loads(empty(method, path).body) == body


def test_without_a_body_usage_is_that_of_a_key_that_was_never_used() -> None:
    """No budget, and nothing was spent."""
    told = json.loads(empty("GET", "usage").body)
    assert told["budget"] == {"configured": False}
    assert set(told["usage"]["summary"].values()) == {0}


@pytest.mark.parametrize(
    ("path", "said", "last"),
    [
        ("responses", {"output": [], "status": "completed"}, "response.completed"),
        ("messages", {"content": [], "stop_reason": "end_turn"}, "message_stop"),
    ],
)
def test_without_a_body_native_calls_get_an_empty_answer(path: str, said: Any, last: str) -> None:
    """As JSON, or as events that end as they should."""
    whole = json.loads(empty("POST", path, b'{"stream":false}').body)
    assert whole.items() >= said.items()
    chunks = empty("POST", path, b'{"stream":true}').chunks
    name, data = chunks[-1].decode().removesuffix("\n\n").split("\n")
    assert name == f"event: {last}"
    assert json.loads(data.removeprefix("data: "))["type"] == last


def test_without_a_body_gemini_streams_an_end() -> None:
    """One event, whose candidate stopped."""
    (chunk,) = empty("POST", "models/gemini-2.5-pro:streamGenerateContent?alt=sse", b"{}").chunks
    assert json.loads(chunk.removeprefix(b"data: "))["candidates"][0]["finishReason"] == "STOP"


def test_without_a_body_media_get_the_smallest_files_there_are() -> None:
    """A picture, a job that is pending and then completed, its film, and sound."""
    (picture,) = json.loads(empty("POST", "images").body)["data"]
    assert base64.b64decode(picture["b64_json"]).startswith(b"\x89PNG")
    assert json.loads(empty("POST", "videos").body)["status"] == "pending"
    assert json.loads(empty("GET", "videos/job").body)["status"] == "completed"
    film, sound = empty("GET", "videos/job/content?index=0"), empty("POST", "audio/speech")
    assert (dict(film.headers)["content-type"], film.body[4:8]) == ("video/mp4", b"ftyp")
    assert (dict(sound.headers)["content-type"], sound.body[:2]) == ("audio/mpeg", b"\xff\xf3")


def test_a_body_that_is_no_json_asks_for_no_stream() -> None:
    """Whatever is sent is answered."""
    assert json.loads(rendered(None, Request("POST", CHAT.url, (), b"\xff")).body)["choices"]


CASSETTE = """\
version: 1
interactions:
- request:
    method: POST
    uri: https://openrouter.ai/api/v1/chat/completions
    body: '{"stream": false}'
    headers: {}
  response:
    status: {code: 200, message: OK}
    headers: {Content-Type: [application/json]}
    body: {string: '{"first": true}'}
- request:
    method: POST
    uri: https://openrouter.ai/api/v1/chat/completions
    body: '{"stream": true}'
    headers: {}
  response:
    status: {code: 206, message: OK}
    headers: {}
    body: {string: second}
"""


@pytest.fixture
def cassettes(tmp_path: Path) -> Path:
    (tmp_path / "chat.yaml").write_text(CASSETTE)
    return tmp_path


def test_a_cassette_answers_by_number_or_by_request(cassettes: Path) -> None:
    """Numbers count from 0; without one, the request is looked up."""
    named = render({"cassette": "chat.yaml", "interaction": 1}, CHAT, cassettes)
    found = render({"cassette": "chat.yaml"}, CHAT, cassettes)
    assert (named.status, named.body) == (206, b"second")
    assert (found.status, found.body) == (200, b'{"first": true}')


def test_a_fault_may_follow_a_recorded_body(cassettes: Path) -> None:
    """The recorded bytes come first."""
    made = render({"cassette": "chat.yaml", "interaction": 1, "fault": "reset"}, CHAT, cassettes)
    assert (made.body, made.fault) == (b"second", "reset")


@pytest.mark.parametrize(
    ("reply", "kind", "says"),
    [
        ({"cassette": "none.yaml"}, LoadError, r"none\.yaml:1:1: cannot be read"),
        (
            {"cassette": "chat.yaml", "interaction": 2},
            UsageError,
            "no interaction 2\n  It has 2, counted from 0",
        ),
    ],
)
def test_a_recording_that_is_not_there_is_an_error(
    cassettes: Path, reply: Any, kind: type[Exception], says: str
) -> None:
    """It is never replaced by something plausible."""
    with pytest.raises(kind, match=says):
        render(reply, CHAT, cassettes)


def test_a_request_that_was_not_recorded_is_answered_404_with_the_nearest(cassettes: Path) -> None:
    """The client is at fault, not the scenario: it gets an answer, and the run goes on."""
    asked = Request("GET", "https://openrouter.ai/api/v1/key")
    reply = render({"cassette": "chat.yaml"}, asked, cassettes)
    assert reply.status == 404
    words = json.loads(reply.body)["error"]["message"]
    assert "chat.yaml has no answer to GET https://openrouter.ai/api/v1/key" in words
    assert "harness cassettes show" in words
