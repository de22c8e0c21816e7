"""What the mock provider refuses, as the real provider does."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from provider_requests import (
    BASE,
    DEEPSEEK,
    GPT,
    KEY,
    WEATHER,
    body_of,
    chat,
    error_of,
    header,
    look_up,
    read_stream,
    user,
)

from harness.errors import UsageError
from harness_openclaw.mock_provider import Account, Provider, injection_names

PREFILL = [user(), {"role": "assistant", "content": "I would"}]
CALL = {"id": "c", "type": "function", "function": {"name": "get_weather", "arguments": "{}"}}


@pytest.mark.parametrize("value", [None, "", "Bearer", "Bearer   ", "sk-or-v1-bare", "Basic abc"])
def test_without_a_key_nothing_is_served(value: str | None) -> None:
    """A missing, blank or misspelt Authorization is 401, and the answer names no account."""
    headers = () if value is None else (("authorization", value),)
    for request in (chat(), look_up("key"), look_up("credits"), look_up("generation?id=x")):
        reply = Provider().answer(replace(request, headers=headers))
        assert reply.status == 401
        assert body_of(reply) == {"error": {"message": "Missing Authentication header", "code": 401}}


def test_the_list_of_models_is_public() -> None:
    """No key is needed to see the models, and a wrong one does no harm."""
    provider = Provider(Account(key=KEY))
    assert provider.answer(look_up("models", key=None)).status == 200
    assert provider.answer(look_up("models", key="wrong")).status == 200


@pytest.mark.parametrize(
    ("key", "message"),
    [("sk-or-v1-unknown", "User not found."), ("invalid_token", "No cookie auth credentials found")],
)
def test_a_provider_that_knows_its_key_takes_no_other(key: str, message: str) -> None:
    """The wording depends on whether the key looks like one of the provider's."""
    provider = Provider(Account(key=KEY))
    assert provider.answer(chat()).status == 200
    reply = provider.answer(chat(key=key))
    assert (reply.status, error_of(reply)["message"]) == (401, message)


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"model": "acme/unknown"}, "acme/unknown is not a valid model ID"),
        ({"models": [GPT, "acme/unknown"]}, "acme/unknown is not a valid model ID"),
        ({"model": None}, "No models provided"),
        ({"model": 3}, "expected string, received integer"),
        ({"messages": []}, 'specify "prompt" or "messages"'),
        ({"messages": "Hello"}, "messages: expected array, received string"),
        ({"messages": ["Hello"]}, "messages[0]: expected object, received string"),
        ({"messages": [{"content": "Hello"}]}, "Input must have at least 1 token."),
        ({"messages": [{"role": "robot", "content": "Hello"}]}, "messages[0].role: expected one of"),
        ({"messages": [{"role": "user"}]}, "messages[0].content: expected string or array"),
        ({"messages": [{"role": "user", "content": ["Hello"]}]}, "messages[0].content[0]: expected object"),
        ({"messages": [{"role": "tool", "content": "x"}]}, "messages[0].tool_call_id: expected string"),
        ({"temperature": 5.0}, "Expected temperature to be at most 2, received 5"),
        ({"top_p": -0.5}, "Expected top_p to be at least 0, received -0.5"),
        ({"temperature": "hot"}, "temperature: expected number, received string"),
        ({"max_tokens": "many"}, "max_tokens: expected integer, received string"),
        ({"stream": "yes"}, "stream: expected boolean, received string"),
        ({"reasoning": "high"}, "reasoning: expected object, received string"),
        ({"reasoning": {"effort": "high", "max_tokens": 100}}, 'Only one of "reasoning.effort"'),
        ({"reasoning": {"effort": "extreme"}}, "reasoning.effort: expected one of"),
        ({"reasoning_effort": "extreme"}, "reasoning_effort: expected one of"),
        ({"tools": [{"type": "function"}]}, "tools[0].function: expected object"),
        ({"tool_choice": "perhaps"}, "tool_choice: expected one of none, auto, required"),
        ({"tool_choice": {"type": "tool"}}, "tool_choice.type: expected one of function"),
    ],
)
def test_an_invalid_chat_request_is_refused(asked: dict[str, Any], message: str) -> None:
    """The error has the provider's shape, and its message says where and what."""
    reply = Provider().answer(chat(**asked))
    error = error_of(reply)
    assert (reply.status, error["code"]) == (400, 400)
    assert message in error["message"]


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"messages": PREFILL, "reasoning": {"effort": "high"}}, "last turn cannot be the assistant's"),
        ({"messages": PREFILL, "reasoning": {"max_tokens": 1024}}, "last turn cannot be the assistant's"),
        ({"max_tokens": 1000, "reasoning": {"max_tokens": 1024}}, "must be greater than"),
        ({"model": "openai/gpt-5", "max_tokens": 15}, "Expected a value >= 16"),
        ({"tool_choice": "required"}, "only allowed when 'tools' are specified"),
        (
            {"tools": [WEATHER], "tool_choice": {"type": "function", "function": {"name": "other"}}},
            "no function named 'other'",
        ),
        (
            {"tools": [{"type": "function", "function": {"name": "f", "parameters": {"type": "thing"}}}]},
            "Invalid schema for function 'f'",
        ),
    ],
)
def test_what_the_upstream_provider_refuses_comes_with_its_words(asked: dict[str, Any], message: str) -> None:
    """OpenRouter's own message is always the same; the reason stands in `metadata.raw`."""
    reply = Provider().answer(chat(**asked))
    error = error_of(reply)
    assert (reply.status, error["message"]) == (400, "Provider returned error")
    assert error["metadata"]["provider_name"] in ("Anthropic", "OpenAI")
    raw = json.loads(error["metadata"]["raw"])
    assert ("type" in raw) is (error["metadata"]["provider_name"] == "Anthropic")
    assert message in raw["error"]["message"]


