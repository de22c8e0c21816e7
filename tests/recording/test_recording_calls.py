"""One call: the key put in, retries, and the budget."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import orjson
import pytest
from recording_site import REAL_KEY, Answered, Asked, OpenSite

from harness.model import Reply, Request
from harness.recording.answers import usage
from harness.recording.classify import classify
from harness.recording.keys import ForeignKeyError, Keys
from harness.recording.pricing import ModelPrice, ModelPrices
from harness.recording.protocol import Estimate, Key
from harness.recording.provider_client import Budget, Call, OverBudgetError
from harness.recording.retries import Retries

PRICES = {
    "acme/one": ModelPrice("acme/one", Decimal("0.000001"), Decimal("0.00001"), most_output=1000),
    "acme/router": ModelPrice("acme/router", None, None),
}
REQUEST = Request("POST", "https://api.acme.example/v1/chat/completions")
BY_HOST = {"api.acme.example": ModelPrices(PRICES)}


def once(*replies: Reply) -> Callable[[Request], Reply]:
    """Answers one request after the other with these, the last for all that follow."""
    left = list(replies)
    return lambda request: left.pop(0) if len(left) > 1 else left[0]


# ------------------------------------------------------------------ the key


@pytest.mark.parametrize(
    ("header", "value", "sent"),
    [
        ("Authorization", "Bearer canary", f"Bearer {REAL_KEY}"),
        ("x-api-key", "canary", REAL_KEY),
        ("api-key", "canary", REAL_KEY),
        ("Authorization", "Bearer another", "Bearer another"),
        ("X-Title", "a canary in a coal mine", "a canary in a coal mine"),
    ],
)
def test_the_key_replaces_the_canary_on_the_way_out(
    site_of: OpenSite, answered: Answered, header: str, value: str, sent: str
) -> None:
    """In any header whose value it is; the client's own request stays as it is."""
    site = site_of(lambda request: answered())
    request = replace(REQUEST, headers=((header, value),))
    call = site.client().call(request, canaries=["canary"])
    assert call.finish().status == 200
    assert call.request == request
    assert dict(site.requests[0].headers)[header] == sent


def test_the_key_replaces_the_canary_in_a_query() -> None:
    """As some APIs have it; other parameters stay as they are written."""
    keys = Keys({"api.acme.example": Key("K", "a/real key")})
    request = Request("GET", "https://api.acme.example/v1/models?a=%20b&key=canary")
    assert keys.apply(request, ["canary"]).url == (
        "https://api.acme.example/v1/models?a=%20b&key=a%2Freal%20key"
    )


@pytest.mark.parametrize("keys", [Keys(), Keys({"api.acme.example": Key("UNSET", "")})])
def test_a_host_without_a_key_is_called_without_one(asked: Asked, keys: Keys) -> None:
    """The canary is left out, not sent."""
    request = replace(asked(), url="https://api.acme.example/v1/models?key=canary")
    sent = keys.apply(request, ["canary"])
    assert (sent.headers, sent.url) == (
        (("Content-Type", "application/json"),),
        "https://api.acme.example/v1/models",
    )


@pytest.mark.parametrize(
    "request_with_key",
    [
        Request("GET", f"https://other.example/?key={REAL_KEY}"),
        Request("GET", "https://other.example/", (("Authorization", f"Bearer {REAL_KEY}"),)),
        Request("POST", "https://other.example/", (), REAL_KEY.encode()),
    ],
)
def test_no_key_goes_to_another_host(request_with_key: Request) -> None:
    """Not even where an implementation has it from elsewhere."""
    keys = Keys({"api.acme.example": Key("ACME_API_KEY", REAL_KEY)})
    with pytest.raises(ForeignKeyError, match=r"other\.example holds ACME_API_KEY"):
        keys.apply(request_with_key, ())


def test_a_key_does_not_show_in_its_repr() -> None:
    """Nor, so, in a traceback that prints values."""
    assert REAL_KEY not in repr(Key("K", REAL_KEY))


# ------------------------------------------------------------------ retries


def test_a_429_is_asked_again_after_the_stated_wait(
    site_of: OpenSite, asked: Asked, answered: Answered
) -> None:
    """With the same bytes, and nobody waits but the clock that is given."""
    site = site_of(once(answered(429, retry_after="7"), answered(503), answered(200)))
    call = site.client().call(asked())
    assert call.finish().status == 200
    assert call.tried == (429, 503)
    assert site.waits == [7.0, 1.0]
    assert call.waited_s == 8.0
    first, second, third = site.requests
    assert first == second == third


