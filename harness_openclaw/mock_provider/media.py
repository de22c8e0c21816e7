"""Images and sound: small valid files that depend on the request."""

from __future__ import annotations

import struct
import zlib
from array import array
from base64 import b64encode
from functools import cache
from math import pi, sin

from harness_openclaw.mock_provider.seeded_random import SeededRandom

__all__ = ["SAMPLE_RATE", "data_url", "mp3", "pcm", "png"]

SAMPLE_RATE = 24_000
"""Samples per second, of all sound."""

_LONGEST_SIDE = 16
_MP3_HEADER = bytes((0xFF, 0xF3, 0x14, 0xC0))  # MPEG-2 layer III, 8 kbit/s, 24 kHz, one channel
_MP3_SIDE = bytes(9)  # a frame in which no bits are spent: silence
_MP3_FRAME = 24
_SAMPLES_A_FRAME = 576
_SAMPLES_A_CHARACTER = 1_200  # a twentieth of a second
_LONGEST = 2 * SAMPLE_RATE
_LOUDNESS = 8_000


def png(rng: SeededRandom, ratio: str = "1:1") -> bytes:
    """Return an image of one colour in this ratio, at most 16 pixels a side."""
    width, height = _sides(ratio)
    colour = bytes(rng.numbers("colour", 3, 255))
    rows = (b"\x00" + colour * width) * height
    head = struct.pack(">2I5B", width, height, 8, 2, 0, 0, 0)
    parts = (_png_chunk(b"IHDR", head), _png_chunk(b"IDAT", zlib.compress(rows)), _png_chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def data_url(picture: bytes) -> str:
    """Return the image as a data URL."""
    return f"data:image/png;base64,{b64encode(picture).decode()}"


def _sides(ratio: str) -> tuple[int, int]:
    wide, _, high = ratio.partition(":")
    if not (wide.isdecimal() and high.isdecimal() and int(wide) and int(high)):
        return _LONGEST_SIDE, _LONGEST_SIDE
    scale = _LONGEST_SIDE / max(int(wide), int(high))
    return max(1, round(int(wide) * scale)), max(1, round(int(high) * scale))


def _png_chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def mp3(text: str, rng: SeededRandom) -> bytes:
    """Return silence as MPEG audio, as long as it takes to say the text, two seconds at most."""
    frames = -(-_samples(text) // _SAMPLES_A_FRAME)
    spare = _MP3_FRAME - len(_MP3_HEADER) - len(_MP3_SIDE)
    unused = bytes(rng.numbers("sound", spare, 127))  # no decoder reads it, and no frame can begin in it
    return (_MP3_HEADER + _MP3_SIDE + unused) * frames


def pcm(text: str, rng: SeededRandom) -> bytes:
    """Return a tone of the same length: 16-bit samples, little-endian, one channel."""
    size = 2 * _samples(text)
    period = _period(rng.number("tone", 60, 120))
    return (period * -(-size // len(period)))[:size]


def _samples(text: str) -> int:
    return max(_SAMPLES_A_FRAME, min(len(text) * _SAMPLES_A_CHARACTER, _LONGEST))


@cache
def _period(length: int) -> bytes:
    wave = array("h", (round(_LOUDNESS * sin(2 * pi * place / length)) for place in range(length)))
    if struct.pack("=H", 1) != struct.pack("<H", 1):
        wave.byteswap()
    return wave.tobytes()
