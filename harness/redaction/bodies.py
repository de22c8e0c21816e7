"""Bodies as they are read: content encodings undone, UTF-16 and UTF-32 made UTF-8, chunks kept apart.

The scrubber works on what a client would read. Where a chunk ends is told in bytes of the body, so every
step here says where the ends are afterwards.
"""

from __future__ import annotations

import codecs
import re
import zlib
from collections.abc import Callable, Sequence
from importlib import import_module
from itertools import accumulate, pairwise
from typing import Any, NamedTuple

from harness.redaction import content_encodings

__all__ = ["Chunked", "chunked", "decode", "from_utf8", "to_utf8", "with_boundaries"]


class Chunked(NamedTuple):
    """A body in chunks, and the pause before each (or none are known)."""

    chunks: tuple[bytes, ...]
    pauses_ms: tuple[float, ...]

    @property
    def body(self) -> bytes:
        return b"".join(self.chunks)

    @property
    def boundaries(self) -> list[int]:
        """Where each chunk ends."""
        return list(accumulate(len(chunk) for chunk in self.chunks))


def chunked(chunks: Sequence[bytes], pauses_ms: Sequence[float]) -> Chunked:
    """Chunks without the empty ones, whose pauses go to the chunk after them."""
    known = len(pauses_ms) == len(chunks)
    kept: list[bytes] = []
    pauses: list[float] = []
    waited = 0.0
    for number, chunk in enumerate(chunks):
        waited += pauses_ms[number] if known else 0.0
        if chunk:
            kept.append(chunk)
            pauses.append(waited)
            waited = 0.0
    return Chunked(tuple(kept), tuple(pauses) if known else ())


def with_boundaries(body: bytes, ends: Sequence[int], pauses_ms: Sequence[float]) -> Chunked:
    """`body` cut at `ends`, the last chunk taking what is left."""
    starts = [0, *ends[:-1], len(body)] if ends else [0, len(body)]
    return chunked([body[start:end] for start, end in pairwise(starts)], pauses_ms)


# ------------------------------------------------------------------ content encodings


_MOST = 256 * 1024 * 1024


class _Plain:
    def decompress(self, data: bytes) -> bytes:
        return data


def _gunzipper() -> Any:
    return zlib.decompressobj(zlib.MAX_WBITS | 16)


def _inflater(body: bytes) -> Callable[[], Any]:
    wrapped = len(body) > 1 and body[0] & 15 == 8 and (body[0] << 8 | body[1]) % 31 == 0
    return lambda: zlib.decompressobj(zlib.MAX_WBITS if wrapped else -zlib.MAX_WBITS)


class _Brotli:
    def __init__(self, module: Any) -> None:
        self._decompressor = module.Decompressor()
        self.decompress = getattr(self._decompressor, "process", None) or self._decompressor.decompress


def _decompressor(coding: str, body: bytes) -> Callable[[], Any] | None:
    """What undoes a content coding, or None where this Python cannot."""
    if coding in ("gzip", "x-gzip"):
        return _gunzipper
    if coding == "deflate":
        return _inflater(body)
    if coding == "br":
        module = _module("brotli", "brotlicffi")
        return None if module is None else lambda: _Brotli(module)
    if coding == "zstd":
        module = _module("compression.zstd", "zstandard")
        if module is None:
            return None
        if hasattr(module, "ZstdDecompressor") and not hasattr(module.ZstdDecompressor, "decompressobj"):
            return lambda: module.ZstdDecompressor()
        return lambda: module.ZstdDecompressor().decompressobj()
    return _Plain if coding in ("", "identity") else None


def _module(*names: str) -> Any:
    for name in names:
        try:
            return import_module(name)
        except ImportError:
            continue
    return None


def decode(codings: str, body: Chunked) -> Chunked | None:
    """The body as a client reads it, each chunk what that chunk made readable.

    A body that is not in the encoding its header claims, but is text, was decoded before it came here and
    is left as it is. None if it cannot be read, for want of a decoder or because it is damaged.
    """
    for coding in reversed([each.strip().lower() for each in codings.split(",")]):
        plain = _decode_one(coding, body)
        if plain is None:
            return body if content_encodings.is_text(body.body) else None
        body = plain
    return body


def _decode_one(coding: str, body: Chunked) -> Chunked | None:
    if not body.chunks:
        return body
    plain = content_encodings.plain(coding, body.chunks) or _begun(coding, body)
    return None if plain is None else chunked(plain, body.pauses_ms)


def _begun(coding: str, body: Chunked) -> list[bytes] | None:
    """What can be read of a body that was cut off, or of one in a coding of another library."""
    make = _decompressor(coding, body.body)
    if make is None:
        return None
    decompressor = make()
    plain: list[bytes] = []
    left = _MOST
    try:
        for chunk in body.chunks:
            plain.append(decompressor.decompress(chunk))
            left -= len(plain[-1])
            if left < 0:
                return None
        flush = getattr(decompressor, "flush", None)
        if flush is not None:
            plain[-1] += flush()
    except Exception:  # each decoder has errors of its own
        return None
    return None if getattr(decompressor, "unused_data", b"") else plain


# ------------------------------------------------------------------ charsets

_CHARSET = re.compile(r"charset\s*=\s*\"?([A-Za-z0-9_-]+)", re.IGNORECASE)
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_WIDE = {"utf16": "utf-16-be", "utf32": "utf-32-be"}


def to_utf8(content_type: str, body: bytes) -> tuple[bytes, str] | None:
    """A UTF-16 or UTF-32 body as UTF-8, and the charset that leads back; None for all other bodies."""
    charset = next((name for mark, name in _MARKS if body.startswith(mark)), None)
    if charset is None:
        stated = _CHARSET.search(content_type)
        name = stated[1].lower().replace("_", "-") if stated else ""
        charset = _WIDE.get(name.replace("-", ""), name if name.startswith(("utf-16", "utf-32")) else None)
    if charset is None:
        return None
    try:
        text = body.decode(charset)
        return (text.encode(), charset) if text.encode(charset) == body else None
    except (LookupError, UnicodeError):
        return None


def from_utf8(text: bytes, charset: str) -> bytes:
    """UTF-8 in the charset that `to_utf8` told."""
    return text.decode().encode(charset)
