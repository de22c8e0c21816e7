"""Why a cassette has no answer to a request: the nearest recorded request, and how it differs.

The work is bounded: at most ten thousand candidates are ranked by what they have in common with the
request, and only the three nearest are compared in full. The parts of a recorded request are computed once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from heapq import nsmallest
from itertools import chain, islice
from typing import Final
from urllib.parse import urlsplit

import orjson

from harness.cassettes.bodies import body_changes
from harness.cassettes.cassette import Cassette
from harness.cassettes.reading import Recorded
from harness.cassettes.request_key import key_of, place_of
from harness.errors import HarnessError
from harness.model import Request

__all__ = ["CassetteMiss", "explain_miss"]

_LOOKED_AT: Final = 10_000
_COMPARED: Final = 3
_SHOWN: Final = 8
_SHOWN_NUMBERS: Final = 12


class CassetteMiss(HarnessError):  # noqa: N818 - what happened, not what went wrong in the program
    """A request that a cassette has no answer to. `closest` is the number of the most similar recorded
    request, if any; `message` is one line, `str()` the whole explanation."""

    exit_code = 1

    def __init__(
        self, message: str, *, closest: int | None = None, details: Sequence[str] = (), command: str = ""
    ) -> None:
        hint = "\n  ".join([*details, *([f"See it: {command}"] if command else [])])
        super().__init__(message, hint=hint)
        self.closest = closest
        self.details = tuple(details)
        self.command = command


def explain_miss(
    cassette: Cassette, request: Request, played: Sequence[int], mask: Callable[[str], str]
) -> CassetteMiss:
    """Return a miss that says what is nearest to `request`, how it differs, and what was played already."""
    message = mask(f"{cassette.file} has no answer to {request.method} {request.url}")
    show = f"harness cassettes show {cassette.file}"
    recordings = cassette.by_request.get(key_of(request), ())
    if recordings:
        numbers = _numbers(recordings)
        details = [
            f"it was recorded as {numbers}, which has been played already",
            _progress(cassette, played),
        ]
        closest = recordings[-1]
        return CassetteMiss(
            message, closest=closest, details=details, command=f"{show} --interaction {closest}"
        )
    if not cassette.interactions:
        return CassetteMiss(message, details=["the cassette is empty"], command=show)
    candidates = _candidates(cassette, request, set(played))
    if not candidates:
        details = ["no recorded request has this method and path", _progress(cassette, played)]
        return CassetteMiss(message, details=details, command=show)
    found, differences = min(
        ((each, _differences(each.request, request, mask)) for each in candidates),
        key=lambda pair: len(pair[1]),
    )
    again = " (played already)" if found.number in set(played) else ""
    lines = [f"closest is interaction {found.number}{again}; expected means recorded:"]
    lines += [f"  {difference}" for difference in differences[:_SHOWN]]
    if len(differences) > _SHOWN:
        lines.append(f"  and {len(differences) - _SHOWN} more differences")
    lines.append(_progress(cassette, played))
    return CassetteMiss(
        message, closest=found.number, details=lines, command=f"{show} --interaction {found.number}"
    )


def _progress(cassette: Cassette, played: Sequence[int]) -> str:
    count = len(cassette.interactions)
    return (
        f"played so far: {_numbers(played)} of {count}"
        if played
        else f"none of its {count} has been played yet"
    )


def _numbers(numbers: Sequence[int]) -> str:
    shown = ", ".join(map(str, numbers[:_SHOWN_NUMBERS]))
    return f"{shown} and {len(numbers) - _SHOWN_NUMBERS} more" if len(numbers) > _SHOWN_NUMBERS else shown


# ------------------------------------------------------------------ candidates


def _candidates(cassette: Cassette, request: Request, played: set[int]) -> list[Recorded]:
    """Return the few recorded requests to this method and path that have most in common with `request`, those
    not played yet first."""
    method, url = place_of(request)
    same = cassette.by_place.get((method, url), ())
    path = urlsplit(url).path
    alike = (
        numbers
        for (other_method, other_url), numbers in cassette.by_place.items()
        if other_method == method and other_url != url and urlsplit(other_url).path == path
    )
    numbers = list(chain(same, *islice(alike, _LOOKED_AT)))
    ordered = sorted(numbers, key=played.__contains__)[:_LOOKED_AT]
    wanted, known = _pieces_of(request.body), cassette.pieces
    for number in ordered:
        if number not in known:
            known[number] = _pieces_of(cassette.interactions[number].request.body)
    scored = ((-len(wanted & known[number]), position) for position, number in enumerate(ordered))
    nearest = nsmallest(_COMPARED, scored)
    return [cassette.interactions[ordered[position]] for _, position in nearest]


def _pieces_of(body: bytes) -> frozenset[int]:
    """Return hashes of the parts of a JSON body: its fields, and the items of fields that are lists."""
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError:
        return frozenset((hash(body),))
    return frozenset(hash(orjson.dumps(piece)) for piece in _parts(value))


def _parts(value: object) -> Iterable[object]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield [key, item]
            if isinstance(item, list):
                yield from item
    elif isinstance(value, list):
        yield from value
    else:
        yield value


def _differences(recorded: Request, request: Request, mask: Callable[[str], str]) -> list[str]:
    differences = []
    if place_of(recorded) != place_of(request):
        differences.append(mask(f"URL {recorded.url} was recorded"))
    return differences + body_changes(recorded.body, request.body, mask)
