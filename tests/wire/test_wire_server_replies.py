"""Replies over the wire: framing, streams as they are produced, and faults as the client meets them."""

from __future__ import annotations

import asyncio
import gzip
import http.client
import socket
import ssl
import threading
from collections.abc import Callable, Iterator

import httpx
import pytest
import requests

from harness.model import Reply
from harness.wire.server import CaptureServer, Listener
from harness.wire.server_replies import LiveReply

URL = "https://api.acme.example/v1/chat/completions"
RESET = (httpx.ReadError, httpx.RemoteProtocolError)
"""What a reset is to httpx: the second over TLS, where Python's ssl may tell it as an early end."""

SSE = (("content-type", "text/event-stream"),)
Raw = Callable[..., bytes]


@pytest.fixture(params=["in the clear", "over TLS"])
def url(request: pytest.FixtureRequest) -> str:
    return URL if request.param == "over TLS" else URL.replace("https:", "http:")


def client_of(listener: Listener, *, timeout: float | None = 20.0) -> httpx.Client:
    verify = ssl.create_default_context(cafile=str(listener.authority.ca_file))
    return httpx.Client(proxy=listener.proxy_url, verify=verify, timeout=timeout, trust_env=False)


def exchange(server: CaptureServer, reply: Reply | LiveReply, url: str = URL) -> httpx.Response:
    """What a client gets for this reply."""
    with server.listen(lambda _: reply) as listener, client_of(listener) as client:
        return client.post(url, json={})


def test_a_body_in_one_piece_comes_with_its_length(server: CaptureServer, url: str) -> None:
    """Status, headers in their order with repeats, and bytes are those of the reply."""
    headers = (("X-a", "1"), ("x-B", "2"), ("X-a", "3"))
    response = exchange(server, Reply(418, headers, (b"\x00\xff",)), url)
    assert (response.status_code, response.reason_phrase) == (418, "I'm a Teapot")
    assert response.headers.raw == [
        (b"X-a", b"1"),
        (b"x-B", b"2"),
        (b"X-a", b"3"),
        (b"content-length", b"2"),
    ]
    assert response.content == b"\x00\xff"


def test_a_reply_to_head_has_the_length_that_it_states(server: CaptureServer, url: str) -> None:
    """Its body would have that many bytes; its content encoding stays as well."""
    headers = (("content-encoding", "gzip"), ("Content-Length", "1234"))
    reply = Reply(200, headers)
    with server.listen(lambda _: reply) as listener, client_of(listener) as client:
        response = client.head(url)
    assert response.headers.raw == [(b"content-encoding", b"gzip"), (b"content-length", b"1234")]
    assert exchange(server, reply, url).headers["content-length"] == "0"


def test_a_reason_phrase_may_be_the_replys_own(server: CaptureServer, url: str) -> None:
    """Whether the body comes in one piece, in several or not at all."""
    for chunks in ((), (b"a",), (b"a", b"b")):
        assert exchange(server, Reply(200, (), chunks, reason="Fine"), url).reason_phrase == "Fine"


def test_a_body_in_pieces_comes_chunk_by_chunk(server: CaptureServer, raw: Raw) -> None:
    """Each chunk of the reply is a chunk of the transfer."""
    with server.listen(lambda _: Reply(200, SSE, (b"data: 1\n\n", b"data: 22\n\n"))) as listener:
        sent = b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
        body = raw(listener, sent).partition(b"\r\n\r\n")[2]
    assert body == b"9\r\ndata: 1\n\n\r\na\r\ndata: 22\n\n\r\n0\r\n\r\n"


def test_http_1_0_gets_its_stream_without_chunks(server: CaptureServer, raw: Raw) -> None:
    """The end of the connection is the end of the body."""
    with server.listen(lambda _: Reply(200, SSE, (b"one,", b"two"))) as listener:
        answer = raw(listener, b"GET / HTTP/1.0\r\nHost: a\r\n\r\n")
    assert answer.endswith(b"\r\n\r\none,two")


def test_a_connection_over_tls_ends_in_good_order(server: CaptureServer) -> None:
    """With TLS's own farewell, without which a client must suspect that something is missing."""
    with server.listen(lambda _: Reply(200, (), (b"all",))) as listener:
        trust = ssl.create_default_context(cafile=str(listener.authority.ca_file))
        plain = socket.create_connection(("127.0.0.1", listener.port), timeout=20)
        with trust.wrap_socket(plain, server_hostname="a.example", suppress_ragged_eofs=False) as connection:
            connection.sendall(b"GET / HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n\r\n")
            received = b""
            while piece := connection.recv(65536):
                received += piece
    assert received.endswith(b"\r\n\r\nall")


