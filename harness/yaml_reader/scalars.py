"""Plain scalars: what JSON has is itself, what others would guess at must be quoted, the rest is text."""

from __future__ import annotations

import math
import re
from typing import Final

from harness.model import JsonValue

__all__ = ["MAY_MEAN_MORE", "NotJsonError", "plain_scalar", "shortened"]

_LITERALS: Final[dict[str, JsonValue]] = {"null": None, "true": True, "false": False, "": None}
MAY_MEAN_MORE: Final = frozenset("-+.0123456789~nNtTfF")
_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]*)")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?")
_LOOK_ALIKE = re.compile(
    r"~|True|TRUE|False|FALSE|Null|NULL"
    r"|\.(?:nan|NaN|NAN)|[-+]?\.(?:inf|Inf|INF)"
    r"|[-+]?0[xX][0-9a-fA-F_]+|[-+]?0[oO][0-7_]+|[-+]?0[bB][01_]+"
    r"|[-+]?[0-9][0-9_]*(?:\.[0-9_]*)?(?:[eE][-+]?[0-9]+)?"
    r"|[-+]?\.[0-9][0-9_]*(?:[eE][-+]?[0-9]+)?"
)
_MAX_DIGITS: Final = 4000


class NotJsonError(ValueError):
    """A plain scalar that must be quoted."""


def plain_scalar(text: str) -> JsonValue:
    """The value of a plain scalar whose first character is one of `MAY_MEAN_MORE`, or an empty one."""
    if text in _LITERALS:
        return _LITERALS[text]
    if _INTEGER.fullmatch(text):
        if len(text) > _MAX_DIGITS:
            raise NotJsonError(f"this number has {len(text)} digits; quote it if it is text")
        return int(text)
    if _NUMBER.fullmatch(text):
        number = float(text)
        if math.isinf(number):
            raise NotJsonError(f"{text} is out of range for a number; quote it if it is text")
        return number
    if _LOOK_ALIKE.fullmatch(text):
        raise NotJsonError(
            f"{shortened(text)} means different things to different readers of YAML: quote it "
            f'("{shortened(text)}") if it is text, else write it as JSON does (null, true, false, 16, 0.5)'
        )
    return text


def shortened(text: str, limit: int = 40) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"
