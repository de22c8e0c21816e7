"""The reference against look-ups of ClawRouter that a published OpenClaw build really made.

The files hold what was asked and what came of it, not what was answered: the answers are written down here,
by what the id of a capture says of them.
"""

from __future__ import annotations

import json
from collections import Counter
from functools import lru_cache
from typing import Any

import pytest
from clawrouter_lookups import perform, saying
from openclaw_captures import EVIDENCE
from openclaw_captures import input_of as captured_input

from harness.model import Reply, Request

pytestmark = pytest.mark.skipif(
    not (EVIDENCE / "openclaw").is_dir(), reason=f"no captures in {EVIDENCE} (set HARNESS_EVIDENCE)"
)

PLACEHOLDER_SENT = "the placeholder text is sent as a token"
CALLED = "a model call after the catalog"
ERRORS: dict[str, dict[str, Any]] = {
    "HTTP 401": {"class": "auth", "status": 401},
    "HTTP 403": {"class": "auth", "status": 403},
    "HTTP 500": {"class": "timeout", "status": 500},
    "must contain providers[]": {"class": None},
    "Unknown model": {"class": "model_not_found"},
}
_IDENTITY = (
    "Current model identity: {}. If asked what model you are, answer with this value for the current run."
)
_OF_THE_AGENT = {"x-clawrouter-agent-id", "x-request-id", "accept", "accept-encoding"}


@lru_cache
def rows(file: str) -> tuple[dict[str, Any], ...]:
    path = EVIDENCE / "openclaw" / file
    if not path.is_file():
        return ()
    return tuple(json.loads(line) for line in path.read_text("utf-8").splitlines())


def looked_up() -> tuple[dict[str, Any], ...]:
    return rows("extra/clawrouter-catalog.jsonl")


def of_the_file(kind: str) -> list[dict[str, Any]]:
    return [row for row in rows("2026.9.6-clawrouter.jsonl") if row["input"]["operation"] == kind]


def answers(capture_id: str) -> list[Reply]:
    """What ClawRouter answered in a capture, page by page."""
    catalog = json.loads((EVIDENCE / "openclaw" / "extra/clawrouter-catalog-answer.json").read_text("utf-8"))
    providers = catalog["providers"]
    kind = capture_id.partition(".")[2]
    if kind.isdigit():
        return [saying({"error": {"message": "words"}}, int(kind))]
    if kind == "list":
        return [saying(providers)]
    if kind == "badrows":
        return [saying({"providers": [None, "row", {"id": " "}, {"id": "x", "models": 1}, *providers]})]
    if kind == "ext":
        return [
            saying({"providers": [{**row, "nativeBaseUrl": "https://evil.example"} for row in providers]})
        ]
    if kind == "next":
        return [saying({"providers": [], "next": "/v1/catalog?p=2"}), saying(catalog)]
    return [saying(catalog)]


def input_of(row: dict[str, Any]) -> dict[str, Any]:
    """A capture's input in our words; what the agent said for itself is taken from what it sent."""
    words, request = row["openclaw_input"], row["request"]
    given: dict[str, Any] = {
        "model": words["model"],
        "api_key": words["env"]["CLAWROUTER_API_KEY"],
        "thinking": words["thinking"],
        "history": [{"role": "user", "content": "hi"}],
        "tools": [],
        "system": _IDENTITY.format(words["model"]),
    }
    if request:
        given["options"] = {"session_id": request["headers"]["x-clawrouter-session-id"]}
    return given


def asked(request: Request) -> str:
    """A look-up as the captures write it."""
    lowered = {name.lower(): value for name, value in request.headers}
    return f"{request.method} {request.url} {json.dumps(lowered, separators=(',', ':'))}"


def seen(method: str, url: str, headers: dict[str, str], body: Any) -> tuple[str, str, dict[str, str], Any]:
    """A model call as far as it is compared."""
    lowered = {name.lower(): value for name, value in headers.items()}
    return method, url, {name: value for name, value in lowered.items() if name not in _OF_THE_AGENT}, body


def compare(row: dict[str, Any]) -> str:
    """What came of a capture, once the reference was seen to do the same; or the build's departure."""
    given = input_of(row)
    replies = answers(row["id"])
    if given["api_key"] == "CLAWROUTER_API_KEY":
        requests, outcome = perform(given)
        assert (requests, outcome["error"]["class"]) == ([], "auth")
        assert [f"Bearer {given['api_key']}" in line for line in row["other"]] == [True]
        return PLACEHOLDER_SENT
    if row["request"] is None:
        requests, outcome = perform(given, *replies)
        assert [asked(request) for request in requests] == row["other"]
        (error,) = (error for text, error in ERRORS.items() if text in row["error"])
        assert {key: outcome["error"].get(key) for key in error} == error
        return row["error"].partition(":")[0] if "HTTP" not in row["error"] else "an error status"
    requests, _ = perform(given, *replies, Reply(500))
    *look_ups, sent = requests
    assert [asked(request) for request in look_ups] == row["other"]
    call = row["request"]
    assert seen(sent.method, sent.url, dict(sent.headers), json.loads(sent.body)) == seen(
        call["method"], call["url"], call["headers"], call["body"]
    )
    return CALLED


@pytest.mark.parametrize("row", [pytest.param(row, id=row["id"]) for row in looked_up()])
def test_a_captured_look_up_is_the_references(row: dict[str, Any]) -> None:
    """What is asked, and what comes of it, is the same but for the named departure."""
    assert compare(row)


def test_every_captured_look_up_is_accounted_for() -> None:
    """Eight captures: five errors, two calls, and one departure of the build."""
    assert Counter(compare(row) for row in looked_up()) == {
        "an error status": 3,
        "ClawRouter catalog response must contain providers[]": 1,
        "Unknown model": 1,
        CALLED: 2,
        PLACEHOLDER_SENT: 1,
    }


def test_captured_usage_is_asked_for_as_the_reference_asks() -> None:
    """Both captured look-ups of usage are equal in method, URL and headers, and their answer is read."""
    captured = of_the_file("usage")
    assert len(captured) == 2
    for row in captured:
        (expected,) = row["requests"]
        (request,), outcome = perform(captured_input(row), saying(row["replies"][0]["json"]))
        lowered = {name.lower(): value for name, value in request.headers}
        assert (request.method, request.url, lowered) == (
            expected["method"],
            expected["url"],
            expected["headers"],
        )
        assert outcome["budget"] == {
            "plan": "Managed monthly budget",
            "windows": [
                {"label": "Monthly budget", "used_percent": 25.0, "reset_at": "2026-12-01T00:00:00Z"}
            ],
            "summary": "3 requests · 4,567 tokens · $1.23 used",
            "billing": {"type": "budget", "used": 12.5, "limit": 50.0, "unit": "USD"},
        }


def test_captured_catalogs_are_asked_for_where_the_reference_asks() -> None:
    """The look-ups that were captured before a call, two of them, are equal in method and URL."""
    captured = [
        (row, request)
        for row in of_the_file("chat")
        for request in row["requests"] or ()
        if request["method"] == "GET"
    ]
    assert len(captured) == 2
    for row, expected in captured:
        requests, _ = perform(captured_input(row), saying(row["catalog"]), Reply(500))
        assert (requests[0].method, requests[0].url) == (expected["method"], expected["url"])