def test_patience_has_an_end(site_of: OpenSite, asked: Asked, answered: Answered) -> None:
    """After two repeats the last answer is the one."""
    site = site_of(once(answered(500), answered(502), answered(529)))
    call = site.client().call(asked())
    assert (call.status, call.tried, len(site.requests)) == (529, (500, 502), 3)
    assert site.waits == [0.5, 1.0]


def test_silence_is_asked_again(site_of: OpenSite, asked: Asked, answered: Answered) -> None:
    """A connection that breaks before an answer is as good as a 5xx."""
    site = site_of(once(Reply(0, fault="reset"), answered(200)))
    call = site.client().call(asked())
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
    """The stated wait first, else half a second; none above a minute."""
    assert Retries().wait_s(answered(status, **headers), 0, chance=0.0, now=NOW) == wait


def test_waits_that_nobody_states_grow_and_are_spread(answered: Answered) -> None:
    """Doubled each time up to 8 s, less up to a quarter."""
    retries = Retries(most=10)
    waits = [retries.wait_s(answered(500), before, chance=0.0) for before in range(6)]
    assert waits == [0.5, 1.0, 2.0, 4.0, 8.0, 8.0]
    assert retries.wait_s(answered(500), 2, chance=1.0) == 1.5


def test_what_has_begun_is_not_asked_again() -> None:
    """A stream that is cut off has been paid for."""
    cut = Reply(200, (("content-type", "text/event-stream"),), (b"data: 1\n\n",), "truncated")
    assert Retries().wait_s(cut, 0, chance=0.0) is None


# ------------------------------------------------------------------ failures and usage


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, "format"),
        (401, "auth"),
        (402, "billing"),
        (403, "auth"),
        (404, "model_not_found"),
        (408, "timeout"),
        (422, "format"),
        (429, "rate_limit"),
        (500, "timeout"),
        (503, "overloaded"),
        (529, "overloaded"),
    ],
)
def test_a_failure_has_the_class_of_its_status(answered: Answered, status: int, kind: str) -> None:
    """And says what the provider says."""
    failure = classify(REQUEST, answered(status, b'{"error": {"message": "not today"}}'))
    assert failure is not None
    assert (failure.kind, failure.message) == (kind, f"HTTP {status}: not today")


@pytest.mark.parametrize(
    ("code", "kind"), [(429, "rate_limit"), ("402", "billing"), ("server_error", "unclassified")]
)
def test_an_error_in_a_200_is_a_failure(answered: Answered, code: object, kind: str) -> None:
    """In JSON and among events, by its numeric code."""
    body = orjson.dumps({"error": {"code": code, "message": "no"}})
    events = Reply(200, (("content-type", "text/event-stream"),), (b": hm\n\ndata: " + body + b"\n\n",))
    for reply in (answered(200, body), events):
        failure = classify(REQUEST, reply)
        assert failure is not None
        assert (failure.kind, failure.in_band) == (kind, True)


def test_an_answer_is_no_failure(answered: Answered) -> None:
    """Nor is an `error` that is null."""
    assert classify(REQUEST, answered(200, b'{"error": null}')) is None


def test_usage_is_read_from_the_last_event_that_has_any(answered: Answered) -> None:
    """As it is from a JSON body."""
    stated = b'{"usage": {"prompt_tokens": 3, "completion_tokens": 4, "cost": 0.00025}}'
    events = Reply(
        200,
        (("content-type", "text/event-stream"),),
        (b'data: {"usage": null}\n\ndata: ' + stated + b"\n\ndata: [DONE]\n\n",),
    )
    for reply in (answered(200, stated), events):
        found = usage(REQUEST, reply)
        assert (found.prompt_tokens, found.completion_tokens, found.cost) == (3, 4, Decimal("0.00025"))


@pytest.mark.parametrize(
    "body",
    [
        b'{"usage": {"prompt_tokens": 3, "completion_tokens": 4}}',
        b'{"usage": {"input_tokens": 3, "output_tokens": 4}}',
        b'{"usageMetadata": {"promptTokenCount": 3, "candidatesTokenCount": 4}}',
        b'{"type": "response.completed", "response": {"usage": {"input_tokens": 3, "output_tokens": 4}}}',
    ],
)
def test_usage_is_read_in_the_forms_of_common_apis(answered: Answered, body: bytes) -> None:
    """What no field states is unknown."""
    assert usage(REQUEST, answered(200, body)) == (3, 4, None)


