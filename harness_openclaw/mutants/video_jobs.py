"""Mutants that wait for a video wrongly, or fetch it wrongly."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import unquote, urlsplit

from harness.model import Reply, Request
from harness_openclaw.mutants.base import (
    Call,
    CaseClient,
    Given,
    Outcome,
    altered,
    answer_of,
    client,
    header,
    is_error,
    with_answer,
    with_headers,
)

__all__: list[str] = []


# ------------------------------------------------------------------ who gets which headers


@client("OR-VID-10", "video")
def sends_the_key_to_video_hosts(given: Given, client: CaseClient) -> Call:
    """Fetches a video with the headers of all its calls, wherever it lies."""
    job = _Job()

    def keyed(request: Request) -> Request:
        return job.with_key(request) if job.completed else job.seen(request)

    return (yield from altered(client(given), request=keyed, reply=job.received))


@client("OR-VID-10", "video")
def sends_the_key_to_foreign_polls(given: Given, client: CaseClient) -> Call:
    """Polls with its key at whatever address the answer names."""
    job = _Job()

    def keyed(request: Request) -> Request:
        return request if job.completed else job.with_key(job.seen(request))

    return (yield from altered(client(given), request=keyed, reply=job.received))


@client("OR-VID-10", "video")
def trusts_subdomains(given: Given, client: CaseClient) -> Call:
    """Sends its key to all hosts below OpenRouter's own."""
    job = _Job()

    def keyed(request: Request) -> Request:
        below = (urlsplit(request.url).hostname or "").endswith(".openrouter.ai")
        return job.with_key(request) if below else job.seen(request)

    return (yield from altered(client(given), request=keyed))


@client("OR-VID-10", "video")
def attributes_itself_to_video_hosts(given: Given, client: CaseClient) -> Call:
    """Leaves out its key at other hosts, and nothing else."""

    def attributed(request: Request) -> Request:
        if header(request, "authorization"):
            return request
        return with_headers(request, ("HTTP-Referer", "https://openclaw.ai"))

    return (yield from altered(client(given), request=attributed))


@client("OR-VID-10", "video")
def states_a_content_type_for_polls(given: Given, client: CaseClient) -> Call:
    """Sends polls, which have no content, with a type of it."""

    def typed(request: Request) -> Request:
        if request.method == "POST" or not request.headers:
            return request
        return with_headers(request, ("Content-Type", "application/json"))

    return (yield from altered(client(given), request=typed))


# ------------------------------------------------------------------ how long, and how often


@client("OR-VID-08", "video")
def polls_every_second(given: Given, client: CaseClient) -> Call:
    """Asks five times as often as it should."""
    return (yield from altered(client(given), wait_ms=lambda milliseconds: min(milliseconds, 1000)))


@client("OR-VID-08", "video")
def waits_before_the_first_poll(given: Given, client: CaseClient) -> Call:
    """Waits before every poll, the first one too."""
    call = client(given)
    reply: Reply | None = None
    polled = False
    while True:
        try:
            step = call.send(reply)
        except StopIteration as end:
            return _outcome(end)
        if isinstance(step, Request) and step.method == "GET" and not polled:
            polled = True
            yield {"sleep_ms": 5000}
        reply = yield step


@client("OR-VID-08", "video")
def polls_for_ever(given: Given, client: CaseClient) -> Call:
    """Asks as long as the job goes on, however long that is."""
    job = _Job()
    outcome = yield from altered(client(given), request=job.seen, reply=job.received)
    while is_error(outcome) and job.goes_on:
        job.received((yield job.last))
        yield {"sleep_ms": 5000}
    return outcome


@client("OR-VID-11", "video")
def ignores_the_deadline(given: Given, client: CaseClient) -> Call:
    """Gives each call its minute, whatever the caller's time."""
    return (yield from client({**given, "timeout_ms": None}))


@client("OR-VID-11", "video")
def counts_the_deadline_anew_for_each_call(given: Given, client: CaseClient) -> Call:
    """Takes the caller's time for that of one call."""
    limit = given.get("timeout_ms")

    def limited(request: Request) -> Request:
        usable = isinstance(limit, int | float) and limit > 0
        return replace(request, timeout_ms=min(limit or 0, 60_000)) if usable else request

    return (yield from altered(client({**given, "timeout_ms": None}), request=limited))


# ------------------------------------------------------------------ what a job's answers say


@client("OR-VID-07", "video")
def fetches_without_polling(given: Given, client: CaseClient) -> Call:
    """Takes a job that was accepted for one that is done."""
    return (yield from altered(client(given), reply=_saying(lambda job: {**job, "status": "completed"})))


