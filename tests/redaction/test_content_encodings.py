"""Content encodings: a body is what a client reads, and never what a header merely claims."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable
from importlib import import_module

import pytest

from harness.redaction.bodies import Chunked, decode
from harness.redaction.content_encodings import is_known, undo

TEXT = b'{"text": "' + bytes(range(97, 123)) * 20 + b'"}'


def deflate_raw(data: bytes) -> bytes:
    compressor = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return compressor.compress(data) + compressor.flush()


def brotli(data: bytes) -> bytes:
    compressed: bytes = import_module("brotli").compress(data)
    return compressed


def zstd(data: bytes) -> bytes:
    compressed: bytes = import_module("zstandard").compress(data)
    return compressed


CODINGS = [
    pytest.param("gzip", gzip.compress, id="gzip"),
    pytest.param("deflate", zlib.compress, id="deflate"),
    pytest.param("deflate", deflate_raw, id="deflate-without-header"),
    pytest.param("br", brotli, id="br"),
    pytest.param("zstd", zstd, id="zstd"),
]


def compressed(coding: str, compress: Callable[[bytes], bytes]) -> bytes:
    if not is_known(coding):
        pytest.skip(f"no library for {coding} is installed")
    return compress(TEXT)


@pytest.mark.parametrize(("coding", "compress"), CODINGS)
def test_a_body_is_undone_chunk_by_chunk(coding: str, compress: Callable[[bytes], bytes]) -> None:
    """Whatever the chunks, they add up to the body, and there are as many afterwards."""
    packed = compressed(coding, compress)
    chunks = [packed[at : at + 5] for at in range(0, len(packed), 5)]
    undone = undo(coding, chunks)
    assert undone is not None
    assert (len(undone), b"".join(undone)) == (len(chunks), TEXT)


@pytest.mark.parametrize(("coding", "compress"), CODINGS)
def test_a_body_that_was_cut_off_is_read_only_if_asked_for(
    coding: str, compress: Callable[[bytes], bytes]
) -> None:
    """Half a body is not in the coding, unless the caller wants what there is."""
    packed = compressed(coding, compress)[:-1]
    assert undo(coding, [packed]) is None
    undone = undo(coding, [packed], cut_off=True)
    assert undone is not None
    assert TEXT.startswith(b"".join(undone))


def test_several_members_are_one_body() -> None:
    """Gzip files may be joined, and a chunk may end anywhere in them."""
    packed = gzip.compress(TEXT) + gzip.compress(b"more")
    for cut in (1, len(packed) // 2, len(gzip.compress(TEXT)), len(packed) - 1):
        undone = undo("gzip", [packed[:cut], packed[cut:]])
        assert undone is not None
        assert b"".join(undone) == TEXT + b"more"


@pytest.mark.parametrize("rest", [b"\x00", b"rubbish", gzip.compress(b"more", mtime=0)[:5]])
def test_what_follows_the_end_makes_a_body_damaged(rest: bytes) -> None:
    """Nothing is hidden behind the last member."""
    assert undo("gzip", [gzip.compress(TEXT) + rest]) is None


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd", "x-unheard-of"])
@pytest.mark.parametrize("body", [b"{}", b"[DONE]", b"data: {}\n\n", b"cat", TEXT])
def test_text_that_claims_to_be_compressed_stays(coding: str, body: bytes) -> None:
    """A recorder that stored what its client read left the header in place."""
    assert decode(coding, Chunked((body,), ())) == Chunked((body,), ())


def test_encodings_are_undone_from_the_last_to_the_first() -> None:
    """As the header lists them in the order in which they were applied."""
    packed = gzip.compress(zlib.compress(TEXT))
    assert decode("deflate, gzip", Chunked((packed,), ())) == Chunked((TEXT,), ())
