"""The capture server: real clients over real sockets, seen byte for byte and answered by the harness.

A listener is a port of its own on 127.0.0.1, so that cases in flight at the same time cannot be mixed up.
It is a base URL, an HTTP proxy and, over TLS, any host at all. Nothing is ever forwarded.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections import deque
from collections.abc import Awaitable, Callable, Collection, Coroutine, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Any, TypeAlias, TypeVar

from harness.model import Reply, Request
from harness.wire.dns import NameServer
from harness.wire.server_connection import Connection
from harness.wire.server_replies import LiveReply
from harness.wire.socket_channel import Channel
from harness.wire.tls import Authority

__all__ = ["Answer", "CaptureServer", "Listener"]

Answer: TypeAlias = Callable[[Request], Reply | LiveReply]

_WORKERS = 64
_PORTS_KEPT = 4096
"""How many ports have to pass before one is used again: a late client of one case must not reach another."""
_LAST_POLLS = 8
"""How often the event loop polls the connections of a listener before closing them: enough to
accept one, read an alert of TLS or a small request, and no wait."""

_Result = TypeVar("_Result")
_BROKEN = Reply(500, (("content-type", "text/plain"),), (b"harness: the answer to this request failed\n",))


class CaptureServer:
    """Listeners, in one background thread. Close it when the run is over."""

    def __init__(self, authority: Authority | None = None) -> None:
        self._owns_authority = authority is None
        self.authority = Authority() if authority is None else authority
        self._workers = ThreadPoolExecutor(_WORKERS, thread_name_prefix="harness-answer")
        self._listeners: set[Listener] = set()
        self._used_ports: deque[int] = deque(maxlen=_PORTS_KEPT)
        self._loop = asyncio.SelectorEventLoop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="harness-capture", daemon=True)
        self._thread.start()

    def listen(
        self,
        answer: Answer,
        *,
        port: int = 0,
        hosts: Collection[str] | None = None,
        stands_for: str | None = None,
        paced: bool = False,
        sockets: Sequence[socket.socket] = (),
        turn_away: bool = False,
        on_refusal: Callable[[str], None] | None = None,
    ) -> Listener:
        """Open a listener whose requests are answered by `answer`, one after the other, in a worker thread.

        `hosts` are the only ones it serves beside itself (None: any). Requests to its own base URL are
        reported as requests to `stands_for`, if given. `paced` keeps the pauses that replies were recorded
        with. With `sockets`, which are bound and listening already (and stay open afterwards), it has no
        port of its own; `turn_away` breaks off the connections that wait at them. `on_refusal` is called
        with each new refusal, in the server's thread. Raises `OSError` if the port is not available.
        """
        own = () if sockets else (self._bound(port),)
        listener = Listener(
            self,
            answer,
            hosts,
            stands_for,
            paced,
            own or tuple(sockets),
            keeps_sockets=not own,
            on_refusal=on_refusal,
        )
        self._call(listener.open(turn_away=turn_away))
        self._listeners.add(listener)
        return listener

    def serve_dns(self, bound: socket.socket, address: str) -> NameServer:
        """Start a name server at `bound`, a UDP socket that it then owns: every name has this `address`."""
        names = NameServer(address)
        self._call(self._loop.create_datagram_endpoint(lambda: names, sock=bound))
        return names

    def stop_dns(self, names: NameServer) -> None:
        """Close a name server that `serve_dns` started."""
        self._call(names.close())

    def close(self) -> None:
        """Close every listener and end the thread. The certificate's file goes too if it was made here."""
        if not self._thread.is_alive():
            return
        for listener in tuple(self._listeners):
            listener.close()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        self._workers.shutdown(wait=False, cancel_futures=True)
        if self._owns_authority:
            self.authority.close()

    def __enter__(self) -> CaptureServer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _bound(self, port: int) -> socket.socket:
        passed_over = []
        try:
            while True:
                bound = socket.create_server(("127.0.0.1", port), backlog=128)
                found: int = bound.getsockname()[1]
                if port or found not in self._used_ports:
                    self._used_ports.append(found)
                    return bound
                passed_over.append(bound)
        finally:
            for each in passed_over:
                each.close()

    def _call(self, work: Coroutine[Any, Any, _Result]) -> _Result:
        future: Future[_Result] = asyncio.run_coroutine_threadsafe(work, self._loop)
        return future.result()

    def _in_worker(self, function: Callable[..., _Result], *arguments: object) -> Awaitable[_Result]:
        return self._loop.run_in_executor(self._workers, function, *arguments)

    def _forget(self, listener: Listener) -> None:
        self._listeners.discard(listener)


