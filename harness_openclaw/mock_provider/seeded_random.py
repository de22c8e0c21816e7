"""Choices that look random and are the same every time: all of them follow from a seed."""

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
    """Throws that depend on the seed and on what they are thrown for, and on nothing else.

    `seed` is the digest of all parts of the seed.
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
        """Other dice, which depend on these and on what they are for."""
        return SeededRandom(self.seed, purpose.encode())

    def number(self, purpose: str, least: int, most: int) -> int:
        """A whole number from `least` to `most`, both included."""
        return least + int.from_bytes(self._bytes(purpose, 8), "big") % (most - least + 1)

    def one_of(self, purpose: str, options: Sequence[Option]) -> Option:
        return options[self.number(purpose, 0, len(options) - 1)]

    def word(self, purpose: str, length: int) -> str:
        """Letters and digits, at most 64, as they stand in ids."""
        return self._bytes(purpose, length).translate(_LETTERS).decode()

    def numbers(self, purpose: str, count: int, most: int) -> list[int]:
        """So many whole numbers from 0 to `most`, which is below 256."""
        noise = self._bytes(purpose, 64)
        return [noise[place % len(noise)] % (most + 1) for place in range(count)]

    def opaque(self, purpose: str) -> str:
        """48 bytes as base64, as signatures and encrypted blocks look."""
        return base64.b64encode(self._bytes(purpose, 48)).decode()
