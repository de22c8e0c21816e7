"""What the mock provider answers to a chat request that is sound."""

from __future__ import annotations

import json
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from provider_requests import (
    CLAUDE,
    GPT,
    KEY,
    WEATHER,
    body_of,
    chat,
    events_in,
    header,
    look_up,
    read_stream,
    user,
)

from harness.model import Reply, Request
from harness_openclaw.mock_provider import MODELS, Provider
from harness_openclaw.reference import Refusal, shape

texts = st.text(max_size=40)
turns = st.one_of(
    st.fixed_dictionaries({"role": st.just("user"), "content": texts}),
    st.fixed_dictionaries({"role": st.just("assistant"), "content": texts}),
    st.fixed_dictionaries(
        {
            "role": st.just("assistant"),
            "content": st.just(
                [{"type": "tool_call", "id": "call_1", "name": "get_weather", "arguments": {"city": "Rome"}}]
            ),
        }
    ),
    st.fixed_dictionaries({"role": st.just("tool"), "tool_call_id": st.just("call_1"), "content": texts}),
)
inputs = st.fixed_dictionaries(
    {
        "operation": st.just("chat"),
        "edition": st.sampled_from(["2026-05", "latest"]),
        "model": st.sampled_from([f"openrouter/{model.id}" for model in MODELS]),
        "api_key": st.just(KEY),
        "history": st.lists(turns, min_size=1, max_size=6),
    },
    optional={
        "system": texts,
        "thinking": st.sampled_from(["off", "minimal", "low", "medium", "high", "xhigh", "max", "adaptive"]),
        "tools": st.just([WEATHER["function"]]),
        "params": st.fixed_dictionaries({}, optional={"responseCache": st.booleans()}),
        "options": st.fixed_dictionaries({}, optional={"max_tokens": st.integers(16, 4000)}),
    },
)


def assert_usage_adds_up(usage: dict[str, Any]) -> None:
    assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"]
    assert usage["completion_tokens_details"]["reasoning_tokens"] <= usage["completion_tokens"]
    prompt = usage["prompt_tokens_details"]
    assert prompt["cached_tokens"] + prompt["cache_write_tokens"] <= usage["prompt_tokens"]
    costs = usage["cost_details"]
    parts = costs["upstream_inference_prompt_cost"] + costs["upstream_inference_completions_cost"]
    assert usage["cost"] == pytest.approx(parts)
    assert usage["cost"] == costs["upstream_inference_cost"]


def assert_sound(reply: Reply) -> None:
    """A stream that ends as it should, with one usage; every chunk belongs to the same answer."""
    streamed = read_stream(reply)
    assert streamed.done
    assert streamed.finish in ("stop", "tool_calls", "length")
    (usage,) = streamed.usages
    assert_usage_adds_up(usage)
    assert {chunk["id"] for chunk in streamed.chunks} == {header(reply, "X-Generation-Id")}
    assert all(json.loads(call["arguments"]) is not None for call in streamed.calls.values())
    assert bool(streamed.calls) is (streamed.finish == "tool_calls")


@given(asked=inputs)
def test_whatever_the_reference_sends_is_answered_soundly(asked: dict[str, Any]) -> None:
    """Any chat request of the reference gets a whole stream; only an empty history is refused, and the
    key is nowhere in the answer."""
    try:
        request = shape(asked)
    except Refusal:
        return
    reply = Provider().answer(request)
    assert KEY.encode() not in reply.body
    assert KEY not in str(reply.headers)
    if json.loads(request.body)["messages"]:
        assert reply.status == 200, reply.body
        assert_sound(reply)
    else:
        assert reply.status == 400


