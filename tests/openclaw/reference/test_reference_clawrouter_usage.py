"""What was used of the proxy key's budget (CW-USE)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from clawrouter_lookups import perform, saying

from harness.model import Reply

USAGE = {"operation": "usage"}
MIB = 1024 * 1024


def budget(answer: Any, edition: str = "latest") -> dict[str, Any]:
    """The budget that is made of an answer."""
    reply = answer if isinstance(answer, Reply) else saying(answer)
    _, outcome = perform({**USAGE, "edition": edition}, reply)
    made: dict[str, Any] = outcome["budget"]
    return made


def summary(**used: Any) -> str | None:
    made: str | None = budget({"usage": {"summary": used}}).get("summary")
    return made


def test_usage_is_asked_for_with_the_key() -> None:
    """One GET below the root, with the key as a bearer token (CW-USE-01)."""
    requests, _ = perform({**USAGE, "base_url": "https://cr.example/v1/", "timeout_ms": 9_000}, saying({}))
    (request,) = requests
    assert (request.method, request.url) == ("GET", "https://cr.example/v1/usage")
    assert request.headers == (("Accept", "application/json"), ("Authorization", "Bearer cr-test"))
    assert (request.body, request.timeout_ms) == (b"", 9_000)


def test_all_that_a_budget_tells() -> None:
    """Plan, window, summary and billing of a key with a budget."""
    answer = {
        "budget": {
            "configured": True,
            "windowKey": "default/p/2026-07",
            "limitMicros": 100_000_000,
            "spentMicros": 25_000_000,
        },
        "usage": {"summary": {"requestCount": 12, "totalTokens": 34_567, "actualCostMicros": 25_000_000}},
    }
    known = {
        "plan": "Managed monthly budget",
        "windows": [
            {"label": "Monthly budget", "used_percent": 25.0, "reset_at": "2026-08-01T00:00:00Z"},
        ],
        "summary": "12 requests · 34,567 tokens · $25.00 used",
    }
    assert budget(answer, "clawrouter") == known
    assert budget(answer) == {
        **known,
        "billing": {"type": "budget", "used": 25.0, "limit": 100.0, "unit": "USD"},
    }


@pytest.mark.parametrize("answer", [{}, {"budget": [], "usage": 5}, {"budget": {}, "usage": {"summary": []}}])
def test_an_answer_that_says_nothing_is_an_unmetered_key(answer: Any) -> None:
    """There is a plan and no window, and nothing is made up."""
    assert budget(answer) == {"plan": "Unmetered proxy key", "windows": []}


@pytest.mark.parametrize(
    ("used", "told"),
    [
        ({"requestCount": 0.5}, "1 requests"),
        ({"requestCount": 2.5}, "3 requests"),
        ({"requestCount": 0.49}, "0 requests"),
        ({"totalTokens": 1e21}, "1,000,000,000,000,000,000,000 tokens"),
        ({"totalTokens": 2**60}, "1,152,921,504,606,846,976 tokens"),
        ({"actualCostMicros": 9_999}, "$0.0100 used"),
        ({"actualCostMicros": 10_000}, "$0.01 used"),
        ({"actualCostMicros": 0.001}, "$0.0000 used"),
        ({"actualCostMicros": 1_005_000}, "$1.00 used"),  # the float below 1.005, as in JavaScript
        ({"actualCostMicros": 1_125_000}, "$1.13 used"),
        ({"actualCostMicros": 1_234_567_890_000}, "$1234567.89 used"),
    ],
)
def test_figures_are_rounded_as_javascript_rounds_them(used: dict[str, Any], told: str) -> None:
    """Halves go up, as exactly as floats are; only counts have separators (CW-USE-04)."""
    assert summary(**used) == told


@pytest.mark.parametrize("figure", [1.7e308, 5e-324, 2**80])
def test_no_figure_is_too_large_or_small(figure: float) -> None:
    """Whatever a float can hold has a summary, and a percentage of at most 100."""
    answer = {
        "budget": {"configured": True, "limitMicros": figure, "spentMicros": 1.7e308},
        "usage": {"summary": {"totalTokens": figure, "actualCostMicros": figure}},
    }
    made = budget(answer)
    assert 0 < made["windows"][0]["used_percent"] <= 100
    assert "tokens" in made["summary"]


@pytest.mark.parametrize(
    "text", ["", "null", "[]", '"words"', "7", "{", "<html>", '{"budget": NaN}', "\ufeff{}"]
)
def test_what_is_no_json_object_is_an_error(text: str) -> None:
    """In the latest edition the budget tells it, before that the look-up fails (CW-USE-01)."""
    reply = Reply(200, (), (text.encode(),))
    assert budget(reply) == {"windows": [], "error": "the answer is not a JSON object"}
    _, outcome = perform({**USAGE, "edition": "clawrouter"}, reply)
    assert (outcome["error"]["class"], outcome["error"]["status"]) == (None, 200)


@pytest.mark.parametrize("edition", ["clawrouter", "latest"])
def test_more_than_a_mebibyte_is_not_read(edition: str) -> None:
    """An answer of exactly that size is; one byte more is an error."""
    bare = len(json.dumps({"note": ""}))
    answers = [saying({"note": "x" * (MIB - bare + more)}) for more in (0, 1)]
    fitting, beyond = (perform({**USAGE, "edition": edition}, answer)[1] for answer in answers)
    assert fitting["budget"]["plan"] == "Unmetered proxy key"
    assert "1048576 bytes" in beyond["error"]["message"]


@pytest.mark.parametrize(("status", "error_class"), [(401, "auth"), (403, "auth"), (500, "timeout")])
def test_a_failed_look_up_tells_its_status_alone(status: int, error_class: str) -> None:
    """Neither the upstream's words nor its request id are repeated (CW-USE-01)."""
    said = json.dumps({"error": {"message": "words for cr-test", "type": "words"}}).encode()
    _, outcome = perform(USAGE, Reply(status, (("x-request-id", "words"),), (said,)))
    assert outcome == {
        "error": {
            "class": error_class,
            "retryable": error_class == "timeout",
            "message": f"ClawRouter usage (HTTP {status})",
            "status": status,
        }
    }


@pytest.mark.parametrize("fault", ["timeout", "refused", "reset", "truncated"])
def test_a_look_up_that_is_not_answered_fails(fault: str) -> None:
    """It is a time-out, and is not repeated."""
    requests, outcome = perform(USAGE, Reply(0, fault=fault))
    assert len(requests) == 1
    assert outcome["error"]["class"] == "timeout"
