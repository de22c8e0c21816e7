"""Money, caches and what is remembered between requests."""

from __future__ import annotations

import threading
from decimal import Decimal
from typing import Any

import pytest
from provider_requests import CLAUDE, GPT, body_of, chat, error_of, header, look_up, read_stream, user

from harness.model import Reply
from harness_openclaw.mock_provider import MODELS, Account, Provider

CACHED = {"X-OpenRouter-Cache": "true"}


class Clock:
    """A clock that goes when the test says so."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


def look(provider: Provider, path: str) -> Any:
    return body_of(provider.answer(look_up(path)))["data"]


def test_an_answer_costs_what_the_list_says() -> None:
    """Tokens times the prices of `GET /models`, to the last digit."""
    provider = Provider()
    prices = {model["id"]: model["pricing"] for model in look(provider, "models")}
    for model in MODELS:
        if model.routes_to is not None:
            continue
        usage = body_of(provider.answer(chat(model=model.id)))["usage"]
        price = prices[model.id]
        expected = Decimal(price["prompt"]) * usage["prompt_tokens"]
        expected += Decimal(price["completion"]) * usage["completion_tokens"]
        assert usage["cost"] == float(expected)


def test_costs_are_taken_from_the_credits_and_counted_for_the_key() -> None:
    """`usage.cost`, `/credits` and `/key` tell one story."""
    provider = Provider(Account(credits=Decimal(5), used=Decimal("0.5"), limit=Decimal(2)))
    cost = sum(Decimal(str(body_of(provider.answer(chat()))["usage"]["cost"])) for _ in range(3))
    assert cost > 0
    assert look(provider, "credits") == {"total_credits": 5.0, "total_usage": float(Decimal("0.5") + cost)}
    key = look(provider, "key")
    assert key["usage"] == key["usage_daily"] == float(cost)
    assert key["limit_remaining"] == float(2 - cost)


def test_refusals_cost_nothing() -> None:
    """Neither a wrong request nor an injected error is charged."""
    provider = Provider()
    provider.answer(chat(messages=[]))
    provider.answer(chat(model="simulated/error-500"))
    assert look(provider, "credits")["total_usage"] == 0


def test_without_credits_only_free_models_answer() -> None:
    """402 when the balance is gone; models that cost nothing go on."""
    provider = Provider(Account(credits=Decimal(1), used=Decimal(1)))
    assert provider.answer(chat()).status == 402
    assert provider.answer(chat(model="deepseek/deepseek-r1:free")).status == 200


def test_a_limit_that_cannot_be_paid_is_refused_before_it_is_used() -> None:
    """402 says how many tokens the balance would pay for."""
    reply = Provider(Account(credits=Decimal("0.015"))).answer(chat(max_tokens=2000))
    assert reply.status == 402
    assert "requested up to 2000 tokens, but can only afford 1000" in error_of(reply)["message"]
    assert Provider(Account(credits=Decimal("0.015"))).answer(chat(max_tokens=1000)).status == 200


def test_a_key_stops_at_its_limit() -> None:
    """403 with the words that tell a limit from a missing permission."""
    provider = Provider(Account(limit=Decimal("0.0001")))
    assert provider.answer(chat()).status == 200
    reply = provider.answer(chat())
    assert reply.status == 403
    assert error_of(reply)["message"].startswith("Key limit exceeded")
    assert look(provider, "key")["limit_remaining"] == 0


def test_a_key_may_be_kept_from_the_credits() -> None:
    """Some keys may not ask for the balance; they may still chat."""
    provider = Provider(Account(sees_credits=False))
    assert provider.answer(look_up("credits")).status == 403
    assert provider.answer(chat()).status == 200


def test_a_generation_can_be_looked_up_afterwards() -> None:
    """The id of an answer, in its body or its header, leads to its tokens and cost."""
    provider = Provider()
    reply = provider.answer(chat(model=GPT, stream=True, headers={"HTTP-Referer": "https://app.example"}))
    (usage,) = read_stream(reply).usages
    found = look(provider, f"generation?id={header(reply, 'X-Generation-Id')}")
    assert found["tokens_prompt"] == usage["prompt_tokens"]
    assert found["total_cost"] == usage["cost"]
    assert found["streamed"] is True
    assert found["origin"] == "https://app.example"
    assert provider.answer(look_up("generation?id=gen-1-unknown")).status == 404
    assert provider.answer(look_up("generation")).status == 404


def test_an_account_does_not_show_its_key() -> None:
    """The key of an account is in no text made of it, nor in what the provider says of it."""
    account = Account(key="sk-or-v1-secret")
    assert "secret" not in repr(account)
    assert "secret" not in str(Provider(account).answer(look_up("key", key="sk-or-v1-secret")))


# ------------------------------------------------------------------ the response cache


def cache_headers(reply: Reply) -> dict[str, str | None]:
    return {name: header(reply, f"X-OpenRouter-Cache-{name}") for name in ("Status", "Age", "TTL")}


@pytest.mark.parametrize("stream", [False, True])
def test_a_second_equal_request_is_a_hit(stream: bool) -> None:
    """It says the same under a new id, counts for nothing and costs nothing."""
    clock = Clock()
    provider = Provider(clock=clock)
    first = provider.answer(chat(headers=CACHED, stream=stream))
    assert cache_headers(first) == {"Status": "MISS", "Age": None, "TTL": "300"}
    spent = look(provider, "credits")
    clock.now += 7
    second = provider.answer(chat(headers=CACHED, stream=stream))
    assert cache_headers(second) == {"Status": "HIT", "Age": "7", "TTL": "300"}
    assert header(second, "X-Generation-Id") != header(first, "X-Generation-Id")
    if stream:
        assert read_stream(second).text == read_stream(first).text
        usage = read_stream(second).usages[0]
    else:
        assert body_of(second)["choices"] == body_of(first)["choices"]
        usage = body_of(second)["usage"]
    assert (usage["total_tokens"], usage["cost"]) == (0, 0)
    assert look(provider, "credits") == spent


def test_the_cache_is_only_for_those_who_ask_for_it() -> None:
    """Without the header, or with `false`, nothing is said about a cache and nothing is kept."""
    provider = Provider()
    for headers in ({}, {"X-OpenRouter-Cache": "false"}, {"X-OpenRouter-Cache-Clear": "true"}):
        assert set(cache_headers(provider.answer(chat(headers=headers))).values()) == {None}
    assert cache_headers(provider.answer(chat(headers=CACHED)))["Status"] == "MISS"


@pytest.mark.parametrize(
    "other",
    [
        {"model": GPT},
        {"stream": True},
        {"messages": [user("Something else")]},
        {"key": "another-key"},
        {"base": "https://openrouter.ai/v1"},
    ],
)
def test_what_is_not_equal_is_no_hit(other: dict[str, Any]) -> None:
    """Key, endpoint, model, way of streaming and body are all part of it."""
    provider = Provider()
    provider.answer(chat(headers=CACHED))
    assert cache_headers(provider.answer(chat(headers=CACHED, **other)))["Status"] == "MISS"


def test_attribution_is_no_part_of_what_is_equal() -> None:
    """Another application gets the same hit."""
    provider = Provider()
    provider.answer(chat(headers=CACHED))
    reply = provider.answer(chat(headers=CACHED | {"HTTP-Referer": "https://app.example"}))
    assert cache_headers(reply)["Status"] == "HIT"


@pytest.mark.parametrize(("ttl", "kept"), [("5", 5), ("0", 1), ("999999", 86_400), ("soon", 300)])
def test_an_answer_is_kept_as_long_as_was_asked(ttl: str, kept: int) -> None:
    """From one second to a day; five minutes if nothing sensible was asked."""
    clock = Clock()
    provider = Provider(clock=clock)
    headers = CACHED | {"X-OpenRouter-Cache-TTL": ttl}
    assert cache_headers(provider.answer(chat(headers=headers)))["TTL"] == str(kept)
    clock.now += kept - 0.5
    assert cache_headers(provider.answer(chat(headers=headers)))["Status"] == "HIT"
    clock.now += 0.5
    assert cache_headers(provider.answer(chat(headers=headers)))["Status"] == "MISS"


def test_clearing_makes_a_new_answer_and_keeps_that() -> None:
    """Clear is a miss; the request after it is a hit again."""
    provider = Provider()
    statuses = [
        cache_headers(provider.answer(chat(headers=headers)))["Status"]
        for headers in (CACHED, CACHED, CACHED | {"X-OpenRouter-Cache-Clear": "true"}, CACHED)
    ]
    assert statuses == ["MISS", "HIT", "MISS", "HIT"]


def test_refusals_are_not_kept() -> None:
    """Only answers of status 200 are, and an error has no cache headers."""
    provider = Provider()
    replies = [provider.answer(chat(headers=CACHED, messages=[])) for _ in range(2)]
    assert [set(cache_headers(reply).values()) for reply in replies] == [{None}, {None}]


# ------------------------------------------------------------------ the prompt cache


def test_a_marked_beginning_is_written_once_and_then_read() -> None:
    """Long marked prompts of Claude cost a little more the first time and far less after that."""
    provider = Provider()
    marked = {"type": "text", "text": "a long story " * 1000, "cache_control": {"type": "ephemeral"}}
    costs, details = [], []
    for question in ("First?", "Second?"):
        messages = [{"role": "system", "content": [marked]}, user(question)]
        usage = body_of(provider.answer(chat(messages=messages, max_tokens=5)))["usage"]
        details.append(usage["prompt_tokens_details"])
        costs.append(usage["cost"])
    assert details[0]["cache_write_tokens"] == details[1]["cached_tokens"] > 3000
    assert details[0]["cached_tokens"] == details[1]["cache_write_tokens"] == 0
    assert costs[0] > 5 * costs[1]


def test_a_short_beginning_is_not_worth_a_place() -> None:
    """Below 1,024 tokens nothing is cached, marked or not."""
    messages = [{"role": "user", "content": "Hi", "cache_control": {"type": "ephemeral"}}]
    usage = body_of(Provider().answer(chat(model=CLAUDE, messages=messages)))["usage"]
    assert usage["prompt_tokens_details"]["cache_write_tokens"] == 0


# ------------------------------------------------------------------ many at once


def test_many_threads_are_served_at_once() -> None:
    """No answer is lost, none is charged twice, every id is one of its own."""
    provider = Provider()
    ids: list[str | None] = []

    def ask() -> None:
        for _ in range(50):
            ids.append(header(provider.answer(chat()), "X-Generation-Id"))  # noqa: PERF401 - appended by several

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    one = body_of(Provider().answer(chat()))["usage"]["cost"]
    assert len(set(ids)) == 200
    assert look(provider, "credits")["total_usage"] == pytest.approx(200 * one)
