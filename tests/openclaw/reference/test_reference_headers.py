"""Authorisation, attribution and the merging of headers (OR-HDR)."""

from __future__ import annotations

from typing import Any

import pytest
from reference_inputs import CANONICAL, CUSTOM, EDITIONS, call, headers

from harness_openclaw.reference import Refusal, shape

LONG = "cli-agent,cloud-agent,programming-app,creative-writing,writing-assistant,general-chat,personal-agent"
ATTRIBUTION = {"http-referer", "x-openrouter-title", "x-openrouter-categories"}


def configured(**provider: Any) -> dict[str, Any]:
    return {"models": {"providers": {"openrouter": provider}}}


@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize("base", [None, CUSTOM])
def test_every_call_carries_the_key(base: str | None, edition: str) -> None:
    """The key is a bearer token on any route (OR-HDR-01)."""
    assert headers(call(base_url=base, edition=edition))["authorization"] == "Bearer sk-or-test"


@pytest.mark.parametrize(
    ("given", "key"),
    [
        ({"api_key": "own", "config": configured(apiKey="set"), "env": {"OPENROUTER_API_KEY": "env"}}, "own"),
        ({"api_key": None, "config": configured(apiKey="set"), "env": {"OPENROUTER_API_KEY": "env"}}, "set"),
        ({"api_key": " ", "config": configured(apiKey=""), "env": {"OPENROUTER_API_KEY": " env "}}, "env"),
    ],
)
def test_the_key_is_looked_for_in_three_places(given: dict[str, Any], key: str) -> None:
    """The key given wins over the configuration, and that over the environment."""
    assert headers(call(**given))["authorization"] == f"Bearer {key}"


def test_without_a_key_nothing_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    """The refusal is of class auth, and the process's own environment is not looked at."""
    monkeypatch.setenv("OPENROUTER_API_KEY", "sk-of-this-machine")
    with pytest.raises(Refusal, match="no API key") as refused:
        shape(call(api_key=None))
    assert refused.value.error_class == "auth"
    assert refused.value.retryable is False


def test_another_provider_does_not_borrow_openrouters_key() -> None:
    """OPENROUTER_API_KEY is for OpenRouter."""
    with pytest.raises(Refusal, match="no API key for acme"):
        shape(call("acme/m", api_key=None, base_url=CUSTOM, env={"OPENROUTER_API_KEY": "env"}))


@pytest.mark.parametrize(
    ("edition", "categories"), [("2026-04", "cli-agent"), ("2026-05", LONG), ("latest", LONG)]
)
@pytest.mark.parametrize(
    "base", [None, CANONICAL, "http://openrouter.ai:8443", "https://eu.openrouter.ai/api/v1"]
)
def test_openrouter_hosts_are_told_which_app_is_calling(
    base: str | None, edition: str, categories: str
) -> None:
    """Three headers name the app; the list of categories grew in May (OR-HDR-02…04)."""
    sent = headers(call(base_url=base, edition=edition))
    assert {name: sent[name] for name in ATTRIBUTION} == {
        "http-referer": "https://openclaw.ai",
        "x-openrouter-title": "OpenClaw",
        "x-openrouter-categories": categories,
    }


@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize("base", [CUSTOM, "https://openrouter.ai.evil.example/api/v1", "http://127.0.0.1:9"])
def test_custom_routes_are_not_told(base: str, edition: str) -> None:
    """A custom proxy sees the key and the content type alone (OR-HDR-02)."""
    assert headers(call(base_url=base, edition=edition, params={"responseCache": True})).keys() == {
        "authorization",
        "content-type",
    }


@pytest.mark.parametrize("source", ["headers", "config"])
def test_attribution_cannot_be_replaced_on_openrouter_hosts(source: str) -> None:
    """Neither the caller nor the configuration speaks for the app, in any letter case (OR-HDR-05)."""
    mine = {"http-REFERER": "https://mine", "X-OpenRouter-Title": "Mine", "x-openrouter-categories": "mine"}
    given = {"headers": mine} if source == "headers" else {"config": configured(headers=mine)}
    sent = headers(call(**given))
    assert "mine" not in " ".join(sent[name] for name in ATTRIBUTION).lower()


def test_on_custom_routes_the_callers_headers_pass() -> None:
    """What the caller writes there is the caller's business, spelling included (OR-HDR-06)."""
    sent = shape(call(base_url=CUSTOM, headers={"http-referer": "https://mine"})).headers
    assert ("http-referer", "https://mine") in sent


def test_the_last_writer_of_a_header_wins_with_its_spelling() -> None:
    """The caller's headers win over configured ones, one header a name (OR-HDR-07, -09)."""
    sent = shape(
        call(
            config=configured(headers={"X-Team": "config", "Other": "kept"}),
            headers={"x-TEAM": "mine", "AUTHORIZATION": "Basic abc", "__proto__": "x", "constructor": "x"},
        )
    ).headers
    assert ("x-TEAM", "mine") in sent
    assert ("Other", "kept") in sent
    assert [value for name, value in sent if name.lower() == "authorization"] == ["Basic abc"]
    assert not {"x-team", "__proto__", "constructor"} & {name for name, _ in sent}


def test_a_callers_cache_header_beats_the_param_but_not_the_others() -> None:
    """TTL and Clear from params are sent all the same (OR-HDR-08)."""
    params = {"responseCache": True, "responseCacheTtlSeconds": 60, "responseCacheClear": True}
    sent = headers(call(params=params, headers={"x-openrouter-cache": False}))
    assert sent["x-openrouter-cache"] == "false"
    assert (sent["x-openrouter-cache-ttl"], sent["x-openrouter-cache-clear"]) == ("60", "true")


def test_another_provider_on_an_openrouter_host_is_not_attributed() -> None:
    """It has cache headers and markers, but does not name the app (OR-HDR-10)."""
    sent = headers(call("acme/anthropic/claude", base_url=CANONICAL, params={"responseCache": True}))
    assert sent.keys() == {"authorization", "content-type", "x-openrouter-cache"}


@pytest.mark.parametrize("bad", [{"a b": "x"}, {"X": "a\r\nB: c"}, {"X": "é"}, {"": "x"}])
def test_a_header_that_http_cannot_carry_is_refused(bad: dict[str, str]) -> None:
    """No header is smuggled in through a value or a name."""
    with pytest.raises(Refusal, match="header"):
        shape(call(headers=bad))


def test_a_header_of_null_is_not_sent_and_numbers_are_text() -> None:
    """Values are written as HTTP writes them."""
    sent = headers(call(headers={"X-None": None, "X-Number": 3, "X-Text": "  padded "}))
    assert "x-none" not in sent
    assert (sent["x-number"], sent["x-text"]) == ("3", "padded")