@pytest.mark.parametrize(
    "asked",
    [
        {"messages": PREFILL},
        {"messages": PREFILL, "reasoning": {"effort": "none"}},
        {"messages": PREFILL, "model": GPT, "reasoning": {"effort": "high"}},
        {
            "messages": [user(), {"role": "assistant", "content": None, "tool_calls": [CALL]}],
            "reasoning": {"effort": "low"},
        },
        {"max_tokens": -1},
        {"reasoning": {"effort": "max"}},
        {"model": DEEPSEEK, "reasoning": {"effort": "xhigh"}, "reasoning_effort": "xhigh"},
        {"messages": [{"role": "system", "content": "x", "cache_control": {"type": "ephemeral"}}, user()]},
        {"provider": {"order": ["Anthropic"]}, "unknown_field": [1]},
        {"model": None, "models": [GPT]},
    ],
)
def test_what_only_looks_wrong_is_served(asked: dict[str, Any]) -> None:
    """Requests near the refused ones, that the provider takes."""
    assert Provider().answer(chat(**asked)).status == 200


@pytest.mark.parametrize("field", [{"reasoning": {"effort": "max"}}, {"reasoning_effort": "max"}])
@pytest.mark.parametrize("model", [DEEPSEEK, f"{DEEPSEEK}:nitro"])
def test_effort_max_is_refused_for_deepseek_v4(model: str, field: dict[str, Any]) -> None:
    """OR-ERR-04: 400, wherever the effort stands."""
    reply = Provider().answer(chat(model=model, **field))
    assert reply.status == 400
    assert "expected one of none, minimal, low, medium, high, xhigh" in error_of(reply)["message"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/chat/completions", 405),
        ("POST", "/models", 405),
        ("POST", "/key", 405),
        ("GET", "/nothing/here", 404),
        ("POST", "", 404),
        ("POST", "?to=/chat/completions", 404),
        ("POST", "/chat/completions/?to=[", 200),
    ],
)
def test_other_methods_and_paths_are_refused(method: str, path: str, status: int) -> None:
    """405 for a known path, 404 for an unknown one; a query is no part of either."""
    reply = Provider().answer(replace(chat(), method=method, url=BASE + path))
    assert reply.status == status
    assert status == 200 or error_of(reply)["code"] == status


def test_a_prompt_longer_than_the_model_can_read_is_refused() -> None:
    """400 says how long it may be and how long it was."""
    reply = Provider().answer(chat(model=GPT, messages=[user("word " * 110_000)]))
    assert reply.status == 400
    assert "maximum context length is 128000 tokens" in error_of(reply)["message"]
    assert "requested about 137504 tokens" in error_of(reply)["message"]


def test_any_model_is_answered_where_that_is_wanted() -> None:
    """Suites use made-up ids; `any_model` takes them all, and keeps the other refusals."""
    provider = Provider(any_model=True)
    assert body_of(provider.answer(chat(model="acme/one")))["model"] == "acme/one"
    assert provider.answer(chat(model="")).status == 400
    assert provider.answer(chat(model="acme/one", messages=[])).status == 400


