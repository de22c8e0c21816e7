"""The reference as a client that really sends: over sockets of this machine, and as the harness sees it."""

from __future__ import annotations

import itertools
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import orjson
import pytest

import harness
from harness.implementations import connect
from harness.model import Reply, Request, Verdict
from harness.wire.server import CaptureServer, Listener
from harness.wire.server_replies import LiveReply
from harness_openclaw import hooks
from harness_openclaw.reference.exchange import SystemClock, VirtualClock
from harness_openclaw.reference.sending import SendingClient

KEY = "sk-or-v1-" + "0f1e2d3c" * 8
SSE = (("content-type", "text/event-stream"),)
NOISE = {"host", "content-length"}

Listen = Callable[..., Listener]


@pytest.fixture(scope="module")
def server() -> Iterator[CaptureServer]:
    with CaptureServer() as server:
        yield server


@pytest.fixture
def listen(server: CaptureServer) -> Iterator[Listen]:
    """Open a listener that gives these replies one after the other, the last one for good."""
    opened: list[Listener] = []

    def open_listener(*replies: Reply | LiveReply | Callable[[Request], Reply]) -> Listener:
        due = itertools.chain(replies, itertools.repeat(replies[-1]))

        def answer(request: Request) -> Reply | LiveReply:
            reply = next(due)
            return reply(request) if callable(reply) else reply

        opened.append(server.listen(answer))
        return opened[-1]

    yield open_listener
    for listener in opened:
        listener.close()


@pytest.fixture
def client() -> Iterator[SendingClient]:
    """A client whose waits take no time."""
    with SendingClient(clock=VirtualClock()) as client:
        yield client


def base_of(listener: Listener) -> str:
    return f"http://127.0.0.1:{listener.port}/api/v1"


def json_reply(value: Any, status: int = 200) -> Reply:
    return Reply(status, (("content-type", "application/json"),), (orjson.dumps(value),))


def events(*values: Any) -> tuple[bytes, ...]:
    return tuple(
        b"data: " + (v.encode() if isinstance(v, str) else orjson.dumps(v)) + b"\n\n" for v in values
    )


def piece(text: str, finish: str | None = None) -> dict[str, Any]:
    return {"id": "gen-1", "choices": [{"index": 0, "delta": {"content": text}, "finish_reason": finish}]}


HELLO = Reply(200, SSE, events(piece("Hel"), piece("lo"), piece("", "stop"), "[DONE]"))


def chat(base_url: str, **more: Any) -> dict[str, Any]:
    return {
        "operation": "chat",
        "model": "openrouter/openai/gpt-4o",
        "base_url": base_url,
        "api_key": KEY,
        "history": [{"role": "user", "content": "Hello"}],
        **more,
    }


def names(request: Request) -> set[str]:
    return {name.lower() for name, _ in request.headers}


# ------------------------------------------------------------------ what goes out


def test_a_streamed_answer_is_read(listen: Listen, client: SendingClient) -> None:
    """Chunk by chunk over a socket, into one text."""
    outcome = client(chat(base_of(listen(HELLO))))
    assert (outcome["text"], outcome["finish_reason"]) == ("Hello", "stop")


def test_nothing_of_httpx_is_in_a_request(listen: Listen, client: SendingClient) -> None:
    """The headers are those of the edition and the two that HTTP demands: no user agent, no cookie."""
    listener = listen(Reply(200, (*SSE, ("set-cookie", "a=b")), HELLO.chunks))
    client(chat(base_of(listener)))
    client(chat(base_of(listener)))
    for request in listener.requests:
        assert names(request) == {"authorization", "content-type", *NOISE}


def test_a_get_has_no_length(listen: Listen, client: SendingClient) -> None:
    """A request without a body says nothing of one."""
    listener = listen(json_reply({"data": {"limit": None, "usage": 1}}))
    assert client(chat(base_of(listener), operation="key"))["budget"]["usage"] == 1
    assert names(listener.requests[0]) == {"authorization", "host"}


def test_the_name_in_a_url_does_not_replace_the_key(listen: Listen, client: SendingClient) -> None:
    """httpx would make credentials of it."""
    listener = listen(HELLO)
    client(chat(base_of(listener).replace("127", "user:pw@127")))
    assert dict(listener.requests[0].headers)["Authorization"] == f"Bearer {KEY}"


