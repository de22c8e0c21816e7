"""Pictures, videos and speech: the files that the mock provider makes, and the requests that it refuses."""

from __future__ import annotations

import json
import struct
import zlib
from base64 import b64decode
from collections.abc import Iterator
from decimal import Decimal
from itertools import islice
from typing import Any

import pytest
from provider_requests import (
    BASE,
    KEY,
    PAINTER,
    body_of,
    chat,
    error_of,
    header,
    look_up,
    media,
    read_stream,
)

from harness.model import Reply, Request
from harness_openclaw.mock_provider import Account, Provider

VIDEO_MODEL = "google/veo-3.1-fast"
SPEAKER = "hexgrad/kokoro-82m"
REFERENCE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}}


class Clock:
    """A clock that goes when the test says so."""

    now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


# ------------------------------------------------------------------ what files hold


def pixels(file: bytes) -> tuple[int, int, set[bytes]]:
    """The width, height and colours of a PNG; whatever a reader would trip over is an error here."""
    assert file.startswith(b"\x89PNG\r\n\x1a\n")
    chunks, rest = {}, file[8:]
    while rest:
        size, kind = struct.unpack(">I4s", rest[:8])
        data = rest[8 : 8 + size]
        assert struct.unpack(">I", rest[8 + size : 12 + size]) == (zlib.crc32(kind + data),)
        chunks[kind], rest = data, rest[12 + size :]
    width, height, depth, colour = struct.unpack(">2I2B", chunks[b"IHDR"][:10])
    assert (depth, colour, list(chunks)) == (8, 2, [b"IHDR", b"IDAT", b"IEND"])
    rows = zlib.decompress(chunks[b"IDAT"])
    line = 1 + 3 * width
    assert len(rows) == line * height
    lines = [rows[start : start + line] for start in range(0, len(rows), line)]
    assert all(row[0] == 0 for row in lines)
    return width, height, {row[at : at + 3] for row in lines for at in range(1, line, 3)}


def boxes(file: bytes) -> Iterator[tuple[str, bytes]]:
    while file:
        size, name = struct.unpack(">I4s", file[:8])
        assert 8 <= size <= len(file)
        yield name.decode(), file[8:size]
        file = file[size:]


def inner(file: bytes, *path: str) -> bytes:
    for name in path:
        file = dict(boxes(file))[name]
    return file


def elements(file: bytes) -> Iterator[tuple[int, bytes]]:
    while file:
        length = 9 - file[0].bit_length()
        name, rest = int.from_bytes(file[:length], "big"), file[length:]
        width = 9 - rest[0].bit_length()
        size = int.from_bytes(rest[:width], "big") ^ (1 << (7 * width))
        assert width + size <= len(rest)
        yield name, rest[width : width + size]
        file = rest[width + size :]


# ------------------------------------------------------------------ pictures


def pictures(reply: Reply) -> list[bytes]:
    assert {entry["media_type"] for entry in body_of(reply)["data"]} == {"image/png"}
    return [b64decode(entry["b64_json"]) for entry in body_of(reply)["data"]]


def test_a_picture_is_a_small_png_of_the_shape_that_was_asked_for() -> None:
    """Its sides stand in the ratio that was asked for; it has one colour."""
    (file,) = pictures(
        Provider().answer(
            media("images", model=PAINTER, prompt="a cat", aspect_ratio="16:9", resolution="2K")
        )
    )
    width, height, colours = pixels(file)
    assert (width, height, len(colours)) == (16, 9, 1)


def test_the_same_request_gets_the_same_pictures_and_another_one_others() -> None:
    """The colour follows from the request; several pictures differ from each other."""
    asked = media("images", model="openai/gpt-5.4-image-2", prompt="a cat", n=3)
    first, again = Provider().answer(asked), Provider().answer(asked)
    other = Provider().answer(media("images", model="openai/gpt-5.4-image-2", prompt="a dog", n=3))
    assert pictures(first) == pictures(again)
    assert len({*pictures(first), *pictures(other)}) == 6
    assert (header(first, "X-Generation-Id") or "").startswith("gen-img-1767225600-")
    assert header(first, "X-Provider-Name") == "OpenAI"


