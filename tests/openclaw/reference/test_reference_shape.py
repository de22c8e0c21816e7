"""The reference as a whole: worked examples, refusals, and what holds for any input."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from reference_inputs import CUSTOM, EDITIONS, EPHEMERAL, assistant, body, call, text, tool_call, user

from harness.contracts import load_contract
from harness.contracts.vocabulary import operations_of
from harness.model import FEATURES, Request
from harness_openclaw import hooks
from harness_openclaw.reference import Refusal, Unsupported, implementation, shape

CLAUDE = "openrouter/anthropic/claude-sonnet-4-6"
CATEGORIES = (
    "cli-agent,cloud-agent,programming-app,creative-writing,writing-assistant,general-chat,personal-agent"
)


def test_an_ordinary_call_is_shaped_to_the_byte() -> None:
    """The worked example of the edition: headers, markers, and nothing that was not asked for."""
    marked = '"cache_control":{"type":"ephemeral"}'
    assert shape(call(CLAUDE, system="You are terse.")) == Request(
        method="POST",
        url="https://openrouter.ai/api/v1/chat/completions",
        headers=(
            ("Authorization", "Bearer sk-or-test"),
            ("Content-Type", "application/json"),
            ("HTTP-Referer", "https://openclaw.ai"),
            ("X-OpenRouter-Title", "OpenClaw"),
            ("X-OpenRouter-Categories", CATEGORIES),
        ),
        body=(
            '{"model":"anthropic/claude-sonnet-4-6","messages":['
            f'{{"role":"system","content":[{{"type":"text","text":"You are terse.",{marked}}}]}},'
            f'{{"role":"user","content":[{{"type":"text","text":"hi",{marked}}}]}}],"stream":true}}'
        ).encode(),
    )


def test_a_custom_proxy_sees_a_plain_call() -> None:
    """The worked example of a custom route: the effort stays, all that is OpenRouter's goes."""
    given = call(
        CLAUDE, system="You are terse.", base_url=CUSTOM, thinking="high", params={"responseCache": True}
    )
    request = shape(given)
    assert request.url == "https://proxy.example/v1/chat/completions"
    assert request.headers == (("Authorization", "Bearer sk-or-test"), ("Content-Type", "application/json"))
    assert json.loads(request.body) == {
        "model": "anthropic/claude-sonnet-4-6",
        "messages": [{"role": "system", "content": "You are terse."}, user("hi")],
        "stream": True,
        "reasoning": {"effort": "high"},
    }


def test_tools_and_limits_are_shaped() -> None:
    """The worked example of the base body."""
    given = call(
        system="s",
        history=[user("q")],
        options={"max_tokens": 5, "temperature": 0},
        tools=[{"name": "b", "description": "d", "parameters": {}}],
    )
    function = {"name": "b", "description": "d", "parameters": {"type": "object", "properties": {}}}
    assert body(given) == {
        "model": "openai/gpt-4o",
        "messages": [{"role": "system", "content": "s"}, user("q")],
        "stream": True,
        "max_completion_tokens": 5,
        "temperature": 0,
        "tools": [{"type": "function", "function": function}],
    }


def test_the_edition_is_may_2026_unless_stated() -> None:
    """Inputs without an edition follow the default one."""
    assert shape(call()) == shape(call(edition="2026-05"))
    assert shape(call()) != shape(call(edition="2026-04"))


# ------------------------------------------------------------------ refusals


def reported(given: dict[str, Any]) -> dict[str, Any]:
    """What a client reports that sends nothing."""
    with pytest.raises(StopIteration) as end:
        next(implementation()(given))
    outcome: dict[str, Any] = end.value.value
    return outcome


@pytest.mark.parametrize(
    ("given", "error_class"),
    [
        ({"api_key": None}, "auth"),
        ({"model": ""}, "format"),
        ({"model": "gpt-4o"}, "format"),
        ({"model": 5}, "format"),
        ({"base_url": "not a url"}, "format"),
        ({"model": "acme/m"}, "format"),
        ({"thinking": True}, "format"),
        ({"base_url": "https://openrouter.ai/api/v1?x=1", "edition": "latest"}, "format"),
    ],
)
def test_the_implementation_reports_refusals(given: dict[str, Any], error_class: str) -> None:
    """What `shape` raises is an outcome to the harness, and never worth another try."""
    error = reported({**call(), **given})["error"]
    assert (error["class"], error["retryable"]) == (error_class, False)
    with pytest.raises(Refusal) as refused:
        shape({**call(), **given})
    assert error["message"] == refused.value.message == str(refused.value)