@given(
    model=st.sampled_from([model.id for model in MODELS]),
    text=texts,
    choice=st.sampled_from([None, "none", "auto", "required"]),
    limit=st.none() | st.integers(16, 60),
    effort=st.sampled_from([None, "none", "low", "high"]),
)
def test_a_limit_is_kept_and_the_books_are_right_in_both_forms(
    model: str, text: str, choice: str | None, limit: int | None, effort: str | None
) -> None:
    """One object or a stream: usage adds up, and no more is written than may be."""
    asked: dict[str, Any] = {"model": model, "messages": [user(text)]}
    asked |= {} if choice is None else {"tools": [WEATHER], "tool_choice": choice}
    asked |= {} if limit is None else {"max_tokens": limit}
    asked |= {} if effort is None else {"reasoning": {"effort": effort}}
    streamed = Provider().answer(chat(stream=True, **asked))
    assert_sound(streamed)
    whole = body_of(Provider().answer(chat(**asked)))
    assert_usage_adds_up(whole["usage"])
    for usage in (whole["usage"], *read_stream(streamed).usages):
        assert limit is None or usage["completion_tokens"] <= limit


def test_a_stream_comes_in_pieces_that_make_up_the_text() -> None:
    """Several deltas, none of them cut inside a word, nothing lost between them."""
    for model, effort in product(MODELS, ("none", "high")):
        reply = Provider().answer(chat(model=model.id, stream=True, reasoning={"effort": effort}))
        streamed = read_stream(reply)
        assert len(streamed.chunks) > 5
        assert streamed.text.endswith((".", "?"))
        assert "  " not in streamed.text + streamed.reasoning


def test_a_prefill_that_april_leaves_in_is_refused() -> None:
    """What the May edition repairs: a reasoning Claude does not take an assistant's turn at the end."""
    asked = {
        "operation": "chat",
        "model": f"openrouter/{CLAUDE}",
        "api_key": KEY,
        "thinking": "high",
        "history": [user(), {"role": "assistant", "content": "I would say"}],
    }
    assert Provider().answer(shape({**asked, "edition": "2026-04"})).status == 400
    assert Provider().answer(shape({**asked, "edition": "2026-05"})).status == 200


def test_equal_requests_to_two_providers_are_answered_with_equal_bytes() -> None:
    """Recording twice gives the same cassette: nothing is left to chance, the key has no part in it."""
    requests = [
        chat(stream=stream, key=key)
        for stream in (True, False, True)
        for key in ("key-number-one", "key-number-two")
    ]
    first, second = Provider(), Provider()
    assert [first.answer(request) for request in requests] == [second.answer(request) for request in requests]
    one = Provider().answer(chat(key="key-number-one"))
    assert one == Provider().answer(chat(key="key-number-two"))


def test_a_repeated_request_is_a_generation_of_its_own() -> None:
    """The text is the same, the id is not."""
    provider = Provider()
    first, second = (body_of(provider.answer(chat(model=GPT))) for _ in range(2))
    assert first["id"] != second["id"]
    assert first["choices"] == second["choices"]


def test_the_clock_gives_ids_and_times() -> None:
    """`created` and the id's first part are the provider's time."""
    answer = body_of(Provider(clock=lambda: 1_800_000_000.7).answer(chat()))
    assert answer["created"] == 1_800_000_000
    assert answer["id"].startswith("gen-1800000000-")


@pytest.mark.parametrize(
    "base",
    [
        "https://openrouter.ai/api/v1",
        "https://openrouter.ai/v1",
        "https://proxy.example/v1",
        "https://proxy.example/chat/completions",
        "http://127.0.0.1:9/deep/down",
        "https://proxy.example",
    ],
)
def test_any_host_and_any_path_before_it_will_do(base: str) -> None:
    """A custom proxy's base URL reaches the same provider."""
    assert Provider().answer(chat(base=base)).status == 200
    assert Provider().answer(look_up("models", base=base)).status == 200
    assert Provider().answer(look_up("credits", base=base)).status == 200