def test_who_asks_again_gets_other_pictures() -> None:
    """One provider draws a new picture each time, so that two requests bring two."""
    provider = Provider()
    asked = media("images", model="openai/gpt-5.4-image-2", prompt="a cat", n=2)
    drawn = [picture for _ in range(3) for picture in pictures(provider.answer(asked))]
    assert len(set(drawn)) == 6


def test_pictures_are_paid_for() -> None:
    """`usage.cost` is what is taken from the credits; without credits there is no answer."""
    provider = Provider(Account(credits=Decimal("0.05")))
    asked = media("images", model=PAINTER, prompt="a cat", input_references=[REFERENCE])
    usage = body_of(provider.answer(asked))["usage"]
    assert usage["completion_tokens_details"]["image_tokens"] == usage["completion_tokens"] == 1120
    assert body_of(provider.answer(look_up("credits")))["data"]["total_usage"] == usage["cost"] > 0.03
    assert provider.answer(asked).status == 200
    assert provider.answer(asked).status == 402


@pytest.mark.parametrize(
    ("asked", "status", "message"),
    [
        ({"prompt": None}, 400, "prompt: expected string, received null"),
        ({"prompt": ""}, 400, "prompt: expected string to have >=1 characters"),
        ({"model": "no/such"}, 400, "no/such is not a valid model ID"),
        ({"model": "openai/gpt-4o"}, 404, "output modalities: image"),
        ({"n": 0}, 400, "Expected n to be between 1 and 10, received 0"),
        ({"n": "2"}, 400, "n: expected integer, received string"),
        ({"n": 2}, 400, "Provider returned error"),
        ({"aspect_ratio": "7:3"}, 400, "aspect_ratio: expected one of 1:1"),
        ({"resolution": "8K"}, 400, "resolution: expected one of 512, 1K, 2K, 4K"),
        ({"size": "16x16", "aspect_ratio": "1:1"}, 400, "cannot be combined with aspect_ratio"),
        ({"size": "large"}, 400, "size: 'large' is not a size"),
        ({"input_references": {}}, 400, "input_references: expected array, received object"),
        (
            {"input_references": [{"type": "image"}]},
            400,
            "input_references[0].type: expected one of image_url",
        ),
        (
            {"input_references": [{"type": "image_url"}]},
            400,
            "input_references[0].image_url: expected object",
        ),
        ({"input_references": [{"type": "image_url", "image_url": {}}]}, 400, "url: expected string"),
        (
            {"input_references": [{"type": "image_url", "image_url": {"url": "file:///a.png"}}]},
            400,
            "neither a data URL of an image nor an HTTP URL",
        ),
    ],
)
def test_an_invalid_image_request_is_refused(asked: dict[str, Any], status: int, message: str) -> None:
    """The status and the message say what is wrong; nothing is charged."""
    provider = Provider()
    reply = provider.answer(media("images", **{"model": PAINTER, "prompt": "a cat"} | asked))
    assert reply.status == status
    assert message in error_of(reply)["message"]
    assert body_of(provider.answer(look_up("credits")))["data"]["total_usage"] == 0


@pytest.mark.parametrize("stream", [False, True])
def test_a_chat_answer_holds_pictures_where_they_are_asked_for(stream: bool) -> None:
    """With the modalities image and text, `images` holds data URLs beside empty content."""
    reply = Provider().answer(
        chat(
            model=PAINTER,
            stream=stream,
            modalities=["image", "text"],
            n=2,
            image_config={"aspect_ratio": "9:16"},
        )
    )
    if stream:
        (images,) = [
            chunk["choices"][0]["delta"]["images"]
            for chunk in read_stream(reply).chunks
            if "images" in chunk["choices"][0]["delta"]
        ]
    else:
        message = body_of(reply)["choices"][0]["message"]
        assert message["content"] == ""
        images = message["images"]
    urls = [image["image_url"]["url"] for image in images]
    files = [b64decode(url.removeprefix("data:image/png;base64,")) for url in urls]
    assert [pixels(file)[:2] for file in files] == [(9, 16)] * 2


