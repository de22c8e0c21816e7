"""The input of the driver that made some of the captures, in the words of the scenario format, and the
replies that its words imply: `pollingUrl`, `polls`, and the name of a case whose answers it made up."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

from media_calls import DATA_URL, KEY, PNG, answer, file
from openclaw_captures import EVIDENCE

from harness.model import Reply

_EDITIONS = {"2026.5.6": "2026-05", "2026.9.6": "latest"}
_OPERATIONS = {"image": "image", "video": "video", "tts": "speech"}
_NAMES = {
    "prompt": "prompt",
    "text": "text",
    "count": "count",
    "size": "size",
    "resolution": "resolution",
    "aspectRatio": "aspect_ratio",
    "durationSeconds": "duration",
    "audio": "generate_audio",
    "inputVideos": "videos",
    "timeoutMs": "timeout_ms",
}


def given(driven: dict[str, Any], build: str) -> dict[str, Any]:
    """The driver's input in the words of the scenario format."""
    operation = _OPERATIONS[driven["kind"]]
    asked = driven["req"]
    call: dict[str, Any] = {"edition": _EDITIONS[build], "operation": operation, "api_key": None}
    call |= {ours: asked[theirs] for theirs, ours in _NAMES.items() if theirs in asked}
    if asked.get("model"):
        call["model"] = f"openrouter/{asked['model']}"
    if "inputImages" in asked:
        call["images"] = [_image(image) for image in asked["inputImages"]]
    options = asked.get("providerOptions", {})
    call |= {name: options[name] for name in ("seed", "callback_url") if name in options}
    if not driven.get("nokey"):
        call |= {"env": {"OPENROUTER_API_KEY": KEY}} if operation == "speech" else {"api_key": KEY}
    config = driven.get("cfg", {})
    if operation == "speech":
        config |= {"messages": {"tts": {"providers": {"openrouter": driven.get("tts", {})}}}}
    elif config:
        provider = dict(config["models"]["providers"]["openrouter"])
        call["base_url"] = provider.pop("baseUrl")
        config = {"models": {"providers": {"openrouter": provider}}}
    return {**call, "config": config}


def _image(image: dict[str, Any]) -> dict[str, Any]:
    named = {"mimeType": "mime_type", "url": "url", "role": "role"}
    item = {ours: image[theirs] for theirs, ours in named.items() if theirs in image}
    if "b64" in image:
        item["data"] = _pixel() if image["b64"] is True else image["b64"]
    return item


@lru_cache
def _pixel() -> str:
    """The driver's own picture in base64, which captures of the same driver name in full."""
    rows = map(json.loads, (EVIDENCE / "openclaw" / "2026.5.6-media.jsonl").read_text("utf-8").splitlines())
    images = next(row["input"]["images"] for row in rows if "images" in row["input"])
    return str(images[0]["data"])


# ------------------------------------------------------------------ the replies that its words imply

_VIDEO = file(b"MP4DATA", "video/mp4")
_AUDIO = file(b"MP3DATA", "audio/mpeg")
_LATE = {"id": "j1", "status": "completed", "model": "m2", "generation_id": "g", "usage": {"cost": 1}}
_SUBMITTED = {"id": "j1", "polling_url": "/api/v1/videos/j1", "status": "pending"}
_NAMED = {**_SUBMITTED, "id": "j 1/x"}


def _without(job: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in job.items() if key != name}


def _message(**message: Any) -> Reply:
    return answer({"choices": [{"message": message}]})


