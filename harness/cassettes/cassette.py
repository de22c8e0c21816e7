"""A cassette that is looked up by index: one look-up, however long it is."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TypeVar

from harness.cassettes.reading import Recorded, Repair, examine
from harness.cassettes.request_key import Key, Place, key_of, place_of
from harness.errors import UsageError
from harness.model import JsonValue, Request

__all__ = ["Cassette", "open_cassette"]


class Cassette:
    """Recorded interactions, found by request or by number. A `Replay` decides which of them to play."""

    def __init__(
        self,
        file: Path,
        interactions: tuple[Recorded, ...],
        metadata: Mapping[str, JsonValue],
        repairs: tuple[Repair, ...] = (),
        dialects: tuple[str, ...] = ("vcrpy",),
    ) -> None:
        self.file = file
        self.interactions = interactions
        self.metadata = metadata
        self.repairs = repairs
        self.dialects = dialects
        self.pieces: dict[int, frozenset[int]] = {}
        """What requests have in common with others, by number, as far as a miss has asked for it."""

    @cached_property
    def by_request(self) -> Mapping[Key, tuple[int, ...]]:
        """The numbers of the interactions with a request, in order."""
        return _numbered(key_of, self.interactions)

    @cached_property
    def by_place(self) -> Mapping[Place, tuple[int, ...]]:
        """The numbers of the interactions with a method and URL, in order."""
        return _numbered(place_of, self.interactions)

    def interaction(self, number: int) -> Recorded:
        """Return the interaction of this number, from 0. Raises `UsageError` if there is none."""
        if 0 <= number < len(self.interactions):
            return self.interactions[number]
        count = len(self.interactions)
        raise UsageError(
            f"{self.file} has no interaction {number}",
            hint=f"It has {count}, counted from 0." if count else "It is empty.",
        )


_By = TypeVar("_By", bound=Hashable)


def _numbered(by: Callable[[Request], _By], interactions: Iterable[Recorded]) -> dict[_By, tuple[int, ...]]:
    found: dict[_By, list[int]] = {}
    for recorded in interactions:
        found.setdefault(by(recorded.request), []).append(recorded.number)
    return {key: tuple(numbers) for key, numbers in found.items()}


def open_cassette(path: Path) -> Cassette:
    """The cassette at `path`, read again only if the file has changed. Raises `LoadError`."""
    try:
        state = path.stat()
    except OSError:
        return _read(path)
    return _opened(path, state.st_mtime_ns, state.st_size)


@lru_cache(maxsize=64)
def _opened(path: Path, changed_ns: int, size: int) -> Cassette:
    return _read(path)


def _read(path: Path) -> Cassette:
    found = examine(path)
    return Cassette(path, found.interactions, found.metadata, found.repairs, found.dialects)
