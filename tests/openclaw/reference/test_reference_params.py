"""What params do: response caching (OR-RC), provider routing (OR-PR), extra fields (OR-NO), limits."""

from __future__ import annotations

import math
from typing import Any

import pytest
from reference_inputs import CANONICAL, CUSTOM, EDITIONS, body, call, headers

from harness_openclaw.reference.openrouter.response_cache import time_to_live

# ------------------------------------------------------------------ OR-RC


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (300, 300),
        ("300", 300),
        (0, 1),
        (-5, 1),
        (0.5, 1),
        (1.9, 1),
        ("1.9", 1),
        (86401, 86400),
        (1e9, 86400),
        ("1e3", 1000),
        (" 42 ", 42),
        ("abc", None),
        ("", None),
        (None, None),
        (True, None),
        (math.nan, None),
        (math.inf, None),
        ("NaN", None),
        ("Infinity", None),
        ("1e999", None),
        ([300], None),
    ],
)
@pytest.mark.parametrize("edition", ["2026-05", "latest"])
def test_a_time_to_live_is_whole_seconds_up_to_a_day(value: Any, seconds: int | None, edition: str) -> None:
    """Truncated and clamped; what is no finite number is left out (OR-RC-07)."""
    assert time_to_live(value, edition) == seconds


@pytest.mark.parametrize(("value", "seconds"), [("60abc", 60), ("0x10", 1), ("5m", 5), (" 7.5 s", 7)])
def test_text_after_the_number_is_overlooked_until_the_latest_edition(value: str, seconds: int) -> None:
    """There the text must be a number throughout (OR-RC-09)."""
    assert time_to_live(value, "2026-05") == seconds
    assert time_to_live(value, "latest") is None


def cache(params: dict[str, Any], **given: Any) -> tuple[str | None, str | None, str | None]:
    """The values of Cache, Cache-TTL and Cache-Clear."""
    sent = headers(call(params=params, **given))
    names = ("x-openrouter-cache", "x-openrouter-cache-ttl", "x-openrouter-cache-clear")
    return tuple(sent.get(name) for name in names)  # type: ignore[return-value]


@pytest.mark.parametrize("edition", ["2026-05", "latest"])
@pytest.mark.parametrize(
    ("params", "sent"),
    [
        ({}, (None, None, None)),
        ({"responseCache": True}, ("true", None, None)),
        ({"response_cache": True, "response_cache_ttl_seconds": 9}, ("true", "9", None)),
        ({"responseCache": False}, ("false", None, None)),
        ({"responseCacheClear": True}, ("true", None, "true")),
        ({"response_cache_clear": "yes"}, ("true", None, "true")),
        ({"responseCache": False, "responseCacheClear": True, "responseCacheTtl": 5}, ("false", None, None)),
        ({"responseCache": True, "responseCacheClear": False}, ("true", None, None)),
        ({"responseCache": False, "response_cache": True}, ("false", None, None)),
        ({"responseCache": None, "response_cache": True}, (None, None, None)),
        ({"responseCacheTtlSeconds": 60}, (None, None, None)),
        (
            {"responseCache": True, "responseCacheTtlSeconds": 5, "response_cache_ttl": 10},
            ("true", "5", None),
        ),
        ({"responseCache": True, "responseCacheTtl": 90}, ("true", "90", None)),
        ({"responseCache": True, "response_cache_ttl": 91}, ("true", "91", None)),
        ({"responseCache": " ON "}, ("true", None, None)),
        ({"responseCache": "Disabled"}, ("false", None, None)),
        ({"responseCache": "0"}, ("false", None, None)),
        ({"responseCache": 1}, (None, None, None)),
        ({"responseCache": "maybe"}, (None, None, None)),
    ],
)
def test_caching_is_asked_for_in_headers(
    params: dict[str, Any], sent: tuple[str | None, ...], edition: str
) -> None:
    """Off unless opted in; a lifetime alone asks for nothing (OR-RC-02…08)."""
    assert cache(params, edition=edition) == sent


@pytest.mark.parametrize(
    "given", [{"edition": "2026-04"}, {"base_url": CUSTOM}, {"base_url": "https://notopenrouter.ai/api/v1"}]
)
def test_caching_is_for_openrouter_hosts_since_may(given: dict[str, Any]) -> None:
    """Custom routes never see the headers (OR-RC-01)."""
    assert (
        cache({"responseCache": True, "responseCacheTtl": 5, "responseCacheClear": True}, **given)
        == (None,) * 3
    )


