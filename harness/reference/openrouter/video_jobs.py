"""A video job's life: what its answers say, the time it has, and where its video lies (OR-VID-07…11)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NoReturn
from urllib.parse import quote

from harness.model import Headers, JsonValue, Reply, Request
from harness.reference.answers import failures
from harness.reference.exchange import Clock
from harness.reference.openrouter import origins
from harness.reference.openrouter.media import Endpoint
from harness.reference.openrouter.params import number
from harness.reference.refusal import Failure

__all__ = [
    "CALL_MS",
    "LABEL",
    "Deadline",
    "Job",
    "absolute",
    "get",
    "identified",
    "is_completed",
    "read",
    "text_in",
    "url_of_video",
]

LABEL = "OpenRouter video generation"
CALL_MS = 60_000
"""What each call has at most."""

Job = Mapping[str, JsonValue]
"""A job as an answer describes it."""

_COMPLETED = "completed"
_ENDED = {"failed", "cancelled", "expired"}
_ACTIVE = {"queued", "pending", "in_progress", "processing", "running"}
_NEVER_ESCAPED = "!'()*~"


class Deadline:
    """The moment after which nothing is sent any more (OR-VID-11)."""

    def __init__(self, clock: Clock, limit_ms: JsonValue) -> None:
        """`limit_ms` from now; there is none if that is no positive finite number (W-34)."""
        self._clock = clock
        usable = number(limit_ms) and limit_ms > 0
        self._end = clock.now_ms() + max(math.floor(limit_ms), 1) if usable else math.inf

    def within(self, limit_ms: float) -> Deadline:
        """The deadline of a phase that begins now: `limit_ms` long, and not beyond this one."""
        return Deadline(self._clock, min(limit_ms, self.left()))

    def left(self) -> float:
        return max(self._end - self._clock.now_ms(), 0)

    def cap(self, limit_ms: float) -> float:
        """The time limit of a request that is about to be sent. Raises `Failure` when it is too late."""
        left = self.left()
        if left <= 0:
            raise Failure(f"{LABEL} did not finish in time", error_class="timeout", retryable=True)
        return min(limit_ms, left)


def read(reply: Reply, doing: str) -> Job:
    """The job that an answer describes. Raises `Failure` for an answer that describes none."""
    failures.raise_for_failure(reply, label=f"{LABEL}: {doing} failed")
    job = failures.json_of(reply, label=f"{LABEL}: {doing}")
    if not isinstance(job, dict):
        _malformed(doing)
    return job


def is_completed(job: Job, *, submitted: bool, latest: bool) -> bool:
    """Has the job come to its end? `submitted`: it is the answer to its submission, not to a poll.

    Raises `Failure` for a job that ended without a video, and in the latest contract for a status that
    is not known; the earlier ones go on asking (OR-VID-07, -08, W-37).
    """
    status = text_in(job, "status")
    if status == _COMPLETED:
        return True
    if status in _ENDED and (latest or not submitted):
        error = job.get("error")
        why = text_in(error, "message") if isinstance(error, dict) else text_in(job, "error")
        raise Failure(f"{LABEL} {status}: {why}" if why else f"{LABEL} {status}")
    if latest and status not in _ACTIVE and not (submitted and status is None):
        _malformed(f"the status {job.get('status')!r}")
    return False


def identified(job: Job) -> tuple[str, str]:
    """The id and the polling URL, as written, of a submitted job. Raises `Failure` if it lacks one."""
    job_id, url = text_in(job, "id"), text_in(job, "polling_url")
    if job_id is None or url is None:
        raise Failure(f"{LABEL}: the answer lacks the job's id or polling URL")
    return job_id, url


def url_of_video(job: Job, submitted_id: str, endpoint: Endpoint, *, latest: bool) -> str:
    """Where the video of a completed job is (OR-VID-09). Raises `Failure` in the latest contract for
    addresses that are none (W-38)."""
    stated = job.get("unsigned_urls")
    entries = stated if isinstance(stated, list) else []
    found = [entry.strip() for entry in entries if isinstance(entry, str) and entry.strip()]
    if latest and (len(found) < len(entries) or not isinstance(stated, list | None)):
        _malformed("the addresses of the video")
    if found:
        return absolute(found[0], endpoint)
    job_id = text_in(job, "id") or submitted_id
    return endpoint.url(f"/videos/{quote(job_id, safe=_NEVER_ESCAPED)}/content", "index=0")


def get(url: str, endpoint: Endpoint, headers: Headers, deadline: Deadline) -> Request:
    """A GET of `url` on behalf of a job that was submitted with `headers`: without the content type where
    the base URL lives, without any header elsewhere (OR-VID-10). Raises `Failure` when it is too late."""
    ours = origins.same_origin(url, endpoint.root)
    sent = tuple(header for header in headers if ours and header[0].lower() != "content-type")
    return Request("GET", url, sent, timeout_ms=deadline.cap(CALL_MS))


def text_in(job: Job, name: str) -> str | None:
    """The text under `name`, trimmed; None if there is none or it is blank."""
    value = job.get(name)
    return value.strip() or None if isinstance(value, str) else None


def absolute(url: str, endpoint: Endpoint) -> str:
    """The address `url`, relative ones standing under the base URL. Raises `Failure` for one that is none."""
    try:
        return origins.absolute(url, endpoint.root)
    except ValueError as problem:
        raise Failure(f"{LABEL}: {problem}") from problem


def _malformed(what: str) -> NoReturn:
    raise Failure(f"{LABEL}: the answer is malformed ({what})")
