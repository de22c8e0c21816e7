"""Where a request goes, and what the route may see: canonical, OpenRouter host or custom (OR-URL)."""

from __future__ import annotations

import re
from functools import lru_cache
from ipaddress import ip_address
from typing import NamedTuple
from urllib.parse import parse_qsl, quote

from harness_openclaw.reference.refusal import Refusal

__all__ = ["CANONICAL", "Route", "resolve"]

CANONICAL = "https://openrouter.ai/api/v1"
_LEGACY = "https://openrouter.ai/v1"

_PARTS = re.compile(
    r"(?P<scheme>https?)://(?:(?P<user>[^/?#]*)@)?(?P<host>\[[^\]/?#@]*\]|[^/?#@:\[\]]+)(?::(?P<port>\d*))?"
    r"(?P<path>/[^?#]*)?(?:\?(?P<query>[^#]*))?(?:\#(?P<fragment>.*))?",
    re.IGNORECASE,
)
_PLAIN_HOST = re.compile(r"[a-z0-9._-]+")
_PLAIN_PATH = re.compile(r"(?:/(?!\.{1,2}(?:/|$))[A-Za-z0-9._~!$&'()*+,;=:@-]*)*")
_DEFAULT_PORTS = {"http": "80", "https": "443"}


class Route(NamedTuple):
    """A base URL, classified. `exact` is the canonical URL; `host` any URL on an OpenRouter host
    (OR-URL-03, -04); both False is a custom route. `local` is a loopback address."""

    chat_url: str
    host: bool
    exact: bool
    local: bool = False


@lru_cache(maxsize=4096)
def resolve(base: str | None, provider: str, edition: str) -> Route:
    """Classify the configured base URL of `provider`, and find the URL of its chat completions.

    An empty base means the provider's default. Raises `Refusal` for a base that is not an absolute http(s)
    URL, for a missing base of another provider, and in the latest edition for an OpenRouter base with a
    query, fragment or user-info.
    """
    written = (base or "").strip()
    if not written:
        if provider != "openrouter":
            raise Refusal(f"no base URL is known for the provider {provider!r}: give one")
        written = CANONICAL
    trimmed = written.rstrip("/")
    if trimmed in (CANONICAL, _LEGACY):
        return Route(f"{CANONICAL}/chat/completions", host=True, exact=True)
    parts = _PARTS.fullmatch(_with_slashes(trimmed))
    if parts is None:
        raise Refusal(f"{written!r} is not an absolute http(s) URL")
    name = parts["host"].lower()
    host = name == "openrouter.ai" or name.endswith(".openrouter.ai")
    if (
        host
        and edition == "latest"
        and any(parts[part] is not None for part in ("user", "query", "fragment"))
    ):
        raise Refusal(f"{written!r} cannot be an OpenRouter base URL: it has a query, fragment or user-info")
    return Route(_chat_url(parts), host=host, exact=False, local=_is_loopback(name))


def _with_slashes(url: str) -> str:
    """Browsers and fetch read a backslash before the query as a slash, which moves the host."""
    end = re.search(r"[?#]", url)
    cut = end.start() if end else len(url)
    return url[:cut].replace("\\", "/") + url[cut:]


def _chat_url(parts: re.Match[str]) -> str:
    """The URL as it goes out: scheme and host in lower case, no default port, the path put
    before the base's own query (OR-URL-07)."""
    scheme, host, port = parts["scheme"].lower(), parts["host"].lower(), parts["port"]
    user = f"{parts['user']}@" if parts["user"] is not None else ""
    authority = host if not port or port == _DEFAULT_PORTS[scheme] else f"{host}:{port}"
    path = f"{(parts['path'] or '').rstrip('/')}/chat/completions"
    query = dict(parse_qsl(parts["query"] or ""))  # blank values are dropped, of several the last one stays
    tail = "?" + "&".join(f"{_quoted(key)}={_quoted(value)}" for key, value in query.items()) if query else ""
    url = f"{scheme}://{user}{authority}{path}{tail}"
    plain = (
        _PLAIN_HOST.fullmatch(host)
        and _PLAIN_PATH.fullmatch(path)
        and (port or "0").lstrip("0") == (port or "")
    )
    return url if plain and not user else _normalised(url)


def _quoted(text: str) -> str:
    return quote(text, safe="!'()*~")


def _normalised(url: str) -> str:
    """The rare URL with escapes, dot segments, user-info or an international host: httpx knows the rules."""
    import httpx

    try:
        return str(httpx.URL(url))
    except (httpx.InvalidURL, UnicodeError) as problem:
        raise Refusal(f"{url!r} is not an absolute http(s) URL: {problem}") from problem


def _is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
