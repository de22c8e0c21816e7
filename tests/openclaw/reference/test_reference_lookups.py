"""What the reference knows of models, keys and credits, and how it asks for more (OR-REF-06, OR-REF-07)."""

from __future__ import annotations

from typing import Any

import pytest
from media_calls import CANONICAL, CUSTOM, KEY, Call, answer

from harness.model import Reply

LABEL = "sk-or-v1-0f1...2d3"
USER = "user_2abcDEF345ghi"


def known(edition: str = "2026-05", **row: Any) -> dict[str, Any]:
    """What is read of a model with this row."""
    listed = answer({"data": [{"id": "acme/one", **row}]})
    given = {"operation": "models", "model": "openrouter/acme/one", "edition": edition}
    [model] = Call(given, [listed]).outcome["models"]
    found: dict[str, Any] = model
    return found


@pytest.mark.parametrize(
    ("model", "prices"),
    [("openrouter/auto", (0, 0, 0, 0)), ("openrouter/moonshotai/kimi-k2.6", (0.8, 3.5, 0.2, 0))],
)
def test_bundled_models_need_no_request(model: str, prices: tuple[float, ...]) -> None:
    """They are known, with or without a key (OR-REF-06)."""
    call = Call({"operation": "models", "model": model, "api_key": None})
    assert call.requests == []
    assert tuple(call.outcome["models"][0]["cost"].values()) == prices


@pytest.mark.parametrize(("edition", "count"), [("2026-04", 2), ("2026-05", 2), ("latest", 3)])
def test_bundled_models_are_listed_first_and_once(edition: str, count: int) -> None:
    """What OpenRouter says of the same id does not replace them."""
    rows = [{"id": "acme/one"}, {"id": "moonshotai/kimi-k2.6", "context_length": 1}]
    call = Call({"operation": "models", "edition": edition}, [answer({"data": rows})])
    models = call.outcome["models"]
    assert [model["id"] for model in models[:2]] == ["openrouter/auto", "moonshotai/kimi-k2.6"]
    assert len(models) == count + 1
    assert models[1]["context_window"] == 262_144


@pytest.mark.parametrize("base", [None, CUSTOM])
def test_the_list_is_public_and_openrouter_s_own(base: str | None) -> None:
    """It is asked for at one URL, without any header, for ten seconds at most."""
    call = Call({"operation": "models", "base_url": base}, [answer({"data": []})])
    assert (call.request.method, call.request.url) == ("GET", f"{CANONICAL}/models")
    assert (call.request.headers, call.request.timeout_ms) == ((), 10_000)


def test_prices_are_exact() -> None:
    """A million times what a token costs, without the noise of binary fractions."""
    pricing = {"prompt": "0.0000008", "completion": "0.0000035", "input_cache_read": "0.00000022"}
    assert known(pricing=pricing)["cost"] == {
        "input": 0.8,
        "output": 3.5,
        "cache_read": 0.22,
        "cache_write": 0.0,
    }


@pytest.mark.parametrize(
    "row",
    [
        {"pricing": None, "top_provider": None, "architecture": None, "supported_parameters": None},
        {"pricing": [], "top_provider": "no", "architecture": {"modality": None}, "supported_parameters": {}},
        {"pricing": {"prompt": "free", "completion": "-1"}, "context_length": "many", "name": 7},
        {"context_length": -1, "top_provider": {"max_completion_tokens": True}, "name": "  "},
    ],
)
def test_a_row_of_nonsense_is_a_model_of_which_nothing_is_known(row: dict[str, Any]) -> None:
    """It spoils nothing (OR-REF-07)."""
    assert known(**row) == {
        "ref": "openrouter/acme/one",
        "id": "acme/one",
        "name": "acme/one",
        "reasoning": False,
        "input": ["text"],
        "context_window": 200_000,
        "max_tokens": 8192,
        "cost": {"input": 0.0, "output": 0.0, "cache_read": 0.0, "cache_write": 0.0},
    }


