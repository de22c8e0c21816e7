"""JSON as it goes out: compact, non-ASCII as it is, and text without unpaired surrogates."""

from __future__ import annotations

import json
import math
import re

import orjson

from harness.model import JsonValue

__all__ = ["decode", "encode", "well_formed"]

_SURROGATE = re.compile("[\ud800-\udfff]")


def well_formed(text: str) -> str:
    """`text` without unpaired surrogates; pairs written as two code points become one."""
    if text.isascii() or not _SURROGATE.search(text):
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "ignore")


def encode(value: JsonValue) -> bytes:
    """The compact JSON text of `value`, keys in their order, in UTF-8.

    A lone surrogate is escaped, a number that JSON does not know is null, as JavaScript does.
    """
    try:
        return orjson.dumps(value)
    except TypeError:  # lone surrogates, integers beyond 64 bits
        text = json.dumps(_plain(value), ensure_ascii=False, separators=(",", ":"), allow_nan=False)
        return _SURROGATE.sub(lambda found: f"\\u{ord(found.group()):04x}", text).encode()


def _plain(value: JsonValue) -> JsonValue:
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")
    if isinstance(value, dict):
        return {_plain(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def decode(text: str) -> JsonValue:
    """The JSON document in `text`; None when it is none."""
    try:
        return orjson.loads(text)
    except ValueError:
        return None