def test_a_stream_opens_with_comments_and_is_paced() -> None:
    """The comment lines that readers must skip come first; each chunk has a pause, half a second in all."""
    reply = Provider().answer(chat(stream=True, reasoning={"effort": "high"}))
    assert reply.chunks[0] == b": OPENROUTER PROCESSING\n\n"
    assert len(reply.pauses_ms) == len(reply.chunks) > 8
    assert sum(reply.pauses_ms) < 500
    assert reply.chunks[-1].endswith(b"}\n\ndata: [DONE]\n\n")


def test_the_last_chunk_repeats_why_it_ended_beside_the_usage() -> None:
    """Usage comes with one choice, not with an empty list."""
    chunks = read_stream(Provider().answer(chat(stream=True))).chunks
    assert "usage" not in chunks[-2]
    assert chunks[-2]["choices"] == chunks[-1]["choices"]
    assert chunks[-1]["choices"][0]["finish_reason"] == "stop"
    assert chunks[-1]["choices"][0]["native_finish_reason"] == "end_turn"


@pytest.mark.parametrize(
    ("asked", "called"),
    [
        ({"tool_choice": "required"}, True),
        ({"tool_choice": {"type": "function", "function": {"name": "get_weather"}}}, True),
        ({"messages": [user("Please call get_weather for Rome")]}, True),
        ({"messages": [user("Get weather for Rome, please")]}, True),
        ({"messages": [user("Get weather")], "tool_choice": "none"}, False),
        ({"messages": [user("Hello")]}, False),
    ],
)
def test_tools_are_called_when_required_or_asked_for(asked: dict[str, Any], called: bool) -> None:
    """A call fits the tool's schema; without a reason for one, text is written."""
    choice = body_of(Provider().answer(chat(tools=[WEATHER], **asked)))["choices"][0]
    assert choice["finish_reason"] == ("tool_calls" if called else "stop")
    if called:
        (call,) = choice["message"]["tool_calls"]
        assert choice["message"]["content"] is None
        assert json.loads(call["function"]["arguments"]) == {"city": "city", "days": 2, "unit": "C"}


def test_after_a_tools_result_the_answer_is_text() -> None:
    """A turn of tool calls comes to an end."""
    call = {"id": "call_1", "type": "function", "function": {"name": "get_weather", "arguments": "{}"}}
    messages = [
        user("get_weather"),
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "call_1", "content": "sunny"},
    ]
    choice = body_of(Provider().answer(chat(messages=messages, tools=[WEATHER])))["choices"][0]
    assert choice["finish_reason"] == "stop"
    assert choice["message"]["content"]


@pytest.mark.parametrize(
    ("model", "asked", "reasons"),
    [
        (CLAUDE, {"reasoning": {"effort": "high"}}, True),
        (CLAUDE, {"reasoning": {"max_tokens": 2000}}, True),
        (CLAUDE, {"reasoning": {"enabled": True}}, True),
        (CLAUDE, {"reasoning_effort": "low"}, True),
        (CLAUDE, {"include_reasoning": True}, True),
        (CLAUDE, {}, False),
        (CLAUDE, {"reasoning": {"effort": "none"}}, False),
        (CLAUDE, {"reasoning": {"enabled": False, "max_tokens": 2000}}, False),
        (GPT, {"reasoning": {"effort": "high"}}, False),
        ("openai/gpt-5", {}, True),
        ("deepseek/deepseek-v4-pro", {"thinking": {"type": "disabled"}}, False),
        ("deepseek/deepseek-v4-pro", {"thinking": {"type": "enabled"}, "reasoning_effort": "high"}, True),
    ],
)
def test_reasoning_is_there_when_it_is_on(model: str, asked: dict[str, Any], reasons: bool) -> None:
    """A model that can reason does so when asked, or by itself; its tokens are counted."""
    for stream in (False, True):
        reply = Provider().answer(chat(model=model, stream=stream, **asked))
        usage = read_stream(reply).usages[0] if stream else body_of(reply)["usage"]
        said = (
            read_stream(reply).reasoning if stream else body_of(reply)["choices"][0]["message"]["reasoning"]
        )
        assert bool(said) is reasons
        assert (usage["completion_tokens_details"]["reasoning_tokens"] > 0) is reasons