def test_headers_that_were_true_of_the_recording_only_are_left_out(server: CaptureServer, url: str) -> None:
    """Its length, its framing, its connection, and a coding that its body has been freed of."""
    stale = (
        ("Content-Length", "9999"),
        ("Transfer-Encoding", "chunked"),
        ("Connection", "close"),
        ("Keep-Alive", "timeout=5"),
        ("Content-Encoding", "gzip"),
        ("X-Kept", "yes"),
    )
    response = exchange(server, Reply(200, stale, (b'{"a":1}',)), url)
    assert response.json() == {"a": 1}
    assert [name for name, _ in response.headers.raw] == [b"X-Kept", b"content-length"]


@pytest.mark.parametrize(
    ("coding", "body"), [("gzip", b'{"a":1}'), ("br", b"data: {}\n\n"), ("zstd", b"text"), ("deflate", b"")]
)
def test_a_coding_is_dropped_when_the_body_is_plain(server: CaptureServer, coding: str, body: bytes) -> None:
    """Recordings keep the header and decode the body."""
    response = exchange(server, Reply(200, (("content-encoding", coding),), (body,)))
    assert response.content == body
    assert "content-encoding" not in response.headers


def test_a_coding_is_kept_when_the_body_has_it(server: CaptureServer) -> None:
    """Bytes that are compressed stay so, and the client is told."""
    body = gzip.compress(b"hello")
    response = exchange(server, Reply(200, (("content-encoding", "gzip"),), (body,)))
    assert (response.text, response.headers["content-length"]) == ("hello", str(len(body)))


@pytest.mark.parametrize("status", [204, 304])
def test_a_status_without_body_has_none(server: CaptureServer, status: int) -> None:
    """Whatever the reply holds; the connection goes on."""
    replies = iter([Reply(status, (), (b"surplus",)), Reply(200, (), (b"next",))])
    with server.listen(lambda _: next(replies)) as listener, client_of(listener) as client:
        assert client.get(URL).content == b""
        assert client.get(URL).content == b"next"


def test_a_reply_that_http_cannot_carry_is_reported(server: CaptureServer) -> None:
    """A header with a line break in it, say: the client sees a broken connection, the listener why."""
    with server.listen(lambda _: Reply(200, (("x", "a\nb"),))) as listener, client_of(listener) as client:
        with pytest.raises(RESET):
            client.get(URL)
        assert "the reply to GET https://api.acme.example" in listener.refusals[0]


def test_an_answer_that_fails_is_kept_and_told_as_500(server: CaptureServer) -> None:
    """The first failure is the one that counts."""

    def answer(_: object) -> Reply:
        raise LookupError("no such cassette")

    with server.listen(answer) as listener, client_of(listener) as client:
        assert client.get(URL).status_code == 500
        assert isinstance(listener.failure, LookupError)


# ------------------------------------------------------------------ streams


def test_the_first_chunk_arrives_before_the_last_is_produced(server: CaptureServer, url: str) -> None:
    """The producer goes on only when the client has said that it read the chunk before."""
    read = threading.Semaphore(0)

    def chunks() -> Iterator[bytes]:
        for number in range(3):
            yield b"data: %d\n\n" % number
            assert read.acquire(timeout=20)

    with (
        server.listen(lambda _: LiveReply(200, SSE, chunks())) as listener,
        client_of(listener) as client,
        client.stream("POST", url) as response,
    ):
        got = []
        for chunk in response.iter_raw():
            got.append(chunk)
            read.release()
    assert got == [b"data: 0\n\n", b"data: 1\n\n", b"data: 2\n\n"]


def test_a_producer_whose_client_is_gone_is_closed(server: CaptureServer) -> None:
    """It must not go on fetching from a provider for nobody."""
    closed = threading.Event()

    def chunks() -> Iterator[bytes]:
        try:
            while True:
                yield bytes(65536)
        finally:
            closed.set()

    producer = chunks()
    with server.listen(lambda _: LiveReply(200, SSE, producer)) as listener, client_of(listener) as client:
        with client.stream("POST", URL) as response:
            next(response.iter_raw())
        client.close()
        assert closed.wait(20)


def test_a_producer_that_fails_breaks_the_connection_off(server: CaptureServer) -> None:
    """A response that failed upstream must not look complete; the failure is kept."""

    def chunks() -> Iterator[bytes]:
        yield b"data: 1\n\n"
        raise ConnectionError("upstream is gone")

    with server.listen(lambda _: LiveReply(200, SSE, chunks())) as listener, client_of(listener) as client:
        with pytest.raises(httpx.TransportError):
            client.get(URL)
        assert isinstance(listener.failure, ConnectionError)


