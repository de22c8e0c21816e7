"""Unused recordings: files that no suite names, interactions that no reply names or no run plays."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from harness.cassettes.cassette import open_cassette
from harness.cassettes.files import cassettes_in
from harness.model import Case, JsonValue, Verdict

__all__ = ["unplayed_interactions", "unused_files", "unused_interactions"]


def unused_files(cases: Iterable[Case], folders: Iterable[Path]) -> list[Path]:
    """Return the cassettes in `folders` that no reply of `cases` names; pass the cases of all editions."""
    named = {Path(reply["cassette"]).resolve() for reply in _replies(cases)}
    return [file for file in cassettes_in(folders) if file.resolve() not in named]


def unused_interactions(cases: Iterable[Case]) -> dict[Path, tuple[int, ...]]:
    """Return the interactions that no reply names, of cassettes whose interactions are named by number only.

    Raises `LoadError` for a cassette that cannot be read.
    """
    named: dict[Path, set[int] | None] = {}
    for reply in _replies(cases):
        path, number = Path(reply["cassette"]), reply.get("interaction")
        numbers = named.setdefault(path, set())
        if number is None:
            named[path] = None
        elif numbers is not None:
            numbers.add(number)
    return _left({path: numbers for path, numbers in named.items() if numbers is not None})


def unplayed_interactions(verdicts: Iterable[Verdict]) -> dict[Path, tuple[int, ...]]:
    """Return the interactions that answered no request, of the cassettes that a run has used.

    A cassette named by a case that was not performed is left out: nothing is known about it.
    Raises `LoadError` for a cassette that cannot be read.
    """
    played: dict[Path, set[int]] = {}
    unknown: set[Path] = set()
    for verdict in verdicts:
        if verdict.status not in ("passed", "failed", "known_failing"):
            unknown.update(Path(reply["cassette"]) for reply in _replies([verdict.case]))
        for cassette, number in verdict.played:
            played.setdefault(Path(cassette), set()).update(() if number is None else (number,))
    return _left({path: numbers for path, numbers in played.items() if path not in unknown})


def _replies(cases: Iterable[Case]) -> Iterator[Mapping[str, JsonValue]]:
    """Yield the replies that come from cassettes."""
    for case in cases:
        for step in case.steps:
            for interaction in (*step.interactions, *step.allow_requests):
                yield from (reply for reply in interaction.replies if "cassette" in reply)


def _left(used: Mapping[Path, set[int]]) -> dict[Path, tuple[int, ...]]:
    left = {
        path: tuple(each.number for each in open_cassette(path).interactions if each.number not in numbers)
        for path, numbers in used.items()
    }
    return {path: numbers for path, numbers in left.items() if numbers}