def test_no_refusal_shows_the_key() -> None:
    """A secret does not reach a message."""
    told = reported(call(api_key="sk-or-v1-secret", base_url="nowhere", headers={"a b": "x"}))
    assert "secret" not in json.dumps(told)
    assert "secret" not in json.dumps(reported(call(api_key="secré\nt", headers={})))


@pytest.mark.parametrize("given", [{"operation": "transcription"}, {"edition": "clawrouter"}])
def test_what_the_reference_does_not_shape_is_unsupported(given: dict[str, Any]) -> None:
    """That is no refusal: it says nothing about the edition."""
    with pytest.raises(Unsupported):
        shape({**call(), **given})
    assert set(reported({**call(), **given})) == {"unsupported"}


def test_the_implementation_gives_an_account_of_itself() -> None:
    """Every operation, any input, outcomes, a clock of its own, no network."""
    account = implementation.harness
    assert account["version"]
    assert {key: account[key] for key in account if key != "version"} == {
        "name": "reference",
        "language": "python",
        "mode": "shape",
        "operations": list(operations_of(load_contract(hooks.scenarios / "contract.yaml"))),
        "inputs": ["*"],
        "features": list(FEATURES),
    }


def test_a_client_sends_what_is_shaped() -> None:
    """But for the limit of time, which is the client's own."""
    sent = next(implementation()(call()))
    assert isinstance(sent, Request)
    assert replace(sent, timeout_ms=None) == shape(call())


# ------------------------------------------------------------------ for any input

MODELS = st.sampled_from(
    [
        "openrouter/auto",
        CLAUDE,
        "openrouter/deepseek/deepseek-v4-pro",
        "openrouter/google/gemini-3-pro",
        "openrouter/moonshotai/kimi-k2.6",
        "openrouter/mistralai/mistral-large",
        "openrouter/x-ai/grok-4",
        "openrouter/openrouter/hunter-alpha",
        "acme/anthropic/claude",
    ]
)
HOSTS = ["https://eu.openrouter.ai/api/v1", "http://openrouter.ai", "https://openrouter.ai/api/v1/"]
CUSTOM_BASES = [
    CUSTOM,
    "http://127.0.0.1:9/v1",
    "https://openrouter.ai.evil.example/api/v1",
    "https://notopenrouter.ai/api/v1",
    "https://proxy.example/openrouter.ai/api/v1?k=1",
]
LEVELS = st.sampled_from([None, "off", "minimal", "high", "adaptive", "max"])
STRINGS = st.text(max_size=8)
BLOCKS = st.one_of(
    STRINGS.map(text),
    st.builds(
        lambda t, s: {"type": "thinking", "thinking": t, "signature": s},
        STRINGS,
        st.sampled_from(["reasoning", "Q"]),
    ),
    st.builds(
        lambda i, s: tool_call(i, thoughtSignature=s), STRINGS, st.sampled_from(["QUJD", '{"a":1}', None])
    ),
)
TURNS = st.one_of(
    st.builds(user, STRINGS),
    st.builds(user, st.lists(STRINGS.map(text), max_size=2)),
    st.builds(assistant, st.lists(BLOCKS, max_size=3), stop_reason=st.sampled_from(["stop", "error"])),
    st.builds(assistant, STRINGS, model=st.sampled_from(["other", "auto"])),
    st.builds(lambda i, c: {"role": "tool", "tool_call_id": i, "content": c}, STRINGS, STRINGS),
)
PARAMS: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {},
    optional={
        "responseCache": st.sampled_from([True, False, "on", None]),
        "responseCacheTtl": st.one_of(st.floats(), st.integers(), STRINGS),
        "responseCacheClear": st.booleans(),
        "provider": st.sampled_from([{"sort": "price"}, [], "x", None]),
        "cacheRetention": st.sampled_from(["none", "long"]),
        "extra_body": st.dictionaries(
            st.sampled_from(["top_k", "store"]), st.one_of(STRINGS, st.floats()), max_size=2
        ),
        "temperature": st.floats(),
        "parallel_tool_calls": st.sampled_from([True, None]),
    },
)


