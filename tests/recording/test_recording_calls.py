"""One call: the key put in, retries, and the budget."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal

import orjson
import pytest
from recording_site import REAL_KEY, Answered, Asked, OpenSite, Site

from harness.model import Reply, Request
from harness.recording import Budget, Key, OverBudgetError, Prices, Retries
from harness.recording.classify import failure_of
from harness.recording.provider_client import Call
from harness_openclaw.reference.openrouter.pricing import Estimate
from harness_openclaw.reference.openrouter.receipt import usage_of

LIST = {
    "data": [
        {
            "id": "acme/one",
            "pricing": {"prompt": "0.000001", "completion": "0.00001"},
            "top_provider": {"max_completion_tokens": 1000},
        },
        {"id": "acme/router", "pricing": {"prompt": "-1", "completion": "-1"}},
    ]
}


def once(*replies: Reply) -> Callable[[Request], Reply]:
    """Answers one request after the other with these, the last for all that follow."""
    left = list(replies)
    return lambda request: left.pop(0) if len(left) > 1 else left[0]


# ------------------------------------------------------------------ the key


def test_the_key_takes_the_place_of_its_stand_in_on_the_way_out(stand_in: Site, asked: Asked) -> None:
    """The client's request stays as it is; another bearer than the stand-in is sent as it stands."""
    caller = stand_in.caller()
    call = caller.call(asked(), stand_ins=["stand-in"])
    caller.call(asked(), stand_ins=["another"]).finish()
    assert call.finish().status == 200
    assert dict(call.request.headers)["Authorization"] == "Bearer stand-in"
    bearers = [dict(request.headers)["Authorization"] for request in stand_in.requests]
    assert bearers == [f"Bearer {REAL_KEY}", "Bearer stand-in"]


def test_a_key_does_not_show_in_its_repr() -> None:
    """Nor, so, in a traceback that prints values."""
    assert REAL_KEY not in repr(Key("K", REAL_KEY))


# ------------------------------------------------------------------ retries


def test_a_429_is_asked_again_after_the_stated_wait(
    site_of: OpenSite, asked: Asked, answered: Answered
) -> None:
    """With the same bytes, and nobody waits but the clock that is given."""
    site = site_of(once(answered(429, retry_after="7"), answered(503), answered(200)))
    call = site.caller().call(asked())
    assert call.finish().status == 200
    assert call.tried == (429, 503)
    assert site.waits == [7.0, 1.0]
    assert call.waited_s == 8.0
    first, second, third = site.requests
    assert first == second == third


def test_patience_has_an_end(site_of: OpenSite, asked: Asked, answered: Answered) -> None:
    """After two repeats the last answer is the one."""
    site = site_of(once(answered(500), answered(502), answered(529)))
    call = site.caller().call(asked())
    assert (call.status, call.tried, len(site.requests)) == (529, (500, 502), 3)
    assert site.waits == [0.5, 1.0]


def test_silence_is_asked_again(site_of: OpenSite, asked: Asked, answered: Answered) -> None:
    """A connection that breaks before an answer is as good as a 5xx."""
    site = site_of(once(Reply(0, fault="reset"), answered(200)))
    call = site.caller().call(asked())
    assert (call.status, call.tried) == (200, ("reset",))


NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("status", "headers", "wait"),
    [
        (429, {"retry_after_ms": "250", "retry_after": "9"}, 0.25),
        (503, {"retry_after": "Thu, 01 Jan 2026 00:00:05 GMT"}, 5.0),
        (429, {"retry_after": "soon"}, 0.5),
        (429, {"retry_after": "61"}, None),
        (402, {"retry_after": "2"}, 2.0),
        (402, {}, None),
        (400, {}, None),
        (401, {}, None),
        (404, {}, None),
        (422, {}, None),
        (400, {"x_should_retry": "true"}, 0.5),
        (503, {"x_should_retry": "false"}, None),
        (408, {}, 0.5),
        (409, {}, 0.5),
        (504, {}, 0.5),
    ],
)
def test_what_is_asked_again_and_when(
    answered: Answered, status: int, headers: dict[str, str], wait: float | None
) -> None:
    """OR-RETRY-02: the stated wait first, else half a second; OR-RETRY-03: none above a minute."""
    assert Retries().wait_s(answered(status, **headers), 0, chance=0.0, now=NOW) == wait


def test_waits_that_nobody_states_grow_and_are_spread(answered: Answered) -> None:
    """Doubled each time up to 8 s, less up to a quarter."""
    retries = Retries(most=10)
    waits = [retries.wait_s(answered(500), before, chance=0.0) for before in range(6)]
    assert waits == [0.5, 1.0, 2.0, 4.0, 8.0, 8.0]
    assert retries.wait_s(answered(500), 2, chance=1.0) == 1.5


def test_what_has_begun_is_not_asked_again() -> None:
    """OR-RETRY-06: a stream that is cut off has been paid for."""
    cut = Reply(200, (("content-type", "text/event-stream"),), (b"data: 1\n\n",), "truncated")
    assert Retries().wait_s(cut, 0, chance=0.0) is None


# ------------------------------------------------------------------ failures and usage


@pytest.mark.parametrize(
    ("status", "message", "kind"),
    [
        (400, "", "format"),
        (401, "", "auth"),
        (402, "", "billing"),
        (403, "", "auth"),
        (403, "Key limit exceeded (total limit)", "billing"),
        (404, "", "model_not_found"),
        (408, "", "timeout"),
        (422, "", "format"),
        (429, "", "rate_limit"),
        (500, "", "timeout"),
        (503, "No instances available", "timeout"),
        (503, "Overloaded", "overloaded"),
        (529, "", "overloaded"),
        (400, "Provider returned error", "timeout"),
    ],
)
def test_a_failure_has_the_class_of_its_status(
    answered: Answered, status: int, message: str, kind: str
) -> None:
    """OR-ERR-01; the text decides only where the table says so."""
    failure = failure_of(answered(status, orjson.dumps({"error": {"code": status, "message": message}})))
    assert failure is not None
    assert (failure.kind, failure.in_band) == (kind, False)


