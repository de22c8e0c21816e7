"""A video job's life: what its answers say, the time it has, and where its video lies (OR-VID-07…11)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import quote

from harness.model import Headers, JsonValue, Reply, Request
from harness_openclaw.reference.answers import failures
from harness_openclaw.reference.exchange import Clock
from harness_openclaw.reference.openrouter import origins
from harness_openclaw.reference.openrouter.media import Endpoint
from harness_openclaw.reference.openrouter.params import number
from harness_openclaw.reference.refusal import Failure

__all__ = ["CALL_MS", "LABEL", "Deadline", "Job", "get", "read", "too_late"]

LABEL = "OpenRouter video generation"
CALL_MS = 60_000
"""What each call has at most."""

_COMPLETED = "completed"
_ENDED = {"failed", "cancelled", "expired"}
_ACTIVE = {"queued", "pending", "in_progress", "processing", "running"}
_NEVER_ESCAPED = "!'()*~"


class Deadline:
    """The moment after which nothing is sent any more (OR-VID-11)."""

    def __init__(self, clock: Clock, end_ms: float) -> None:
        self._clock = clock
        self._end_ms = end_ms

    @classmethod
    def after(cls, clock: Clock, limit_ms: JsonValue) -> Deadline:
        """`limit_ms` from now, without its fraction; never if that is not a positive finite number."""
        usable = number(limit_ms) and limit_ms > 0
        return cls(clock, clock.now_ms() + max(math.floor(limit_ms), 1) if usable else math.inf)

    def within(self, limit_ms: float) -> Deadline:
        """The deadline of a phase that begins now: `limit_ms` long, and not beyond this one."""
        return Deadline(self._clock, min(self._clock.now_ms() + limit_ms, self._end_ms))

    def left(self) -> float:
        """How long until then, in milliseconds."""
        return max(self._end_ms - self._clock.now_ms(), 0)

    def cap(self, limit_ms: float) -> float:
        """The time limit of a request that is about to be sent. Raises `Failure` when it is too late."""
        left = self.left()
        if left <= 0:
            raise too_late()
        return min(limit_ms, left)


def too_late() -> Failure:
    """The failure of a job that takes longer than it has."""
    return Failure(f"{LABEL} did not finish in time", error_class="timeout", retryable=True)


class Job(NamedTuple):
    """A job as an answer describes it, and the HTTP status of the answer."""

    fields: Mapping[str, JsonValue]
    status: int

    def text(self, name: str) -> str | None:
        """The text under `name`, trimmed; None if there is none or it is blank."""
        value = self.fields.get(name)
        return value.strip() or None if isinstance(value, str) else None

    def named(self) -> tuple[str, str]:
        """The id of a submitted job and its polling URL, as written. Raises `Failure` if it lacks one."""
        job_id, url = self.text("id"), self.text("polling_url")
        if job_id is None or url is None:
            raise self._failure("the answer lacks the job's id or polling URL")
        return job_id, url

    def is_completed(self, *, submitted: bool, latest: bool) -> bool:
        """Has it come to its end? `submitted`: it was the answer to the submission, not to a poll.

        Raises `Failure` for a job that ended without a video, and in the latest edition for a status
        that is not known; the earlier ones go on asking (OR-VID-07, -08).
        """
        status = self.text("status")
        if status == _COMPLETED:
            return True
        if status in _ENDED and (latest or not submitted):
            raise self._failure(self._error() or f"the job has {status}")
        stated = self.fields.get("status")
        if latest and status not in _ACTIVE and not (submitted and stated is None):
            raise self._failure(f"the status {stated!r} is not known")
        return False

    def url_of_video(self, submitted_id: str, endpoint: Endpoint, *, latest: bool) -> str:
        """Where the video of a completed job is (OR-VID-09). Raises `Failure` in the latest edition for
        an address that is none."""
        stated = self.fields.get("unsigned_urls")
        entries = stated if isinstance(stated, list) else []
        found = [entry.strip() for entry in entries if isinstance(entry, str) and entry.strip()]
        if latest and (len(found) < len(entries) or not isinstance(stated, list | None)):
            raise self._failure("the addresses of the video are malformed")
        if found:
            return self.absolute(found[0], endpoint)
        job_id = quote(self.text("id") or submitted_id, safe=_NEVER_ESCAPED)
        return endpoint.url(f"/videos/{job_id}/content", "index=0")

    def absolute(self, url: str, endpoint: Endpoint) -> str:
        """An address that the answer names, relative ones standing under the base URL. Raises `Failure`
        for one that is none."""
        try:
            return origins.absolute(url, endpoint.root)
        except ValueError as problem:
            raise self._failure(str(problem)) from problem

    def _error(self) -> str | None:
        error = self.fields.get("error")
        return Job(error, self.status).text("message") if isinstance(error, dict) else self.text("error")

    def _failure(self, why: str) -> Failure:
        return Failure(f"{LABEL}: {why}", status=self.status)


def read(reply: Reply, doing: str) -> Job:
    """The job that an answer describes. Raises `Failure` for an answer that describes none."""
    failures.raise_for_failure(reply, label=f"{LABEL}: {doing} failed")
    fields = failures.json_of(reply, label=f"{LABEL}: {doing}")
    if not isinstance(fields, dict):
        raise Failure(f"{LABEL}: the answer to the {doing} is not an object", status=reply.status)
    return Job(fields, reply.status)


def get(url: str, endpoint: Endpoint, headers: Headers, deadline: Deadline) -> Request:
    """A GET of `url` on behalf of a job that was submitted with `headers`: without the content type where
    the base URL lives, without any header elsewhere (OR-VID-10). Raises `Failure` when it is too late."""
    ours = origins.same_origin(url, endpoint.root)
    sent = tuple(header for header in headers if ours and header[0].lower() != "content-type")
    return Request("GET", url, sent, timeout_ms=deadline.cap(CALL_MS))
