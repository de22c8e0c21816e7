"""The reference against image, video and speech calls that published OpenClaw builds really made."""

from __future__ import annotations

from collections import Counter
from functools import lru_cache

import pytest
from openclaw_captures import EVIDENCE
from openclaw_media_captures import BUILDS, DEPARTURES, Capture, Departure, captures, undo_departures

pytestmark = pytest.mark.skipif(
    not (EVIDENCE / "openclaw").is_dir(), reason=f"no captures in {EVIDENCE} (set HARNESS_EVIDENCE)"
)


@lru_cache
def every(file: str) -> tuple[Capture, ...]:
    return tuple(captures(file)) if (EVIDENCE / "openclaw").is_dir() else ()


def departures_in(file: str) -> Counter[tuple[str, ...]]:
    """How many captures of a file show which departures."""
    return Counter(undo_departures(capture)[1] for capture in every(file))


ALL = [pytest.param(capture, id=f"{file}-{capture.id}") for file in BUILDS for capture in every(file)]


@pytest.mark.parametrize("capture", ALL)
def test_a_captured_media_call_is_the_references_but_for_named_departures(capture: Capture) -> None:
    """Every request of a build's call, and its result or error, is the reference's, once the build's known
    departures are undone."""
    expected, departures = undo_departures(capture)
    assert capture.references == expected, f"departures undone: {departures}"


@pytest.mark.parametrize(
    ("file", "in_all", "equal_as_made", "others"),
    [
        ("2026.5.6-media.jsonl", 16, 14, {"F-02": 2}),
        ("2026.9.6-media.jsonl", 16, 13, {"F-02": 2, "F-02 F-16": 1}),
        ("extra/media-2026.5.6-noindex.jsonl", 105, 100, {"F-20": 4, "W-43": 1}),
        (
            "extra/media-2026.9.6.jsonl",
            105,
            89,
            {
                "F-02": 6,
                "F-16": 3,
                "F-20": 1,
                "W-43": 1,
                "F-02 F-16": 2,
                "F-02 F-20": 1,
                "F-16 F-20": 1,
                "F-02 F-16 F-20": 1,
            },
        ),
    ],
)
def test_most_media_calls_are_equal_as_they_were_made(
    file: str, in_all: int, equal_as_made: int, others: dict[str, int]
) -> None:
    """The departures account for exactly those captures in which the builds are known to depart. That a
    build asks the images endpoint, or ignores the base URL of speech, is the rule of its contract."""
    counted = departures_in(file)
    equal = counted.pop(())
    assert (counted.total() + equal, equal) == (in_all, equal_as_made)
    assert {" ".join(departures): number for departures, number in counted.items()} == others


@pytest.mark.parametrize(
    ("departure", "build"),
    [
        pytest.param(departure, build, id=f"{departure.id}-{build}")
        for departure in DEPARTURES
        for build in departure.builds
    ],
)
def test_a_departure_of_media_calls_is_seen_in_every_build_it_names(departure: Departure, build: str) -> None:
    """A departure that no capture of a build shows is no finding about that build."""
    shown = [departures for file in BUILDS if BUILDS[file] == build for departures in departures_in(file)]
    assert any(departure.id in departures for departures in shown)
