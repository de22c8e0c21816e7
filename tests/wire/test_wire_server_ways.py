"""The ways a client may come to the capture server, with real clients and with bytes."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from real_clients import BODY, CLIENTS

from harness.model import Reply, Request
from harness.wire.server import CaptureServer, Listener

PROVIDER = "https://api.acme.example/v1/chat/completions"
Raw = Callable[..., bytes]


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("way", ["base URL", "proxy for https", "proxy for http"])
def test_every_client_is_seen_and_answered_on_every_way(listener: Listener, client: str, way: str) -> None:
    """Method, true URL, headers as written and body arrive; the client reads the answer."""
    url, proxy = {
        "base URL": (f"{listener.base_url}/api/v1/chat/completions?a=1", None),
        "proxy for https": (PROVIDER, listener.proxy_url),
        "proxy for http": ("http://gateway.example:8080/v1/chat/completions", listener.proxy_url),
    }[way]
    text = CLIENTS[client](url, proxy, listener.authority.ca_file)
    (request,) = listener.requests
    assert text == f"POST {url}"
    assert (request.method, request.url) == ("POST", url)
    assert json.loads(request.body) == BODY
    assert ("x-case", "kept") in [(name.lower(), value) for name, value in request.headers]
    assert listener.refusals == ()


def test_headers_are_kept_in_order_letter_case_and_number(listener: Listener, raw: Raw) -> None:
    """Nothing is sorted, lowered or joined, behind a tunnel as little as in the clear."""
    sent = (
        b"POST /v1 HTTP/1.1\r\nhOsT: proxy.example\r\nX-b: 1\r\nx-A: 2\r\nX-B: 3\r\nX-b: 1\r\n"
        b"content-LENGTH: 2\r\n\r\n{}"
    )
    expected = [
        ("hOsT", "proxy.example"),
        ("X-b", "1"),
        ("x-A", "2"),
        ("X-B", "3"),
        ("X-b", "1"),
        ("content-LENGTH", "2"),
    ]
    raw(listener, sent, until=b"v1")
    tunnel = b"CONNECT proxy.example:443 HTTP/1.1\r\nHost: proxy.example:443\r\n\r\n"
    raw(listener, sent, tls="proxy.example", first=tunnel, until=b"v1")
    for request, scheme in zip(listener.requests, ("http", "https"), strict=True):
        assert list(request.headers) == expected
        assert (request.url, request.body) == (f"{scheme}://proxy.example/v1", b"{}")


@pytest.mark.parametrize(
    ("first", "tls", "host", "url"),
    [
        (b"", None, b"api.acme.example", "http://api.acme.example/v1"),
        (b"", "api.acme.example", b"api.acme.example", "https://api.acme.example/v1"),
        (b"", "api.acme.example", b"api.acme.example:8443", "https://api.acme.example:8443/v1"),
        (b"", "api.acme.example", b"other.example", "https://api.acme.example/v1"),
        (b"CONNECT a.example:443 HTTP/1.1\r\n\r\n", "a.example", b"b.example", "https://a.example/v1"),
        (b"CONNECT a.example:8443 HTTP/1.1\r\n\r\n", "a.example", b"a.example", "https://a.example:8443/v1"),
        (b"CONNECT a.example:80 HTTP/1.1\r\n\r\n", None, b"a.example", "http://a.example/v1"),
        (b"CONNECT A.example:80 HTTP/1.1\r\n\r\n", None, b"b.example", "http://a.example/v1"),
        (b"CONNECT [::1]:80 HTTP/1.1\r\n\r\n", None, b"[::1]", "http://[::1]/v1"),
    ],
)
def test_the_url_is_where_the_request_was_really_going(
    listener: Listener, raw: Raw, first: bytes, tls: str | None, host: bytes, url: str
) -> None:
    """The tunnel's target counts above the name asked for in TLS, and that above the Host header."""
    raw(listener, b"GET /v1 HTTP/1.1\r\nHost: " + host + b"\r\n\r\n", first=first, tls=tls, until=b"/v1")
    assert [request.url for request in listener.requests] == [url]


