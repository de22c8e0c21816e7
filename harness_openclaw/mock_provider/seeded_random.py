"""Pseudo-random choices that depend on a seed alone."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from typing import TypeVar

__all__ = ["SeededRandom"]

_ALPHABET = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_LETTERS = bytes(_ALPHABET[byte % len(_ALPHABET)] for byte in range(256))

Option = TypeVar("Option")


class SeededRandom:
    """Choices that depend on the seed and on their purpose, and on nothing else.

    `seed` is the digest of the parts it was made of.
    """

    def __init__(self, *seed: bytes) -> None:
        digest = hashlib.blake2b(digest_size=32)
        for part in seed:
            digest.update(len(part).to_bytes(8, "big"))
            digest.update(part)
        self.seed = digest.digest()

    def _bytes(self, purpose: str, size: int) -> bytes:
        return hashlib.blake2b(purpose.encode(), key=self.seed, digest_size=size).digest()

    def derive(self, purpose: str) -> SeededRandom:
        """Return a generator that is seeded with this one and a purpose."""
        return SeededRandom(self.seed, purpose.encode())

    def number(self, purpose: str, least: int, most: int) -> int:
        """Return a whole number from `least` to `most`, both included."""
        return least + int.from_bytes(self._bytes(purpose, 8), "big") % (most - least + 1)

    def one_of(self, purpose: str, options: Sequence[Option]) -> Option:
        return options[self.number(purpose, 0, len(options) - 1)]

    def word(self, purpose: str, length: int) -> str:
        """Return letters and digits as in ids, at most 64."""
        return self._bytes(purpose, length).translate(_LETTERS).decode()

    def numbers(self, purpose: str, count: int, most: int) -> list[int]:
        """Return `count` whole numbers from 0 to `most`, which is below 256."""
        noise = self._bytes(purpose, 64)
        return [noise[place % len(noise)] % (most + 1) for place in range(count)]

    def opaque(self, purpose: str) -> str:
        """Return 48 bytes as base64, like a signature or an encrypted block."""
        return base64.b64encode(self._bytes(purpose, 48)).decode()