@pytest.mark.parametrize(
    ("asked", "status"),
    [({"model": "openai/gpt-4o"}, 404), ({"n": 0}, 400), ({"modalities": ["smell"]}, 400)],
)
def test_a_model_that_cannot_draw_is_not_asked_to(asked: dict[str, Any], status: int) -> None:
    """Pictures come from models that list them, and in numbers that make sense."""
    given = {"model": PAINTER, "modalities": ["image", "text"]} | asked
    assert Provider().answer(chat(**given)).status == status


# ------------------------------------------------------------------ videos


def submitted(provider: Provider, *, headers: dict[str, str] | None = None, **body: Any) -> dict[str, Any]:
    reply = provider.answer(
        media("videos", headers=headers, **{"model": VIDEO_MODEL, "prompt": "a cat runs"} | body)
    )
    assert reply.status == 202, reply.body
    job: dict[str, Any] = body_of(reply)
    return job


def polled(provider: Provider, job: dict[str, Any]) -> dict[str, Any]:
    """The job at its `polling_url`, a path on the host."""
    headers = (("Authorization", f"Bearer {KEY}"),)
    reply = provider.answer(Request("GET", "https://openrouter.ai" + job["polling_url"], headers))
    assert reply.status == 200, reply.body
    found: dict[str, Any] = body_of(reply)
    return found


def test_a_job_goes_on_with_every_look_and_ends_in_a_video() -> None:
    """Pending, in progress, completed; then it has URLs, a generation and a price."""
    provider = Provider()
    job = submitted(provider, duration=6)
    assert job == {
        "id": job["id"],
        "polling_url": f"/api/v1/videos/{job['id']}",
        "status": "pending",
    }
    seen = [polled(provider, job) for _ in range(4)]
    assert [look["status"] for look in seen] == ["pending", "in_progress", "completed", "completed"]
    done = seen[2]
    assert done["unsigned_urls"] == [f"{BASE}/videos/{job['id']}/content?index=0"]
    assert done["generation_id"].startswith("gen-vid-")
    assert done["usage"] == {"cost": 0.9, "is_byok": False}
    assert set(done) == {"id", "polling_url", "status", "unsigned_urls", "generation_id", "usage"}


def test_a_job_goes_on_with_the_clock() -> None:
    """Whoever waits long enough finds it completed at the first look."""
    clock = Clock()
    provider = Provider(clock=clock)
    job = submitted(provider)
    clock.now += 59
    assert polled(provider, job)["status"] == "in_progress"
    other = submitted(provider, prompt="another")
    clock.now += 60
    assert polled(provider, other)["status"] == "completed"


def test_a_video_is_an_mp4_of_the_length_that_was_asked_for() -> None:
    """One video track, whose only sample is a picture that lies where the tables say."""
    provider = Provider()
    job = submitted(provider, headers={"X-Simulate": "video-completed"}, duration=8)
    assert job["status"] == "completed"
    reply = provider.answer(look_up(f"videos/{job['id']}/content?index=0"))
    assert header(reply, "Content-Type") == "video/mp4"
    video = reply.body
    assert [name for name, _ in boxes(video)] == ["ftyp", "moov", "mdat"]
    assert struct.unpack(">4I", inner(video, "moov", "mvhd")[4:20])[2:] == (1000, 8000)
    table = ("moov", "trak", "mdia", "minf", "stbl")
    (place,) = struct.unpack(">I", inner(video, *table, "stco")[8:12])
    (size,) = struct.unpack(">I", inner(video, *table, "stsz")[12:16])
    assert pixels(video[place : place + size])[:2] == (16, 16)