def test_usage_may_be_spread_over_events() -> None:
    """As Anthropic's messages have it: the input when the message begins, the output at its end."""
    events = (
        b'event: message_start\ndata: {"message": {"usage": {"input_tokens": 3, "output_tokens": 1}}}\n\n',
        b'event: message_delta\ndata: {"usage": {"output_tokens": 4}}\n\n',
    )
    assert usage(REQUEST, Reply(200, (("content-type", "text/event-stream"),), events)) == (3, 4, None)


# ------------------------------------------------------------------ prices and the budget


def test_an_estimate_is_the_most_that_a_call_may_cost(asked: Asked) -> None:
    """A token for every three bytes in, and the request's own limit out."""
    body = b'{"model":"acme/one","max_completion_tokens":50,"messages":[]}'
    estimate = ModelPrices(PRICES).estimate(asked(body))
    assert estimate == Estimate("acme/one", 21, 50, Decimal("0.000521"))


def test_a_request_without_a_limit_may_get_the_longest_answer(asked: Asked) -> None:
    """Unless a length is assumed."""
    body = b'{"model":"acme/one"}'
    longest = ModelPrices(PRICES).estimate(asked(body))
    assert (longest.output_tokens, longest.limited) == (1000, False)
    assert ModelPrices(PRICES, assumed_output=10).estimate(asked(body)).output_tokens == 10


def test_an_image_counts_for_what_it_shows(asked: Asked) -> None:
    """Not for the letters of its data URL."""
    body = b'{"model":"acme/one","max_tokens":0,"url":"data:image/png;base64,' + b"A" * 90_000 + b'"}'
    assert 2000 < ModelPrices(PRICES).estimate(asked(body)).prompt_tokens < 2100


@pytest.mark.parametrize("model", ["acme/router", "acme/unheard-of"])
def test_some_models_have_no_price(asked: Asked, model: str) -> None:
    """Routers, and those that are not listed."""
    assert ModelPrices(PRICES).estimate(asked(orjson.dumps({"model": model}))).cost is None


def test_a_call_that_could_pass_the_budget_is_not_made(
    site_of: OpenSite, asked: Asked, answered: Answered
) -> None:
    """Spent is what was reported; what is asked next counts with its worst."""
    reply = answered(200, b'{"usage": {"cost": 0.0006}}')
    site = site_of(lambda request: reply)
    body = b'{"model":"acme/one","max_tokens":50}'
    client = site.client(most="0.001", prices=BY_HOST)
    client.call(asked(body)).finish()
    with pytest.raises(OverBudgetError, match=r"\$0.000600 of \$0.001 are spent.*up to 50 out"):
        client.call(asked(body))
    assert len(site.requests) == 1
    assert client.budget.spent == Decimal("0.0006")


def test_calls_in_flight_count_with_their_worst() -> None:
    """Until they are settled."""
    budget = Budget(Decimal("0.003"))
    estimate = Estimate("m", 0, 0, Decimal("0.002"))
    reserved = budget.reserve(estimate)
    with pytest.raises(OverBudgetError):
        budget.reserve(estimate)
    budget.settle(reserved, Decimal("0.0001"))
    budget.reserve(estimate)


def test_a_call_of_unknown_price_is_not_affordable() -> None:
    """Unless it is allowed, as long as anything is left."""
    unpriced = Estimate("acme/router", 1, 1, None)
    with pytest.raises(OverBudgetError, match=r"(?s)price of this call to acme/router.*--allow-unpriced"):
        Budget(Decimal("0.001")).reserve(unpriced)
    budget = Budget(Decimal("0.001"), allow_unpriced=True)
    budget.settle(budget.reserve(unpriced), Decimal("0.001"))
    with pytest.raises(OverBudgetError):
        budget.reserve(unpriced)


def test_no_connection_is_not_retried(site_of: OpenSite, asked: Asked, answered: Answered) -> None:
    """It is reported with its host instead."""
    site = site_of(lambda request: answered())
    site.listener.close()
    client = site.client()
    call = client.call(asked())
    assert (call.finish().fault, call.tried, site.waits) == ("refused", (), [])
    assert client.unreachable["api.acme.example"].startswith("no connection")


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
    client = site.client(prices=BY_HOST, retries=0)
    if reply.fault == "refused":
        site.listener.close()
    call: Call = client.call(asked(b'{"model":"acme/one","max_tokens":50}'))
    call.finish()
    assert client.budget.spent == Decimal(spent)
