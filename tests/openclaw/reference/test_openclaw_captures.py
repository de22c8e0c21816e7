"""The reference against requests that published OpenClaw builds really sent."""

from __future__ import annotations

from collections import Counter
from functools import lru_cache

import pytest
from openclaw_captures import DEPARTURES, EVIDENCE, Capture, Departure, captures, seen, undo_departures

from harness_openclaw.reference import Refusal, shape

EDITIONS = {"2026.5.6": "2026-05", "2026.9.6": "latest"}

pytestmark = pytest.mark.skipif(
    not (EVIDENCE / "openclaw").is_dir(), reason=f"no captures in {EVIDENCE} (set HARNESS_EVIDENCE)"
)


@lru_cache
def comparable(file: str) -> tuple[Capture, ...]:
    """The captures of a file in which the step under comparison took part, and nothing above it."""
    if not (EVIDENCE / "openclaw").is_dir():
        return ()
    if file.endswith("-stream.jsonl"):
        return tuple(capture for capture in captures(file) if not capture.bypasses_sanitation)
    return tuple(capture for capture in captures(file) if capture.sent and not capture.has_default_level)


def build_of(file: str) -> str:
    return file.removesuffix(".jsonl").removesuffix("-stream")


def departures_in(file: str) -> Counter[tuple[str, ...]]:
    """How many captures of a file show which departures."""
    return Counter(
        undo_departures(capture, capture.sent, build_of(file))[1]
        for capture in comparable(file)
        if capture.sent is not None
    )


FILES = ("2026.5.6-stream.jsonl", "2026.9.6-stream.jsonl", "2026.5.6.jsonl")
ALL = [
    pytest.param(file, capture, id=f"{file}-{capture.id}") for file in FILES for capture in comparable(file)
]


@pytest.mark.parametrize(("file", "capture"), ALL)
def test_a_captured_request_is_the_references_but_for_named_departures(file: str, capture: Capture) -> None:
    """What a build sends is what the reference sends, once the build's known departures are undone."""
    build = build_of(file)
    given = {**capture.input, "edition": EDITIONS[build]}
    if capture.sent is None:
        with pytest.raises(Refusal):
            shape(given)
        return
    expected, departures = undo_departures(capture, capture.sent, build)
    assert seen(shape(given)) == expected, f"departures undone: {departures}"


@pytest.mark.parametrize(
    ("file", "in_all", "equal_as_sent"),
    [
        ("2026.5.6-stream.jsonl", 275, 221),
        ("2026.9.6-stream.jsonl", 273, 260),
        ("2026.5.6.jsonl", 254, 201),
    ],
)
def test_most_captures_are_equal_as_they_were_sent(file: str, in_all: int, equal_as_sent: int) -> None:
    """The departures account for exactly those captures in which the builds are known to depart."""
    counted = departures_in(file)
    assert (counted.total(), counted[()]) == (in_all, equal_as_sent)


@pytest.mark.parametrize(
    ("departure", "build"),
    [
        pytest.param(departure, build, id=f"{departure.id}-{build}")
        for departure in DEPARTURES
        for build in departure.builds
    ],
)
def test_a_departure_is_seen_in_every_build_it_names(departure: Departure, build: str) -> None:
    """A departure that no capture of a build shows is no finding about that build."""
    shown = departures_in(f"{build}-stream.jsonl")
    assert any(departure.id in departures for departures in shown)