def test_the_latest_edition_asks_the_top_provider_first() -> None:
    """For the context; and it takes include_reasoning for reasoning."""
    row = {
        "context_length": 2,
        "top_provider": {"context_length": 1},
        "supported_parameters": ["include_reasoning"],
    }
    assert [known(each, **row)["context_window"] for each in ("2026-05", "latest")] == [2, 1]
    assert [known(each, **row)["reasoning"] for each in ("2026-05", "latest")] == [False, True]


@pytest.mark.parametrize(
    "given",
    [
        {"edition": "clawrouter"},
        {"operation": "key", "edition": "clawrouter"},
        {"operation": "credits", "edition": "clawrouter"},
        {"model": "acme/one"},
    ],
)
def test_what_is_not_openrouter_s_is_unsupported(given: dict[str, Any]) -> None:
    """Nothing is sent, and nobody is told a falsehood."""
    call = Call({"operation": "models", **given})
    assert (list(call.outcome), call.requests) == (["unsupported"], [])


@pytest.mark.parametrize(("operation", "path"), [("key", "key"), ("credits", "credits")])
@pytest.mark.parametrize(
    ("base", "root"),
    [
        (None, CANONICAL),
        ("https://openrouter.ai/v1/", CANONICAL),
        (CUSTOM, CUSTOM),
        (f"{CUSTOM}/?k=1", f"{CUSTOM}?k=1"),
    ],
)
def test_an_account_is_looked_up_at_the_base_url(
    operation: str, path: str, base: str | None, root: str
) -> None:
    """With the key, and with nothing else."""
    call = Call({"operation": operation, "base_url": base})
    url, _, query = root.partition("?")
    assert call.request.url == f"{url}/{path}" + (f"?{query}" if query else "")
    assert call.request.headers == (("Authorization", f"Bearer {KEY}"),)


def test_a_key_comes_from_the_call_the_configuration_or_the_environment() -> None:
    """In this order (OR-HDR-01)."""
    config = {"models": {"providers": {"openrouter": {"apiKey": "configured", "baseUrl": CUSTOM}}}}
    env = {"OPENROUTER_API_KEY": "ambient"}
    given: dict[str, Any] = {"operation": "key", "api_key": None}
    assert Call({**given, "config": config, "env": env}).request.headers[0][1] == "Bearer configured"
    assert Call({**given, "config": config}).request.url == f"{CUSTOM}/key"
    assert Call({**given, "env": env}).request.headers[0][1] == "Bearer ambient"
    assert Call(given).outcome["error"]["class"] == "auth"


def test_what_a_key_is_called_is_not_told() -> None:
    """The label is a piece of the key, the id is the account's."""
    data = {"label": LABEL, "creator_user_id": USER, "limit": 5, "limit_remaining": 2, "usage": 3}
    outcome = Call({"operation": "key"}, [answer({"data": data})]).outcome
    assert outcome["budget"] == {"limit": 5, "remaining": 2, "usage": 3, "is_free_tier": False}
    assert not any(secret in str(outcome) for secret in (KEY, LABEL, USER))


@pytest.mark.parametrize("operation", ["key", "credits"])
@pytest.mark.parametrize(
    "reply",
    [
        answer({"error": {"message": f"{USER} has no key {KEY}"}}, 401),
        answer({"user_id": USER, "key": KEY}, 500),
        Reply(403, (), (f"no {KEY} of {USER}".encode(),)),
    ],
)
def test_a_failure_does_not_quote_the_key_or_the_account(operation: str, reply: Reply) -> None:
    """Though the provider does."""
    error = Call({"operation": operation}, [reply]).outcome["error"]
    assert error["status"] == reply.status
    assert KEY not in error["message"]
    assert USER not in error["message"]


@pytest.mark.parametrize("stated", [{}, {"total_credits": "10", "total_usage": 1}, {"total_credits": True}])
def test_credits_that_are_no_numbers_are_a_failure(stated: dict[str, Any]) -> None:
    """Of no class: asking again would not help."""
    error = Call({"operation": "credits"}, [answer({"data": stated})]).outcome["error"]
    assert (error["class"], error["retryable"]) == (None, False)


def test_a_balance_is_exact() -> None:
    """Cents do not become long fractions."""
    stated = {"total_credits": 0.3, "total_usage": 0.1}
    assert Call({"operation": "credits"}, [answer({"data": stated})]).outcome["budget"]["balance"] == 0.2
