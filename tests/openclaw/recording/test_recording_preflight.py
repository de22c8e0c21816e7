"""What is checked before a recording (OR-PRE-01 to OR-PRE-08)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from recording_site import REAL_KEY, Answered, OpenSite, Site

from harness.model import Reply, Request
from harness.recording.preflight import make_trial, run_checks
from harness.recording.protocol import Check, Checks, PreflightReport, worst
from harness.recording.provider_client import ProviderClient
from harness_openclaw.mock_provider import Account, Provider
from harness_openclaw.recording.look_ups import look_ups
from harness_openclaw.reference import Client
from harness_openclaw.reference.openrouter import preflight
from harness_openclaw.reference.openrouter.checks import AccountStatus, check_cost

BASE = "https://openrouter.ai/api/v1"
MODEL = "openai/gpt-4o-mini"
NOW = datetime(2026, 3, 1, tzinfo=UTC)


def standings(checks: tuple[Check, ...], rule: str) -> list[str]:
    return [check.standing for check in checks if check.rule == rule]


def look(site: Site, *models: str, base: str = BASE, key: str = REAL_KEY) -> AccountStatus:
    return look_ahead(site.client(key=key), base, dict.fromkeys(models, ()))


def look_ahead(client: ProviderClient, base: str, models: Mapping[str, Collection[str]]) -> AccountStatus:
    """Make every check that costs nothing, over the recording's own way to the provider."""
    found: list[AccountStatus] = []

    def checks() -> Checks:
        found.append((yield from look_ups(preflight.look_ahead(access(client, base), models, now=NOW))))
        return PreflightReport()

    run_checks(checks(), client, lambda check: None)
    return found[0]


def access(client: ProviderClient, base: str) -> preflight.Access:
    key = client.keys.key_for(BASE)
    assert key is not None
    return preflight.Access(base, key.value, key.name)


def check_call(client: ProviderClient, model: str) -> tuple[Check, ...]:
    """Make one tiny call."""
    return make_trial(preflight.tiny_request(access(client, BASE), model), client)[0]


def test_all_is_well_with_the_stand_in(stand_in: Site) -> None:
    """Every check passes, and costs nothing."""
    outlook = look(stand_in, MODEL)
    assert worst(outlook.checks) == "pass"
    assert [check.rule for check in outlook.checks] == [f"OR-PRE-0{n}" for n in range(1, 6)]
    assert outlook.balance == Decimal(10)
    assert {request.method for request in stand_in.requests} == {"GET"}


def test_the_list_of_models_is_asked_for_without_the_key(stand_in: Site) -> None:
    """It is public."""
    look(stand_in, MODEL)
    for request in stand_in.requests:
        has_key = "authorization" in {name.lower() for name, _ in request.headers}
        assert has_key == (not request.url.endswith("/models"))


@pytest.mark.parametrize(
    ("base", "standing"),
    [
        (BASE, "pass"),
        ("https://openrouter.ai/api/v1/", "pass"),
        ("https://eu.openrouter.ai/api/v1", "warn"),
        ("https://openrouter.ai/api", "warn"),
        ("https://gateway.example/v1", "warn"),
        ("https://openrouter.ai.evil.example/api/v1", "warn"),
        ("http://openrouter.ai/api/v1", "fail"),
    ],
)
def test_the_route_is_classed(base: str, standing: str) -> None:
    """OR-PRE-01."""
    assert standings(preflight.Access(base, REAL_KEY).at_hand(), "OR-PRE-01") == [standing]


@pytest.mark.parametrize(("key", "standing"), [("", "fail"), ("abc-123456", "warn"), (REAL_KEY, "pass")])
def test_the_key_must_be_there(stand_in: Site, key: str, standing: str) -> None:
    """OR-PRE-02; without one nobody is asked."""
    outlook = look(stand_in, key=key)
    assert standings(outlook.checks, "OR-PRE-02") == [standing]
    assert bool(stand_in.requests) == bool(key)


@pytest.mark.parametrize(
    ("account", "standing"),
    [
        (Account(key="sk-or-v1-another"), "fail"),
        (Account(limit=Decimal(0)), "fail"),
        (Account(expires_at="2026-02-28T23:59:59Z"), "fail"),
        (Account(expires_at="2026-03-02T00:00:00+00:00"), "pass"),
        (Account(is_free_tier=True), "warn"),
        (Account(limit=Decimal(5)), "pass"),
    ],
)
def test_the_key_is_looked_up(site_of: OpenSite, account: Account, standing: str) -> None:
    """OR-PRE-03."""
    outlook = look(site_of(Provider(account).answer))
    assert standings(outlook.checks, "OR-PRE-03") == [standing]


@pytest.mark.parametrize(
    ("account", "standing"),
    [
        (Account(credits=Decimal(3), used=Decimal(3)), "fail"),
        (Account(sees_credits=False), "unknown"),
        (Account(), "pass"),
    ],
)
def test_the_balance_is_what_was_bought_less_what_was_used(
    site_of: OpenSite, account: Account, standing: str
) -> None:
    """OR-PRE-04: a key that may not ask leaves it unknown."""
    outlook = look(site_of(Provider(account).answer))
    assert standings(outlook.checks, "OR-PRE-04") == [standing]


