"""The capture server: what a request costs over a tunnel with TLS, beside the same one in the clear.

Wall-clock time, as client and server share this process; the best of the rounds, as other load on the
machine can only add to it.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx

from benchmarks.measuring import BenchmarkError, Table, at_most
from harness.model import Reply, Request
from harness.wire.server import CaptureServer, Listener

__all__ = ["run"]

_REQUESTS = 300
_CONNECTIONS = 60
_LISTENERS = 100
_TARGET_TIMES = 1.5
_PATH = "/api/v1/chat/completions"
_BODY = b'{"model":"m","messages":[{"role":"user","content":"%s"}]}' % (b"x" * 2000)
_REPLY = Reply(200, (("content-type", "application/json"),), (b'{"id":"gen-1","choices":[]}',))


def run(folder: Path, rounds: int) -> Iterator[Table]:
    """Two tables: a request by the way it comes, and what a listener costs."""
    with CaptureServer() as server:
        yield _ways(server, rounds)
        yield _listeners(server, rounds)


def _ways(server: CaptureServer, rounds: int) -> Table:
    trust = ssl.create_default_context(cafile=str(server.authority.ca_file))
    with server.listen(_answer) as listener:
        plain = listener.base_url + _PATH
        tunnelled = "https://openrouter.ai" + _PATH

        def client(proxy: str | None) -> httpx.Client:
            return httpx.Client(proxy=proxy, verify=trust, trust_env=False)

        def kept_alive(url: str, proxy: str | None) -> Callable[[], float]:
            return lambda: _kept_alive_s(listener, client(proxy), url)

        def anew(url: str, proxy: str | None) -> Callable[[], float]:
            return lambda: _anew_s(lambda: client(proxy), url)

        measured = {
            ("kept alive", "base URL, plain"): kept_alive(plain, None),
            ("kept alive", "CONNECT and TLS"): kept_alive(tunnelled, listener.proxy_url),
            ("new connection each", "base URL, plain"): anew(plain, None),
            ("new connection each", "CONNECT and TLS"): anew(tunnelled, listener.proxy_url),
        }
        seen = [{name: measure() for name, measure in measured.items()} for _ in range(rounds)]
    best = {name: min(each[name] for each in seen) for name in measured}
    table = Table(
        f"Capture server: requests of {len(_BODY) / 1e3:.1f} kB from httpx",
        ("connection", "way", "µs", "times plain", "target"),
    )
    for (connection, way), seconds in best.items():
        times = seconds / best[(connection, "base URL, plain")]
        tunnel = way != "base URL, plain"
        target = at_most(times, _TARGET_TIMES) if tunnel and connection == "kept alive" else ""
        table.row(connection, way, f"{seconds * 1e6:,.0f}", f"{times:.2f}" if tunnel else "", target)
    return table


def _listeners(server: CaptureServer, rounds: int) -> Table:
    table = Table("Capture server: what a case costs beside its requests", ("part", "µs"))

    def opened() -> float:
        started = time.perf_counter()
        for _ in range(_LISTENERS):
            server.listen(_answer).close()
        return (time.perf_counter() - started) / _LISTENERS

    table.row("open and close a listener", f"{min(opened() for _ in range(rounds)) * 1e6:,.0f}")
    return table


def _kept_alive_s(listener: Listener, client: httpx.Client, url: str) -> float:
    with client:
        client.post(url, content=_BODY)
        before = len(listener.requests)
        started = time.perf_counter()
        for _ in range(_REQUESTS):
            client.post(url, content=_BODY)
        elapsed = time.perf_counter() - started
    if len(listener.requests) != before + _REQUESTS or listener.requests[-1].body != _BODY:
        raise BenchmarkError(f"{len(listener.requests) - before} of {_REQUESTS} requests were seen")
    return elapsed / _REQUESTS


def _anew_s(client: Callable[[], httpx.Client], url: str) -> float:
    started = time.perf_counter()
    for _ in range(_CONNECTIONS):
        with client() as once:
            once.post(url, content=_BODY)
    return (time.perf_counter() - started) / _CONNECTIONS


def _answer(request: Request) -> Reply:
    return _REPLY
