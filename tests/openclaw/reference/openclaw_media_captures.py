"""Image, video and speech calls that published OpenClaw builds were seen to make, and what those builds do
differently.

A departure is a finding: the edition says one thing and the build does another. Each one undoes what the
build did, on the captured call alone and only where it applies, so that what is left can be compared with
the reference exactly.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

from media_calls import KEY, Call, answer, file
from openclaw_captures import EVIDENCE, input_of
from openclaw_media_driver import given, implied

from harness.model import Reply, Request

BUILDS = {
    "2026.5.6-media.jsonl": "2026.5.6",
    "2026.9.6-media.jsonl": "2026.9.6",
    "extra/media-2026.5.6-noindex.jsonl": "2026.5.6",
    "extra/media-2026.9.6.jsonl": "2026.9.6",
}
_ATTRIBUTION = {"http-referer": "https://openclaw.ai", "x-openrouter-title": "OpenClaw"}
_CATEGORIES = "x-openrouter-categories"

Result = dict[str, Any]
"""How many files were made, and what is known of the first."""


@dataclass(frozen=True)
class Sent:
    """A request as far as it is compared: without the content type of images, which is left open."""

    method: str
    url: str
    headers: dict[str, str]
    body: Any


@dataclass(frozen=True)
class Seen:
    """What was seen of a call: its requests, and its result or error as far as they were captured."""

    requests: tuple[Sent, ...]
    result: Result | None
    failed: bool
    said: str | None = None  # of a refusal by the provider, from the status on


@dataclass(frozen=True)
class Capture:
    """One line of a file of captures."""

    id: str
    build: str
    given: dict[str, Any]
    replies: tuple[Reply, ...]
    seen: Seen
    unindexed: bool  # the build did not know openrouter.ai yet: its attribution says nothing
    tells_result: bool

    @property
    def operation(self) -> str:
        return str(self.given["operation"])

    @property
    def base(self) -> str:
        """The base URL that the call is to use."""
        config = self.given.get("config") or {}
        speech = config.get("messages", {}).get("tts", {}).get("providers", {}).get("openrouter", {})
        provider = config.get("models", {}).get("providers", {}).get("openrouter", {})
        stated = self.given.get("base_url") or speech.get("baseUrl") or provider.get("baseUrl") or ""
        return str(stated).strip().rstrip("/")

    @cached_property
    def references(self) -> Seen:
        """The same call by the reference, with the same replies."""
        call = Call(self.given, self.replies)
        error = call.outcome.get("error")
        return self.comparable(
            Seen(
                tuple(self._sent(request) for request in call.requests),
                None if error else _result(self.operation, call),
                error is not None,
                _said(error["message"]) if error else None,
            )
        )

    def comparable(self, seen: Seen) -> Seen:
        """Without what this capture does not tell."""
        ignored = {*_ATTRIBUTION, _CATEGORIES} if self.unindexed else set()
        if self.operation == "image":
            ignored.add("content-type")
        requests = tuple(
            replace(sent, headers={name: v for name, v in sent.headers.items() if name not in ignored})
            for sent in seen.requests
        )
        return replace(seen, requests=requests, result=seen.result if self.tells_result else None)

    @staticmethod
    def _sent(request: Request) -> Sent:
        headers = {name.lower(): value for name, value in request.headers}
        return Sent(request.method, request.url, headers, json.loads(request.body) if request.body else None)


def _result(operation: str, call: Call) -> Result:
    first = call.artifacts[0]
    made: Result = {"n": len(call.artifacts)}
    if operation == "speech":
        extension = first["filename"].rpartition(".")[2]
        return {**made, "ext": f".{extension}", "vc": first["voice_note"], "of": extension}
    made |= {"first": first["mime_type"], "fileName": first["filename"]}
    if operation == "image":
        return {**made, "model": call.body["model"]}
    names = {"jobId": "job_id", "status": "status", "generationId": "generation_id", "usage": "usage"}
    told = {theirs: first[ours] for theirs, ours in names.items() if ours in first}
    return {**made, "model": first["model"], "metadata": told}


def _said(message: str) -> str | None:
    _, status, after = message.partition("(HTTP ")
    return status + after if status else None


# ------------------------------------------------------------------ reading the files


def captures(name: str) -> Iterator[Capture]:
    """The captures in the file `name`, in its order."""
    build = BUILDS[name]
    with (EVIDENCE / "openclaw" / name).open(encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            driven = row.get("openclaw_input")
            error = row.get("error")
            capture = Capture(
                row["id"],
                build,
                given(driven, build) if driven else input_of(row),
                tuple(implied(driven, build)) if driven else tuple(map(_reply, row["replies"])),
                Seen(
                    tuple(Sent(r["method"], r["url"], r["headers"], r["body"]) for r in row["requests"]),
                    row.get("result"),
                    error is not None,
                    _said(error) if error else None,
                ),
                unindexed="noindex" in name,
                tells_result="result" in row,
            )
            yield replace(capture, seen=capture.comparable(capture.seen))


def _reply(written: Mapping[str, Any]) -> Reply:
    if "json" in written:
        return answer(written["json"], written["status"])
    return file(base64.b64decode(written["base64"]), written["headers"]["content-type"])


# ------------------------------------------------------------------ departures


@dataclass(frozen=True)
class Departure:
    """What a build does against the edition, and how the captured call is without it."""

    id: str
    builds: tuple[str, ...]
    about: str
    applies: Callable[[Capture], bool]
    undo: Callable[[Capture, Seen], Seen]


def undo_departures(capture: Capture) -> tuple[Seen, tuple[str, ...]]:
    """The captured call as it would be without the build's departures, and which ones there were."""
    found = []
    seen = capture.seen
    for departure in DEPARTURES:
        if capture.build in departure.builds and departure.applies(capture):
            undone = departure.undo(capture, seen)
            if undone != seen:
                found.append(departure.id)
                seen = undone
    return seen, tuple(found)


