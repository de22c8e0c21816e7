"""`/videos`: jobs, their progress, and the videos that they produce."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import orjson

from harness.model import JsonValue, Reply
from harness_openclaw.mock_provider.account import Ledger
from harness_openclaw.mock_provider.completion import JSON_HEADERS
from harness_openclaw.mock_provider.errors import ApiError, ErrorResponse
from harness_openclaw.mock_provider.fault_injection import PREFIX, immediate_reply, with_fault
from harness_openclaw.mock_provider.media_requests import (
    GENERATION_ID_LENGTH,
    amount,
    images_in,
    no_such_model,
    option_in,
    text_in,
    typed,
)
from harness_openclaw.mock_provider.request import IncomingRequest
from harness_openclaw.mock_provider.video_files import mp4, webm

__all__ = ["Videos", "listed"]

_FRAMES = ("first_frame", "last_frame")
_TYPES: Mapping[str, tuple[type, ...]] = {
    "duration": (int,),
    "seed": (int,),
    "size": (str,),
    "generate_audio": (bool,),
    "callback_url": (str,),
    "provider": (dict,),
}
_SECONDS_A_STAGE = 30
_STAGES = ("pending", "in_progress", "completed")
_FAULTS = {
    "failed": "The provider refused the prompt.",
    "cancelled": "The job was cancelled.",
    "expired": "The job took too long and has expired.",
}
_WORD = 20


@dataclass(frozen=True, slots=True)
class _VideoModel:
    """A video model. `price` is in USD per second; an empty list means that any value is valid."""

    name: str
    price: Decimal
    durations: tuple[int, ...] = ()
    resolutions: tuple[str, ...] = ()
    ratios: tuple[str, ...] = ()


_VEO = ((4, 6, 8), ("720p", "1080p"), ("16:9", "9:16"))
_VIDEO_MODELS = {
    "google/veo-3.1-fast": _VideoModel("Google: Veo 3.1 Fast", Decimal("0.15"), *_VEO),
    "google/veo-3.1": _VideoModel("Google: Veo 3.1", Decimal("0.4"), *_VEO),
    "bytedance/seedance-2.0": _VideoModel(
        "ByteDance: Seedance 2.0", Decimal("0.1"), resolutions=("480p", "720p", "1080p")
    ),
}
_UNLISTED = _VideoModel("Simulated", Decimal("0.1"))
_SINCE = 1_772_000_000


def listed() -> JsonValue:
    """Return the body of `GET /videos/models`; the list of all models leaves these out."""
    return {
        "data": [
            {
                "id": name,
                "canonical_slug": name,
                "name": model.name,
                "created": _SINCE,
                "supported_durations": list(model.durations) or None,
                "supported_resolutions": list(model.resolutions) or None,
                "supported_aspect_ratios": list(model.ratios) or None,
                "supported_sizes": None,
                "supported_frame_images": list(_FRAMES),
                "generate_audio": True,
                "seed": True,
                "creativity": None,
                "upscale_factor": None,
                "pricing_skus": {"per-second": str(model.price)},
                "allowed_passthrough_parameters": [],
            }
            for name, model in _VIDEO_MODELS.items()
        ]
    }


@dataclass(slots=True)
class _Job:
    """A video job. `end` is how it ends, `polls` how often it was polled."""

    id: str
    url: str
    path: str
    generation: str
    since: float
    seconds: int
    cost: Decimal
    end: str
    kind: str
    polls: int = 0

    def stage(self, now: float) -> str:
        """Return its status: one stage further with each poll, or with every half minute."""
        reached = max(self.polls, int((now - self.since) // _SECONDS_A_STAGE))
        stage = _STAGES[min(reached, len(_STAGES) - 1)]
        return self.end if stage == "completed" else stage


class Videos:
    """The jobs of one account."""

    def __init__(self, ledger: Ledger, *, any_model: bool) -> None:
        self._books = ledger
        self._any_model = any_model
        self._jobs: dict[str, _Job] = {}

    def submit(self, incoming: IncomingRequest) -> Reply:
        """Start a job. Raises `ApiError` for an invalid request."""
        body = incoming.body
        name = text_in(body, "model")
        injected = incoming.injection_for(name)
        if injected is not None and injected.is_immediate:
            return immediate_reply(injected)
        text_in(body, "prompt")
        seconds, cost = self._check(body, name)
        if injected is not None and injected.error is not None:
            return _json({"error": injected.error.body})
        self._books.charge(cost)
        variant = injected.variant if injected is not None and injected.kind == "video" else ""
        job = self._begin(incoming, seconds, cost, variant)
        if variant == "completed":
            job.polls = len(_STAGES)
        reply = _json(_job_json(job, job.stage(incoming.now)), status=202)
        return with_fault(reply, injected.fault) if injected is not None and injected.fault else reply

    def _begin(self, incoming: IncomingRequest, seconds: int, cost: Decimal, variant: str) -> _Job:
        name = incoming.id("", _WORD)
        url = f"{incoming.before}/videos/{name}"
        path = "/" + url.partition("://")[2].partition("/")[2]
        generation = incoming.id(f"gen-vid-{int(incoming.now)}-", GENERATION_ID_LENGTH)
        end = variant if variant in _FAULTS else "completed"
        kind = "video/webm" if variant == "webm" else "video/mp4"
        job = _Job(name, url, path, generation, incoming.now, seconds, cost, end, kind)
        self._jobs[name] = job
        return job

    def _check(self, body: Mapping[str, Any], name: str) -> tuple[int, Decimal]:
        model = _VIDEO_MODELS.get(name)
        if model is None:
            if not self._any_model and not name.startswith(PREFIX):
                raise no_such_model(name)
            model = _UNLISTED
        typed(body, _TYPES)
        if model.durations:
            option_in(body, "duration", model.durations)
        if model.resolutions:
            option_in(body, "resolution", model.resolutions)
        if model.ratios:
            option_in(body, "aspect_ratio", model.ratios)
        frames = [part["frame_type"] for part in images_in(body, "frame_images", frames=_FRAMES)]
        for frame in _FRAMES:
            if frames.count(frame) > 1:
                message = f"Invalid input: frame_images: more than one {frame}"
                raise ApiError(ErrorResponse(400, message, names_account=False))
        images_in(body, "input_references")
        url = body.get("callback_url")
        if url is not None and not url.startswith("https://"):
            raise ApiError(
                ErrorResponse(400, "Invalid input: callback_url: expected an HTTPS URL", names_account=False)
            )
        seconds = body.get("duration") or (model.durations or (5,))[-1]
        return seconds, seconds * model.price

    def poll(self, incoming: IncomingRequest) -> Reply:
        """Return the status of a job. Raises `ApiError` for an unknown one."""
        job = self._job(incoming)
        stage = job.stage(incoming.now)
        job.polls += 1
        return _json(_job_json(job, stage))

    def download(self, incoming: IncomingRequest) -> Reply:
        """Return the video of a completed job. Raises `ApiError` for one that is not completed."""
        job = self._job(incoming)
        stage = job.stage(incoming.now)
        if stage != "completed":
            message = f"Video generation is not completed. Current status: {stage}"
            raise ApiError(ErrorResponse(400, message, names_account=False))
        if incoming.query("index") not in ("", "0"):
            raise ApiError(ErrorResponse(404, "Video not found", names_account=False))
        rng = incoming.rng.derive("video")
        video = webm(rng, job.seconds) if job.kind == "video/webm" else mp4(rng, job.seconds)
        headers = tuple(pair for pair in JSON_HEADERS if pair[0] != "Content-Type")
        return Reply(200, (("Content-Type", job.kind), *headers), (video,))

    def _job(self, incoming: IncomingRequest) -> _Job:
        job = self._jobs.get(incoming.named)
        if job is None:
            raise ApiError(ErrorResponse(404, f"Job {incoming.named} not found", names_account=False))
        return job


def _job_json(job: _Job, stage: str) -> dict[str, JsonValue]:
    status: dict[str, JsonValue] = {"id": job.id, "polling_url": job.path, "status": stage}
    if stage == "completed":
        status["generation_id"] = job.generation
        status["unsigned_urls"] = [f"{job.url}/content?index=0"]
        status["usage"] = {"cost": amount(job.cost), "is_byok": False}
    elif stage in _FAULTS:
        status["error"] = _FAULTS[stage]
    return status


def _json(value: JsonValue, *, status: int = 200) -> Reply:
    return Reply(status, JSON_HEADERS, (orjson.dumps(value),))