def test_a_base_url_may_be_spoken_to_over_tls(listener: Listener) -> None:
    """The server's own address has a certificate too."""
    url = listener.base_url.replace("http:", "https:") + "/v1"
    assert CLIENTS["httpx"](url, None, listener.authority.ca_file) == f"POST {url}"


@pytest.mark.parametrize("proxied", [False, True])
def test_requests_to_the_base_url_can_stand_for_the_providers(server: CaptureServer, proxied: bool) -> None:
    """A client that takes nothing but a base URL is seen as if it had been given the provider's."""
    with server.listen(_say_url, stands_for="https://api.acme.example/v1/") as listener:
        proxy = listener.proxy_url if proxied else None
        text = CLIENTS["httpx"](f"{listener.base_url}/chat/completions", proxy, listener.authority.ca_file)
    assert text == PROVIDER


def test_requests_follow_each_other_on_one_connection(listener: Listener, raw: Raw) -> None:
    """Kept alive, pipelined, and closed when the client says so."""
    one = b"POST /1 HTTP/1.1\r\nHost: a.example\r\nContent-Length: 1\r\n\r\nx"
    two = b"GET /2 HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n\r\n"
    answered = raw(listener, one + two)
    assert answered.count(b"HTTP/1.1 200 OK") == 2
    assert [request.url for request in listener.requests] == ["http://a.example/1", "http://a.example/2"]


@settings(max_examples=30, deadline=None)
@given(body=st.binary(max_size=300), cuts=st.lists(st.integers(1, 300), max_size=5))
def test_a_chunked_body_is_seen_whole(server: CaptureServer, body: bytes, cuts: list[int]) -> None:
    """However it was cut, the bytes are those that were meant; the framing is not."""
    edges = sorted({0, *(cut for cut in cuts if cut < len(body)), len(body)})
    chunks = [body[start:end] for start, end in pairwise(edges)]
    framed = b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks) + b"0\r\n\r\n"
    with server.listen(_say_url) as listener:
        _send(listener, b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + framed)
        assert [request.body for request in listener.requests] == [body]


def test_a_client_that_waits_to_be_asked_for_its_body_is_asked(listener: Listener, raw: Raw) -> None:
    """Expect: 100-continue is honoured before the body is read."""
    head = b"POST /1 HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n"
    assert raw(listener, head, until=b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"


def test_head_is_answered_without_a_body(listener: Listener, raw: Raw) -> None:
    """Its length is told, and the connection goes on."""
    head = b"HEAD /1 HTTP/1.1\r\nHost: a\r\n\r\n"
    answer = raw(listener, head + b"GET /2 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    assert b"content-length: 15\r\n" in answer
    assert answer.endswith(b"GET http://a/2")
    assert answer.count(b"http://a/") == 1


def test_a_body_of_64_mib_is_taken_and_a_larger_one_refused(server: CaptureServer, raw: Raw) -> None:
    """The limit is the protocol's; a client over it is told 413, and it is reported."""
    size = 64 * 1024 * 1024
    with server.listen(lambda request: _reply(str(len(request.body)))) as listener:
        head = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n"
        assert raw(listener, head % size + bytes(size), until=b"%d" % size).endswith(b"%d" % size)
        assert b" 413 " in raw(listener, head % (size + 1))
        assert len(listener.requests) == 1
        assert listener.refusals == ("client sent a body of more than 64 MiB",)


def _reply(text: str) -> Reply:
    return Reply(200, (), (text.encode(),))


def _say_url(request: Request) -> Reply:
    return _reply(request.url)


def _send(listener: Listener, data: bytes) -> None:
    with socket.create_connection(("127.0.0.1", listener.port), timeout=20) as connection:
        connection.sendall(data)
        assert connection.recv(65536).startswith(b"HTTP/1.1 200 OK")
