"""Values as JSON text, also where the fast encoder refuses them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import orjson

__all__ = ["encode_json"]


def encode_json(value: Any, *, default: Callable[[Any], Any] | None = None) -> bytes:
    """Return `value` as compact JSON in UTF-8.

    Integers beyond 64 bits and half surrogate pairs, which JSON allows and orjson does not, are written by
    the standard library (the latter as escapes). `default` replaces what is not a JSON value.

    Raises:
        TypeError: `value` is not a JSON value, and there is no `default`.
        ValueError: `value` contains itself, or NaN beside what orjson refuses.
        RecursionError: `value` is nested too deeply.
    """
    try:
        return orjson.dumps(value, default=default)
    except orjson.JSONEncodeError:
        return json.dumps(value, separators=(",", ":"), default=default, allow_nan=False).encode()
