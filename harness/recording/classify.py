"""How a reply failed, for a provider of which nothing else is known."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from harness.model import Reply, Request
from harness.recording.answers import objects_in
from harness.recording.protocol import ProviderFailure

__all__ = ["UNCLASSIFIED", "classify"]

UNCLASSIFIED = "unclassified"
"""The kind of a failure that no error class fits."""

_FAULTS: Mapping[str, str] = {
    "timeout": "no answer in time",
    "refused": "no connection",
    "reset": "the connection was reset",
    "truncated": "the answer was cut off",
    "slow": "the answer did not end",
}
_BY_STATUS: Mapping[int, str] = {
    401: "auth",
    402: "billing",
    403: "auth",
    404: "model_not_found",
    408: "timeout",
    429: "rate_limit",
    503: "overloaded",
    529: "overloaded",
}
_LONGEST = 220


def classify(request: Request, reply: Reply) -> ProviderFailure | None:
    """Return how a reply failed: by a fault, by its status, or by `error` in a body or event of a 200;
    None if it did not. A numeric code in the error counts like a status."""
    if reply.fault is not None:
        return ProviderFailure("timeout", _FAULTS.get(reply.fault, reply.fault), reply.status)
    if reply.status >= 400:
        return ProviderFailure(_kind(reply.status), _message(reply), reply.status)
    for value in objects_in(reply):
        if value.get("error"):
            return ProviderFailure(
                _kind(_code(value["error"])),
                _said(value) or "an error in the answer",
                reply.status,
                in_band=True,
            )
    return None


def _kind(status: int) -> str:
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    if status >= 500:
        return "timeout"
    return "format" if status >= 400 else UNCLASSIFIED


def _code(error: Any) -> int:
    code = error.get("code") if isinstance(error, dict) else None
    if isinstance(code, str) and code.isascii() and code.isdigit():
        code = int(code)
    return code if isinstance(code, int) and not isinstance(code, bool) else 0


def _message(reply: Reply) -> str:
    try:
        said = _said(orjson.loads(reply.body))
    except orjson.JSONDecodeError:
        said = reply.body.decode("utf-8", "replace").strip()
    return f"HTTP {reply.status}: {_shortened(said)}" if said else f"HTTP {reply.status}"


def _said(value: Any) -> str:
    """Return the message of an error body: `error.message`, `error`, `message` or `detail`."""
    if not isinstance(value, dict):
        return ""
    error = value.get("error")
    stated = (
        error.get("message") if isinstance(error, dict) else error,
        value.get("message"),
        value.get("detail"),
    )
    return next((_shortened(text.strip()) for text in stated if isinstance(text, str) and text.strip()), "")


def _shortened(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
