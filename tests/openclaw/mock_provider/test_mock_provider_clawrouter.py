"""The mock ClawRouter: its catalog and usage, and the four ways of calling a model through it."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from clawrouter_requests import (
    ASKING,
    KEY,
    NATIVE,
    ROOT,
    SCHEMA,
    answer,
    assistant,
    call,
    completions,
    gemini,
    look,
    message_of,
    messages,
    responses,
    result,
    turn,
    user,
)
from provider_requests import body_of, events_in, header

from harness.model import Reply, Request
from harness_openclaw.mock_provider import Account, Provider, injection_names

LONG = "What is the answer?"
"""A question that is answered at length, with this limit and with that."""


def events(reply: Reply) -> list[dict[str, Any]]:
    return [json.loads(data) for data in events_in(reply.body) if data != "[DONE]"]


# ------------------------------------------------------------------ catalog and usage


def test_the_catalog_grants_a_provider_for_each_way_of_calling() -> None:
    """OpenAI by responses, DeepSeek by chat, Anthropic by messages, Google by streams (CW-CAT-04)."""
    providers = body_of(answer(look("catalog")))["providers"]
    answered = {
        provider["id"]: (
            provider["openaiCompatible"],
            provider["routes"][0]["requestFormat"],
            {word for model in provider["models"] for word in model["capabilities"]},
        )
        for provider in providers
    }
    assert answered == {
        "openai": (True, "openai.responses", {"llm.chat", "llm.responses"}),
        "deepseek": (True, "openai.chat", {"llm.chat"}),
        "anthropic": (False, "anthropic.messages", {"llm.messages"}),
        "google": (False, "google.generate_content", {"llm.stream"}),
    }
    assert all(provider["nativeBaseUrl"].startswith("/v1/native/") for provider in providers)


def test_the_catalog_has_prices_limits_and_efforts() -> None:
    """Prices in millionths of a dollar for a million tokens; efforts only where a model has any."""
    rows = {
        model["id"]: model
        for provider in body_of(answer(look("catalog")))["providers"]
        for model in provider["models"]
    }
    assert rows["anthropic/claude-sonnet-4.6"] == {
        "id": "anthropic/claude-sonnet-4.6",
        "upstream": "claude-sonnet-4-6",
        "capabilities": ["llm.messages"],
        "pricing": {
            "inputMicrosPerMillion": 3_000_000,
            "outputMicrosPerMillion": 15_000_000,
            "cachedInputMicrosPerMillion": 300_000,
            "cacheWrite5mInputMicrosPerMillion": 3_750_000,
            "cacheWrite1hInputMicrosPerMillion": 6_000_000,
            "maxInputTokens": 1_000_000,
            "defaultMaxOutputTokens": 128_000,
        },
    }
    assert {name for name, row in rows.items() if row.get("supportedReasoningEfforts")} == {
        "openai/gpt-5.5",
        "deepseek/deepseek-v4-pro",
    }


def test_every_model_of_the_catalog_answers_on_its_route() -> None:
    """The catalog id where the API is OpenAI's, the upstream id elsewhere."""
    for provider in body_of(answer(look("catalog")))["providers"]:
        for model in provider["models"]:
            request = {
                "openai": responses(model=model["id"]),
                "deepseek": completions(model=model["id"]),
                "anthropic": messages(model=model["upstream"]),
                "google": gemini(model=model["upstream"]),
            }[provider["id"]]
            assert answer(request).status == 200, model["id"]


@pytest.mark.parametrize("way", ["next", "links", "cursor", "token", "last-id"])
def test_the_catalog_comes_in_pages_if_asked_for(way: str) -> None:
    """One provider a page, in every way of telling where the next one is (CW-CAT-10)."""
    provider, found = Provider(), []
    request = look("catalog", **{"X-Simulate": f"catalog-{way}"})
    for _ in range(4):
        page = body_of(provider.answer(request))
        found += [row["id"] for row in page["providers"]]
        url = page.get("next") or page.get("links", {}).get("next") or f"{ROOT}/v1/catalog"
        for answered, asked in (
            ("next_cursor", "after"),
            ("nextPageToken", "pageToken"),
            ("last_id", "after_id"),
        ):
            if answered in page:
                url += f"?{asked}={page[answered]}"
        request = Request("GET", url, look("catalog").headers)
    assert found == ["openai", "deepseek", "anthropic", "google"]
    assert not {"next", "links", "next_cursor", "nextPageToken", "last_id"} & set(page)
    assert page.get("has_more") is (False if way == "last-id" else None)


