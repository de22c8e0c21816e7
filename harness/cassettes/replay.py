"""A cassette as the provider: each recorded answer is given to the request it was recorded for, once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Final

import orjson

from harness.cassettes.cassette import Cassette
from harness.cassettes.cassette_miss import CassetteMiss, explain_miss
from harness.cassettes.reading import Recorded
from harness.cassettes.request_key import Key, key_of
from harness.model import Reply, Request
from harness.redaction import Redactor

__all__ = ["Player", "as_accepted"]

_NOT_RECORDED: Final = 404
_MISSES_EXPLAINED: Final = 20


class Player:
    """Answers requests from a cassette, in any number of threads.

    Requests are the same if method, URL and body are (headers do not count). Several recordings of one
    request are played in their order. With `repeats` the last of them answers again, as often as it is
    asked; otherwise each is played once. Two players of one cassette know nothing of each other. Whatever
    a player tells is shown through `mask`.

    With `compressed`, what was recorded compressed is sent so to requests that accept it. Without, all
    answers are plain: in the same process, vcrpy's patches undo no encoding for requests and aiohttp.
    """

    def __init__(
        self,
        cassette: Cassette,
        *,
        repeats: bool = False,
        compressed: bool = False,
        mask: Callable[[str], str] | None = None,
    ) -> None:
        self.cassette = cassette
        self.repeats = repeats
        self.compressed = compressed
        self._mask = mask or Redactor()
        self._lock = threading.Lock()
        self._next: dict[Key, int] = {}
        self._played: list[int] = []
        self._misses: list[CassetteMiss] = []

    @property
    def played(self) -> tuple[int, ...]:
        """The numbers of the interactions in the order in which they were played."""
        return tuple(self._played)

    @property
    def unplayed(self) -> tuple[Recorded, ...]:
        """What has not been played yet."""
        played = set(self._played)
        return tuple(each for each in self.cassette.interactions if each.number not in played)

    @property
    def misses(self) -> tuple[CassetteMiss, ...]:
        """The requests that `self(request)` had no answer to; those after the first twenty have no
        explanation."""
        return tuple(self._misses)

    def play(self, request: Request) -> Recorded:
        """The next interaction that was recorded for `request`. Raises `CassetteMiss`."""
        found = self._take(request)
        if found is None:
            raise explain_miss(self.cassette, request, self.played, self._mask)
        return found

    def __call__(self, request: Request) -> Reply:
        """The reply to `request`. What was not recorded is answered 404, and is among the `misses`."""
        found = self._take(request)
        if found is not None:
            return as_accepted(found, request) if self.compressed else found.reply
        if len(self._misses) < _MISSES_EXPLAINED:
            miss = explain_miss(self.cassette, request, self.played, self._mask)
        else:
            miss = CassetteMiss(
                self._mask(f"{self.cassette.file} has no answer to {request.method} {request.url}")
            )
        self._misses.append(miss)
        error = {"error": {"code": _NOT_RECORDED, "message": miss.message}}
        return Reply(_NOT_RECORDED, (("content-type", "application/json"),), (orjson.dumps(error),))

    def _take(self, request: Request) -> Recorded | None:
        key = key_of(request)
        numbers = self.cassette.by_request.get(key)
        if numbers is None:
            return None
        with self._lock:
            position = self._next.get(key, 0)
            if position == len(numbers):
                if not self.repeats:
                    return None
                position -= 1
            self._next[key] = position + 1
            self._played.append(numbers[position])
        return self.cassette.interactions[numbers[position]]


def as_accepted(recorded: Recorded, request: Request) -> Reply:
    """The reply in the form that a client can read: as it went over the wire if the request accepts its
    content encoding, else without."""
    if recorded.encoded is None:
        return recorded.reply
    coding = _first(recorded.encoded.headers, "content-encoding")
    accepted = {
        part.partition(";")[0].strip().lower()
        for name, value in request.headers
        if name.lower() == "accept-encoding"
        for part in value.split(",")
        if not part.replace(" ", "").endswith(";q=0")
    }
    return recorded.encoded if coding.strip().lower() in accepted else recorded.reply


def _first(headers: tuple[tuple[str, str], ...], wanted: str) -> str:
    return next((value for name, value in headers if name.lower() == wanted), "")
