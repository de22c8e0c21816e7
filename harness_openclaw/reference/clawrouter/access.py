"""How ClawRouter is reached: its root, the one proxy key, and a look-up with it (CW-BASE, CW-AUTH)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import orjson

from harness.model import Headers, JsonValue, Reply, Request
from harness_openclaw.reference.answers.failures import raise_for_failure
from harness_openclaw.reference.exchange import Exchange, ask
from harness_openclaw.reference.openrouter import config as configuration
from harness_openclaw.reference.refusal import Failure, Refusal

__all__ = ["DEFAULT_ROOT", "PROVIDER", "fetch", "key_of", "look_up", "require_key", "root_of"]

PROVIDER = "clawrouter"
DEFAULT_ROOT = "https://clawrouter.openclaw.ai"

_ENV = "CLAWROUTER_API_KEY"
_PLACEHOLDER = _ENV
_TOKEN = re.compile(r"[\x21-\x7e]+")
_NOTHING: Mapping[str, Any] = {}


def root_of(given: Mapping[str, JsonValue]) -> str:
    """The root below which everything of ClawRouter lies: `base_url`, else the configured base URL, else
    the default, without trailing slashes and one trailing /v1 (CW-BASE-01).

    Raises `Refusal` for a root that is not an absolute http(s) URL or has a query or fragment.
    """
    written = _text(given.get("base_url")) or _text(_section(given).get("baseUrl")) or DEFAULT_ROOT
    root = written.rstrip("/").removesuffix("/v1")
    try:
        parts = urlsplit(root)
        whole = bool(parts.hostname) and parts.port != 0
    except ValueError:
        whole = False
    if not whole or parts.scheme not in ("http", "https"):
        raise Refusal(f"{written!r} is not an absolute http(s) URL")
    if parts.query or parts.fragment:
        raise Refusal(f"{written!r} cannot be ClawRouter's root: it has a query or a fragment")
    return root


def key_of(given: Mapping[str, JsonValue]) -> str | None:
    """The proxy key: `api_key`, else the configured one, else that of `env`; None where there is none.

    No upstream provider's key takes its place (CW-AUTH-01), and the placeholder text that stands for
    "read it from the environment" is not a key (CW-AUTH-02). Raises `Refusal` for a key that no header
    can carry.
    """
    env = given.get("env") or _NOTHING
    for candidate in (given.get("api_key"), _section(given).get("apiKey"), env.get(_ENV)):
        key = _text(candidate)
        if key and key != _PLACEHOLDER:
            if not _TOKEN.fullmatch(key):
                raise Refusal("the ClawRouter key has characters that a header cannot carry")
            return key
    return None


def require_key(given: Mapping[str, JsonValue]) -> str:
    """The proxy key. Raises `Refusal` of class auth where there is none: nothing is asked without it
    (CW-AUTH-03)."""
    key = key_of(given)
    if key is None:
        raise Refusal(
            f"no API key for ClawRouter: give one, or set it in the configuration or {_ENV}",
            error_class="auth",
        )
    return key


def look_up(
    url: str, key: str, *, label: str, timeout_ms: float | None, limit: int
) -> Exchange[tuple[int, bytes]]:
    """Request `url` with the key as a bearer token; return the status and the body of a success.

    Raises `Failure` for a fault, a status that is not a success (the error has nothing else of the answer,
    CW-USE-01) and a body of more than `limit` bytes.
    """
    headers: Headers = (("Accept", "application/json"), ("Authorization", f"Bearer {key}"))
    reply = yield from ask(Request("GET", url, headers, timeout_ms=timeout_ms))
    raise_for_failure(Reply(reply.status, fault=reply.fault), label=label, provider=PROVIDER)
    body = reply.body
    if len(body) > limit:
        raise Failure(f"{label}: the answer is longer than {limit} bytes", status=reply.status)
    return reply.status, body


def fetch(url: str, key: str, *, label: str, timeout_ms: float | None, limit: int) -> Exchange[JsonValue]:
    """Return the JSON of a lookup. Raises `Failure` as `look_up` does, and for an answer that is not JSON."""
    status, body = yield from look_up(url, key, label=label, timeout_ms=timeout_ms, limit=limit)
    try:
        return orjson.loads(body)
    except ValueError:
        raise Failure(f"{label}: the answer is not JSON", status=status) from None


def _section(given: Mapping[str, JsonValue]) -> Mapping[str, JsonValue]:
    return configuration.provider(given.get("config") or _NOTHING, PROVIDER)


def _text(value: JsonValue) -> str:
    return value.strip() if isinstance(value, str) else ""
