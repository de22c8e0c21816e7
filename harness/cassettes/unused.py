"""Recordings that nothing needs any more: files that no suite names, interactions that nothing plays."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from harness.cassettes.cassette import open_cassette
from harness.cassettes.drift import reply_of
from harness.cassettes.files import cassettes_in
from harness.model import Case, JsonValue, Verdict

__all__ = ["unplayed_interactions", "unused_files", "unused_interactions"]


def unused_files(cases: Iterable[Case], folders: Iterable[Path]) -> list[Path]:
    """The cassettes in `folders` that no reply of `cases` names; give the cases of all editions."""
    named = {Path(reply["cassette"]).resolve() for reply in _replies(cases)}
    return [file for file in cassettes_in(folders) if file.resolve() not in named]


def unused_interactions(cases: Iterable[Case]) -> dict[Path, tuple[int, ...]]:
    """Of the cassettes whose interactions are all named by number, those that no reply names.

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
    """Of the cassettes that a run has used, the interactions that answered none of its requests.

    A cassette that a case names which was not performed is left out: nothing is known of it.
    Raises `LoadError` for a cassette that cannot be read.
    """
    from harness.judge import Assignment

    played: dict[Path, set[int]] = {}
    unknown: set[Path] = set()
    for verdict in verdicts:
        if verdict.status not in ("passed", "failed", "known_failing"):
            unknown.update(Path(reply["cassette"]) for reply in _replies([verdict.case]))
            continue
        steps = verdict.observation.steps if verdict.observation else ()
        for step, performed in zip(verdict.case.steps, steps, strict=False):
            assignment = Assignment(step)
            for request in performed.requests:
                assigned = assignment.assign(request)
                reply = reply_of(assigned)
                if reply is None or "cassette" not in reply:
                    continue
                path = Path(reply["cassette"])
                number = reply.get("interaction")
                if number is None:
                    found = open_cassette(path).find(request, assigned.turn)
                    number = None if found is None else found.number
                played.setdefault(path, set()).update(() if number is None else (number,))
    return _left({path: numbers for path, numbers in played.items() if path not in unknown})


def _replies(cases: Iterable[Case]) -> Iterator[Mapping[str, JsonValue]]:
    """The replies that come from cassettes."""
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
