"""A cassette that is looked up by index: one look-up, however long it is."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

import orjson

from harness.cassettes.reading import Recorded, read
from harness.errors import UsageError
from harness.matchers import normalise_url
from harness.model import JsonValue, Request

__all__ = ["Cassette", "open_cassette"]


class Cassette:
    """Recorded interactions, found by request or by number."""

    def __init__(
        self, file: Path, interactions: tuple[Recorded, ...], metadata: Mapping[str, JsonValue]
    ) -> None:
        self.file = file
        self.interactions = interactions
        self.metadata = metadata
        self._exact: dict[tuple[str, str, bytes], Recorded] = {}
        self._near: dict[tuple[str, str], Recorded] = {}
        for recorded in interactions:
            method, url = _place(recorded.request)
            self._exact.setdefault((method, url, canonical_body(recorded.request.body)), recorded)
            self._near.setdefault((method, url), recorded)

    def interaction(self, number: int) -> Recorded:
        """The interaction of this number, from 0. Raises `UsageError` if there is none."""
        if 0 <= number < len(self.interactions):
            return self.interactions[number]
        count = len(self.interactions)
        raise UsageError(
            f"{self.file} has no interaction {number}",
            hint=f"It has {count}, counted from 0." if count else "It has none at all.",
        )

    def find(self, request: Request) -> Recorded | None:
        """The first interaction with this method, URL and body, else the first with this method and URL."""
        method, url = _place(request)
        exact = self._exact.get((method, url, canonical_body(request.body)))
        return exact or self._near.get((method, url))


def open_cassette(path: Path) -> Cassette:
    """The cassette at `path`, read again only if the file has changed. Raises `LoadError`."""
    try:
        state = path.stat()
    except OSError:
        return Cassette(path, *read(path))
    return _opened(path, state.st_mtime_ns, state.st_size)


@lru_cache(maxsize=64)
def _opened(path: Path, changed_ns: int, size: int) -> Cassette:
    return Cassette(path, *read(path))


def canonical_body(body: bytes) -> bytes:
    """A JSON body in the one spelling in which two of them are compared; any other as it is."""
    try:
        return orjson.dumps(orjson.loads(body), option=orjson.OPT_SORT_KEYS)
    except (orjson.JSONDecodeError, orjson.JSONEncodeError):
        return body


def _place(request: Request) -> tuple[str, str]:
    return request.method.upper(), normalise_url(request.url)