_BY_CASE: Mapping[str, tuple[Reply, ...]] = {
    "x.sub.noid": (answer(_without(_SUBMITTED, "id")),),
    "x.sub.nourl": (answer(_without(_SUBMITTED, "polling_url")),),
    "x.sub.completed": (
        answer({**_SUBMITTED, "status": "completed", "unsigned_urls": ["https://cdn.x/v.mp4"]}),
        _VIDEO,
    ),
    "x.sub.failed": (
        answer({**_SUBMITTED, "status": "failed", "error": "bad prompt"}),
        answer(_LATE),
        _VIDEO,
    ),
    "x.sub.weird": (answer({**_SUBMITTED, "status": "weird"}), answer(_LATE), _VIDEO),
    "x.sub.nostatus": (answer(_without(_SUBMITTED, "status")), answer(_LATE), _VIDEO),
    "x.poll.failed": (answer(_SUBMITTED), answer({"status": "failed", "error": "why"})),
    "x.poll.cancelled": (answer(_SUBMITTED), answer({"status": "cancelled"})),
    "x.poll.weird": (answer(_SUBMITTED), answer({"status": "weird"})),
    "x.poll.": (answer(_SUBMITTED), answer({"status": ""})),
    "x.poll.None": (answer(_SUBMITTED), answer({"status": None})),
    "x.dl.id": (answer(_NAMED), answer({"status": "completed", "unsigned_urls": [" ", 5]}), _VIDEO),
    "x.dl.id2": (answer(_NAMED), answer({"status": "completed", "id": "zz/9"}), _VIDEO),
    "x.dl.rel": (
        answer(_NAMED),
        answer({"status": "completed", "unsigned_urls": ["dl/1.webm"]}),
        file(b"WEBMDATA", "video/webm; x=1"),
    ),
    "x.http.image.400": (answer({"error": {"message": "m" * 400, "code": 400}}, 400, x_request_id="rid"),),
    "x.http.image.str": (answer({"error": "plain"}, 400, x_request_id="rid"),),
    "x.http.image.detail": (
        answer({"detail": {"message": "dm", "type": "dt", "code": "dc"}}, 400, x_request_id="rid"),
    ),
    "x.http.image.empty": (answer({}, 400, x_request_id="rid"),),
    "x.http.image.text": (replace(file(b"Bad Gateway"), status=502),),
    "x.http.tts.401": (answer({"error": {"message": "No auth", "code": 401}}, 401),),
    "x.resp.str": (_message(content=f"One ![a]({DATA_URL}) and another: {DATA_URL}"),),
    "x.resp.camel": (_message(images=[{"imageUrl": {"url": DATA_URL}}]),),
    "x.resp.none": (_message(content="I cannot draw."),),
}
"""Answers of those cases whose driver made them up, as far as requests and results tell."""


def implied(driven: dict[str, Any], build: str) -> Iterator[Reply]:
    """The replies to a driver's case in their order; the last one stays."""
    if driven["id"] in _BY_CASE:
        yield from _BY_CASE[driven["id"]]
    elif driven["kind"] == "tts":
        yield _AUDIO
    elif driven["kind"] == "image":
        yield _picture(driven, build)
    else:
        polling_url = driven.get("pollingUrl", "/api/v1/videos/job-1")
        yield answer({"id": "job-1", "polling_url": polling_url, "status": "pending"}, 202)
        for _ in range(driven.get("polls", 1) - 1):
            yield answer({"id": "job-1", "status": "in_progress"})
        yield answer(
            {
                "id": "job-1",
                "status": "completed",
                "unsigned_urls": driven.get("unsigned", []),
                "generation_id": "gen-1",
                "usage": {"cost": 0.1},
            }
        )
        yield _VIDEO


def _picture(driven: dict[str, Any], build: str) -> Reply:
    """A picture, or in one case a link to one, in the shape of the endpoint that is asked."""
    provider = driven.get("cfg", {}).get("models", {}).get("providers", {}).get("openrouter", {})
    base = provider.get("baseUrl", "").strip()
    linked = driven["id"] == "x.resp.imgurl"
    if build == "2026.9.6" and base in ("", "https://openrouter.ai/api/v1"):
        entry = {"url": "https://i.example/1.png"} if linked else {"b64_json": PNG}
        return answer({"data": [entry]})
    url = "https://i.example/1.png" if linked else DATA_URL
    image = {"type": "image_url", "image_url": {"url": url}}
    return _message(role="assistant", content="", images=[image])
