"""Content encodings: undone where a body really is in one."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable
from importlib import import_module
from typing import Any, Protocol

__all__ = ["is_known", "is_text", "undo"]

_MAX_BYTES = 256 * 1024 * 1024


class _Decompressor(Protocol):
    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int, /) -> bytes: ...


def is_known(coding: str) -> bool:
    """Return whether `undo` can undo this coding: br and zstd only where a library for them is installed."""
    return bool(_decompressors(coding))


def undo(coding: str, chunks: Iterable[bytes], *, cut_off: bool = False) -> list[bytes] | None:
    """Return what each chunk adds to the body once `coding` is undone.

    None if the coding is unknown, the body is not in it or grows beyond 256 MiB. A body that ends too early
    is not in it either, unless `cut_off` asks for as much as can be read.
    """
    for make in _decompressors(coding):
        found = _undone(make, chunks, cut_off)
        if found is not None:
            return found
    return None


def _undone(make: Callable[[], _Decompressor], chunks: Iterable[bytes], cut_off: bool) -> list[bytes] | None:
    decompressor = make()
    pieces = []
    size = 0
    try:
        for chunk in chunks:
            rest, piece = chunk, b""
            while rest:
                if decompressor.eof:  # a body may have several members
                    decompressor = make()
                piece += decompressor.decompress(rest, _MAX_BYTES - size + 1)
                rest = decompressor.unused_data
            size += len(piece)
            if size > _MAX_BYTES:
                return None
            pieces.append(piece)
    except Exception:  # each library has errors of its own
        return None
    return pieces if cut_off or decompressor.eof else None


def is_text(body: bytes) -> bool:
    """Return whether it is UTF-8, which no compressed body of some length is."""
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True


# ------------------------------------------------------------------ libraries


def _decompressors(coding: str) -> list[Callable[[], _Decompressor]]:
    """What may undo a coding: deflate is sent with and without a zlib header."""
    if coding in ("gzip", "x-gzip"):
        return [lambda: zlib.decompressobj(zlib.MAX_WBITS | 16)]
    if coding == "deflate":
        return [lambda: zlib.decompressobj(zlib.MAX_WBITS), lambda: zlib.decompressobj(-zlib.MAX_WBITS)]
    if coding == "br":
        module = _module("brotli", "brotlicffi")
        return [] if module is None else [lambda: _Brotli(module.Decompressor())]
    if coding == "zstd":
        if (module := _module("compression.zstd")) is not None:
            return [module.ZstdDecompressor]
        module = _module("zstandard")
        return [] if module is None else [lambda: _Zstandard(module.ZstdDecompressor().decompressobj())]
    return []


class _Brotli:
    """A decompressor of brotli or brotlicffi."""

    unused_data = b""

    def __init__(self, decompressor: Any) -> None:
        self._decompressor = decompressor
        self._decompress = getattr(decompressor, "process", None) or decompressor.decompress

    @property
    def eof(self) -> bool:
        return bool(self._decompressor.is_finished())

    def decompress(self, data: bytes, _: int, /) -> bytes:
        plain: bytes = self._decompress(data)
        return plain


class _Zstandard:
    """A decompressor of zstandard."""

    def __init__(self, decompressor: Any) -> None:
        self._decompressor = decompressor

    @property
    def eof(self) -> bool:
        return bool(self._decompressor.eof)

    @property
    def unused_data(self) -> bytes:
        return bytes(self._decompressor.unused_data)

    def decompress(self, data: bytes, _: int, /) -> bytes:
        plain: bytes = self._decompressor.decompress(data)
        return plain


def _module(*names: str) -> Any:
    for name in names:
        try:
            return import_module(name)
        except ImportError:
            continue
    return None