def _goes_to_openrouter(sent: Sent) -> bool:
    host = urlsplit(sent.url).hostname or ""
    return host == "openrouter.ai" or host.endswith(".openrouter.ai")


def _without_attribution(capture: Capture, seen: Seen) -> Seen:
    """Without the build's own attribution on what goes elsewhere; configured values stay."""

    def mended(sent: Sent) -> Sent:
        kept = {name: value for name, value in sent.headers.items() if _ATTRIBUTION.get(name) != value}
        return sent if _goes_to_openrouter(sent) else replace(sent, headers=kept)

    return replace(seen, requests=tuple(map(mended, seen.requests)))


def _with_the_pictures(capture: Capture, seen: Seen) -> Seen:
    """The result that the answer holds, in place of the complaint about its empty text."""
    [sent] = seen.requests
    result = {"n": 1, "model": sent.body["model"], "first": "image/png", "fileName": "image-1.png"}
    return replace(seen, failed=False, result=result if capture.tells_result else None)


def _answered_with_blank_content(capture: Capture) -> bool:
    """An answer in the shape of a chat completion with pictures beside an empty text."""
    if capture.operation != "image" or not (capture.seen.failed and capture.seen.requests):
        return False
    reply = capture.replies[0]
    body = json.loads(reply.body) if reply.status == 200 else {}
    message = body["choices"][0]["message"] if "choices" in body else {}
    return message.get("content") == "" and "data:" in reply.body.decode()


def _with_query_last(capture: Capture, seen: Seen) -> Seen:
    """The path under the base URL, its query behind it; the content URL with the whole path of the base."""
    base, _, query = capture.base.partition("?")
    parent = base.rpartition("/")[0]

    def mended(sent: Sent) -> Sent:
        url = sent.url
        if url.startswith(f"{base}?{query}/"):
            url = f"{base}/{url.removeprefix(f'{base}?{query}/')}?{query}"
        elif url.startswith(f"{parent}/videos/") and url.endswith("/content?index=0"):
            url = f"{base}/{url.removeprefix(f'{parent}/').removesuffix('index=0')}{query}&index=0"
        return replace(sent, url=url)

    return replace(seen, requests=tuple(map(mended, seen.requests)))


def _at_the_local_base(capture: Capture, seen: Seen) -> Seen:
    """What the build sends for this input to any other base URL, and gets back."""
    bearer = {"authorization": f"Bearer {KEY}"}
    origin = "{0.scheme}://{0.netloc}".format(urlsplit(capture.base))
    body = {"model": "google/veo-3.1-fast", "prompt": capture.given["prompt"]}
    posted = {**bearer, "content-type": "application/json"}
    requests = (
        Sent("POST", f"{capture.base}/videos", posted, body),
        Sent("GET", f"{origin}/api/v1/videos/job-1", bearer, None),
        Sent("GET", f"{capture.base}/videos/job-1/content?index=0", bearer, None),
    )
    metadata = {"jobId": "job-1", "status": "completed", "generationId": "gen-1", "usage": {"cost": 0.1}}
    made = {"n": 1, "model": body["model"], "first": "video/mp4", "fileName": "video-1.mp4"}
    return Seen(requests, {**made, "metadata": metadata}, failed=False)


DEPARTURES = (
    Departure(
        "attribution",
        ("2026.5.6", "2026.9.6"),
        "media calls to custom base URLs carry the attribution",
        lambda capture: not all(map(_goes_to_openrouter, capture.seen.requests)),
        _without_attribution,
    ),
    Departure(
        "blank text",
        ("2026.9.6",),
        "an empty text beside the pictures is called malformed",
        _answered_with_blank_content,
        _with_the_pictures,
    ),
    Departure(
        "query",
        ("2026.5.6", "2026.9.6"),
        "the path is put behind the query of the base URL",
        lambda capture: "?" in capture.base,
        _with_query_last,
    ),
    Departure(
        "loopback",
        ("2026.5.6", "2026.9.6"),
        "loopback base URLs are refused",
        lambda capture: urlsplit(capture.base).hostname == "127.0.0.1",
        _at_the_local_base,
    ),
)
