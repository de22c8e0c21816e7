"""Bodies as they are read: content encodings undone, UTF-16 and UTF-32 made UTF-8, chunks kept apart.

The scrubber works on what a client would read. Chunk ends are offsets in the body, so every step
here returns where they are afterwards.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Sequence
from itertools import accumulate, pairwise
from typing import NamedTuple

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


def decode(codings: str, body: Chunked) -> Chunked | None:
    """Return the body as a client reads it, each chunk being what that chunk made readable.

    A body that is not in the encoding its header claims, but is text, was decoded before it came here and
    stays as it is; one that was cut off is read as far as it goes. None if it cannot be read, for want of a
    decoder or because it is damaged.
    """
    for coding in reversed([each.strip().lower() for each in codings.split(",")]):
        if not body.chunks or coding in ("", "identity"):
            continue
        plain = content_encodings.undo(coding, body.chunks)
        if plain is None and content_encodings.is_text(body.body):
            return body
        if plain is None:
            plain = content_encodings.undo(coding, body.chunks, cut_off=True)
        if plain is None:
            return None
        body = chunked(plain, body.pauses_ms)
    return body


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
    """Return a UTF-16 or UTF-32 body as UTF-8, and its charset; None for all other bodies."""
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
    """Return UTF-8 text in the charset that `to_utf8` returned."""
    return text.decode().encode(charset)
