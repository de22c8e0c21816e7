"""Keys by host: each goes to its own host, in place of the canary, and nowhere else."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from urllib.parse import quote, unquote_plus, urlsplit

from harness.errors import HarnessError
from harness.model import Headers, Request
from harness.recording.hosts import host_of
from harness.recording.protocol import Key

__all__ = ["ForeignKeyError", "Keys"]

_SHORTEST = 8
"""Of a key: shorter ones are found in ordinary texts."""


class ForeignKeyError(HarnessError):
    """A request that would carry a key to a host that the key was not given for."""


class Keys:
    """The keys that may be sent, by host. A host that is missing, or whose key is empty, gets none."""

    def __init__(self, by_host: Mapping[str, Key] | None = None) -> None:
        self._by_host = {host.lower(): key for host, key in (by_host or {}).items()}

    def __iter__(self) -> Iterator[Key]:
        """Yield each key once."""
        return iter({key.name: key for key in self._by_host.values()}.values())

    @property
    def hosts(self) -> frozenset[str]:
        """The hosts that have a key, whether or not its variable is set."""
        return frozenset(self._by_host)

    def key_for(self, url: str) -> Key | None:
        """Return the key that may go to a URL, None if none may. Its value is empty where its variable is
        not set."""
        return self._by_host.get(host_of(url))

    def apply(self, request: Request, canaries: Collection[str]) -> Request:
        """Return the request with its host's key in place of each canary that is its credential: a header
        value, by itself or after a scheme such as Bearer, or a query parameter. Without a key these headers
        and parameters are left out.

        Raises `ForeignKeyError` if the request holds another host's key.
        """
        key = self.key_for(request.url)
        value = key.value if key else ""
        self._check(request, value)
        if not canaries:
            return request
        return replace(
            request,
            headers=tuple(_headers(request.headers, canaries, value)),
            url=_url(request.url, canaries, value),
        )

    def _check(self, request: Request, own: str) -> None:
        for key in self:
            if len(key.value) < _SHORTEST or key.value == own:
                continue
            held = key.value.encode()
            if held in request.body or any(
                key.value in text for text in (request.url, *(value for _, value in request.headers))
            ):
                raise ForeignKeyError(
                    f"a request to {host_of(request.url)} holds {key.name}, which is not a key for that host;"
                    " it was not sent"
                )


def _headers(headers: Headers, canaries: Collection[str], key: str) -> Iterator[tuple[str, str]]:
    for name, value in headers:
        scheme, blank, credential = value.strip().rpartition(" ")
        if credential not in canaries:
            yield name, value
        elif key:
            yield name, f"{scheme}{blank}{key}"


def _url(url: str, canaries: Collection[str], key: str) -> str:
    if not any(quote(canary, safe="") in url for canary in canaries):
        return url
    parts = urlsplit(url)
    kept = []
    for pair in parts.query.split("&"):
        name, equals, value = pair.partition("=")
        if not equals or unquote_plus(value) not in canaries:
            kept.append(pair)
        elif key:
            kept.append(f"{name}={quote(key, safe='')}")
    return parts._replace(query="&".join(kept)).geturl()
