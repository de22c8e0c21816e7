"""The checks before a recording, as an operation of the client (OR-PRE)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import orjson
import pytest
from media_calls import CANONICAL, Call, answer

from harness.model import Reply, Request
from harness_openclaw.mock_provider import Account, Provider
from harness_openclaw.reference import Client
from harness_openclaw.reference.openrouter.checks import unfit

MODEL = "openrouter/openai/gpt-4o-mini"
KEY = "sk-or-v1-" + "5e" * 32
EVENTS = (("content-type", "text/event-stream"),)


class Seen:
    """A preflight that is over: what it asked the mock provider for, and its checks by rule."""

    def __init__(self, account: Account | None = None, **given: Any) -> None:
        provider = Provider(account or Account())
        call = Client()({"operation": "preflight", "api_key": KEY, "history": [], **given})
        self.requests: list[Request] = []
        self.outcome: dict[str, Any] = {}
        reply: Reply | None = None
        while not self.outcome:
            try:
                step = call.send(reply)
            except StopIteration as end:
                self.outcome = end.value
            else:
                assert isinstance(step, Request)
                self.requests.append(step)
                reply = provider.answer(step)

    @property
    def checks(self) -> dict[str, str]:
        return {check["rule"]: check["standing"] for check in self.outcome["checks"]}


def test_all_checks_pass_with_the_mock_provider() -> None:
    """Three look-ups, one call, and a line for every rule that could be checked, in their order."""
    seen = Seen(model=MODEL, options={"max_tokens": 16}, tools=[{"name": "look", "parameters": {}}])
    rules = [f"OR-PRE-0{number}" for number in range(1, 10)]
    assert list(seen.checks.items()) == [(rule, "pass") for rule in rules]
    assert [request.url.removeprefix(CANONICAL) for request in seen.requests] == [
        "/key",
        "/credits",
        "/models",
        "/chat/completions",
    ]


def test_the_call_is_tiny_and_streamed() -> None:
    """As the calls to be recorded are, but for its 16 tokens."""
    body = orjson.loads(Seen(model=MODEL, options={"max_tokens": 16}).requests[-1].body)
    assert (body["model"], body["max_tokens"], body["stream"]) == ("openai/gpt-4o-mini", 16, True)


def test_a_rule_that_was_checked_twice_has_the_worst_of_it() -> None:
    """And all that was said: the key is accepted, but may not spend what the calls cost."""
    poor = Account(limit=Decimal("0.000001"))
    seen = Seen(poor, model=MODEL, options={"max_tokens": 1000})
    (check,) = [each for each in seen.outcome["checks"] if each["rule"] == "OR-PRE-03"]
    assert check["standing"] == "fail"
    assert "accepted" in check["message"]
    assert "may cost" in check["message"]
    assert "OR-PRE-08" not in seen.checks


@pytest.mark.parametrize(
    "given",
    [
        {"calls": "many"},
        {"retries": -1},
        {"max_cost": True},
        {"now": "yesterday"},
        {"model": "openrouter/"},
        {"model": 7},
    ],
)
def test_an_input_that_makes_no_sense_is_refused(given: dict[str, Any]) -> None:
    """It is no check that failed."""
    assert Seen(**{"model": MODEL, **given}).outcome["error"]["class"] == "format"


@pytest.mark.parametrize(
    "base", ["http://openrouter.ai/api/v1", "openrouter.ai/api/v1", "not a url", "ftp://a"]
)
def test_nothing_is_sent_where_the_key_could_be_read(base: str) -> None:
    """Nor where there is no telling who reads it (OR-PRE-01)."""
    seen = Seen(base_url=base, model=MODEL)
    assert (seen.checks["OR-PRE-01"], seen.requests) == ("fail", [])


def test_another_edition_s_checks_are_unsupported() -> None:
    """ClawRouter has none."""
    assert list(Seen(edition="clawrouter").outcome) == ["unsupported"]


def test_whose_key_it_is_is_not_told() -> None:
    """Once the label is known, no later answer gets it into a message."""
    label = "Ada's recordings"
    replies = [
        answer({"data": {"label": label, "creator_user_id": "Ada Lovelace", "limit": None}}),
        answer({"error": {"message": f"{label}: no"}}, 403),
        answer({"data": [{"id": "openai/gpt-4o-mini", "pricing": {"prompt": "0"}}]}),
        answer({"error": {"message": f"{label} of Ada Lovelace cannot pay"}}, 402),
    ]
    outcome = Call({"operation": "preflight", "model": MODEL, "options": {"max_tokens": 1}}, replies).outcome
    assert [check["standing"] for check in outcome["checks"]][-1] == "fail"
    assert "Ada" not in str(outcome)


@pytest.mark.parametrize(
    ("reply", "fit"),
    [
        (Reply(200, EVENTS, (b"data: {}\n\ndata: [DONE]\n\n",)), True),
        (Reply(200, EVENTS, (b"data: {}\n\n", b"data: [DO", b"NE]\n\n: bye\n\n")), True),
        (Reply(200, EVENTS, (b"data: [DONE]\n\ndata: {}\n\n",)), False),
        (Reply(200, EVENTS, (b"data: {}\n\n",)), False),
        (Reply(200, EVENTS, (b"data: [DONE]\n",), "truncated"), False),
        (Reply(200, EVENTS), False),
        (Reply(200, (), (b"{}",)), True),
        (Reply(200, (("X-OpenRouter-Cache-Status", " hit "),), (b"{}",)), False),
        (Reply(200, (("X-OpenRouter-Cache-Status", "MISS"),), (b"{}",)), True),
    ],
)
def test_what_may_be_recorded(reply: Reply, fit: bool) -> None:
    """A stream that came to its end, and no answer out of the response cache (OR-PRE-09)."""
    assert (unfit(reply) is None) == fit


def test_an_answer_out_of_the_cache_may_be_recorded_on_purpose() -> None:
    """By who asked for it."""
    assert unfit(Reply(200, (("x-openrouter-cache-status", "HIT"),), (b"{}",)), cache_hits=True) is None
