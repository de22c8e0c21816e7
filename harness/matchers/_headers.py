"""Header names: wildcards, letter case, and the noise that every HTTP client adds."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

__all__ = ["HeaderPattern", "header_pattern", "is_noise"]

_NOISE = frozenset(
    {
        "accept",
        "accept-encoding",
        "accept-language",
        "anthropic-dangerous-direct-browser-access",
        "connection",
        "content-length",
        "host",
        "user-agent",
        "x-goog-api-client",
    }
)
_NOISE_PREFIXES = ("sec-fetch-", "x-stainless-")


def is_noise(name: str) -> bool:
    """Whether HTTP clients add this header on their own, so that it counts only where it is named."""
    lowered = name.lower()
    return lowered in _NOISE or lowered.startswith(_NOISE_PREFIXES)


class HeaderPattern(NamedTuple):
    """A header's name in which `*` stands for any text."""

    text: str
    expression: re.Pattern[str] | None  # None: the name is literal
    literal: str
    names_noise: bool

    def matches(self, name: str) -> bool:
        """Whether `name` is meant. A pattern without a letter (`*`) does not name noise."""
        if self.expression is None:
            return name.lower() == self.literal
        if self.expression.fullmatch(name) is None:
            return False
        return self.names_noise or not is_noise(name)


@lru_cache(maxsize=1024)
def header_pattern(text: str) -> HeaderPattern:
    """The pattern written as `text`: `*` is any text, letter case does not count."""
    expression = None
    if "*" in text:
        expression = re.compile(".*".join(map(re.escape, text.split("*"))), re.IGNORECASE | re.DOTALL)
    return HeaderPattern(text, expression, text.lower(), any(char.isalpha() for char in text))