def inputs(bases: list[str | None]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {
            "model": MODELS,
            "api_key": st.just("sk-or-test"),
            "base_url": st.sampled_from(bases),
            "edition": st.sampled_from(EDITIONS),
            "thinking": LEVELS,
            "history": st.lists(TURNS, max_size=4),
            "params": PARAMS,
        },
        optional={
            "system": STRINGS,
            "tools": st.lists(st.just({"name": "t", "parameters": {}}), max_size=2),
            "model_meta": st.sampled_from([{"reasoning": True}, {"reasoning_efforts": ["low"]}, {}]),
            "headers": st.sampled_from([{}, {"X-Team": "a"}]),
            "body": st.sampled_from([{}, {"reasoning": {"max_tokens": 1}}, {"reasoning_effort": "low"}]),
        },
    )


ANY = inputs([*CUSTOM_BASES, *HOSTS])


@given(ANY)
def test_the_same_input_gives_the_same_bytes_and_stays_as_it_is(given_input: dict[str, Any]) -> None:
    """Shaping is a function of its input, and leaves it alone."""
    before = copy.deepcopy(given_input)
    first = shape(given_input)
    assert repr(given_input) == repr(before)
    assert shape(before) == first


@given(inputs([*CUSTOM_BASES]))
def test_a_custom_route_never_sees_what_is_openrouters(given_input: dict[str, Any]) -> None:
    """No header of theirs, no cache marker, no routing and no DeepSeek switch, for any input."""
    request = shape(given_input)
    names = {name.lower() for name, _ in request.headers}
    assert names <= {"authorization", "content-type", "x-team"}
    decoded = json.loads(request.body)
    assert "cache_control" not in json.dumps(decoded)
    assert not decoded.keys() & {"provider", "thinking", "reasoning_effort", "store"}


@given(ANY)
def test_the_body_is_always_json_without_what_no_openrouter_body_has(given_input: dict[str, Any]) -> None:
    """One document in UTF-8, with a model, messages and a stream; `store` never."""

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        assert len({key for key, _ in pairs}) == len(pairs)
        return dict(pairs)

    def no_constant(name: str) -> None:
        raise AssertionError(name)

    raw = shape(given_input).body.decode("utf-8")
    decoded = json.loads(raw, object_pairs_hook=unique, parse_constant=no_constant)
    assert list(decoded)[:3] == ["model", "messages", "stream"]
    assert decoded["stream"] is True
    assert not decoded.keys() & {"store", "max_tokens"}


@given(ANY)
def test_the_request_is_what_httpx_would_send(given_input: dict[str, Any]) -> None:
    """URL, headers and body go out as they are; httpx adds host and length only."""
    request = shape(given_input)
    sent = httpx.Request(request.method, request.url, headers=list(request.headers), content=request.body)
    assert (sent.method, str(sent.url), sent.content) == (request.method, request.url, request.body)
    own = [(name.decode(), value.decode()) for name, value in sent.headers.raw]
    assert [pair for pair in own if pair[0] not in ("Host", "Content-Length")] == list(request.headers)


@given(ANY)
def test_markers_are_few_and_plain_in_the_latest_edition(given_input: dict[str, Any]) -> None:
    """Three at most, each ephemeral (OR-CC-07)."""
    decoded = json.loads(shape({**given_input, "edition": "latest"}).body)
    blocks = [
        block
        for message in decoded["messages"]
        for block in message["content"] or ()
        if isinstance(block, dict)
    ]
    markers = [
        block["cache_control"] for block in [*blocks, *decoded.get("tools", [])] if "cache_control" in block
    ]
    assert len(markers) <= 3
    assert all({**marker, **EPHEMERAL} == marker for marker in markers)