def test_caching_leaves_the_body_alone() -> None:
    """Headers only, for any model (OR-RC-10)."""
    given = call("openrouter/auto")
    assert body({**given, "params": {"responseCache": True}}) == body(given)


def test_the_later_layer_of_params_wins_whatever_its_spelling() -> None:
    """Agent defaults, then the model, then the agent, then the call (OR-RC-03)."""
    ref = "openrouter/openai/gpt-4o"
    config: dict[str, Any] = {
        "agents": {
            "defaults": {
                "params": {"responseCache": True, "responseCacheTtl": 1},
                "models": {
                    ref: {"params": {"response_cache_ttl": 2}},
                    "openrouter/other/model": {"params": {"response_cache_ttl": 9}},
                    "no ref": {"params": {"response_cache_ttl": 9}},
                },
            },
            "list": [{"id": "other", "params": {"responseCacheTtl": 9}}],
        }
    }
    assert cache({"responseCacheTtlSeconds": 4}, config=config) == ("true", "4", None)
    assert cache({}, config=config) == ("true", "9", None)
    config["agents"]["list"].append({"id": "main", "default": True, "params": {"responseCacheTtl": 3}})
    assert cache({}, config=config) == ("true", "3", None)
    del config["agents"]["list"]
    assert cache({}, config=config) == ("true", "2", None)


def test_base_url_and_model_may_be_configured() -> None:
    """The call's own values come first."""
    config = {
        "agents": {"defaults": {"model": {"primary": "openrouter/a/b"}}},
        "models": {"providers": {"openrouter": {"baseUrl": CUSTOM}}},
    }
    given = {"api_key": "k", "history": [], "config": config}
    assert body(given)["model"] == "a/b"
    assert "http-referer" not in headers(given)
    assert "http-referer" in headers({**given, "base_url": CANONICAL})
    assert body({**given, "model": "openrouter/c/d"})["model"] == "c/d"
    assert body({"api_key": "k"})["model"] == "openrouter/auto"


# ------------------------------------------------------------------ OR-PR


@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize("preference", [{"order": ["a"], "allow_fallbacks": False}, {}, ["a"], []])
def test_routing_preferences_go_out_as_they_are(preference: Any, edition: str) -> None:
    """Objects and lists, empty ones too (OR-PR-01)."""
    assert body(call(params={"provider": preference}, edition=edition))["provider"] == preference


@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize("preference", ["novita", None, 1, True])
def test_anything_else_is_no_preference(preference: Any, edition: str) -> None:
    """Strings and null are not sent."""
    assert "provider" not in body(call(params={"provider": preference}, edition=edition))


@pytest.mark.parametrize(
    ("base", "editions"),
    [
        (CUSTOM, ()),
        ("https://openrouter.ai.evil.example/api/v1", ()),
        ("https://eu.openrouter.ai/api/v1", ("2026-04", "2026-05")),
        ("https://OPENROUTER.AI/api/v1", ("2026-04", "2026-05")),
        (CANONICAL, EDITIONS),
    ],
)
def test_preferences_are_for_openrouter(base: str, editions: tuple[str, ...]) -> None:
    """Any of its hosts, in the latest edition the exact route only; never a custom one (OR-PR-03)."""
    for edition in EDITIONS:
        sent = body(call(base_url=base, edition=edition, params={"provider": {"sort": "price"}}))
        assert ("provider" in sent) is (edition in editions)


def test_the_latest_edition_merges_preferences_and_respects_the_body() -> None:
    """Key by key, later wins; a provider already in the body stays (OR-PR-02, -03)."""
    config = {
        "models": {"providers": {"openrouter": {"params": {"provider": {"sort": "price", "only": ["a"]}}}}}
    }
    given = call(config=config, params={"provider": {"sort": "latency", "__proto__": 1}})
    assert body({**given, "edition": "latest"})["provider"] == {"sort": "latency", "only": ["a"]}
    assert (
        body({**given, "edition": "latest", "params": {"provider": "novita"}})["provider"]["sort"] == "price"
    )
    own = {"body": {"provider": {"own": True}}}
    assert body({**given, **own, "edition": "latest"})["provider"] == {"own": True}
    assert body({**given, **own})["provider"] == {"sort": "latency", "__proto__": 1}