def test_a_redirect_is_not_followed(listen: Listen, client: SendingClient) -> None:
    """The key goes nowhere else."""
    elsewhere = listen(HELLO)
    here = listen(Reply(302, (("location", f"{base_of(elsewhere)}/chat/completions"),)))
    with httpx.Client(trust_env=False, follow_redirects=True) as http:
        outcome = SendingClient(http)(chat(base_of(here)))
    assert outcome["error"]["status"] == 302
    assert elsewhere.requests == ()


@pytest.mark.parametrize("trusting", [False, True])
def test_the_environment_s_proxy_is_used_only_if_asked(
    listen: Listen, monkeypatch: pytest.MonkeyPatch, trusting: bool
) -> None:
    """Else a variable left over somewhere would see the key."""
    proxy, provider = listen(HELLO), listen(HELLO)
    for name in ("http_proxy", "HTTP_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with SendingClient(clock=VirtualClock(), trust_env=trusting) as client:
        assert client(chat(base_of(provider)))["text"] == "Hello"
    assert (len(proxy.requests), len(provider.requests)) == ((1, 0) if trusting else (0, 1))


# ------------------------------------------------------------------ what goes wrong


def test_a_repeated_request_is_the_same_to_the_byte(listen: Listen, client: SendingClient) -> None:
    """Headers and body (OR-RETRY-01)."""
    listener = listen(json_reply({"error": {"message": "oops"}}, 500), Reply(429), HELLO)
    assert client(chat(base_of(listener), edition="2026-05"))["text"] == "Hello"
    first, *others = listener.requests
    assert len(others) == 2
    assert {(each.headers, each.body) for each in others} == {(first.headers, first.body)}


def test_a_stream_that_breaks_off_is_a_failure_and_not_repeated(
    listen: Listen, client: SendingClient
) -> None:
    """What had begun is not asked for again (OR-RETRY-06)."""
    listener = listen(Reply(200, SSE, HELLO.chunks[:1], "truncated"))
    outcome = client(chat(base_of(listener)))
    assert (outcome["error"]["class"], outcome["error"]["retryable"]) == ("timeout", True)
    assert len(listener.requests) == 1


def test_silence_ends_at_the_time_limit(listen: Listen, client: SendingClient) -> None:
    """The limit of the request, not one of httpx."""
    listener = listen(Reply(0, fault="timeout"))
    picture = {"operation": "image", "prompt": "a cat", "timeout_ms": 30}
    outcome = client(chat(base_of(listener), **picture))
    assert (outcome["error"]["class"], outcome["error"]["retryable"]) == ("timeout", True)


def test_an_answer_without_end_is_left_at_the_time_limit(listen: Listen, client: SendingClient) -> None:
    """Though something comes all the time."""
    endless = LiveReply(200, (("content-type", "application/json"),), itertools.repeat(b" " * 4096))
    picture = {"operation": "image", "prompt": "a cat", "timeout_ms": 50}
    outcome = client(chat(base_of(listen(endless)), **picture))
    assert outcome["error"]["class"] == "timeout"


@pytest.mark.parametrize("fault", ["reset", "refused"])
def test_no_connection_is_tried_again(listen: Listen, client: SendingClient, fault: str) -> None:
    """A connection that breaks off before anything came may do better (OR-RETRY-02)."""
    listener = listen(Reply(0, fault=fault), HELLO)
    assert client(chat(base_of(listener), edition="2026-05"))["text"] == "Hello"


def test_a_port_where_nobody_listens_is_told(client: SendingClient) -> None:
    """As a failure of the network."""
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        outcome = client(chat(f"http://127.0.0.1:{reserved.getsockname()[1]}/v1"))
    assert (outcome["error"]["class"], outcome["error"]["retryable"]) == ("timeout", True)


def test_a_header_that_http_cannot_carry_is_an_outcome(client: SendingClient) -> None:
    """Nothing that is in an input makes the client raise."""
    assert client(chat("https://proxy.example/v1", api_key="a\nb"))["error"]["class"] == "format"


# ------------------------------------------------------------------ time


class Watch(SystemClock):
    """The machine's time, with the waits written down instead of waited for."""

    def __init__(self) -> None:
        self.waits: list[float] = []

    def wait(self, milliseconds: float) -> None:
        self.waits.append(milliseconds)


def test_a_pause_is_waited_for_once(listen: Listen) -> None:
    """By the clock that was given: two repeats, two waits (OR-RETRY-02)."""
    watch = Watch()
    with SendingClient(clock=watch) as client:
        client(chat(base_of(listen(Reply(500), Reply(500), HELLO)), edition="2026-05"))
    assert len(watch.waits) == 2
    assert 375 <= watch.waits[0] <= 500
    assert 750 <= watch.waits[1] <= 1000


def test_a_time_limit_that_has_passed_is_not_waited_for_again(listen: Listen) -> None:
    """On a real clock the silence itself took the time."""
    watch = Watch()
    with SendingClient(clock=watch) as client:
        client(
            chat(base_of(listen(Reply(0, fault="timeout"))), operation="image", prompt="a cat", timeout_ms=30)
        )
    assert sum(watch.waits) < 30


# ------------------------------------------------------------------ several requests


def test_a_video_is_made_and_fetched_from_elsewhere_without_the_key(
    listen: Listen, client: SendingClient
) -> None:
    """Submitted, asked for twice, downloaded from another origin, which is told nothing (OR-VID-10)."""
    elsewhere = listen(Reply(200, (("content-type", "video/mp4"),), (b"fi", b"lm")))
    film = f"http://127.0.0.1:{elsewhere.port}/film.mp4"
    provider = listen(
        json_reply({"id": "job-1", "polling_url": "/api/v1/videos/job-1", "status": "pending"}),
        json_reply({"id": "job-1", "status": "processing"}),
        json_reply({"id": "job-1", "status": "completed", "unsigned_urls": [film]}),
    )
    outcome = client(chat(base_of(provider), operation="video", model=None, prompt="a cat"))
    assert outcome["artifacts"][0]["bytes"] == 4
    assert [(request.method, "authorization" in names(request)) for request in provider.requests] == [
        ("POST", True),
        ("GET", True),
        ("GET", True),
    ]
    (download,) = elsewhere.requests
    assert names(download) == {"host"}


def test_a_client_remembers_its_catalog(listen: Listen, client: SendingClient) -> None:
    """What lasts between operations lasts between calls (CW-CAT-09)."""
    offered = {"id": "acme/one", "upstream": "one", "capabilities": ["llm.chat"]}
    row = {"id": "acme", "openaiCompatible": True, "nativeBaseUrl": "/v1/native/acme", "models": [offered]}
    listener = listen(json_reply({"providers": [row]}))
    root = f"http://127.0.0.1:{listener.port}"
    given = {"operation": "catalog", "edition": "clawrouter", "base_url": root, "api_key": KEY}
    assert client(given) == client(given)
    assert [request.url for request in listener.requests] == [f"{root}/v1/catalog"]


# ------------------------------------------------------------------ as the harness sees it


def test_what_is_sent_is_what_is_shaped() -> None:
    """In every case of these suites: method, URL, headers and body, and what is made of the answers."""
    folder = hooks.scenarios / "openrouter"
    suites = harness.load(*(folder / f"{name}.yaml" for name in ("models", "preflight", "errors", "retries")))
    cases = [case for case in suites.cases("2026-05") if case.evidence != "disputed"]
    shaped, sent = (
        {verdict.case.name: told(verdict) for verdict in harness.run(cases, connection)}
        for connection in (
            connect("python:harness_openclaw.reference:implementation"),
            connect("python:harness_openclaw.reference.sending:implementation"),
        )
    )
    assert len(sent) == len(cases) > 100
    assert sent == shaped


def told(verdict: Verdict) -> list[Any]:
    """What an implementation did in a case, as far as both ways can see it."""
    assert verdict.status == "passed", (verdict.case.name, verdict.differences, verdict.reason)
    assert verdict.observation is not None
    return [
        (
            [
                (request.method, request.url, request.body, sorted(plain(request)))
                for request in step.requests
            ],
            step.outcome,
        )
        for step in verdict.observation.steps
    ]


def plain(request: Request) -> Iterator[tuple[str, str]]:
    return ((name.lower(), value) for name, value in request.headers if name.lower() not in NOISE)


def test_httpx_is_imported_with_the_first_request() -> None:
    """Not with the module, which is quick to import."""
    code = (
        "import sys, harness_openclaw.reference.sending as sending\n"
        "sending.SendingClient(); sys.exit('httpx' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