class Listener:
    """An open port of the capture server. `requests` are those received, in order; `refusals` what was
    refused or failed, a sentence each; `failure` the first exception that `answer` raised."""

    def __init__(
        self,
        server: CaptureServer,
        answer: Answer,
        hosts: Collection[str] | None,
        stands_for: str | None,
        paced: bool,
        sockets: Sequence[socket.socket],
        *,
        keeps_sockets: bool,
        on_refusal: Callable[[str], None] | None,
    ) -> None:
        self.authority = server.authority
        self.stands_for = None if stands_for is None else stands_for.rstrip("/")
        self.paced = paced
        self.failure: Exception | None = None
        self._server = server
        self._answer = answer
        self._hosts = None if hosts is None else frozenset(host.lower() for host in hosts)
        self._sockets = sockets
        self._keeps_sockets = keeps_sockets
        self._on_refusal = on_refusal
        self._requests: list[Request] = []
        self._refusals: list[str] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._turn = asyncio.Lock()
        self._closed = False
        host, self.port = sockets[0].getsockname()[:2]
        self._own = {f"{name}:{self.port}" for name in (host, "localhost")}

    @property
    def base_url(self) -> str:
        """The server as if it were the provider."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def proxy_url(self) -> str:
        """The server as an HTTP proxy, for http and https."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def requests(self) -> tuple[Request, ...]:
        return tuple(self._requests)

    @property
    def refusals(self) -> tuple[str, ...]:
        return tuple(self._refusals)

    def close(self) -> None:
        """Stop listening and drop open connections. `requests` no longer changes after this."""
        if not self._closed:
            self._server._call(self._close())
            self._server._forget(self)

    def __enter__(self) -> Listener:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # -------------------------------------------------------------- in the server's thread

    async def open(self, *, turn_away: bool) -> None:
        """Begin to accept connections."""
        for each in self._sockets:
            each.setblocking(False)
            if turn_away:
                _turn_away(each)
            asyncio.get_running_loop().add_reader(each.fileno(), self._accept, each)

    async def _close(self) -> None:
        self._closed = True
        await self._catch_up()
        for each in self._sockets:
            asyncio.get_running_loop().remove_reader(each.fileno())
            _turn_away(each)
            if not self._keeps_sockets:
                each.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _catch_up(self) -> None:
        """Read what has arrived already: the last bytes of a client may say why it sent nothing."""
        for _ in range(_LAST_POLLS):
            await asyncio.sleep(0)

    def _accept(self, listening: socket.socket) -> None:
        try:
            connection, _ = listening.accept()
        except OSError:  # it was gone before it was accepted
            return
        task = asyncio.get_running_loop().create_task(self._serve(Channel(connection)))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, channel: Channel) -> None:
        try:
            await Connection(channel, self).serve()
        except BaseException:
            channel.reset()
            raise

    def serves(self, host: str) -> bool:
        return self._hosts is None or host in self._hosts

    def is_own(self, authority: str) -> bool:
        return authority in self._own

    def refused(self, sentence: str) -> None:
        if sentence not in self._refusals:
            self._refusals.append(sentence)
            if self._on_refusal is not None:
                self._on_refusal(sentence)

    async def answer(self, request: Request) -> Reply | LiveReply:
        """Record the request, and answer it after those before it."""
        self._requests.append(request)
        async with self._turn:
            try:
                return await self._server._in_worker(self._answer, request)
            except Exception as error:
                self.failed(error)
                return _BROKEN

    def failed(self, error: Exception) -> None:
        self.failure = self.failure or error

    def in_worker(self, function: Callable[[], bytes | None]) -> Awaitable[bytes | None]:
        return self._server._in_worker(function)


def _turn_away(listening: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while True:
            listening.accept()[0].close()
