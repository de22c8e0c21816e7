"""URLs in one spelling, and their parts."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import parse_qsl, quote, urlencode

__all__ = ["SplitUrl", "glob_pattern", "normalise_url", "query_of", "split_url"]

_URL = re.compile(
    r"(?:(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*):)?"
    r"(?://(?P<authority>[^/?#]*))?"
    r"(?P<path>[^?#]*)(?:\?(?P<query>[^#]*))?(?:#.*)?",
    re.DOTALL,
)
_PORT = re.compile(r":(\d*)$")
_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})")
_BARE = re.compile(r"[^!#-;=?-\[\]_a-z~]+")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_DEFAULT_PORTS = {"http": "80", "https": "443", "ws": "80", "wss": "443"}


class SplitUrl(NamedTuple):
    """The parts of a normalised URL; `port` is empty where it is the scheme's own, `query` None if absent."""

    scheme: str
    host: str
    port: str
    path: str
    query: str | None

    def __str__(self) -> str:
        authority = f"{self.host}:{self.port}" if self.port else self.host
        start = f"{self.scheme}://{authority}" if self.scheme else authority
        return f"{start}{self.path}" if self.query is None else f"{start}{self.path}?{self.query}"


def _needed(escape: re.Match[str]) -> str:
    char = chr(int(escape[1], 16))
    return char if char in _UNRESERVED else escape[0].upper()


def _escaped_where_needed(text: str) -> str:
    return _ESCAPE.sub(_needed, text) if "%" in text else text


@lru_cache(maxsize=1024)
def split_url(url: str) -> SplitUrl:
    """The parts of `url` after normalising: scheme and host in lower case, no default port, no fragment,
    no user-info, `%XX` only where needed (and then in upper case), `/` for an empty path."""
    found = _URL.fullmatch(url)
    assert found is not None  # every part is optional
    scheme = (found["scheme"] or "").lower()
    authority = (found["authority"] or "").rpartition("@")[2]
    port = ""
    if at := _PORT.search(authority):
        authority, port = authority[: at.start()], at[1].lstrip("0") or at[1][:1]
    host = _escaped_where_needed(authority).lower()
    path = _escaped_where_needed(found["path"])
    query = found["query"]
    return SplitUrl(
        scheme,
        host,
        "" if port == _DEFAULT_PORTS.get(scheme) else port,
        path or ("/" if host else ""),
        None if query is None else _escaped_where_needed(query),
    )


@lru_cache(maxsize=1024)
def normalise_url(url: str, *, for_lookup: bool = False) -> str:
    """Return `url` in the one spelling in which two URLs are compared; the order of the query stays.

    With `for_lookup`, the spelling in which a recording is looked up, as vcrpy does: the query is decoded
    and sorted, so that neither its order nor `+` for `%20` matters, an empty query is none, and characters
    that clients escape may be bare.

    >>> normalise_url("HTTPS://me@API.example:443/a%7eb?q=%2f#top")
    'https://api.example/a~b?q=%2F'
    >>> normalise_url("https://api.example/a b?z=1+2&a=/", for_lookup=True)
    'https://api.example/a%20b?a=%2F&z=1%202'
    """
    if not for_lookup:
        return str(split_url(url))
    split = split_url(_BARE.sub(lambda found: quote(found.group(), safe="", errors="surrogatepass"), url))
    if split.query is None:
        return str(split)
    parameters = sorted(parse_qsl(split.query, keep_blank_values=True, encoding="latin-1"))
    query = urlencode(parameters, quote_via=quote, safe="", encoding="latin-1")
    return str(split._replace(query=query or None))


def query_of(url: str) -> dict[str, list[str]]:
    """The query's parameters by name, decoded, each with its values in order."""
    parameters: dict[str, list[str]] = {}
    for name, value in parse_qsl(split_url(url).query or "", keep_blank_values=True):
        parameters.setdefault(name, []).append(value)
    return parameters


@lru_cache(maxsize=1024)
def glob_pattern(text: str, *, ignore_case: bool = False) -> re.Pattern[str]:
    """A pattern for `fullmatch` in which `*` is any text."""
    flags = re.DOTALL | (re.IGNORECASE if ignore_case else 0)
    return re.compile(".*".join(map(re.escape, text.split("*"))), flags)
