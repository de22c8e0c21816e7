"""Sending replies: framed by HTTP, chunk by chunk, and broken as a fault requires."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import NoReturn, TypeAlias

import h11

from harness.model import Headers, Reply, reason_phrase
from harness.wire.socket_channel import Channel

__all__ = ["Aborted", "Answering", "LiveReply"]

_DRIBBLE_S = 0.2
"""The pause before each byte of a slow body."""

_MISSING = 1024
"""How many bytes a truncated body is short of its stated length."""

_OF_THE_CONNECTION = frozenset(
    {
        "connection",
        "content-length",
        "keep-alive",
        "proxy-authenticate",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
"""Headers that speak of the connection or the framing they were recorded with, not of the reply."""

_WITHOUT_BODY = (204, 304)

_MAGIC = {"gzip": b"\x1f\x8b", "x-gzip": b"\x1f\x8b", "deflate": b"\x78", "zstd": b"\x28\xb5\x2f\xfd"}


@dataclass(frozen=True, slots=True)
class LiveReply:
    """A reply that is still being produced: each chunk is sent when the iterator yields it.

    `chunks` is drawn from a worker thread, and closed if the client goes away before its end.
    """

    status: int
    headers: Headers
    chunks: Iterator[bytes]


InWorker: TypeAlias = Callable[[Callable[[], bytes | None]], Awaitable[bytes | None]]
"""Calls a function that may block, in a worker thread."""


class Aborted(Exception):  # noqa: N818 - what a reply asked for, or came to
    """The reply ended the connection. With a `failure`, what its producer raised, it is still to be reset."""

    def __init__(self, failure: Exception | None = None) -> None:
        super().__init__()
        self.failure = failure


@dataclass(frozen=True, slots=True)
class Answering:
    """A request of this method on a connection, which is to be answered.

    `paced` keeps the pauses that a reply was recorded with; `in_worker` draws from a live one.
    """

    channel: Channel
    http: h11.Connection
    method: str
    paced: bool
    in_worker: InWorker

    async def send(self, reply: Reply | LiveReply) -> None:
        """Send `reply`. Raises `Aborted` if the connection is over with it, `h11.LocalProtocolError` for a
        reply that HTTP cannot carry, and `OSError` if the client is gone."""
        if isinstance(reply, LiveReply):
            await self._send_live(reply)
        elif reply.fault is not None:
            await self._send_broken(reply, reply.status or 200)
        elif len(reply.chunks) <= 1 and not (self.paced and reply.pauses_ms):
            await self._send_whole(reply, reply.status)
        else:
            await self._send_chunks(reply, reply.status)
            await self.channel.send(self._end())

    # -------------------------------------------------------------- intact replies

    async def _send_whole(self, reply: Reply, status: int, missing: int = 0) -> None:
        """Head and body in one go; with `missing` bytes less than it says, it has no end."""
        body = reply.body
        only_head = self.method == "HEAD" and not body
        kept = _kept(reply.headers, None if only_head else body)
        if status not in _WITHOUT_BODY:
            stated = _stated_length(reply.headers) if only_head else None
            kept.append((b"content-length", str(len(body) + missing).encode() if stated is None else stated))
        data = self._head(status, kept, reply.reason) + self._data(status, body)
        await self.channel.send(data if missing else data + self._end())

    async def _send_chunks(self, reply: Reply, status: int) -> None:
        """Head and chunks one by one, without the end."""
        await self.channel.send(self._head(status, _kept(reply.headers, reply.body), reply.reason))
        pauses = reply.pauses_ms if self.paced else ()
        for number, chunk in enumerate(reply.chunks):
            if number < len(pauses) and pauses[number] > 0:
                await asyncio.sleep(pauses[number] / 1000)
            await self.channel.send(self._data(status, chunk))

    async def _send_live(self, reply: LiveReply) -> None:
        production = _Production(reply.chunks)
        try:
            await self.channel.send(self._head(reply.status, _kept(reply.headers, None)))
            while (chunk := await self.in_worker(production.draw)) is not None:
                await self.channel.send(self._data(reply.status, chunk))
            await self.channel.send(self._end())
        finally:
            self.in_worker(production.end)

    # -------------------------------------------------------------- broken replies

    async def _send_broken(self, reply: Reply, status: int) -> NoReturn:
        """What there is of the reply, and then the fault."""
        if reply.fault == "truncated" and len(reply.chunks) <= 1:
            await self._send_whole(reply, status, missing=_MISSING)
        elif reply.fault == "slow":
            await self.channel.send(self._head(status, _kept(reply.headers, reply.body), reply.reason))
            for byte in reply.body:
                await self.channel.send(self._data(status, bytes((byte,))))
                await asyncio.sleep(_DRIBBLE_S)
        elif reply.status:
            await self._send_chunks(reply, status)
        if reply.fault in ("slow", "timeout"):
            await self.channel.wait_for_end()
        if reply.fault == "reset":
            self.channel.reset()
        else:
            self.channel.close()
        raise Aborted

    # -------------------------------------------------------------- pieces

    def _head(self, status: int, headers: list[tuple[bytes, bytes]], reason: str = "") -> bytes:
        phrase = (reason or reason_phrase(status)).encode("latin-1", "replace")
        response = h11.Response(status_code=status, headers=headers, reason=phrase)
        return self.http.send(response) or b""

    def _data(self, status: int, chunk: bytes) -> bytes:
        if not chunk or self.method == "HEAD" or status in _WITHOUT_BODY:
            return b""
        return self.http.send(h11.Data(data=chunk)) or b""

    def _end(self) -> bytes:
        return self.http.send(h11.EndOfMessage()) or b""


class _Production:
    """A live reply's chunks, drawn and given up from different threads."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._lock = threading.Lock()

    def draw(self) -> bytes | None:
        """The next chunk, None at the end. Raises `Aborted` if the producer fails."""
        with self._lock:
            try:
                return next(self._chunks, None)
            except Exception as error:
                raise Aborted(error) from error

    def end(self) -> None:
        """Close the producer once it has yielded its current chunk."""
        close = getattr(self._chunks, "close", None)
        if close is not None:
            with self._lock:
                close()


# ------------------------------------------------------------------ heads


def _kept(headers: Headers, start: bytes | None) -> list[tuple[bytes, bytes]]:
    """The headers that are true of the reply as it is sent now; `start` is how its body begins, None if
    that is not known yet."""
    return [
        (name.encode("latin-1", "replace"), value.strip().encode("latin-1", "replace"))
        for name, value in headers
        if (lower := name.lower()) not in _OF_THE_CONNECTION
        and not (lower == "content-encoding" and start is not None and not _is_encoded(value, start))
    ]


def _stated_length(headers: Headers) -> bytes | None:
    """The length that a reply to HEAD states for the body it does not have; None if it states none."""
    stated = (value.strip() for name, value in headers if name.lower() == "content-length")
    return next((value.encode() for value in stated if value.isascii() and value.isdecimal()), None)


def _is_encoded(coding: str, start: bytes) -> bool:
    """Whether a body that begins so can be of this coding: recordings keep the header and decode the body."""
    coding = coding.strip().lower()
    if coding == "br":  # has no mark of its own, but JSON and event streams have
        return start.lstrip()[:1] not in b'{["d:e<'
    magic = _MAGIC.get(coding)
    return magic is None or start.startswith(magic)
