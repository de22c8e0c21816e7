"""Thought signatures in replayed turns (OR-GEM-01…03): Gemini takes base64, the others no `msg_…`."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping

from harness.model import JsonValue

__all__ = ["clean", "is_base64"]

_FIELDS = ("thought_signature", "thoughtSignature")
_ALPHABET = re.compile(r"[A-Za-z0-9+/=_-]+")
_FAILED = {"error", "aborted"}


def clean(turn: Mapping[str, JsonValue], *, gemini: bool) -> Mapping[str, JsonValue]:
    """An assistant `turn` whose blocks keep only the signatures that the model can take.

    Turns that ended in an error, and turns without a list of blocks, are left alone.
    """
    content = turn.get("content")
    if turn.get("role") != "assistant" or not isinstance(content, list) or turn.get("stop_reason") in _FAILED:
        return turn
    for block in content:
        if isinstance(block, dict) and ("thought_signature" in block or "thoughtSignature" in block):
            return {**turn, "content": [_cleaned(block, gemini) for block in content]}
    return turn


def _cleaned(block: JsonValue, gemini: bool) -> JsonValue:
    if not isinstance(block, dict):
        return block
    if gemini:
        dropped = {name for name in _FIELDS if name in block and not is_base64(block[name])}
    else:
        snake = block.get("thought_signature")
        dropped = {"thought_signature"} if isinstance(snake, str) and snake.startswith("msg_") else set()
    return {key: value for key, value in block.items() if key not in dropped} if dropped else block


def is_base64(value: JsonValue) -> bool:
    """Does `value` survive decoding and encoding, in either alphabet, padded or not (OR-GEM-02)?"""
    if not isinstance(value, str):
        return False
    compact = "".join(value.split())
    if not _ALPHABET.fullmatch(compact):
        return False
    bare = compact.rstrip("=")
    url_safe = "-" in bare or "_" in bare
    if url_safe and ("+" in bare or "/" in bare):
        return False
    altchars = b"-_" if url_safe else b"+/"
    try:
        decoded = base64.b64decode(bare + "=" * (-len(bare) % 4), altchars=altchars, validate=True)
    except (binascii.Error, ValueError):
        return False
    return bool(decoded) and base64.b64encode(decoded, altchars=altchars).decode().rstrip("=") == bare