def test_the_usage_counts_what_was_called() -> None:
    """Requests, tokens and money, and a budget for the month (CW-USE-02 to CW-USE-04)."""
    provider = Provider(Account(budget=Decimal(5), policy="team/proxy"))
    replies = [provider.answer(request) for request in (messages(), responses(), gemini(stream=False))]
    provider.answer(messages(model="none"))
    answered = body_of(provider.answer(look("usage")))
    spent = answered["usage"]["summary"]["actualCostMicros"]
    assert answered["budget"] == {
        "configured": True,
        "windowKey": "team/proxy/2026-01",
        "limitMicros": 5_000_000,
        "spentMicros": spent,
    }
    assert spent > 0
    usage = body_of(replies[0])["usage"], body_of(replies[1])["usage"], body_of(replies[2])["usageMetadata"]
    tokens = usage[0]["input_tokens"] + usage[0]["output_tokens"]
    tokens += usage[1]["total_tokens"] + usage[2]["totalTokenCount"]
    assert answered["usage"]["summary"] == {
        "requestCount": 3,
        "totalTokens": tokens,
        "actualCostMicros": spent,
    }


def test_a_key_without_a_budget_has_totals_alone() -> None:
    """The budget is not configured (CW-USE-06)."""
    assert body_of(Provider(Account(budget=None)).answer(look("usage")))["budget"] == {"configured": False}


@pytest.mark.parametrize("path", ["catalog", "usage"])
def test_catalog_and_usage_want_the_key_and_the_method(path: str) -> None:
    """401 without the key and with a wrong one, 405 for anything but GET."""
    assert answer(look(path, key=None)).status == 401
    assert Provider(Account(key="cr-right")).answer(look(path)).status == 401
    asked = look(path)
    assert answer(Request("POST", asked.url, asked.headers)).status == 405
    assert answer(look(path, **{"X-Simulate": "error-403"})).status == 403


# ------------------------------------------------------------------ keys and models


@pytest.mark.parametrize("form", ASKING)
def test_each_form_wants_the_key_in_its_own_header(form: str) -> None:
    """`x-api-key` for Messages, `x-goog-api-key` for Gemini, `Authorization` elsewhere (CW-AUTH-01);
    Anthropic's own newer clients send a bearer, too."""
    right = {
        "messages": ("x-api-key", "Authorization"),
        "gemini": ("x-goog-api-key",),
    }.get(form, ("Authorization",))
    for name in ("Authorization", "x-api-key", "x-goog-api-key"):
        value = f"Bearer {KEY}" if name == "Authorization" else KEY
        reply = answer(ASKING[form](key=None, headers={name: value}))
        assert reply.status == (200 if name in right else 401), name
    assert Provider(Account(key="cr-right")).answer(ASKING[form]()).status == 401


@pytest.mark.parametrize(
    ("form", "model", "status"),
    [
        ("messages", "anthropic/claude-sonnet-4.6", 404),
        ("messages", "claude-sonnet-4-6", 200),
        ("responses", "gpt-5.5", 404),
        ("responses", "openai/gpt-5.5", 200),
        ("responses", "deepseek/deepseek-v4-pro", 404),
        ("gemini", "google/gemini-2.5-pro", 404),
        ("gemini", "gemini-2.5-pro", 200),
    ],
)
def test_a_model_is_known_by_the_id_that_its_form_uses(form: str, model: str, status: int) -> None:
    """Catalog ids and upstream ids do not stand for each other (CW-REQ-01)."""
    assert answer(ASKING[form](model=model)).status == status
    assert Provider(any_model=True).answer(ASKING[form](model=model)).status == 200


@pytest.mark.parametrize("form", ASKING)
def test_the_key_never_comes_back(form: str) -> None:
    """Wherever it stands, no answer has it."""
    request = ASKING[form](model=KEY)
    reply = Provider(any_model=True).answer(request)
    assert KEY.encode() not in reply.body
    assert KEY not in str(reply.headers)


# ------------------------------------------------------------------ answers


@pytest.mark.parametrize("form", ASKING)
def test_the_same_request_gets_the_same_bytes(form: str) -> None:
    """From a provider that was never asked before, streamed or not."""
    for stream in (False, True):
        request = ASKING[form](stream=stream)
        assert answer(request) == answer(request)