# ------------------------------------------------------------------ fault injection


SPOKEN = [name for name in injection_names() if name.startswith(("error-", "fault-"))]


@pytest.mark.parametrize("name", SPOKEN)
def test_every_fault_can_be_injected_by_model_and_by_header(name: str) -> None:
    """A model id or the header `X-Simulate` ask for it; both get the same status, error and fault."""
    by_model = Provider().answer(chat(model=f"simulated/{name}", stream=True))
    by_header = Provider().answer(chat(headers={"X-Simulate": name}, stream=True))
    assert (by_model.status, by_model.fault) == (by_header.status, by_header.fault)
    kind, _, rest = name.partition("-")
    if kind == "fault":
        assert by_model.fault == rest
    elif rest[:3].isdecimal():
        assert by_model.status == int(rest[:3])
        assert by_model.body == by_header.body
        assert error_of(by_model)["code"] == by_model.status
    else:
        assert by_model.status == 200
        assert b'"error"' in by_model.body


def test_a_rate_limit_says_when_to_come_back() -> None:
    """The limits are in headers and in the body, and reset within a minute of the clock."""
    reply = Provider(clock=lambda: 1000.0).answer(chat(model="simulated/error-429"))
    limits = {name: header(reply, f"X-RateLimit-{name}") for name in ("Limit", "Remaining", "Reset")}
    assert limits == {"Limit": "20", "Remaining": "0", "Reset": "1060000"}
    assert header(reply, "Retry-After") == "1"
    assert error_of(reply)["metadata"]["headers"]["X-RateLimit-Remaining"] == "0"


def test_an_error_may_end_a_stream_or_be_all_of_it() -> None:
    """The status is 200; the error stands beside a choice that ends with `error`, then `[DONE]`."""
    late = read_stream(Provider().answer(chat(model="simulated/error-in-stream", stream=True)))
    assert late.done
    assert late.text
    assert (late.finish, late.usages) == ("error", [])
    assert late.chunks[-1]["error"] == {"message": "Provider disconnected", "code": 502}
    first = read_stream(Provider().answer(chat(model="simulated/error-in-stream-first", stream=True)))
    assert len(first.chunks) == 1
    assert first.chunks[0]["error"]["code"] == 503
    text_code = read_stream(Provider().answer(chat(model="simulated/error-in-stream-text-code", stream=True)))
    assert text_code.chunks[-1]["error"]["code"] == "server_error"


def test_an_error_may_come_in_a_body_of_status_200() -> None:
    """So it does where no stream was asked for."""
    for name in ("error-in-body", "error-in-stream"):
        reply = Provider().answer(chat(model=f"simulated/{name}"))
        assert reply.status == 200
        assert error_of(reply)["code"] in (502, 503)


def test_once_means_the_first_of_equal_requests() -> None:
    """A retry gets a sound answer, so that retries can be seen to work."""
    provider = Provider()
    replies = [provider.answer(chat(model="simulated/error-429-once")) for _ in range(3)]
    assert [reply.status for reply in replies] == [429, 200, 200]
    assert provider.answer(chat(model="simulated/error-429-once", stream=True)).status == 429


def test_an_answer_cut_off_is_the_first_half_of_a_sound_one() -> None:
    """`fault-truncated` promises more than it sends."""
    reply = Provider().answer(chat(model="simulated/fault-truncated", stream=True))
    assert reply.fault == "truncated"
    assert reply.body.startswith(b": OPENROUTER PROCESSING")
    assert b"[DONE]" not in reply.body


def test_the_header_works_at_every_endpoint() -> None:
    """Pre-flight checks can be shown any error too."""
    for path in ("models", "key", "credits", "generation?id=x"):
        request = look_up(path)
        reply = Provider().answer(replace(request, headers=(*request.headers, ("x-simulate", "error-503"))))
        assert reply.status == 503


def test_the_guide_names_every_fault() -> None:
    """What can be asked for can be read in docs/mock-provider.md."""
    guide = (Path(__file__).parents[3] / "docs" / "mock-provider.md").read_text("utf-8")
    assert [name for name in injection_names() if f"`{name}`" not in guide] == []


def test_an_unknown_fault_is_an_error_of_the_caller() -> None:
    """A misspelt name is an error that suggests the nearest one."""
    with pytest.raises(UsageError, match="did you mean 'error-429'"):
        Provider().answer(chat(model="simulated/eror-429"))
