"""What the capture server turns away, and how it says so."""

from __future__ import annotations

import shutil
import socket
import ssl
import subprocess
from collections.abc import Callable

import httpx
import pytest
from real_clients import CLIENTS

from harness.model import Reply
from harness.wire.server import CaptureServer, Listener

URL = "https://api.acme.example/v1/chat/completions"
DISTRUST = "client reached api.acme.example:443 but does not trust the certificate authority"
Raw = Callable[..., bytes]


def answer(_: object) -> Reply:
    return Reply(200, (), (b"ok",))


@pytest.mark.parametrize("way", ["CONNECT", "its name"])
def test_a_client_that_does_not_trust_the_authority_is_reported(listener: Listener, way: str) -> None:
    """With the host it reached, by tunnel or by name; no request was seen."""
    if way == "CONNECT":
        untrusting = httpx.Client(proxy=listener.proxy_url, verify=ssl.create_default_context())
        with untrusting as client, pytest.raises(httpx.ConnectError):
            client.get(URL)
    else:
        connection = socket.create_connection(("127.0.0.1", listener.port), timeout=20)
        with connection, pytest.raises(ssl.SSLCertVerificationError):
            ssl.create_default_context().wrap_socket(connection, server_hostname="api.acme.example")
    listener.close()
    assert listener.refusals == (DISTRUST,)
    assert listener.requests == ()


def test_node_that_does_not_trust_the_authority_is_reported(listener: Listener) -> None:
    """It leaves without an alert of TLS; that it came and said nothing is told."""
    if shutil.which("node") is None:
        pytest.skip("node is not on PATH")
    script = f"""
        import tls from "node:tls";
        tls.connect({{port: {listener.port}, host: "127.0.0.1", servername: "api.acme.example"}})
           .on("error", (error) => console.log(error.code));
    """
    words = ["node", "--input-type=module", "-e", script]
    said = subprocess.run(words, capture_output=True, text=True, timeout=60, check=True).stdout
    listener.close()
    assert "CERT" in said or "SELF_SIGNED" in said or "VERIFY" in said, said
    (sentence,) = listener.refusals
    assert sentence.startswith("client reached api.acme.example:443")
    assert "not trust the certificate authority" in sentence


def test_a_host_that_no_certificate_can_name_is_reported(listener: Listener) -> None:
    """The tunnel is opened and ends with the reason, which is told like any other refusal."""
    connection = socket.create_connection(("127.0.0.1", listener.port), timeout=20)
    with connection:
        connection.sendall(b"CONNECT under_score.example:443 HTTP/1.1\r\nHost: under_score.example\r\n\r\n")
        assert b" 200 " in connection.recv(4096)
        with pytest.raises(OSError):  # noqa: PT011 - a TLS alert, a reset or an early end
            ssl.create_default_context().wrap_socket(connection, server_hostname="under_score.example")
    listener.close()
    (sentence,) = listener.refusals
    assert "under_score.example:443" in sentence
    assert "cannot issue a certificate for" in sentence


@pytest.mark.parametrize(
    ("url", "where"),
    [
        ("https://telemetry.example/v1", "telemetry.example:443"),
        ("http://telemetry.example/v1", "http://telemetry.example/v1"),
    ],
)
def test_a_host_that_is_not_served_is_refused_and_reported(
    server: CaptureServer, url: str, where: str
) -> None:
    """The client gets a 502 with the reason; the request is not counted."""
    with server.listen(answer, hosts={"api.acme.example"}) as listener:
        verify = ssl.create_default_context(cafile=str(listener.authority.ca_file))
        with httpx.Client(proxy=listener.proxy_url, verify=verify) as client:
            assert client.get(URL).text == "ok"
            try:
                assert client.get(url).status_code == 502
            except httpx.ProxyError as error:
                assert "502" in str(error)  # noqa: PT017 - httpx raises for a tunnel only
        assert [request.url for request in listener.requests] == [URL]
        assert listener.refusals == (f"client asked for {where}, which is not served here",)


def test_its_own_address_is_always_served(server: CaptureServer) -> None:
    """A base URL is no host of anybody's."""
    with server.listen(answer, hosts={"api.acme.example"}) as listener:
        assert httpx.get(listener.base_url).text == "ok"


@pytest.mark.parametrize(
    ("sent", "status", "sentence"),
    [
        (b"CONNECT nowhere HTTP/1.1\r\n\r\n", b" 400 ", "asks for a tunnel to 'nowhere'"),
        (b"GARBAGE\r\n\r\n", b" 400 ", "something that is not an HTTP/1.1 request"),
        (b"GET / HTTP/1.1\r\n\r\n", b" 400 ", "something that is not an HTTP/1.1 request"),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b" 505 ", "speaks HTTP/2"),
        (
            b"GET / HTTP/1.1\r\nHost: a\r\n\r\nCONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n",
            b" 405 ",
            "a connection already in use",
        ),
    ],
)
def test_what_cannot_be_read_is_told_to_both_sides(
    listener: Listener, raw: Raw, sent: bytes, status: bytes, sentence: str
) -> None:
    """The client by a status, the harness by a sentence."""
    assert status in raw(listener, sent)
    assert sentence in listener.refusals[0]


def test_socks_is_recognised(listener: Listener, raw: Raw) -> None:
    """The usual mistake in a proxy's URL gets its remedy."""
    assert raw(listener, b"\x05\x01\x00") == b""
    assert "not socks5://" in listener.refusals[0]


def test_a_body_that_is_broken_off_is_reported(listener: Listener) -> None:
    """The request is not counted, as what was meant is not known."""
    with socket.create_connection(("127.0.0.1", listener.port), timeout=20) as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc")
        connection.shutdown(socket.SHUT_WR)
        assert connection.recv(65536)
    assert listener.requests == ()
    assert "without sending complete message body" in listener.refusals[0]


@pytest.mark.parametrize("how", ["an end", "a reset", "half a handshake"])
def test_leaving_is_no_failure(listener: Listener, how: str) -> None:
    """Connections kept for later and given up, and those never used in the clear, say nothing."""
    if how == "half a handshake":
        with socket.create_connection(("127.0.0.1", listener.port), timeout=20) as connection:
            connection.sendall(b"CONNECT api.acme.example:443 HTTP/1.1\r\n\r\n")
            assert connection.recv(65536).startswith(b"HTTP/1.1 200")
    else:
        assert CLIENTS["httpx"](URL, listener.proxy_url, listener.authority.ca_file) == f"POST {URL}"
        connection = socket.create_connection(("127.0.0.1", listener.port), timeout=20)
        if how == "a reset":
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, bytes((1, 0, 0, 0, 0, 0, 0, 0)))
        connection.close()
    listener.close()
    assert listener.refusals == ()
