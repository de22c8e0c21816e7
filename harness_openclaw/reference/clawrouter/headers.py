"""Headers of a model call: the key where the route reads it, and who calls (CW-AUTH, CW-HDR)."""

from __future__ import annotations

import hashlib
import re

from harness.model import Headers, JsonValue
from harness_openclaw.reference.clawrouter.access import PROVIDER
from harness_openclaw.reference.clawrouter.call import Call
from harness_openclaw.reference.openrouter import config as configuration
from harness_openclaw.reference.openrouter import headers

__all__ = ["model_call"]

_KEY_HEADERS = {"authorization", "x-api-key", "x-goog-api-key"}
_LONGEST = 256
_ALREADY_SHORTENED = re.compile(r"~[0-9a-f]{16}$")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_UNPRINTABLE = re.compile(r"[^\x20-\x7e]")


def model_call(call: Call, key: str) -> Headers:
    """The headers of a model call, one per name in any letter case.

    Configured headers and those of the call replace the defaults (CW-HDR-02), but of the headers that
    carry a key only the transport's own goes out, with the proxy key (CW-AUTH-01, -02).
    Raises `Refusal` for a name or value that HTTP cannot carry.
    """
    configured = configuration.provider(call.given.get("config") or {}, PROVIDER).get("headers") or {}
    merged = headers.merge(
        key,
        protected=(),
        configured={**_defaults(call), **configured},
        derived=(),
        own=call.given.get("headers") or {},
    )
    return (_credential(call.model.transport, key), *(pair for pair in merged if not _carries_key(pair)))


def _carries_key(header: tuple[str, str]) -> bool:
    return header[0].lower() in _KEY_HEADERS


def _credential(transport: str, key: str) -> tuple[str, str]:
    if transport == "anthropic-messages":
        return "x-api-key", key
    if transport == "google-generative-ai":
        return "x-goog-api-key", key
    return "Authorization", f"Bearer {key}"


def _defaults(call: Call) -> dict[str, str]:
    made = {"anthropic-version": "2023-06-01"} if call.model.transport == "anthropic-messages" else {}
    if call.edition == "latest":
        made["X-ClawRouter-Client"] = "openclaw"
        session = _identifier(call.options.get("session_id"))
        if session:
            made["X-ClawRouter-Session-Id"] = session
    return made


def _identifier(value: JsonValue) -> str | None:
    """Return an identifier as a header carries it: at most 256 printable ASCII characters.

    One that is not, or that looks as if it had been rewritten before, is cleaned, cut and made distinct by a
    digest of the whole; one with control characters is not sent.
    """
    text = value.strip() if isinstance(value, str) else ""
    if not text or _CONTROL.search(text):
        return None
    if len(text) <= _LONGEST and not _UNPRINTABLE.search(text) and not _ALREADY_SHORTENED.search(text):
        return text
    digest = hashlib.sha256(text.encode("utf-16-le", "surrogatepass")).hexdigest()[:16]
    return f"{_UNPRINTABLE.sub('_', text)[: _LONGEST - 17]}~{digest}"
