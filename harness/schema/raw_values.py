"""What a value as written may be, known without the shapes of the format."""

from __future__ import annotations

import re
from typing import TypeAlias

import orjson

from harness.model import JsonValue

__all__ = ["Address", "Flaw", "is_edition_choice", "is_plain", "is_reference"]

Address: TypeAlias = tuple[str | int, ...]
Flaw: TypeAlias = tuple[Address, str]
"""Where something is wrong in a value, and what."""

_REFERENCE = re.compile(r"\$\{[^{}]*\}")


def is_reference(value: JsonValue) -> bool:
    """Whether `value` is a variable and nothing else, so that it may become anything."""
    return isinstance(value, str) and _REFERENCE.fullmatch(value) is not None


def is_edition_choice(value: JsonValue) -> bool:
    """Whether `value` is `{$edition: …}`."""
    return isinstance(value, dict) and len(value) == 1 and "$edition" in value


def is_plain(value: JsonValue) -> bool:
    """Whether no `$` stands in a value, so that it holds no variable, choice, matcher or escaped key.

    Asking the bytes that orjson makes of it is many times faster than looking at every value.
    """
    try:
        return b"$" not in orjson.dumps(value)
    except TypeError:  # an integer beyond 64 bits
        return False
