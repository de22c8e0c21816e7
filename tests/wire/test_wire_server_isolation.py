"""Listeners beside each other: every request belongs to one case only, and nothing is left behind."""

from __future__ import annotations

import os
import socket
import ssl
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from random import Random

import httpx
import pytest

from harness.model import Reply, Request
from harness.wire.server import CaptureServer

HOSTS = ("https://api.acme.example/v1", "https://proxy.example/v1", "http://proxy.example/v1", "")


def answering_as(number: int) -> Callable[[Request], Reply]:
    def answer(request: Request) -> Reply:
        return Reply(200, (), (b"%d:" % number + request.body,))

    return answer


@pytest.mark.parametrize("seed", range(4))
def test_requests_of_eight_listeners_are_never_mixed(server: CaptureServer, seed: int) -> None:
    """Interleaved at random over tunnels, proxies and base URLs, kept alive: each is counted and answered
    where it was sent, in the order sent."""
    random = Random(seed)
    with ExitStack() as stack:
        listeners = [stack.enter_context(server.listen(answering_as(number))) for number in range(8)]
        trust = ssl.create_default_context(cafile=str(server.authority.ca_file))
        through = [
            stack.enter_context(httpx.Client(proxy=listener.proxy_url, verify=trust))
            for listener in listeners
        ]
        plain = stack.enter_context(httpx.Client(trust_env=False))
        plans = [[(random.choice(HOSTS), f"{number}-{turn}") for turn in range(12)] for number in range(8)]
        start = threading.Barrier(8)

        def send(number: int) -> None:
            start.wait(20)
            for base, text in plans[number]:
                client = through[number] if base else plain
                url = f"{base or listeners[number].base_url}/{text}"
                assert client.post(url, content=text).text == f"{number}:{text}"

        with ThreadPoolExecutor(8) as senders:
            for sent in [senders.submit(send, number) for number in range(8)]:
                sent.result()
        for listener, plan in zip(listeners, plans, strict=True):
            expected = [f"{base or listener.base_url}/{text}" for base, text in plan]
            assert [request.url for request in listener.requests] == expected
            assert [request.body.decode() for request in listener.requests] == [text for _, text in plan]


def test_requests_of_one_listener_are_answered_one_after_the_other(server: CaptureServer) -> None:
    """In the order in which they are counted, so that an answer may depend on those before: the second is
    there while the first is being answered, and waits."""
    answered: list[str] = []
    inside: list[Request] = []
    overlapping = threading.Event()

    def answer(request: Request) -> Reply:
        inside.append(request)
        if len(inside) > 1:
            overlapping.set()
        while len(listener.requests) < 2:
            os.sched_yield()
        overlapping.wait(0.3)
        answered.append(request.url)
        inside.remove(request)
        return Reply()

    with server.listen(answer) as listener, ThreadPoolExecutor(2) as senders:
        for sent in [senders.submit(httpx.get, f"{listener.base_url}/{turn}") for turn in range(2)]:
            assert sent.result().status_code == 200
        assert answered == [request.url for request in listener.requests]
        assert not overlapping.is_set()


def test_a_port_is_not_used_again_soon(server: CaptureServer) -> None:
    """A client that comes late for one case finds nobody, and not the next case."""
    ports = []
    for _ in range(200):
        with server.listen(answering_as(0)) as listener:
            ports.append(listener.port)
    assert len(set(ports)) == 200


def test_a_closed_listener_counts_nothing_more(server: CaptureServer) -> None:
    """Connections that are open are broken off, a request that is half there with them."""
    listener = server.listen(answering_as(0))
    with socket.create_connection(("127.0.0.1", listener.port), timeout=20) as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc")
        httpx.get(listener.base_url)
        listener.close()
        listener.close()
        with pytest.raises(ConnectionResetError):
            connection.recv(65536)
    assert len(listener.requests) == 1
    with pytest.raises(httpx.ConnectError):
        httpx.get(listener.base_url)


def test_what_waits_at_a_shared_socket_is_turned_away(server: CaptureServer) -> None:
    """A connection made between two cases belongs to neither."""
    with socket.create_server(("127.0.0.1", 0)) as shared:
        address = shared.getsockname()
        early = socket.create_connection(address, timeout=20)
        early.sendall(b"GET /early HTTP/1.1\r\nHost: a\r\n\r\n")
        with server.listen(answering_as(1), sockets=(shared,), turn_away=True) as first:
            httpx.get(f"{first.base_url}/1")
        with server.listen(answering_as(2), sockets=(shared,)) as second:
            httpx.get(f"{second.base_url}/2")
        early.close()
    assert [request.url[-2:] for request in first.requests] == ["/1"]
    assert [request.url[-2:] for request in second.requests] == ["/2"]


def test_a_server_listens_on_this_machine_only(server: CaptureServer) -> None:
    """Whatever the port."""
    with server.listen(answering_as(0)) as listener:
        assert listener.base_url.startswith("http://127.0.0.1:")
        with pytest.raises(OSError, match=r"refused|unreachable"):
            socket.create_connection(("127.0.0.2", listener.port), timeout=20)


def test_closing_a_server_closes_everything() -> None:
    """Its listeners, its thread and its certificate's file; closing again does nothing."""
    threads = threading.active_count()
    server = CaptureServer()
    listener = server.listen(answering_as(0))
    server.close()
    server.close()
    assert threading.active_count() == threads
    assert not server.authority.ca_file.exists()
    with pytest.raises(httpx.ConnectError):
        httpx.get(listener.base_url)
