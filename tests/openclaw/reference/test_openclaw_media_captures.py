"""The reference against image, video and speech calls that were really made: by published OpenClaw builds,
and one by another client."""

from __future__ import annotations

import base64
import json
from collections import Counter
from functools import lru_cache

import pytest
from media_calls import Call
from openclaw_captures import EVIDENCE
from openclaw_media_captures import BUILDS, DEPARTURES, Capture, Departure, captures, undo_departures

from harness.cassettes import open_cassette

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
        ("2026.5.6-media.jsonl", 16, 14, {"attribution": 2}),
        ("2026.9.6-media.jsonl", 16, 13, {"attribution": 2, "attribution + blank text": 1}),
        ("extra/media-2026.5.6-noindex.jsonl", 105, 100, {"query": 4, "loopback": 1}),
        (
            "extra/media-2026.9.6.jsonl",
            105,
            89,
            {
                "attribution": 6,
                "blank text": 3,
                "query": 1,
                "loopback": 1,
                "attribution + blank text": 2,
                "attribution + query": 1,
                "blank text + query": 1,
                "attribution + blank text + query": 1,
            },
        ),
    ],
)
def test_most_media_calls_are_equal_as_they_were_made(
    file: str, in_all: int, equal_as_made: int, others: dict[str, int]
) -> None:
    """The departures account for exactly those captures in which the builds are known to depart. That a
    build asks the images endpoint, or ignores the base URL of speech, is the rule of its edition."""
    counted = departures_in(file)
    equal = counted.pop(())
    assert (counted.total() + equal, equal) == (in_all, equal_as_made)
    assert {" + ".join(departures): number for departures, number in counted.items()} == others


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


IMAGES = EVIDENCE / "cassettes" / "crmne+ruby_llm" / "openrouter.ai"


@pytest.mark.skipif(not IMAGES.is_dir(), reason=f"no recorded traffic in {EVIDENCE} (set HARNESS_EVIDENCE)")
def test_an_image_that_another_client_was_really_sent_is_read() -> None:
    """OpenRouter's own images endpoint takes and gives what the latest edition says: the recorded request
    of another client is the reference's but for its `n`, and its answer holds one JPEG."""
    recordings = (open_cassette(file) for file in sorted(IMAGES.glob("*reference_images*.yaml")))
    [recorded] = next(recordings).interactions
    asked = json.loads(recorded.request.body)
    model, prompt = asked["model"], asked["prompt"]
    pictures = [part["image_url"] for part in asked["input_references"]]
    given = {"operation": "image", "edition": "latest", "model": f"openrouter/{model}", "prompt": prompt}
    call = Call({**given, "images": pictures}, [recorded.reply])
    assert (call.request.method, call.request.url) == (recorded.request.method, recorded.request.url)
    assert call.body == {**asked, "n": 1}
    [made] = call.artifacts
    assert (made["mime_type"], made["filename"]) == ("image/jpeg", "image-1.jpg")
    assert base64.b64decode(made["data"]).startswith(b"\xff\xd8\xff")