@pytest.mark.parametrize(
    ("model", "standing"),
    [
        (MODEL, "pass"),
        (f"{MODEL}:nitro", "pass"),
        ("deepseek/deepseek-r1:free", "pass"),
        ("openai/gpt-5:free", "fail"),
        ("anthropic/claude-sonnet-4-5", "fail"),
    ],
)
def test_the_exact_model_must_be_listed(stand_in: Site, model: str, standing: str) -> None:
    """OR-PRE-05: without routing suffixes, but with `:free`."""
    assert standings(look(stand_in, model).checks, "OR-PRE-05") == [standing]


def test_a_model_that_is_not_listed_has_its_neighbours_named(stand_in: Site) -> None:
    """The dash that should be a dot is the usual mistake."""
    (check,) = [
        check for check in look(stand_in, "anthropic/claude-sonnet-4-5").checks if check.standing == "fail"
    ]
    assert "anthropic/claude-sonnet-4.5" in check.sentence


def test_what_is_asked_of_a_model_should_be_listed(stand_in: Site) -> None:
    """OR-PRE-06: reasoning of a model that has none is warned of."""
    outlook = look_ahead(stand_in.client(), BASE, {MODEL: ("model", "tools", "reasoning")})
    assert [check.sentence for check in outlook.checks if check.rule == "OR-PRE-06"] == [
        f"{MODEL} does not list reasoning, which its requests have."
    ]


@pytest.mark.parametrize(
    ("estimated", "outlook", "standing"),
    [
        ("0.05", AccountStatus(()), ["OR-PRE-07 pass"]),
        ("0.11", AccountStatus(()), ["OR-PRE-07 fail"]),
        ("0.05", AccountStatus((), key_left=Decimal("0.05")), ["OR-PRE-07 pass", "OR-PRE-03 fail"]),
        ("0.05", AccountStatus((), balance=Decimal("0.04")), ["OR-PRE-07 pass", "OR-PRE-04 warn"]),
        ("0.05", AccountStatus((), key_left=Decimal(1), balance=Decimal(1)), ["OR-PRE-07 pass"]),
    ],
)
def test_the_cost_is_held_against_the_cap_and_what_is_left(
    estimated: str, outlook: AccountStatus, standing: list[str]
) -> None:
    """OR-PRE-07, -03 and -04."""
    checks = check_cost(outlook, Decimal(estimated), Decimal("0.10"))
    assert [f"{check.rule} {check.standing}" for check in checks] == standing


def test_a_tiny_call_tells_its_id_and_cost(stand_in: Site) -> None:
    """OR-PRE-08: of 16 tokens at most."""
    check, fitness = check_call(stand_in.client(), MODEL)
    assert (check.standing, fitness.rule, fitness.standing) == ("pass", "OR-PRE-09", "pass")
    assert "gen-" in check.sentence
    assert "$0.0" in check.sentence
    assert b'"max_tokens":16' in stand_in.requests[0].body


def test_a_tiny_call_that_fails_tells_its_class(stand_in: Site) -> None:
    """So that it is known what to do."""
    (check,) = check_call(stand_in.client(), "simulated/error-402")
    assert (check.standing, "billing" in check.sentence) == ("fail", True)


def test_an_upstream_that_is_no_openrouter_leaves_much_unknown(site_of: OpenSite, answered: Answered) -> None:
    """But nothing failed."""

    def answer(request: Request) -> Reply:
        return answered(404, b"no such page")

    outlook = look(site_of(answer), MODEL)
    assert worst(outlook.checks) == "unknown"
    assert outlook.prices is None


def test_nobody_there_is_told(site_of: OpenSite, answered: Answered) -> None:
    """Each look-up says so."""
    site = site_of(lambda request: answered())
    site.listener.close()
    assert standings(look(site).checks, "OR-PRE-03") == ["unknown"]


def test_the_command_and_the_client_ask_the_same(stand_in: Site) -> None:
    """The checks are one thing, whoever makes them: the same requests, and the same found."""
    client = stand_in.client()
    found = [*look_ahead(client, BASE, {MODEL: ()}).checks, *check_call(client, MODEL)]
    asked, outcome = performed({"operation": "preflight", "model": f"openrouter/{MODEL}"})
    assert [lasting(request) for request in asked] == [lasting(request) for request in stand_in.requests]
    lines = {check["rule"]: check["standing"] for check in outcome["checks"]}
    assert {check.rule: check.standing for check in found}.items() <= lines.items()


def performed(given: dict[str, Any]) -> tuple[list[Request], dict[str, Any]]:
    """What the client asks the stand-in for, and what comes of it."""
    call = Client()({"api_key": REAL_KEY, "history": [], **given})
    provider, requests = Provider(), list[Request]()
    reply: Reply | None = None
    while True:
        try:
            step = call.send(reply)
        except StopIteration as end:
            return requests, end.value
        assert isinstance(step, Request)
        requests.append(step)
        reply = provider.answer(step)


def lasting(request: Request) -> tuple[str, str, bytes, str | None]:
    """What of a request is the same wherever it is sent."""
    keys = {name.lower(): value for name, value in request.headers}
    return request.method, request.url.partition("/api/v1")[2], request.body, keys.get("authorization")
