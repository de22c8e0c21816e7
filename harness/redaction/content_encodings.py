"""Content encodings: undone where a body really is in one, and told from headers that lie."""

from __future__ import annotations

import zlib
from collections.abc import Iterable

__all__ = ["is_text", "known", "plain"]

_WINDOWS = {"gzip": (zlib.MAX_WBITS | 16,), "deflate": (zlib.MAX_WBITS, -zlib.MAX_WBITS)}
_WINDOWS["x-gzip"] = _WINDOWS["gzip"]
_MOST = 256 * 1024 * 1024


def known(coding: str) -> bool:
    """Whether `plain` can undo this coding."""
    return coding in _WINDOWS


def plain(coding: str, chunks: Iterable[bytes]) -> list[bytes] | None:
    """What each chunk adds to the body; None if the whole is not in this coding, or becomes too large."""
    for window in _WINDOWS.get(coding, ()):
        found = _undone(window, chunks)
        if found is not None:
            return found
    return None


def _undone(window: int, chunks: Iterable[bytes]) -> list[bytes] | None:
    unpacker = zlib.decompressobj(window)
    pieces = []
    size = 0
    try:
        for chunk in chunks:
            piece = unpacker.decompress(chunk, _MOST - size + 1)
            while unpacker.eof and unpacker.unused_data:  # gzip may have several members
                rest, unpacker = unpacker.unused_data, zlib.decompressobj(window)
                piece += unpacker.decompress(rest, _MOST - size + 1)
            size += len(piece)
            if size > _MOST:
                return None
            pieces.append(piece)
    except zlib.error:
        return None
    return pieces if unpacker.eof else None


def is_text(body: bytes) -> bool:
    """Whether it is UTF-8, which no compressed body of some length is."""
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True