@pytest.mark.parametrize(
    ("code", "kind"), [(429, "rate_limit"), ("server_error", "timeout"), (402, "billing")]
)
def test_an_error_in_a_200_is_a_failure(answered: Answered, code: object, kind: str) -> None:
    """In JSON and among events, by its numeric code."""
    body = orjson.dumps({"error": {"code": code, "message": "no"}})
    events = Reply(200, (("content-type", "text/event-stream"),), (b": hm\n\ndata: " + body + b"\n\n",))
    for reply in (answered(200, body), events):
        failure = failure_of(reply)
        assert failure is not None
        assert (failure.kind, failure.in_band) == (kind, True)


def test_an_answer_is_no_failure(answered: Answered) -> None:
    """Nor is an `error` that is null."""
    assert failure_of(answered(200, b'{"error": null}')) is None


def test_usage_is_read_from_the_last_event_that_has_any(answered: Answered) -> None:
    """As it is from a JSON body."""
    usage = b'{"usage": {"prompt_tokens": 3, "completion_tokens": 4, "cost": 0.00025}}'
    events = Reply(
        200,
        (("content-type", "text/event-stream"),),
        (b'data: {"usage": null}\n\ndata: ' + usage + b"\n\ndata: [DONE]\n\n",),
    )
    for reply in (answered(200, usage), events):
        found = usage_of(reply)
        assert (found.prompt_tokens, found.completion_tokens, found.cost) == (3, 4, Decimal("0.00025"))


# ------------------------------------------------------------------ prices and the budget


def test_an_estimate_is_the_most_that_a_call_may_cost() -> None:
    """A token for every three bytes in, and the request's own limit out."""
    body = b'{"model":"acme/one","max_completion_tokens":50,"messages":[]}'
    estimate = Prices.listed(LIST).estimate(body)
    assert estimate == Estimate("acme/one", 21, 50, Decimal("0.000521"))


def test_a_request_without_a_limit_may_get_the_longest_answer() -> None:
    """Unless a length is assumed."""
    body = b'{"model":"acme/one:nitro"}'
    longest = Prices.listed(LIST).estimate(body)
    assert (longest.output_tokens, longest.limited) == (1000, False)
    assert Prices.listed(LIST, assumed_output=10).estimate(body).output_tokens == 10


def test_an_image_counts_for_what_it_shows() -> None:
    """Not for the letters of its data URL."""
    body = b'{"model":"acme/one","max_tokens":0,"url":"data:image/png;base64,' + b"A" * 90_000 + b'"}'
    assert 2000 < Prices.listed(LIST).estimate(body).prompt_tokens < 2100


@pytest.mark.parametrize("model", ["acme/router", "acme/unheard-of"])
def test_some_models_have_no_price(model: str) -> None:
    """Routers, and those that are not listed."""
    assert Prices.listed(LIST).estimate(orjson.dumps({"model": model})).cost is None


def test_a_call_that_could_pass_the_budget_is_not_made(
    site_of: OpenSite, asked: Asked, answered: Answered
) -> None:
    """Spent is what was reported; what is asked next counts with its worst."""
    reply = answered(200, b'{"usage": {"cost": 0.0006}}')
    site = site_of(lambda request: reply)
    body = b'{"model":"acme/one","max_tokens":50}'
    caller = site.caller(most="0.001", prices=Prices.listed(LIST))
    caller.call(asked(body)).finish()
    with pytest.raises(OverBudgetError, match=r"\$0.000600 of \$0.001 are spent.*up to 50 out"):
        caller.call(asked(body))
    assert len(site.requests) == 1
    assert caller.budget.spent == Decimal("0.0006")


def test_calls_in_flight_count_with_their_worst() -> None:
    """Until they are settled."""
    budget = Budget(Decimal("0.003"))
    estimate = Estimate("m", 0, 0, Decimal("0.002"))
    reserved = budget.reserve(estimate)
    with pytest.raises(OverBudgetError):
        budget.reserve(estimate)
    budget.settle(reserved, Decimal("0.0001"))
    budget.reserve(estimate)


def test_without_a_price_there_must_be_something_left() -> None:
    """Of which nobody can say whether it will do."""
    budget = Budget(Decimal("0.001"))
    unpriced = Estimate("acme/router", 1, 1, None)
    budget.settle(budget.reserve(unpriced), Decimal("0.001"))
    with pytest.raises(OverBudgetError):
        budget.reserve(unpriced)


@pytest.mark.parametrize(
    ("reply", "spent"),
    [
        (Reply(429), "0"),
        (Reply(0, fault="refused"), "0"),
        (Reply(0, fault="timeout"), "0.000512"),
        (Reply(200, (), (b"{}",)), "0.000512"),
        (Reply(200, (), (b'{"usage":{"cost":0}}',)), "0"),
    ],
)
def test_what_does_not_say_its_cost_is_counted_with_care(
    site_of: OpenSite, asked: Asked, reply: Reply, spent: str
) -> None:
    """A refusal is free; silence may have been dear."""
    site = site_of(lambda request: reply, timeout_s=0.3)
    caller = site.caller(prices=Prices.listed(LIST), retries=0)
    if reply.fault == "refused":
        site.listener.close()
    call: Call = caller.call(asked(b'{"model":"acme/one","max_tokens":50}'))
    call.finish()
    assert caller.budget.spent == Decimal(spent)