def test_a_video_is_a_webm_if_asked_for() -> None:
    """Head, segment, one track and one key frame."""
    provider = Provider()
    job = submitted(provider, model="simulated/video-webm")
    assert list(islice(iter(lambda: polled(provider, job)["status"], "completed"), 9)) == [
        "pending",
        "in_progress",
    ]
    reply = provider.answer(look_up(f"videos/{job['id']}/content"))
    assert header(reply, "Content-Type") == "video/webm"
    (head, kind), (segment, content) = elements(reply.body)
    assert (head, dict(elements(kind))[0x4282], segment) == (0x1A45DFA3, b"webm", 0x18538067)
    _, tracks, cluster = (part for _, part in elements(content))
    (track,) = (dict(elements(part)) for _, part in elements(tracks))
    assert track[0x86] == b"V_VP8"
    frame = dict(elements(cluster))[0xA3]
    assert frame[7:10] == b"\x9d\x01\x2a"


@pytest.mark.parametrize("end", ["failed", "cancelled", "expired"])
def test_a_job_fails_if_asked_to(end: str) -> None:
    """It says why, and there is no video."""
    provider = Provider()
    job = submitted(provider, headers={"X-Simulate": f"video-{end}"})
    answered = [polled(provider, job) for _ in range(3)][-1]
    assert (answered["status"], set(answered)) == (end, {"id", "polling_url", "status", "error"})
    assert answered["error"]
    video = provider.answer(look_up(f"videos/{job['id']}/content?index=0"))
    assert (video.status, error_of(video)["message"].endswith(end)) == (400, True)


def test_a_video_can_be_downloaded_when_it_is_completed_with_the_key() -> None:
    """Not before, not without a key, not a second one, and nor of unknown jobs."""
    provider = Provider()
    job = submitted(provider)
    content = f"videos/{job['id']}/content"
    assert provider.answer(look_up(f"{content}?index=0")).status == 400
    for _ in range(3):
        polled(provider, job)
    assert provider.answer(look_up(f"{content}?index=0", key=None)).status == 401
    assert provider.answer(look_up(f"{content}?index=1")).status == 404
    assert provider.answer(look_up("videos/none")).status == 404
    assert provider.answer(look_up("videos/none/content")).status == 404
    assert provider.answer(media(f"videos/{job['id']}")).status == 405


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"prompt": ""}, "prompt: expected string to have >=1 characters"),
        ({"model": "no/such"}, "no/such is not a valid model ID"),
        ({"duration": 5}, "duration: expected one of 4, 6, 8, received 5"),
        ({"duration": 6.0}, "duration: expected integer, received number"),
        ({"resolution": "720P"}, "resolution: expected one of 720p, 1080p"),
        ({"aspect_ratio": "1:1"}, "aspect_ratio: expected one of 16:9, 9:16"),
        ({"generate_audio": "yes"}, "generate_audio: expected boolean, received string"),
        (
            {"frame_images": [REFERENCE]},
            "frame_images[0].frame_type: expected one of first_frame, last_frame",
        ),
        ({"frame_images": [{**REFERENCE, "frame_type": "last_frame"}] * 2}, "more than one last_frame"),
        ({"input_references": ["x"]}, "input_references[0]: expected object, received string"),
        ({"callback_url": "http://a.example"}, "callback_url: expected an HTTPS URL"),
    ],
)
def test_an_invalid_video_request_is_refused(asked: dict[str, Any], message: str) -> None:
    """The message says where and what; there is no job."""
    reply = Provider().answer(media("videos", **{"model": VIDEO_MODEL, "prompt": "a cat"} | asked))
    assert reply.status == 400
    assert message in error_of(reply)["message"]


def test_the_models_that_make_videos_are_listed_by_themselves() -> None:
    """Without a key; what a model lists is what it takes."""
    provider = Provider(Account(credits=Decimal(100)))
    rows = {row["id"]: row for row in body_of(provider.answer(look_up("videos/models", key=None)))["data"]}
    assert rows[VIDEO_MODEL]["supported_durations"] == [4, 6, 8]
    for name, row in rows.items():
        for resolution in row["supported_resolutions"]:
            for ratio in row["supported_aspect_ratios"] or ["1:1"]:
                submitted(provider, model=name, resolution=resolution, aspect_ratio=ratio)
    assert not rows.keys() & {row["id"] for row in body_of(provider.answer(look_up("models")))["data"]}


# ------------------------------------------------------------------ speech


def spoken(**body: Any) -> Reply:
    given = {"model": SPEAKER, "input": "hello", "voice": "af_alloy"} | body
    return Provider().answer(media("audio/speech", **given))


