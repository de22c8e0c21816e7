"""Python callables in mode `send`: they really send, and nothing leaves the machine."""

from __future__ import annotations

import json
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import httpx
import pytest
from obedient import broken_by, job_of, told

from harness.errors import UsageError
from harness.implementations import connect
from harness.model import CaseRun, Observation, Reply, Request, Responder

URL = "https://api.acme.example/v1/chat/completions"
LIBRARIES = (
    "with_httpx",
    "with_httpx_async",
    "with_requests",
    "with_urllib3",
    "with_aiohttp",
    "with_urllib",
    "with_http_client",
)


@pytest.fixture(autouse=True)
def _on_the_path(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.syspath_prepend(str(Path(__file__).with_name("children")))
    yield
    sys.modules.pop("senders", None)


def answering(reply: Reply) -> Responder:
    def answers(step: int, request: Request) -> Reply:
        return reply

    return answers


def seen_of(name: str, job: CaseRun | None = None, *, timeout_s: float = 20.0) -> Observation:
    with connect(f"python:senders:{name}", mode="send", timeout_s=timeout_s) as connection:
        ((_, seen),) = connection.perform([job or job_of({})])
    return seen


@pytest.mark.parametrize("name", LIBRARIES)
def test_a_request_is_seen_and_answered_in_every_library(name: str) -> None:
    """Method, URL, body and headers are what the library would send; the reply is what the job answers."""
    reply = Reply(200, (("content-type", "text/plain"),), (b"he", b"llo"))
    seen = seen_of(name, job_of({"body": {"model": "m", "n": [1, 1.0]}}, answers=answering(reply)))
    (request,) = seen.steps[0].requests
    assert (request.method, request.url) == ("POST", URL)
    assert json.loads(request.body) == {"model": "m", "n": [1, 1.0]}
    headers = {header.lower(): value for header, value in request.headers}
    assert (headers["authorization"], headers["x-title"]) == ("Bearer k", "t")
    assert headers["content-type"] == "application/json"
    assert told(seen) == "hello"


@pytest.mark.parametrize("name", LIBRARIES)
def test_an_error_status_reaches_the_client(name: str) -> None:
    """It is a response like any other."""
    seen = seen_of(name, job_of({}, answers=answering(Reply(402, (), (b"no credits",)))))
    outcome = seen.steps[0].outcome
    assert outcome is not None
    assert outcome.get("text") == "no credits" or "HTTPError" in outcome["error"]["class"]


@pytest.mark.parametrize(
    ("name", "fault", "kind"),
    [
        ("with_httpx", "timeout", "ReadTimeout"),
        ("with_httpx", "slow", "ReadTimeout"),
        ("with_httpx", "reset", "ReadError"),
        ("with_httpx", "refused", "ConnectError"),
        ("with_httpx", "truncated", "RemoteProtocolError"),
        ("with_httpx_async", "timeout", "ReadTimeout"),
        ("with_requests", "timeout", "ReadTimeout"),
        ("with_requests", "reset", "ConnectionError"),
        ("with_requests", "refused", "ConnectionError"),
        ("with_requests", "truncated", "ConnectionError"),
        ("with_urllib3", "timeout", "ReadTimeoutError"),
        ("with_urllib3", "reset", "ProtocolError"),
        ("with_aiohttp", "timeout", "ServerTimeoutError"),
        ("with_aiohttp", "reset", "ClientOSError"),
        ("with_aiohttp", "refused", "ClientOSError"),
        ("with_aiohttp", "truncated", "ClientPayloadError"),
        ("with_urllib", "timeout", "TimeoutError"),
        ("with_http_client", "reset", "ConnectionResetError"),
        ("with_http_client", "truncated", "IncompleteRead"),
    ],
)
def test_a_fault_is_the_library_s_own_error(name: str, fault: str, kind: str) -> None:
    """The client meets what it would meet on a real network, and the request is seen all the same."""
    seen = seen_of(name, job_of({}, answers=answering(Reply(0, fault=fault))))
    outcome = seen.steps[0].outcome
    assert outcome is not None
    assert kind in outcome["error"]["class"].split(",")
    assert len(seen.steps[0].requests) == 1


def test_a_stream_is_read_line_by_line() -> None:
    """Its chunks are joined; a line reader gets all of them."""
    reply = Reply(200, (("content-type", "text/event-stream"),), (b"data: 1\n\n", b"data: 2\n\n"))
    assert told(seen_of("with_httpx_stream", job_of({}, answers=answering(reply)))) == "data: 1|data: 2"


def test_what_cannot_be_seen_is_said() -> None:
    """Header case, order and repeats, time limits and waiting are blind spots."""
    assert seen_of("with_httpx").blind_spots == {
        "header-case",
        "header-order",
        "header-duplicates",
        "timeout",
        "timing",
    }


@pytest.mark.parametrize(("mode", "replies"), [("send", True), (None, False)])
def test_what_really_sends_takes_replies(mode: Literal["send"] | None, replies: bool) -> None:
    """Without a declaration, a sender is given the cases that need replies and a shaper is not."""
    with connect("python:senders:with_httpx", mode=mode) as connection:
        assert ("replies" in connection.about.features) is replies


def test_a_coroutine_function_is_run() -> None:
    """It needs no event loop of its own, and need not report anything."""
    seen = seen_of("a_coroutine")
    assert len(seen.steps[0].requests) == 1
    assert seen.steps[0].outcome is None
    assert "outcome" in seen.blind_spots


def test_an_aiohttp_form_is_seen_as_sent() -> None:
    """With the session's base URL, and its content type."""
    (request,) = seen_of("a_form").steps[0].requests
    headers = {name.lower(): value for name, value in request.headers}
    assert (request.url, request.body) == ("https://api.example/form", b"a=1+2")
    assert headers["content-type"] == "application/x-www-form-urlencoded"


def test_requests_from_threads_belong_to_the_case() -> None:
    """The patches hold in the whole process."""
    assert len(seen_of("from_a_thread").steps[0].requests) == 1


def test_each_hop_of_a_redirect_is_a_request() -> None:
    """A client that follows is seen to follow."""

    def answers(step: int, request: Request) -> Reply:
        if request.url.endswith("/b"):
            return Reply(200, (), (b"there",))
        return Reply(307, (("location", "https://other.example/b"),))

    seen = seen_of("redirected", job_of({"url": "https://api.example/a"}, answers=answers))
    assert [request.url for request in seen.steps[0].requests] == [
        "https://api.example/a",
        "https://other.example/b",
    ]
    assert told(seen) == "there"


def test_a_server_on_this_machine_is_not_contacted_either() -> None:
    """A loopback URL is answered by the harness like any other."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0)
        url = f"http://127.0.0.1:{server.getsockname()[1]}/v1"
        for name in ("with_httpx", "with_requests", "with_aiohttp"):
            assert len(seen_of(name, job_of({"url": url})).steps[0].requests) == 1
        with pytest.raises(BlockingIOError):
            server.accept()


def test_a_connection_past_the_libraries_errs_the_case() -> None:
    """What cannot be observed is refused before it reaches anyone."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0)
        seen = seen_of("around_the_libraries", job_of({"port": server.getsockname()[1]}))
        with pytest.raises(BlockingIOError):
            server.accept()
    assert "not through an HTTP library that can be observed" in broken_by(seen)


def test_a_request_that_is_returned_instead_of_sent_errs_the_case() -> None:
    """It is a shaper, run in the wrong mode."""
    assert "in mode send it sends its requests itself" in broken_by(seen_of("as_if_shaping"))


def test_a_hanging_sender_is_interrupted() -> None:
    """The time limit holds in both modes."""
    assert broken_by(seen_of("hanging", timeout_s=0.2)) == "no answer within 0.2 s"


def test_runs_side_by_side_do_not_see_each_other_s_requests() -> None:
    """Two runs may be under way in one process, and end in any order."""
    jobs = [job_of({"url": f"https://api.example/{name}"}, name=name) for name in "abc"]
    with (
        connect("python:senders:with_httpx", mode="send") as one,
        connect("python:senders:with_requests", mode="send") as other,
    ):
        first, second = one.perform(jobs), other.perform(jobs)
        seen = [next(first), next(second), next(first), next(second)]
        first.close()  # type: ignore[attr-defined]
        seen += list(second)
    assert [[request.url[-1] for request in each.steps[0].requests] for _, each in seen] == [
        ["a"],
        ["a"],
        ["b"],
        ["b"],
        ["c"],
    ]


def test_afterwards_the_libraries_are_as_before() -> None:
    """The patches are gone with the last run, also after one that broke."""
    before = (httpx.HTTPTransport.handle_request, socket.socket.connect)
    seen_of("as_if_shaping")
    assert (httpx.HTTPTransport.handle_request, socket.socket.connect) == before


@pytest.mark.parametrize("name", ["with_httpx", "with_httpx_async", "with_requests", "with_aiohttp"])
def test_a_reply_that_cannot_be_given_passes_through_the_client(name: str) -> None:
    """No library and no `except Exception` turns the harness's own error into a failed request."""

    def answers(step: int, request: Request) -> Reply:
        raise UsageError("there is no such cassette")

    with pytest.raises(UsageError, match="no such cassette"):
        seen_of(name, job_of({}, answers=answers))
