"""A name server for sandboxed clients: every name has the same address."""

from __future__ import annotations

import asyncio
import socket
import struct
from typing import cast

__all__ = ["NameServer"]

_HEADER = struct.Struct("!6H")
_A_RECORD, _AAAA_RECORD, _INTERNET = 1, 28, 1
_ANSWER = 0x8400  # a response, authoritative, without error
_RECURSION = 0x0100
_POINTER_TO_QUESTION = 0xC00C


class NameServer(asyncio.DatagramProtocol):
    """Answers each question for an IPv4 address with `address`, and every other with nothing (RFC 1035).

    `asked` holds the names that were looked up, in order.
    """

    def __init__(self, address: str) -> None:
        self.asked: dict[str, None] = {}
        self._address = socket.inet_aton(address)
        self._lost = asyncio.Event()
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        reply = self.reply_to(data)
        if reply is not None and self._transport is not None:
            self._transport.sendto(reply, addr)

    async def close(self) -> None:
        """Close the socket, and wait until it is closed."""
        if self._transport is not None:
            self._transport.close()
            await self._lost.wait()

    def connection_lost(self, exc: Exception | None) -> None:
        self._lost.set()

    def reply_to(self, query: bytes) -> bytes | None:
        """The reply to a query of one question; None for anything else."""
        try:
            number, flags, questions, *_ = _HEADER.unpack_from(query)
            name, end = _name(query, _HEADER.size)
            kind, family = struct.unpack_from("!2H", query, end)
        except (struct.error, IndexError, UnicodeDecodeError):
            return None
        if flags & 0x8000 or questions != 1:
            return None
        if kind in (_A_RECORD, _AAAA_RECORD):
            self.asked.setdefault(name.lower())
        found = kind == _A_RECORD and family == _INTERNET
        header = _HEADER.pack(number, _ANSWER | (flags & _RECURSION), 1, int(found), 0, 0)
        record = struct.pack("!3HIH4s", _POINTER_TO_QUESTION, kind, family, 0, 4, self._address)
        return header + query[_HEADER.size : end + 4] + (record if found else b"")


def _name(query: bytes, at: int) -> tuple[str, int]:
    """The name at this place, and where it ends."""
    labels = []
    while (length := query[at]) != 0:
        labels.append(query[at + 1 : at + 1 + length].decode("ascii"))
        at += 1 + length
    return ".".join(labels), at + 1
