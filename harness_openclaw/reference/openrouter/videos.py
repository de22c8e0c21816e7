"""Video generation (OR-VID): submit a job, ask for it until it is done, fetch the video."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from harness.model import Headers, JsonValue, Reply, Request
from harness_openclaw.reference.answers import failures
from harness_openclaw.reference.exchange import Exchange, Outcome, ask, pause
from harness_openclaw.reference.openrouter import config as configuration
from harness_openclaw.reference.openrouter import media, text, video_jobs
from harness_openclaw.reference.openrouter.params import number
from harness_openclaw.reference.openrouter.video_jobs import CALL_MS, LABEL, Deadline, Job
from harness_openclaw.reference.refusal import Refusal

if TYPE_CHECKING:
    from harness_openclaw.reference.client import Session

__all__ = ["generate"]

_DEFAULT_MODEL = "google/veo-3.1-fast"
_DURATIONS = (4, 6, 8)
_POLLING_MS = 600_000
_INTERVAL_MS = 5_000
_MOST_POLLS = 120
_SAFE_INTEGER = 2**53 - 1
_FRAMES = ("first_frame", "last_frame")


def generate(given: Mapping[str, JsonValue], session: Session) -> Exchange[Outcome]:
    """Have a video made. The outcome has it as its artifact. Raises `Refusal` and `Failure`."""
    edition = media.edition_of(given)
    latest = edition == "latest"
    config = given.get("config") or {}
    body = _body(given, configuration.media(config, "video").get("primary"), latest)
    base = configuration.provider(config, "openrouter").get("baseUrl")
    endpoint = media.endpoint_of(given.get("base_url"), base, keeps_legacy=True)
    headers = media.headers_of(media.key_of(given), endpoint, edition, media.configured_headers(given))
    deadline = Deadline.after(session.clock, given.get("timeout_ms"))

    submission = Request(
        "POST", endpoint.url("/videos"), headers, text.encode(body), timeout_ms=deadline.cap(CALL_MS)
    )
    job = video_jobs.read((yield from ask(submission)), "submission")
    job_id, polling_url = job.named()
    if not job.is_completed(submitted=True, latest=latest):
        url = job.absolute(polling_url, endpoint)
        job = yield from _poll(url, endpoint, headers, deadline.within(_POLLING_MS), latest)
    url = job.url_of_video(job_id, endpoint, latest=latest)
    reply = yield from ask(video_jobs.get(url, endpoint, headers, deadline))
    failures.raise_for_failure(reply, label=f"{LABEL}: download failed")
    return {"artifacts": [_artifact(reply, job, job_id, body["model"], latest)]}


def _poll(
    url: str, endpoint: media.Endpoint, headers: Headers, deadline: Deadline, latest: bool
) -> Exchange[Job]:
    """Ask for a job until it is completed (OR-VID-08). Raises `Failure` for one that is not in time."""
    for _ in range(_MOST_POLLS):
        reply = yield from ask(video_jobs.get(url, endpoint, headers, deadline))
        job = video_jobs.read(reply, "poll")
        if job.is_completed(submitted=False, latest=latest):
            return job
        yield from pause(min(_INTERVAL_MS, deadline.left()))
    raise video_jobs.too_late()


def _artifact(reply: Reply, job: Job, job_id: str, model: str, latest: bool) -> dict[str, JsonValue]:
    mime_type = failures.header(reply.headers, "content-type") or "video/mp4"
    known = {
        "model": job.text("model") or model,
        "job_id": job_id,
        "status": job.text("status"),
        "generation_id": job.text("generation_id"),
        "usage": job.fields.get("usage"),
    }
    return media.artifact(
        reply.body,
        mime_type,
        f"video-1.{_extension(mime_type, latest)}",
        **{name: value for name, value in known.items() if value is not None},
    )


def _extension(mime_type: str, latest: bool) -> str:
    """What the file is called after its content type (OR-VID-09)."""
    if "webm" in mime_type.lower():
        return "webm"
    kind = mime_type.partition(";")[0].strip().lower()
    return "mov" if latest and kind == "video/quicktime" else "mp4"


# ------------------------------------------------------------------ the submission


def _body(given: Mapping[str, JsonValue], configured: JsonValue, latest: bool) -> dict[str, Any]:
    """What a job is submitted with: what was given and nothing else (OR-VID-01…06)."""
    if given.get("videos"):
        raise Refusal("a video cannot be made from other videos")
    frames, references = _pictures(given.get("images") or ())
    resolution, sound = _text(given, "resolution"), given.get("generate_audio")
    callback = _text(given, "callback_url")
    wishes = {
        "duration": _duration(given.get("duration"), _offered(given) if latest else _DURATIONS),
        "resolution": resolution and resolution.lower(),
        "aspect_ratio": _text(given, "aspect_ratio"),
        "size": _text(given, "size"),
        "generate_audio": sound if isinstance(sound, bool) else None,
        "frame_images": frames or None,
        "input_references": references or None,
        "seed": _seed(given.get("seed"), latest),
        "callback_url": callback and callback.strip(),
    }
    return {
        "model": media.model_of(given, configured, _DEFAULT_MODEL),
        "prompt": media.text_of(given, "prompt"),
        **{name: wish for name, wish in wishes.items() if wish is not None},
    }


def _text(given: Mapping[str, JsonValue], name: str) -> str | None:
    """The text under `name` as it is, None if it is blank or no text."""
    value = given.get(name)
    return value if isinstance(value, str) and value.strip() else None


def _offered(given: Mapping[str, JsonValue]) -> Sequence[int]:
    """The durations that the model is known to list, else the usual ones."""
    return (given.get("model_meta") or {}).get("durations") or _DURATIONS


def _duration(seconds: JsonValue, offered: Sequence[int]) -> int | None:
    """Return the nearest duration on offer, the longer of two; None if not a finite number (OR-VID-02)."""
    if not number(seconds):
        return None
    rounded = max(math.floor(seconds + 0.5), 1)
    return min(offered, key=lambda length: (abs(length - rounded), -length))


def _seed(seed: JsonValue, latest: bool) -> JsonValue:
    """The seed without its fraction. Raises `Refusal` in the latest edition for one that is not a safe
    integer (OR-VID-05)."""
    if not number(seed):
        return None
    whole = math.trunc(seed)
    safe = abs(whole) <= _SAFE_INTEGER
    if latest and not (safe and whole == seed):
        raise Refusal(f"the seed {seed} is not an integer that JSON can carry")
    return whole if safe else seed


def _pictures(images: Sequence[JsonValue]) -> tuple[list[JsonValue], list[JsonValue]]:
    """The input images as frames and as references: an image without a free frame is a reference
    (OR-VID-04). Raises `Refusal` for an image that is none."""
    frames: dict[str, JsonValue] = {}
    references: list[JsonValue] = []
    for image in images:
        part = media.picture(image)
        role = image.get("role")
        free = (frame for frame in _FRAMES if frame not in frames)
        frame = None if role == "reference_image" else role if role in _FRAMES else next(free, None)
        if frame is None or frame in frames:
            references.append(part)
        else:
            frames[frame] = {**part, "frame_type": frame}
    return list(frames.values()), references
