"""Videos of a single picture, as MP4 and WebM."""

from __future__ import annotations

import struct

from harness_openclaw.mock_provider.media import png
from harness_openclaw.mock_provider.seeded_random import SeededRandom

__all__ = ["mp4", "webm"]

_MILLISECONDS = 1_000
_WRITER = b"mock-api"
_UNITY = struct.pack(">9i", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)  # a matrix that turns nothing
_SIDE = 16
_PNG_IN_MPEG4 = 0x6D  # the object type under which MPEG-4 keeps PNG pictures
_VISUAL_STREAM = 0x11

_VP8_KEY_FRAME = bytes.fromhex("7001009d012a100010000cc0ce25a0027401400000feda26957abcca6d2208000000")
"""Sixteen pixels square, of one colour."""


def mp4(rng: SeededRandom, seconds: int) -> bytes:
    """Return an MP4 that shows one picture for so many seconds."""
    picture = png(rng)
    duration = seconds * _MILLISECONDS
    kind = _box(b"ftyp", b"isom", struct.pack(">I", 0x200), b"isomiso2mp41")
    place = len(kind) + len(_movie(picture, duration, 0)) + 8
    return kind + _movie(picture, duration, place) + _box(b"mdat", picture)


def _box(name: bytes, *parts: bytes) -> bytes:
    content = b"".join(parts)
    return struct.pack(">I", 8 + len(content)) + name + content


def _full(name: bytes, *parts: bytes, flags: int = 0) -> bytes:
    return _box(name, struct.pack(">I", flags), *parts)


def _movie(picture: bytes, duration: int, place: int) -> bytes:
    head = _full(
        b"mvhd",
        struct.pack(">4I", 0, 0, _MILLISECONDS, duration),
        struct.pack(">IH10x", 0x10000, 0x100),
        _UNITY,
        bytes(24),
        struct.pack(">I", 2),
    )
    track = _full(
        b"tkhd",
        struct.pack(">5I", 0, 0, 1, 0, duration),
        bytes(16),
        _UNITY,
        struct.pack(">2I", _SIDE << 16, _SIDE << 16),
        flags=3,
    )
    time = _full(b"mdhd", struct.pack(">4IHH", 0, 0, _MILLISECONDS, duration, 0x55C4, 0))
    handler = _full(b"hdlr", bytes(4), b"vide", bytes(12), _WRITER + b"\x00")
    here = _box(b"dinf", _full(b"dref", struct.pack(">I", 1), _full(b"url ", flags=1)))
    shown = _box(b"minf", _full(b"vmhd", bytes(8), flags=1), here, _samples(picture, duration, place))
    return _box(b"moov", head, _box(b"trak", track, _box(b"mdia", time, handler, shown)))


def _samples(picture: bytes, duration: int, place: int) -> bytes:
    """Return the sample table: where the only sample is, its size, duration and codec."""
    coding = struct.pack(">BB3xII", _PNG_IN_MPEG4, _VISUAL_STREAM, 0, 0)
    described = bytes((0, 1, 0)) + _descriptor(4, coding) + _descriptor(6, b"\x02")
    entry = _box(
        b"mp4v",
        struct.pack(">6xH16xHH", 1, _SIDE, _SIDE),
        struct.pack(">III", 0x480000, 0x480000, 0),
        struct.pack(">H32xHh", 1, 24, -1),
        _full(b"esds", _descriptor(3, described)),
    )
    return _box(
        b"stbl",
        _full(b"stsd", struct.pack(">I", 1), entry),
        _full(b"stts", struct.pack(">3I", 1, 1, duration)),
        _full(b"stsc", struct.pack(">4I", 1, 1, 1, 1)),
        _full(b"stsz", struct.pack(">3I", 0, 1, len(picture))),
        _full(b"stco", struct.pack(">2I", 1, place)),
    )


def _descriptor(tag: int, content: bytes) -> bytes:
    return bytes((tag, len(content))) + content


def webm(rng: SeededRandom, seconds: int) -> bytes:
    """Return a WebM that shows one picture for so many seconds; its title differs from seed to seed."""
    head = _element(
        0x1A45DFA3,
        _element(0x4286, b"\x01"),
        _element(0x42F7, b"\x01"),
        _element(0x42F2, b"\x04"),
        _element(0x42F3, b"\x08"),
        _element(0x4282, b"webm"),
        _element(0x4287, b"\x02"),
        _element(0x4285, b"\x02"),
    )
    information = _element(
        0x1549A966,
        _element(0x2AD7B1, struct.pack(">I", 1_000_000)),
        _element(0x4489, struct.pack(">d", float(seconds * _MILLISECONDS))),
        _element(0x7BA9, rng.word("title", 12).encode()),
        _element(0x4D80, _WRITER),
        _element(0x5741, _WRITER),
    )
    size = _element(0xE0, _element(0xB0, bytes((_SIDE,))), _element(0xBA, bytes((_SIDE,))))
    track = _element(
        0xAE,
        _element(0xD7, b"\x01"),
        _element(0x73C5, b"\x01"),
        _element(0x83, b"\x01"),
        _element(0x86, b"V_VP8"),
        size,
    )
    block = _element(0xA3, b"\x81\x00\x00\x80", _VP8_KEY_FRAME)  # track 1, at once, a key frame
    cluster = _element(0x1F43B675, _element(0xE7, b"\x00"), block)
    return head + _element(0x18538067, information, _element(0x1654AE6B, track), cluster)


def _element(name: int, *parts: bytes) -> bytes:
    content = b"".join(parts)
    size = struct.pack(">I", 0x10000000 | len(content))  # a size of four bytes
    return name.to_bytes((name.bit_length() + 7) // 8, "big") + size + content