def test_recorded_pauses_are_kept_only_when_asked_for(
    server: CaptureServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Paced, each pause comes before its chunk; else there is none."""
    slept: list[float] = []
    give_way = asyncio.sleep

    async def sleep(seconds: float) -> None:
        if seconds:
            slept.append(seconds)
        await give_way(0)

    monkeypatch.setattr("harness.wire.server_replies.asyncio.sleep", sleep)
    reply = Reply(200, SSE, (b"a", b"b", b"c"), pauses_ms=(5, 0, 70.5))
    for paced in (False, True):
        with server.listen(lambda _: reply, paced=paced) as listener, client_of(listener) as client:
            assert client.get(URL).content == b"abc"
        assert slept == ([0.005, 0.0705] if paced else [])


# ------------------------------------------------------------------ faults


def fault(server: CaptureServer, reply: Reply, url: str) -> httpx.TransportError:
    """The error that a client with a short patience gets."""
    with server.listen(lambda _: reply) as listener, client_of(listener, timeout=0.3) as client:
        with pytest.raises(httpx.TransportError) as caught:
            client.post(url, json={})
        assert len(listener.requests) == 1
        assert listener.refusals == ()
    return caught.value


def read_into(got: list[bytes], client: httpx.Client, url: str) -> None:
    """Read a stream; `got` has what came when it breaks."""
    with client.stream("POST", url) as response:
        for piece in response.iter_raw():
            got.append(piece)  # noqa: PERF402 - one by one, since it breaks


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("timeout", httpx.ReadTimeout),
        ("slow", httpx.ReadTimeout),
        ("reset", RESET),
        ("refused", httpx.RemoteProtocolError),
        ("truncated", httpx.RemoteProtocolError),
    ],
)
def test_a_fault_without_a_response_is_met_as_that_fault(
    server: CaptureServer, url: str, kind: str, error: type[Exception] | tuple[type[Exception], ...]
) -> None:
    """Silence, a reset, a connection closed before any byte, a body that ends too early."""
    assert isinstance(fault(server, Reply(0, (), (), kind), url), error)


@pytest.mark.parametrize(
    ("kind", "error"),
    [("timeout", httpx.ReadTimeout), ("reset", RESET), ("truncated", httpx.RemoteProtocolError)],
)
def test_a_fault_comes_after_the_chunks_it_has(
    server: CaptureServer, url: str, kind: str, error: type[Exception] | tuple[type[Exception], ...]
) -> None:
    """What there is of the stream is read first."""
    reply = Reply(200, SSE, (b"data: 1\n\n", b"data: 2\n\n"), kind)
    got: list[bytes] = []
    with (
        server.listen(lambda _: reply) as listener,
        client_of(listener, timeout=0.3) as client,
        pytest.raises(error),
    ):
        read_into(got, client, url)
    assert b"".join(got) == b"data: 1\n\ndata: 2\n\n"


def test_a_reset_is_a_reset_on_the_socket(server: CaptureServer, raw: Raw) -> None:
    """Not an orderly end: what the system reports is ECONNRESET."""
    with server.listen(lambda _: Reply(0, (), (), "reset")) as listener, pytest.raises(ConnectionResetError):
        raw(listener, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")


def test_a_slow_body_trickles_and_never_ends(server: CaptureServer) -> None:
    """Byte by byte, so that a time limit on each read is not enough."""
    reply = Reply(200, (), (b"abc",), "slow")
    with server.listen(lambda _: reply) as listener, client_of(listener, timeout=1) as client:
        got: list[bytes] = []
        with pytest.raises(httpx.ReadTimeout):
            read_into(got, client, URL)
    assert got == [b"a", b"b", b"c"]


@pytest.mark.parametrize("chunks", [(b"hello",), (b"hel", b"lo")])
def test_a_truncated_body_is_incomplete_for_other_clients_too(
    server: CaptureServer, chunks: tuple[bytes, ...]
) -> None:
    """Shorter than its stated length, or a chunked one without its end."""
    with server.listen(lambda _: Reply(200, (), chunks, "truncated")) as listener:
        with pytest.raises(requests.exceptions.ChunkedEncodingError):
            requests.get(listener.base_url, timeout=20)
        connection = http.client.HTTPConnection("127.0.0.1", listener.port, timeout=20)
        connection.request("GET", "/")
        with pytest.raises(http.client.IncompleteRead) as caught:
            connection.getresponse().read()
        connection.close()
    assert caught.value.partial in (b"hello", b"")
