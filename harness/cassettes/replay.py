"""Which recorded interaction answers a request, and what was played so far."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import orjson

from harness.cassettes.cassette import Cassette
from harness.cassettes.cassette_miss import CassetteMiss, explain_miss
from harness.cassettes.reading import Recorded
from harness.cassettes.request_key import Key, Place, key_of, place_of
from harness.model import Reply, Request
from harness.redaction import Redactor

__all__ = ["Played", "Replay", "as_accepted"]

_NOT_RECORDED: Final = 404
_MISSES_EXPLAINED: Final = 20


@dataclass(frozen=True, slots=True)
class Played:
    """A request and the interaction that answered it, or the miss if none did."""

    request: Request
    recorded: Recorded | None
    miss: CassetteMiss | None = None

    @property
    def reply(self) -> Reply:
        """The recorded reply, or a 404 that explains the miss."""
        if self.recorded is not None:
            return self.recorded.reply
        error = {"error": {"code": _NOT_RECORDED, "message": str(self.miss)}}
        return Reply(_NOT_RECORDED, (("content-type", "application/json"),), (orjson.dumps(error),))


class Replay:
    """Answers requests from one cassette, in any number of threads, and logs what it played.

    A request is answered by an interaction that was recorded for the same request (method, URL and body;
    headers do not count), each interaction once, in the order of the cassette. With `repeats`, the last of
    them answers every further request. With `any_body`, a request whose body was not recorded is answered
    by what was recorded for its method and URL. Two replays of one cassette are independent. Texts are
    shown through `mask`.

    With `compressed`, what was recorded compressed is sent compressed to requests that accept it. Without,
    all answers are plain: in the same process, vcrpy's patches undo no encoding for requests and aiohttp.
    """

    def __init__(
        self,
        cassette: Cassette,
        *,
        repeats: bool = False,
        any_body: bool = False,
        compressed: bool = False,
        mask: Callable[[str], str] | None = None,
    ) -> None:
        self.cassette = cassette
        self._repeats = repeats
        self._any_body = any_body
        self._compressed = compressed
        self._mask = mask or Redactor()
        self._lock = threading.Lock()
        self._positions: dict[Key | Place, int] = {}
        self._numbers: set[int] = set()
        self._log: list[Played] = []
        self._misses = 0

    @property
    def log(self) -> tuple[Played, ...]:
        """Every request so far, in order."""
        return tuple(self._log)

    @property
    def played(self) -> tuple[int, ...]:
        """The numbers of the interactions in the order in which they were played."""
        return tuple(each.recorded.number for each in self._log if each.recorded is not None)

    @property
    def unplayed(self) -> tuple[Recorded, ...]:
        """The interactions that were not played yet."""
        return tuple(each for each in self.cassette.interactions if each.number not in self._numbers)

    @property
    def misses(self) -> tuple[CassetteMiss, ...]:
        """The requests that had no answer; after the first twenty without an explanation."""
        return tuple(each.miss for each in self._log if each.miss is not None)

    def play(self, request: Request, interaction: int | None = None) -> Recorded:
        """Return the interaction that answers `request`, or the one with the number `interaction`.

        Raises `CassetteMiss` if there is none, and `UsageError` for a number that the cassette does not have.
        """
        played = self.answer(request, interaction)
        if played.miss is not None:
            raise played.miss
        assert played.recorded is not None
        return played.recorded

    def __call__(self, request: Request) -> Reply:
        """Return the reply to `request`, a 404 with an explanation if it was not recorded."""
        played = self.answer(request)
        if self._compressed and played.recorded is not None:
            return as_accepted(played.recorded, request)
        return played.reply

    def answer(self, request: Request, interaction: int | None = None) -> Played:
        """Play the interaction for `request`, or the one with the number `interaction`, and log it.

        Raises `UsageError` for a number that the cassette does not have.
        """
        with self._lock:
            recorded = self._next(request) if interaction is None else self.cassette.interaction(interaction)
            if recorded is not None:
                self._numbers.add(recorded.number)
                played = Played(request, recorded)
                self._log.append(played)
                return played
            self._misses += 1
            explained = self._misses <= _MISSES_EXPLAINED
        if explained:
            miss = explain_miss(self.cassette, request, self.played, self._mask)
        else:
            miss = CassetteMiss(
                self._mask(f"{self.cassette.file} has no answer to {request.method} {request.url}")
            )
        played = Played(request, None, miss)
        with self._lock:
            self._log.append(played)
        return played

    def _next(self, request: Request) -> Recorded | None:
        key = key_of(request)
        found = self._first_left(key, self.cassette.by_request.get(key, ()))
        if found is None and self._any_body:
            place = place_of(request)
            found = self._first_left(place, self.cassette.by_place.get(place, ()))
        return None if found is None else self.cassette.interactions[found]

    def _first_left(self, wanted: Key | Place, numbers: Sequence[int]) -> int | None:
        """Return the first of `numbers` that was not played, else with `repeats` the last of them."""
        position = self._positions.get(wanted, 0)
        while position < len(numbers) and numbers[position] in self._numbers:
            position += 1
        self._positions[wanted] = position
        if position < len(numbers):
            return numbers[position]
        return numbers[-1] if numbers and self._repeats else None


def as_accepted(recorded: Recorded, request: Request) -> Reply:
    """Return the reply in a form that the client can read: as it went over the wire if the request accepts
    its content encoding, else decoded."""
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
