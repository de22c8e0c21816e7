"""A connection's bytes in an event loop, before and after TLS, with nothing read ahead.

The socket stays in our hands (no transport, no stream) because the capture server must look at the first
byte without taking it, answer CONNECT before a byte of TLS is read, learn a TLS alert as what it is, and
reset a connection for good.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import struct
from collections.abc import Callable
from typing import TypeVar

from harness.wire.tls import NamedSocket

__all__ = ["Channel"]

_READ = 256 * 1024
_Result = TypeVar("_Result")


class Channel:
    """One accepted connection. Methods raise `OSError` (of which `ssl.SSLError` is one) when it fails."""

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection
        self._loop = asyncio.get_running_loop()
        self.secure = False
        connection.setblocking(False)
        with contextlib.suppress(OSError):
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    @property
    def asked_for(self) -> str | None:
        """The host that the client asked for when it began to speak TLS."""
        return self._socket.asked_for if isinstance(self._socket, NamedSocket) else None

    @property
    def local_host(self) -> str:
        """The address that the client connected to."""
        host: str = self._socket.getsockname()[0]
        return host

    @property
    def local_port(self) -> int:
        port: int = self._socket.getsockname()[1]
        return port

    async def peek(self) -> bytes:
        """Some of the bytes that come next, which stay where they are; empty at the end."""
        return await self._retried(lambda: self._socket.recv(_READ, socket.MSG_PEEK))

    async def receive(self, most: int = _READ) -> bytes:
        """The bytes that come next, at most so many; empty at the end."""
        return await self._retried(lambda: self._socket.recv(most))

    async def send(self, data: bytes | memoryview) -> None:
        """Hand all of `data` to the system."""
        rest = memoryview(data)
        while rest:
            sent = await self._retried(lambda rest=rest: self._socket.send(rest[:_READ]))  # type: ignore[misc]
            rest = rest[sent:]

    async def secure_with(self, context: ssl.SSLContext) -> None:
        """Speak TLS from the next byte on."""
        wrapped = context.wrap_socket(self._socket, server_side=True, do_handshake_on_connect=False)
        self._socket = wrapped
        self.secure = True
        await self._retried(wrapped.do_handshake)

    async def wait_for_end(self) -> None:
        """Wait until the other side closes; discard what it sends."""
        with contextlib.suppress(OSError):
            while await self.receive():
                pass

    def reset(self) -> None:
        """Reset the connection."""
        with contextlib.suppress(OSError):
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._socket.close()

    def close(self) -> None:
        """Close the connection cleanly."""
        if isinstance(self._socket, ssl.SSLSocket):
            with contextlib.suppress(OSError, ValueError):
                self._socket.unwrap()  # says that this is the end, and does not wait for the same
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_WR)
        self._socket.close()

    async def _retried(self, operation: Callable[[], _Result]) -> _Result:
        while True:
            try:
                return operation()
            except (BlockingIOError, ssl.SSLWantReadError):
                await self._ready(self._loop.add_reader, self._loop.remove_reader)
            except ssl.SSLWantWriteError:
                await self._ready(self._loop.add_writer, self._loop.remove_writer)
            except InterruptedError:
                continue

    async def _ready(self, add: Callable[..., None], remove: Callable[[int], object]) -> None:
        ready = self._loop.create_future()
        descriptor = self._socket.fileno()
        add(descriptor, _settle, ready)
        try:
            await ready
        finally:
            remove(descriptor)


def _settle(ready: asyncio.Future[None]) -> None:
    if not ready.done():
        ready.set_result(None)