@client("OR-VID-07", "video", edition="latest")
def polls_what_failed_at_once(given: Given, client: CaseClient) -> Call:
    """Still polls a job that had failed when it was submitted."""
    return (yield from client({**given, "edition": "2026-05"}))


@client("OR-VID-08", "video")
def polls_cancelled_jobs(given: Given, client: CaseClient) -> Call:
    """Knows of jobs that failed, and not of those that were cancelled or have expired."""

    def still_running(job: dict[str, Any]) -> dict[str, Any]:
        return {**job, "status": "running"} if job.get("status") in ("cancelled", "expired") else job

    return (yield from altered(client(given), reply=_saying(still_running)))


@client("OR-VID-08", "video", edition="latest")
def polls_unknown_words(given: Given, client: CaseClient) -> Call:
    """Still takes every word that it does not know for one that says to wait."""

    def running(job: dict[str, Any]) -> dict[str, Any]:
        return {**job, "status": "running"} if job.get("status") not in _WORDS else job

    return (yield from altered(client(given), reply=_saying(running)))


@client("OR-VID-08", "video")
def polls_at_the_root(given: Given, client: CaseClient) -> Call:
    """Resolves a relative polling URL against the host instead of the base URL."""

    def at_the_root(job: dict[str, Any]) -> dict[str, Any]:
        url = job.get("polling_url")
        if not isinstance(url, str) or not url.strip() or "//" in url:
            return job
        return {**job, "polling_url": f"/{url.lstrip('/')}"}

    return (yield from altered(client(given), reply=_saying(at_the_root)))


@client("OR-VID-09", "video")
def fetches_blank_addresses(given: Given, client: CaseClient) -> Call:
    """Takes the first address of a video, also if nothing stands there."""

    def as_written(job: dict[str, Any]) -> dict[str, Any]:
        urls = job.get("unsigned_urls")
        return {**job, "unsigned_urls": ["./"]} if urls and not str(urls[0]).strip() else job

    return (yield from altered(client(given), reply=_saying(as_written)))


@client("OR-VID-09", "video")
def writes_ids_into_paths_as_they_are(given: Given, client: CaseClient) -> Call:
    """Puts a job's id into the address of its video without encoding it."""

    def as_it_is(request: Request) -> Request:
        return replace(request, url=unquote(request.url)) if "/content?" in request.url else request

    return (yield from altered(client(given), request=as_it_is))


@client("OR-VID-09", "video")
def calls_every_video_mp4(given: Given, client: CaseClient) -> Call:
    """Names a video without looking at its type."""
    return (yield from altered(client(given), outcome=_with_artifact(filename="video-1.mp4")))


@client("OR-VID-12", "video")
def reports_the_model_it_asked_for(given: Given, client: CaseClient) -> Call:
    """Names the model of the call in its result, though the job says which one it was."""
    return (yield from altered(client(given), outcome=_with_artifact(model="google/veo-3.1-fast")))


# ------------------------------------------------------------------

_WORDS = ("completed", "failed", "cancelled", "expired")


class _Job:
    """What has been seen of a job."""

    def __init__(self) -> None:
        self.last = Request("GET", "")
        self.completed = False
        self.goes_on = False
        self._key = ""

    def seen(self, request: Request) -> Request:
        self.last = request
        self._key = self._key or header(request, "authorization") or ""
        return request

    def received(self, reply: Reply) -> Reply:
        status = answer_of(reply).get("status")
        self.completed = self.completed or status == "completed"
        self.goes_on = status == "in_progress"
        return reply

    def with_key(self, request: Request) -> Request:
        if not self._key or header(request, "authorization"):
            return request
        return with_headers(request, ("Authorization", self._key))


def _saying(change: Callable[[dict[str, Any]], dict[str, Any]]) -> Callable[[Reply], Reply]:
    """A change of the answers that describe a job."""

    def said(reply: Reply) -> Reply:
        job = answer_of(reply)
        return with_answer(reply, change(job)) if "status" in job else reply

    return said


def _with_artifact(**fields: Any) -> Callable[[Outcome], Outcome]:
    """A change of the outcomes that have a video."""

    def reported(outcome: Outcome) -> Outcome:
        if is_error(outcome):
            return outcome
        return {**outcome, "artifacts": [{**outcome["artifacts"][0], **fields}]}

    return reported


def _outcome(end: StopIteration) -> Outcome:
    outcome: Outcome = end.value
    return outcome