def test_messages_stream_their_blocks_in_order() -> None:
    """Thinking with its signature, then the call whose pieces are its arguments; then how it ended."""
    reply = answer(
        messages(
            stream=True,
            thinking={"type": "enabled", "budget_tokens": 1024},
            tools=[{"name": "get_weather", "input_schema": SCHEMA}],
            messages=[user("Please get_weather")],
        )
    )
    answered = events(reply)
    kinds = [event["type"] for event in answered]
    assert [
        line.removeprefix("event: ") for line in reply.body.decode().split("\n") if "event: " in line
    ] == kinds
    assert (kinds[0], kinds[-2:]) == ("message_start", ["message_delta", "message_stop"])
    starts = [event["content_block"]["type"] for event in answered if event["type"] == "content_block_start"]
    assert starts == ["thinking", "tool_use"]
    deltas = [event["delta"] for event in answered if event["type"] == "content_block_delta"]
    assert "".join(delta.get("thinking", "") for delta in deltas)
    assert len([delta for delta in deltas if delta["type"] == "signature_delta"]) == 1
    arguments = "".join(delta.get("partial_json", "") for delta in deltas)
    assert json.loads(arguments) == {"city": "city"}
    assert answered[-2]["delta"]["stop_reason"] == "tool_use"
    assert answered[-2]["usage"]["output_tokens_details"]["thinking_tokens"] > 0


def test_messages_count_marked_prompts_as_cached() -> None:
    """Written with the first request, read with the second."""
    provider = Provider()
    system = [{"type": "text", "text": "x" * 8000, "cache_control": {"type": "ephemeral"}}]
    first, second = (
        body_of(provider.answer(messages(system=system, messages=[user(text)])))["usage"]
        for text in ("one", "two")
    )
    assert first["cache_creation_input_tokens"] == second["cache_read_input_tokens"] > 2000
    assert first["cache_read_input_tokens"] == second["cache_creation_input_tokens"] == 0


def test_responses_number_their_events_and_end_with_the_whole() -> None:
    """Reasoning with a summary, then a call; the last event holds what the others were put together to."""
    reply = answer(
        responses(
            stream=True,
            reasoning={"effort": "high", "summary": "auto"},
            include=["reasoning.encrypted_content"],
            tools=[{"type": "function", "name": "get_weather", "parameters": SCHEMA}],
            input="get_weather",
            store=False,
        )
    )
    answered = events(reply)
    assert [event["sequence_number"] for event in answered] == list(range(len(answered)))
    assert (answered[0]["type"], answered[-1]["type"]) == ("response.created", "response.completed")
    done = [event["item"] for event in answered if event["type"] == "response.output_item.done"]
    whole = answered[-1]["response"]
    assert done == whole["output"]
    reasoning, called = done
    assert (reasoning["type"], called["type"]) == ("reasoning", "function_call")
    assert reasoning["encrypted_content"]
    summary = "".join(
        event["delta"] for event in answered if event["type"] == "response.reasoning_summary_text.delta"
    )
    assert [part["text"] for part in reasoning["summary"]] == [summary]
    arguments = "".join(
        event["delta"] for event in answered if event["type"] == "response.function_call_arguments.delta"
    )
    assert json.loads(arguments) == json.loads(called["arguments"]) == {"city": "city"}
    assert whole["store"] is False
    assert whole["usage"]["output_tokens_details"]["reasoning_tokens"] > 0


def test_responses_that_are_cut_are_incomplete() -> None:
    """They say that the limit was reached, and keep to it."""
    whole, cut = (
        events(answer(responses(stream=True, model="openai/gpt-4o", input=LONG, max_output_tokens=most)))[-1]
        for most in (400, 16)
    )
    assert (whole["type"], whole["response"]["incomplete_details"]) == ("response.completed", None)
    assert cut["type"] == "response.incomplete"
    assert cut["response"]["incomplete_details"] == {"reason": "max_output_tokens"}
    assert cut["response"]["usage"]["output_tokens"] == 16


def test_gemini_says_why_it_stopped_in_its_last_event_alone() -> None:
    """Thoughts first, then a signed call; every event has a usage."""
    answered = events(
        answer(
            gemini(
                generationConfig={"thinkingConfig": {"includeThoughts": True, "thinkingBudget": 1024}},
                tools=[{"functionDeclarations": [{"name": "get_weather", "parametersJsonSchema": SCHEMA}]}],
                contents=[turn("user", {"text": "get weather"})],
            )
        )
    )
    ends = [event["candidates"][0].get("finishReason") for event in answered]
    assert (set(ends[:-1]), ends[-1]) == ({None}, "STOP")
    parts = [part for event in answered for part in event["candidates"][0]["content"]["parts"]]
    assert all(part["thought"] for part in parts[:-1])
    assert parts[-1]["functionCall"]["args"] == {"city": "city"}
    assert parts[-1]["thoughtSignature"]
    assert all("promptTokenCount" in event["usageMetadata"] for event in answered)