def test_excluded_reasoning_is_counted_and_not_shown() -> None:
    """`exclude` hides the text; it is paid for all the same."""
    reply = Provider().answer(chat(reasoning={"effort": "high", "exclude": True}, stream=True))
    streamed = read_stream(reply)
    assert streamed.reasoning == ""
    assert b"reasoning_details" not in reply.body
    assert streamed.usages[0]["completion_tokens_details"]["reasoning_tokens"] > 0


def test_a_limit_cuts_the_answer() -> None:
    """What is longer than the limit ends with `length`, and the limit is never passed."""
    whole = body_of(Provider().answer(chat(max_tokens=3)))
    assert whole["choices"][0]["finish_reason"] == "length"
    assert whole["choices"][0]["native_finish_reason"] == "max_tokens"
    assert whole["usage"]["completion_tokens"] == 3


def test_stop_sequences_end_the_text() -> None:
    """The text ends before the first of them."""
    free = body_of(Provider().answer(chat(stop=[])))["choices"][0]["message"]["content"]
    assert " " in free
    stopped = body_of(Provider().answer(chat(stop=" ")))["choices"][0]
    assert " " not in stopped["message"]["content"]
    assert stopped["finish_reason"] == "stop"


def test_an_answer_in_json_fits_its_schema() -> None:
    """A structured answer is JSON of the wanted shape."""
    schema = {
        "type": "object",
        "properties": {"names": {"type": "array", "items": {"type": "string"}}, "sure": {"type": "boolean"}},
        "required": ["names", "sure"],
    }
    wanted = {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema}}
    content = body_of(Provider().answer(chat(response_format=wanted)))["choices"][0]["message"]["content"]
    assert json.loads(content) == {"names": ["names"], "sure": True}
    loose = body_of(Provider().answer(chat(response_format={"type": "json_object"})))
    assert isinstance(json.loads(loose["choices"][0]["message"]["content"]), dict)


def test_the_auto_router_names_the_model_that_answered() -> None:
    """`openrouter/auto` answers as the model it chose."""
    assert body_of(Provider().answer(chat(model="openrouter/auto")))["model"] == GPT


def test_a_routing_suffix_is_looked_past() -> None:
    """`:nitro` and its like choose how to route, not what answers."""
    assert body_of(Provider().answer(chat(model=f"{GPT}:nitro")))["model"] == GPT


def test_a_key_inside_the_body_does_not_come_back() -> None:
    """An answer that repeats what was asked repeats no key."""
    reply = Provider().answer(chat(model=f"acme/{KEY}"))
    assert reply.status == 400
    assert KEY.encode() not in reply.body


@given(body=st.binary(max_size=200))
def test_no_body_breaks_it(body: bytes) -> None:
    """Bytes that are no chat request are refused like any other mistake."""
    request = Request("POST", chat().url, chat().headers, body)
    assert Provider().answer(request).status == 400


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)


@given(
    field=st.sampled_from(
        [
            "messages",
            "model",
            "models",
            "tools",
            "tool_choice",
            "reasoning",
            "reasoning_effort",
            "thinking",
            "stop",
            "response_format",
            "max_tokens",
            "temperature",
            "stream",
        ]
    ),
    value=json_values,
)
def test_no_value_in_any_field_breaks_it(field: str, value: Any) -> None:
    """Whatever stands in a field is either served or refused with an error that can be read."""
    reply = Provider().answer(chat(**{field: value}))
    assert reply.status in (200, 400, 402)
    if reply.status != 200:
        assert body_of(reply)["error"]["message"]
    elif reply.body.startswith(b":"):
        assert [*events_in(reply.body)][-1] == "[DONE]"
