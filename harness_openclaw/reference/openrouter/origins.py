"""Addresses that an answer names: made absolute as browsers do it, and whose they are (OR-VID-10)."""

from __future__ import annotations

import re
from urllib.parse import urljoin, urlsplit, urlunsplit

__all__ = ["absolute", "same_origin"]

_DEFAULT_PORTS = {"http": 80, "https": 443}
_AROUND = "".join(map(chr, range(0x21)))
_WITHIN = str.maketrans("", "", "\t\n\r")
_PLAIN = re.compile(
    r"https?://[a-z0-9._-]+(?::\d+)?"
    r"(?:/(?!\.{1,2}(?:[/?]|$))(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-F]{2})*)+"
    r"(?:\?(?:[A-Za-z0-9._~!$&()*+,;=:@/?-]|%[0-9A-F]{2})*)?"
)


def absolute(text: str, root: str) -> str:
    """The address `text`, relative ones standing under `<root>/`, with scheme and host in lower case,
    without a default port and without a fragment.

    Raises `ValueError` for what cannot be fetched: no http(s) URL, or one with user-info.
    """
    target = urlsplit(urljoin(f"{root}/", _as_browsers_read(text)))
    if target.scheme not in _DEFAULT_PORTS or not target.hostname or "@" in target.netloc:
        raise ValueError(f"{text!r} is not a URL to fetch from")
    host = f"[{target.hostname}]" if ":" in target.hostname else target.hostname
    port = "" if target.port in (None, _DEFAULT_PORTS[target.scheme]) else f":{target.port}"
    url = urlunsplit((target.scheme, f"{host}{port}", target.path or "/", target.query, ""))
    return url if _PLAIN.fullmatch(url) else _escaped(url)


def same_origin(one: str, other: str) -> bool:
    """Are scheme, host and port of two absolute URLs the same?"""
    return _origin(one) == _origin(other)


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or _DEFAULT_PORTS.get(parts.scheme)


def _as_browsers_read(text: str) -> str:
    """Drop the spaces that browsers drop. A backslash before the query is a slash, which moves the host."""
    trimmed = text.strip(_AROUND).translate(_WITHIN)
    end = re.search(r"[?#]", trimmed)
    cut = end.start() if end else len(trimmed)
    return trimmed[:cut].replace("\\", "/") + trimmed[cut:]


def _escaped(url: str) -> str:
    """The rare URL with spaces, dot segments or an international host: httpx knows the rules."""
    import httpx

    try:
        return str(httpx.URL(url))
    except (httpx.InvalidURL, UnicodeError) as problem:
        raise ValueError(f"{url!r} is not a URL to fetch from: {problem}") from problem
