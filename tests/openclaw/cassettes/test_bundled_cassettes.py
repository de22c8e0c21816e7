"""The bundled recordings: complete to the byte, free of secrets, and of the scenarios as they stand."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
import vcr  # type: ignore[import-untyped]
import yaml

import harness
from harness.cassettes import Replay, open_cassette
from harness.cassettes.unused import unused_files, unused_interactions
from harness.model import Case
from harness.recording.save import scenario_digest
from harness.redaction import scan
from harness.scenarios import load as load_suites
from harness_openclaw import hooks

FOLDER = hooks.cassettes
FILES = sorted(FOLDER.rglob("*.yaml"))
NAMES = [str(file.relative_to(FOLDER)) for file in FILES]
SUITES = ("openrouter/conversations", "openrouter/media-conversations", "clawrouter/conversations")
MATCHING = ["method", "scheme", "host", "port", "path", "query", "body"]
MOST = 400 * 1024
PNG, PNG_END = b"\x89PNG\r\n\x1a\n", b"IEND\xaeB`\x82"


@pytest.fixture(scope="module")
def cases() -> list[Case]:
    """All cases of the suites whose replies are recorded."""
    return list(load_suites(*(hooks.scenarios / f"{suite}.yaml" for suite in SUITES)).cases("all"))


def stated(file: Path) -> dict[str, Any]:
    """What plain YAML says is in a file."""
    value: dict[str, Any] = yaml.safe_load(file.read_bytes())
    return value


def as_bytes(body: str | bytes) -> bytes:
    return body.encode() if isinstance(body, str) else body


@pytest.mark.parametrize("file", FILES, ids=NAMES)
def test_stock_vcrpy_replays_every_recording(file: Path) -> None:
    """To httpx, byte for byte, matching on everything down to the body; nothing is left over."""
    with vcr.use_cassette(str(file), record_mode="none", match_on=MATCHING) as tape, httpx.Client() as client:
        for each in stated(file)["interactions"]:
            asked, said = each["request"], each["response"]
            headers = {name: values[0] for name, values in asked["headers"].items()}
            answer = client.request(asked["method"], asked["uri"], content=asked["body"], headers=headers)
            assert answer.status_code == said["status"]["code"]
            assert answer.content == as_bytes(said["body"]["string"])
        assert tape.all_played


@pytest.mark.parametrize("file", FILES, ids=NAMES)
def test_every_recording_plays(file: Path) -> None:
    """Each answer is found by its own request, in its turn, and is what the file says to the byte."""
    cassette = open_cassette(file)
    assert cassette.repairs == ()
    replay = Replay(cassette)
    for each, plain in zip(cassette.interactions, stated(file)["interactions"], strict=True):
        assert replay.play(each.request).reply.body == as_bytes(plain["response"]["body"]["string"])
    assert replay.unplayed == ()


@pytest.mark.parametrize("file", FILES, ids=NAMES)
def test_no_recording_holds_a_secret(file: Path) -> None:
    """Neither anything that is known to be one, nor a canary."""
    text = file.read_bytes()
    assert list(scan(text)) == []
    assert not re.search(rb"sk-or-v1-|canary-[0-9a-f]", text)


@pytest.mark.parametrize("file", FILES, ids=NAMES)
def test_recordings_are_of_the_scenarios_as_they_stand(file: Path, cases: list[Case]) -> None:
    """Each tells its scenario, in a state that is today's, and that the stand-in answered."""
    metadata = stated(file)["metadata"]
    recorded = (metadata["scenario"], str(metadata["edition"]))
    (case,) = [each for each in cases if (each.name, each.edition) == recorded]
    assert metadata["scenario_digest"] == scenario_digest(case)
    assert metadata["source"] == "simulated"


@pytest.mark.parametrize("transport", ["responses", "completions", "messages", "gemini"])
def test_recordings_show_who_called_and_what_was_demanded(transport: str) -> None:
    """ClawRouter's client name is no secret, nor is what the stand-in was asked for."""
    (refused,) = open_cassette(FOLDER / f"clawrouter/{transport}/error-429.yaml").interactions
    headers = dict(refused.request.headers)
    assert (headers["X-ClawRouter-Client"], headers["X-Simulate"]) == ("openclaw", "error-429")


def test_the_recordings_are_small() -> None:
    """All of them together are less than 400 KiB."""
    assert sum(file.stat().st_size for file in FILES) < MOST


def test_every_recording_is_needed(cases: list[Case]) -> None:
    """There is no file, and no interaction of one, that no reply names."""
    assert unused_files(cases, [FOLDER]) == []
    assert unused_interactions(cases) == {}


@pytest.mark.parametrize("suite", SUITES)
def test_the_reference_sends_what_was_recorded(suite: str, cases: list[Case]) -> None:
    """In all editions: all passes, and nothing is left unverified or unchecked."""
    chosen = [case for case in cases if case.suite == suite]
    wanting = [
        (verdict.case.name, verdict.case.edition, verdict.status, verdict.unverified, verdict.unchecked)
        for verdict in harness.run(
            chosen, harness.connect("python:harness_openclaw.reference:implementation")
        )
        if verdict.status != "passed" or verdict.unverified or verdict.unchecked
    ]
    assert wanting == []


# ------------------------------------------------------------------ media


def answers(name: str) -> list[bytes]:
    return [each.reply.body for each in open_cassette(FOLDER / name).interactions]


def pictures(name: str) -> Iterator[bytes]:
    """The pictures that a recording holds, of either form."""
    for body in answers(name):
        answer = orjson.loads(body)
        for item in answer.get("data", ()):
            yield base64.b64decode(item["b64_json"], validate=True)
        for choice in answer.get("choices", ()):
            for image in choice["message"]["images"]:
                yield base64.b64decode(image["image_url"]["url"].partition(",")[2], validate=True)


@pytest.mark.parametrize(("name", "count"), [("chat", 1), ("chat-edit", 1), ("two", 2), ("reference", 1)])
def test_recorded_pictures_are_whole(name: str, count: int) -> None:
    """From the first byte of a PNG to the last, as many as were asked for."""
    found = list(pictures(f"openrouter/images/{name}.yaml"))
    assert len(found) == count
    assert all(picture.startswith(PNG) and picture.endswith(PNG_END) for picture in found)


def test_recorded_films_are_whole() -> None:
    """The boxes of the MP4 fill it to its last byte, and so do the two elements of the WebM."""
    film = answers("openrouter/video/video.yaml")[-1]
    place, boxes = 0, []
    while place < len(film):
        boxes.append(film[place + 4 : place + 8])
        place += int.from_bytes(film[place : place + 4], "big")
    assert (boxes, place) == ([b"ftyp", b"moov", b"mdat"], len(film))
    film = answers("openrouter/video/webm.yaml")[-1]
    head = int.from_bytes(film[4:8], "big") & 0x0FFFFFFF
    rest = film[8 + head :]
    assert film.startswith(b"\x1a\x45\xdf\xa3")
    assert len(rest) == 8 + (int.from_bytes(rest[4:8], "big") & 0x0FFFFFFF)


def test_recorded_speech_is_whole() -> None:
    """Frames of MP3 from end to end, and samples of two bytes; neither went through a text."""
    (spoken,) = answers("openrouter/speech/mp3.yaml")
    frames = [spoken[place : place + 4] for place in range(0, len(spoken), 24)]
    assert len(spoken) % 24 == 0
    assert set(frames) == {b"\xff\xf3\x14\xc0"}
    (samples,) = answers("openrouter/speech/pcm.yaml")
    assert len(samples) == 2 * 3600
    with pytest.raises(UnicodeDecodeError):
        samples.decode()