def test_speech_as_mp3_is_frames_of_mpeg_audio() -> None:
    """Every frame begins with the same header and has the length that it states; a frame is 24 ms."""
    reply = spoken(response_format="mp3", input="hello, how are you")
    assert header(reply, "Content-Type") == "audio/mpeg"
    assert (header(reply, "X-Generation-Id") or "").startswith("gen-tts-")
    assert len(reply.chunks) > 1
    sound = reply.body
    version, bitrate, rate = sound[1] >> 3 & 3, sound[2] >> 4, sound[2] >> 2 & 3
    assert (sound[0], sound[1] >> 5, version, bitrate, rate) == (255, 7, 2, 1, 1)
    frame = 72 * 8_000 // 24_000
    assert len(sound) % frame == 0
    assert {sound[at : at + 4] for at in range(0, len(sound), frame)} == {sound[:4]}
    assert len(sound) // frame * 24 == pytest.approx(len("hello, how are you") * 50, abs=24)


def test_speech_as_samples_is_a_tone_and_the_usual_format() -> None:
    """Whole samples of 16 bits, neither silent nor overdriven; who states no format gets them."""
    reply = spoken()
    assert header(reply, "Content-Type") == "audio/pcm;rate=24000;channels=1"
    samples = struct.unpack(f"<{len(reply.body) // 2}h", reply.body)
    assert 7_000 < max(samples) <= 8_000


def test_the_same_words_sound_the_same() -> None:
    """Sound follows from the request."""
    assert spoken().body == spoken().body
    assert spoken(response_format="mp3").body != spoken(response_format="mp3", voice="af_nova").body


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"input": ""}, "input: expected string to have >=1 characters"),
        ({"voice": None}, "voice: expected string, received null"),
        ({"model": "openrouter/hexgrad/kokoro-82m"}, "is not a valid model ID"),
        ({"response_format": "wav"}, "response_format: expected one of mp3, pcm, received 'wav'"),
        ({"speed": "fast"}, "speed: expected integer or number, received string"),
        ({"voice": "nobody"}, "Provider returned error"),
    ],
)
def test_an_invalid_speech_request_is_refused(asked: dict[str, Any], message: str) -> None:
    """An unknown voice is refused by who serves the model, everything else by OpenRouter."""
    reply = spoken(**asked)
    assert reply.status == 400
    assert message in error_of(reply)["message"]


# ------------------------------------------------------------------ all of them


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("images", {"model": PAINTER, "prompt": "a cat"}),
        ("videos", {"model": VIDEO_MODEL, "prompt": "a cat"}),
        ("audio/speech", {"model": SPEAKER, "input": "hello", "voice": "af_alloy"}),
    ],
)
def test_errors_can_be_injected_for_images_videos_and_speech(path: str, body: dict[str, Any]) -> None:
    """By header and by model, as for chat; what breaks off has half of its bytes."""
    for name, status in (("error-429", 429), ("error-401", 401), ("error-in-body", 200)):
        by_header = Provider().answer(media(path, headers={"X-Simulate": name}, **body))
        by_model = Provider().answer(media(path, **body | {"model": f"simulated/{name}"}))
        assert (by_header.status, by_model.status) == (status, status)
        assert "error" in json.loads(by_header.body)
    whole = Provider().answer(media(path, **body))
    half = Provider().answer(media(path, headers={"X-Simulate": "fault-truncated"}, **body))
    assert (half.fault, half.body) == ("truncated", whole.body[: len(whole.body) // 2])
    assert Provider().answer(media(path, headers={"X-Simulate": "fault-reset"}, **body)).fault == "reset"
    assert Provider(any_model=True).answer(media(path, **body | {"model": "acme/any"})).status in (200, 202)


def test_no_key_means_no_media() -> None:
    """The key is asked for before anything else is looked at."""
    for path in ("images", "videos", "audio/speech"):
        assert Provider().answer(media(path, key=None)).status == 401
        assert KEY not in Provider().answer(media(path, model=KEY, prompt=KEY)).body.decode()
