"""Where in a body something is, in words: a JSONPath, the event of a stream, a line."""

from __future__ import annotations

import re
from typing import Any

import orjson

__all__ = ["place_in"]

_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*+"|[{}\[\],:]')
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def place_in(body: bytes, at: int) -> str:
    """Return the place of the byte `at` of a body, such as `$.messages[0].content`; "" for one line.

    Keys are shown, values never: a key that is not a plain name is shown as `*`.
    """
    start = body.rfind(b"\n", 0, at) + 1
    number = body.count(b"\n", 0, at) + 1
    if _is_json(body):
        return _path(body, at)
    end = body.find(b"\n", at)
    line = body[start : len(body) if end < 0 else end]
    if line.startswith(b"data:"):
        content = line[5:]
        path = _path(content, at - start - 5) if _is_json(content) else ""
        return f"line {number} {path}".strip()
    return f"line {number}" if b"\n" in body.strip() else ""


def _is_json(text: bytes) -> bool:
    try:
        orjson.loads(text)
    except orjson.JSONDecodeError:
        return False
    return True


def _path(text: bytes, at: int) -> str:
    """The JSONPath of the value or key that spans the byte `at`."""
    steps: list[Any] = []  # an index, or the last key (None before the first)
    is_key = False
    for token in _TOKEN.finditer(text):
        if token.start() > at:
            break
        sign = token[0]
        if sign in (b"{", b"["):
            steps.append(None if sign == b"{" else 0)
            is_key = sign == b"{"
        elif sign in (b"}", b"]"):
            if steps:
                steps.pop()
        elif sign == b",":
            if steps and isinstance(steps[-1], int):
                steps[-1] += 1
            else:
                is_key = True
        elif sign == b":":
            is_key = False
        elif is_key and steps:
            steps[-1] = sign[1:-1].decode("utf-8", "replace")
    return "$" + "".join(_step(step) for step in steps if step is not None)


def _step(step: int | str) -> str:
    if isinstance(step, int):
        return f"[{step}]"
    return f".{step}" if _NAME.fullmatch(step) and len(step) <= 40 else ".*"