# ------------------------------------------------------------------ OR-NO


@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize("base", [None, CUSTOM])
def test_fields_that_only_openai_knows_are_not_sent(base: str | None, edition: str) -> None:
    """From params or from the body before, on every route (OR-NO-01…05)."""
    hints = {
        "serviceTier": "flex",
        "service_tier": "flex",
        "store": True,
        "prompt_cache_key": "k",
        "prompt_cache_retention": "24h",
    }
    sent = body(
        call(
            params={**hints, "promptCacheKey": "k", "fastMode": True},
            body=hints,
            base_url=base,
            edition=edition,
        )
    )
    assert sent.keys() <= {"model", "messages", "stream"}


@pytest.mark.parametrize("name", ["extra_body", "extraBody"])
def test_extra_body_overwrites_anything_but_brings_no_store(name: str) -> None:
    """The escape hatch is merged last (OR-NO-08)."""
    extra = {"service_tier": "flex", "store": True, "stream": False, "reasoning": {"max_tokens": 1}}
    sent = body(call(thinking="high", params={name: extra}))
    assert sent["service_tier"] == "flex"
    assert sent["stream"] is False
    assert sent["reasoning"] == {"max_tokens": 1}
    assert "store" not in sent


def test_extra_body_must_be_an_object() -> None:
    """Anything else is overlooked."""
    assert body(call(params={"extra_body": "x"})) == body(call())


@pytest.mark.parametrize(
    ("value", "sent"), [(True, True), (False, False), (None, None), ("true", None), (1, None)]
)
@pytest.mark.parametrize("name", ["parallel_tool_calls", "parallelToolCalls"])
def test_parallel_tool_calls_is_a_boolean_or_nothing(name: str, value: Any, sent: bool | None) -> None:
    """Null suppresses what a lower layer says (OR-NO-08)."""
    config = {"agents": {"defaults": {"params": {"parallel_tool_calls": True}}}}
    assert body(call(params={name: value})).get("parallel_tool_calls") is sent
    assert body(call(config=config, params={name: None})).get("parallel_tool_calls") is None


# ------------------------------------------------------------------ limits


@pytest.mark.parametrize(
    ("given", "limit", "latest"),
    [
        ({}, None, None),
        ({"model_meta": {"max_tokens": 8192}}, 8192, 8192),
        ({"model_meta": {"max_tokens": 100}, "params": {"maxTokens": 500}}, 500, 100),
        (
            {"model_meta": {"max_tokens": 100}, "params": {"maxTokens": 500}, "options": {"max_tokens": 5}},
            5,
            5,
        ),
        ({"params": {"maxTokens": "500"}}, None, None),
    ],
)
def test_the_token_limit_is_the_callers_else_the_models(
    given: dict[str, Any], limit: int | None, latest: int | None
) -> None:
    """The latest edition asks for no more than the model gives (OR-BODY-03)."""
    assert body(call(**given)).get("max_completion_tokens") == limit
    assert body(call(**given, edition="latest")).get("max_completion_tokens") == latest
    assert "max_tokens" not in body(call(**given))


@pytest.mark.parametrize(
    ("given", "temperature"),
    [
        ({"options": {"temperature": 0}, "params": {"temperature": 1}}, 0),
        ({"params": {"temperature": 0.3}}, 0.3),
        ({"params": {"temperature": "0.3"}}, None),
        ({"params": {"temperature": True}}, None),
        ({}, None),
    ],
)
def test_a_temperature_is_a_number(given: dict[str, Any], temperature: float | None) -> None:
    """Zero is one too (OR-BODY-04)."""
    assert body(call(**given)).get("temperature") == temperature


def test_a_loopback_server_is_asked_for_usage_in_the_latest_edition() -> None:
    """Nobody else is."""
    local = call(base_url="http://127.0.0.1:9/v1")
    assert body({**local, "edition": "latest"})["stream_options"] == {"include_usage": True}
    assert "stream_options" not in body(local)
    assert "stream_options" not in body(call(base_url=CUSTOM, edition="latest"))