def test_gemini_answers_as_a_list_unless_events_are_asked_for() -> None:
    """`alt=sse` makes the difference; `generateContent` gives one object."""
    asked = gemini()
    as_list = answer(Request("POST", asked.url.partition("?")[0], asked.headers, asked.body))
    assert isinstance(body_of(as_list), list)
    assert events(answer(asked))[-1]["candidates"] == body_of(as_list)[-1]["candidates"]
    assert set(body_of(answer(gemini(stream=False)))) == {
        "candidates",
        "usageMetadata",
        "modelVersion",
        "responseId",
    }


def test_an_answer_follows_a_result() -> None:
    """After a tool's result no tool is called again; the text speaks of it."""
    tools = [{"name": "get_weather", "input_schema": SCHEMA}]
    history = [user("get_weather"), assistant(call()), user([result()])]
    content = body_of(answer(messages(messages=history, tools=tools)))["content"]
    assert [block["type"] for block in content] == ["text"]
    assert "result" in content[0]["text"]


# ------------------------------------------------------------------ fault injection

ERRORS = [name for name in injection_names() if name.startswith("error-") and name[6:9].isdecimal()]


@pytest.mark.parametrize("form", NATIVE)
def test_injected_errors_have_each_form(form: str) -> None:
    """By header, and by the model's id; the status is the one that was asked for."""
    for name in ERRORS:
        for request in (ASKING[form](headers={"X-Simulate": name}), ASKING[form](model=f"simulated/{name}")):
            reply = answer(request)
            assert reply.status == int(name[6:9])
            error = body_of(reply)["error"]
            assert error["message"] not in ("", "Provider returned error")
            if form == "gemini":
                assert error["code"] == reply.status
    assert header(answer(ASKING[form](headers={"X-Simulate": "error-429"})), "retry-after") == "1"


@pytest.mark.parametrize("form", NATIVE)
@pytest.mark.parametrize("name", ["error-in-stream", "error-in-stream-first", "error-in-stream-429"])
def test_a_stream_breaks_where_it_is_injected_in_each_form(form: str, name: str) -> None:
    """The status is 200; the last event is the error, the first one too where that was asked for."""
    reply = answer(ASKING[form](stream=True, headers={"X-Simulate": name}))
    answered = events(reply)
    assert reply.status == 200
    last = answered[-1]
    if form == "responses":
        assert last["type"] == ("response.failed" if name == "error-in-stream" else "error")
        assert (last.get("response", {}).get("error") or last)["message"]
    else:
        assert last["error"]["message"]
    assert (len(answered) == 1) is (name != "error-in-stream")


@pytest.mark.parametrize("form", NATIVE)
def test_an_error_can_be_injected_into_a_body(form: str) -> None:
    """Status 200 and an error all the same, streamed or not."""
    for stream in (False, True):
        reply = answer(ASKING[form](stream=stream, headers={"X-Simulate": "error-in-body"}))
        assert (reply.status, bool(message_of(reply))) == (200, True)


@pytest.mark.parametrize("form", ASKING)
def test_faults_can_be_injected_in_each_form(form: str) -> None:
    """No response, half of one, or a slow one; with `-once`, the first time alone."""
    provider = Provider()
    assert answer(ASKING[form](headers={"X-Simulate": "fault-timeout"})).status == 0
    whole = answer(ASKING[form](stream=True))
    half = answer(ASKING[form](stream=True, headers={"X-Simulate": "fault-truncated"}))
    assert (half.fault, half.body) == ("truncated", whole.body[: len(whole.body) // 2])
    once = ASKING[form](headers={"X-Simulate": "error-503-once"})
    assert [provider.answer(once).status for _ in range(2)] == [503, 200]


def test_one_provider_answers_both_worlds() -> None:
    """OpenRouter and ClawRouter by the path, whatever the host."""
    provider = Provider()
    for host in ("https://openrouter.ai", "https://127.0.0.1:4000", ROOT):
        for path in ("/api/v1/models", "/v1/catalog", "/v1/usage", "/base/v1/usage"):
            assert provider.answer(Request("GET", host + path, look("usage").headers)).status == 200
    assert dict(parse_qsl(urlsplit(gemini().url).query)) == {"alt": "sse"}
