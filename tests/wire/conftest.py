"""A capture server for the tests of this folder, and how to speak to it byte by byte."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Iterator

import pytest

from harness.model import Reply, Request
from harness.wire.server import CaptureServer, Listener

Raw = Callable[..., bytes]


@pytest.fixture(scope="module")
def server() -> Iterator[CaptureServer]:
    with CaptureServer() as server:
        yield server


@pytest.fixture
def listener(server: CaptureServer) -> Iterator[Listener]:
    """A listener that answers each request with its method and URL."""
    with server.listen(echo) as listener:
        yield listener


def echo(request: Request) -> Reply:
    return Reply(200, (("content-type", "text/plain"),), (f"{request.method} {request.url}".encode(),))


@pytest.fixture
def raw() -> Raw:
    """Send bytes as they are to a listener and give what comes back until it closes the connection or says
    nothing more; with `tls` under this name, after `first` was sent and answered in the clear."""

    def speak(
        listener: Listener, sent: bytes, *, tls: str | None = None, first: bytes = b"", until: bytes = b""
    ) -> bytes:
        connection = socket.create_connection(("127.0.0.1", listener.port), timeout=20)
        with connection:
            if first:
                connection.sendall(first)
                answer = connection.recv(65536)
                assert answer.startswith(b"HTTP/1.1 200 "), answer
            if tls is not None:
                context = ssl.create_default_context(cafile=str(listener.authority.ca_file))
                connection = context.wrap_socket(connection, server_hostname=tls)
            with connection:
                connection.sendall(sent)
                received = b""
                while not (until and received.endswith(until)):
                    piece = connection.recv(65536)
                    if not piece:
                        break
                    received += piece
                return received

    return speak
