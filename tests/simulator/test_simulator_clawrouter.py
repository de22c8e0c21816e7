"""ClawRouter's stand-in: its catalog and usage, and the four ways of calling a model through it."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from asking_a_provider import body_of, events_in, header
from asking_clawrouter import (
    KEY,
    ROOT,
    SCHEMA,
    assistant,
    call,
    completions,
    gemini,
    look,
    messages,
    responses,
    result,
    turn,
    user,
)

from harness.model import Reply, Request
from harness.simulator import Account, Provider, demands

ASKING: dict[str, Callable[..., Request]] = {
    "messages": messages,
    "responses": responses,
    "gemini": gemini,
    "completions": completions,
}
NATIVE = ("messages", "responses", "gemini")
LONG = "What is the answer?"
"""A question that is answered at length, with this limit and with that."""


def answer(request: Request) -> Reply:
    return Provider().answer(request)


def events(reply: Reply) -> list[dict[str, Any]]:
    return [json.loads(data) for data in events_in(reply.body) if data != "[DONE]"]


def message_of(reply: Reply) -> str:
    message: str = body_of(reply)["error"]["message"]
    return message


# ------------------------------------------------------------------ catalog and usage


def test_the_catalog_grants_a_provider_for_each_way_of_calling() -> None:
    """OpenAI by responses, DeepSeek by chat, Anthropic by messages, Google by streams (CW-CAT-04)."""
    providers = body_of(answer(look("catalog")))["providers"]
    told = {
        provider["id"]: (
            provider["openaiCompatible"],
            provider["routes"][0]["requestFormat"],
            {word for model in provider["models"] for word in model["capabilities"]},
        )
        for provider in providers
    }
    assert told == {
        "openai": (True, "openai.responses", {"llm.chat", "llm.responses"}),
        "deepseek": (True, "openai.chat", {"llm.chat"}),
        "anthropic": (False, "anthropic.messages", {"llm.messages"}),
        "google": (False, "google.generate_content", {"llm.stream"}),
    }
    assert all(provider["nativeBaseUrl"].startswith("/v1/native/") for provider in providers)


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
def test_the_catalog_comes_in_pages_on_demand(way: str) -> None:
    """One provider a page, in every way of telling where the next one is (CW-CAT-10)."""
    provider, found = Provider(), []
    request = look("catalog", **{"X-Simulate": f"catalog-{way}"})
    for _ in range(4):
        page = body_of(provider.answer(request))
        found += [row["id"] for row in page["providers"]]
        url = page.get("next") or page.get("links", {}).get("next") or f"{ROOT}/v1/catalog"
        for told, asked in (
            ("next_cursor", "after"),
            ("nextPageToken", "pageToken"),
            ("last_id", "after_id"),
        ):
            if told in page:
                url += f"?{asked}={page[told]}"
        request = Request("GET", url, look("catalog").headers)
    assert found == ["openai", "deepseek", "anthropic", "google"]
    assert not {"next", "links", "next_cursor", "nextPageToken", "last_id"} & set(page)
    assert page.get("has_more") in (None, False)


def test_the_usage_counts_what_was_called() -> None:
    """Requests, tokens and money, and a budget for the month (CW-USE-02 to CW-USE-04)."""
    provider = Provider(Account(budget=Decimal(5), policy="team/proxy"))
    replies = [provider.answer(request) for request in (messages(), responses(), gemini(stream=False))]
    provider.answer(messages(model="none"))
    told = body_of(provider.answer(look("usage")))
    spent = told["usage"]["summary"]["actualCostMicros"]
    assert told["budget"] == {
        "configured": True,
        "windowKey": "team/proxy/2026-01",
        "limitMicros": 5_000_000,
        "spentMicros": spent,
    }
    assert spent > 0
    usage = body_of(replies[0])["usage"], body_of(replies[1])["usage"], body_of(replies[2])["usageMetadata"]
    tokens = usage[0]["input_tokens"] + usage[0]["output_tokens"]
    tokens += usage[1]["total_tokens"] + usage[2]["totalTokenCount"]
    assert told["usage"]["summary"] == {
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
    told = events(reply)
    kinds = [event["type"] for event in told]
    assert [
        line.removeprefix("event: ") for line in reply.body.decode().split("\n") if "event: " in line
    ] == kinds
    assert (kinds[0], kinds[-2:]) == ("message_start", ["message_delta", "message_stop"])
    starts = [event["content_block"]["type"] for event in told if event["type"] == "content_block_start"]
    assert starts == ["thinking", "tool_use"]
    deltas = [event["delta"] for event in told if event["type"] == "content_block_delta"]
    assert "".join(delta.get("thinking", "") for delta in deltas)
    assert len([delta for delta in deltas if delta["type"] == "signature_delta"]) == 1
    arguments = "".join(delta.get("partial_json", "") for delta in deltas)
    assert json.loads(arguments) == {"city": "city"}
    assert told[-2]["delta"]["stop_reason"] == "tool_use"
    assert told[-2]["usage"]["output_tokens_details"]["thinking_tokens"] > 0


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
    told = events(reply)
    assert [event["sequence_number"] for event in told] == list(range(len(told)))
    assert (told[0]["type"], told[-1]["type"]) == ("response.created", "response.completed")
    done = [event["item"] for event in told if event["type"] == "response.output_item.done"]
    whole = told[-1]["response"]
    assert done == whole["output"]
    reasoning, called = done
    assert (reasoning["type"], called["type"]) == ("reasoning", "function_call")
    assert reasoning["encrypted_content"]
    summary = "".join(
        event["delta"] for event in told if event["type"] == "response.reasoning_summary_text.delta"
    )
    assert [part["text"] for part in reasoning["summary"]] == [summary]
    arguments = "".join(
        event["delta"] for event in told if event["type"] == "response.function_call_arguments.delta"
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
    told = events(
        answer(
            gemini(
                generationConfig={"thinkingConfig": {"includeThoughts": True, "thinkingBudget": 1024}},
                tools=[{"functionDeclarations": [{"name": "get_weather", "parametersJsonSchema": SCHEMA}]}],
                contents=[turn("user", {"text": "get weather"})],
            )
        )
    )
    ends = [event["candidates"][0].get("finishReason") for event in told]
    assert (set(ends[:-1]), ends[-1]) == ({None}, "STOP")
    parts = [part for event in told for part in event["candidates"][0]["content"]["parts"]]
    assert all(part["thought"] for part in parts[:-1])
    assert parts[-1]["functionCall"]["args"] == {"city": "city"}
    assert parts[-1]["thoughtSignature"]
    assert all("promptTokenCount" in event["usageMetadata"] for event in told)


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


# ------------------------------------------------------------------ refusals


def thinking(**more: Any) -> dict[str, Any]:
    return {"type": "thinking", "thinking": "hm", "signature": "c2ln"} | more


TOOL = {"name": "get_weather", "input_schema": SCHEMA}
BUDGET = {"type": "enabled", "budget_tokens": 1024}


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"stream_options": {}}, "stream_options: Extra inputs are not permitted"),
        ({"max_tokens": None}, "max_tokens: Input should be a valid integer"),
        ({"max_tokens": 0}, "max_tokens: must be greater than or equal to 1"),
        ({"max_tokens": 200_000}, "max_tokens: 200000 > 128000, which is the maximum"),
        ({"messages": []}, "messages: at least one message is required"),
        ({"messages": [{"role": "tool", "content": "x"}]}, "messages.0.role: Input should be 'user'"),
        ({"messages": [user("")]}, "messages.0: all messages must have non-empty content"),
        ({"messages": [user([{"type": "text", "text": ""}])]}, "text content blocks must be non-empty"),
        ({"messages": [user([{"type": "text", "text": " "}])]}, "must contain non-whitespace text"),
        ({"messages": [user([{"type": "sound"}])]}, "messages.0.content.0: Input tag 'sound'"),
        ({"messages": [user([call()])]}, "`tool_use` blocks are not permitted in user messages"),
        ({"messages": [user([result()])]}, "messages.0.content.0: unexpected `tool_use_id`"),
        ({"messages": [user(), assistant(call())]}, "messages.1: `tool_use` ids were found without"),
        ({"messages": [user(), assistant(call()), user()]}, "`tool_use` ids were found without"),
        ({"messages": [user(), assistant(call(), call()), user([result()])]}, "ids must be unique"),
        ({"messages": [user(), assistant(call()), user([result(), result()])]}, "must have a single result"),
        ({"messages": [user(), assistant(call("a:b")), user([result("a:b")])]}, "should match pattern"),
        (
            {"messages": [user(), assistant({"type": "thinking", "thinking": "hm"}), user()]},
            "messages.1.content.0.thinking.signature: Field required",
        ),
        ({"messages": [user(), assistant(thinking(signature="")), user()]}, "Invalid `signature`"),
        (
            {"messages": [user([{"type": "image", "source": {"type": "base64", "data": "QUJD"}}])]},
            "image.source.base64.media_type: Field required",
        ),
        ({"messages": [user(), assistant({"type": "text", "text": "so "})]}, "trailing whitespace"),
        ({"system": [{"type": "text", "text": ""}]}, "system: text content blocks must be non-empty"),
        ({"temperature": 1.5}, "temperature: range: 0..1"),
        ({"thinking": {"type": "enabled"}}, "thinking.enabled.budget_tokens: Field required"),
        ({"thinking": {"type": "enabled", "budget_tokens": 1000}}, "greater than or equal to 1024"),
        ({"thinking": BUDGET, "max_tokens": 1024}, "`max_tokens` must be greater than"),
        ({"thinking": {"type": "adaptive", "budget_tokens": 2000}}, "Extra inputs are not permitted"),
        ({"thinking": BUDGET, "temperature": 0.5}, "`temperature` may only be set to 1"),
        (
            {"thinking": BUDGET, "tools": [TOOL], "tool_choice": {"type": "any"}},
            "Thinking may not be enabled when tool_choice forces tool use.",
        ),
        (
            {"thinking": BUDGET, "messages": [user(), assistant({"type": "text", "text": "so"})]},
            "messages.1.content.0.type: Expected `thinking`",
        ),
        ({"output_config": {"effort": "huge"}}, "output_config.effort: Input should be 'low'"),
        ({"tools": [TOOL, TOOL]}, "tools: Tool names must be unique."),
        ({"tools": [{"name": "f"}]}, "tools.0.custom.input_schema: Field required"),
        ({"tools": [TOOL], "tool_choice": {"type": "required"}}, "tool_choice.type: Input should be 'auto'"),
        ({"tools": [TOOL], "tool_choice": {"type": "tool", "name": "g"}}, "Tool 'g' not found"),
        ({"tool_choice": {"type": "auto"}}, "tool_choice may only be specified while providing tools."),
        (
            {"messages": [user([{"type": "text", "text": "a", "cache_control": {"type": "ephemeral"}}] * 5)]},
            "A maximum of 4 blocks with cache_control may be provided. Found 5.",
        ),
        (
            {"messages": [user([{"type": "text", "text": "a", "cache_control": {"type": "forever"}}])]},
            "cache_control.type: Input should be 'ephemeral'",
        ),
    ],
)
def test_messages_refuse_what_anthropic_refuses(asked: dict[str, Any], message: str) -> None:
    """Status 400, Anthropic's form, and a message that says where and what."""
    reply = answer(messages(**asked))
    assert (reply.status, body_of(reply)["type"]) == (400, "error")
    assert body_of(reply)["error"]["type"] == "invalid_request_error"
    assert message in message_of(reply)
    assert header(reply, "request-id") == body_of(reply)["request_id"]


def test_messages_want_their_version() -> None:
    """Without `anthropic-version` nothing is answered."""
    reply = answer(messages(headers={"anthropic-version": ""}))
    assert (reply.status, message_of(reply)) == (400, "anthropic-version: header is required")


@pytest.mark.parametrize(
    "history",
    [
        [assistant({"type": "text", "text": "Hi"}), user()],
        [user("a"), user("b"), assistant({"type": "text", "text": "c"}), assistant(call()), user([result()])],
        [user(), assistant(thinking(), call()), user([result(), {"type": "text", "text": "and?"}])],
        [user(), assistant(call("a"), call("b")), user([result("b")]), user([result("a")])],
        [
            user(),
            assistant({"type": "redacted_thinking", "data": "x"}, {"type": "text", "text": "y"}),
            user(),
        ],
    ],
)
def test_messages_take_turns_that_anthropic_takes(history: list[Any]) -> None:
    """The assistant may be first, turns of one role are merged, results come in any order."""
    reply = answer(messages(messages=history, thinking=BUDGET))
    assert reply.status == 200, reply.body


def item(kind: str, **more: Any) -> dict[str, Any]:
    return {"type": kind} | more


CALL = item("function_call", call_id="call_1", name="get_weather", arguments="{}")
OUTPUT = item("function_call_output", call_id="call_1", output="Sunny")


@pytest.mark.parametrize(
    ("asked", "code", "message"),
    [
        ({"messages": []}, "unknown_parameter", "Unknown parameter: 'messages'."),
        ({"input": []}, "missing_required_parameter", "must be provided."),
        ({"input": 5}, "invalid_type", "Invalid type for 'input': expected one of a string or array"),
        ({"input": [item("sound")]}, "invalid_value", "Invalid value: 'sound'."),
        ({"input": [{"role": "tool", "content": "x"}]}, "invalid_value", "Invalid value: 'tool'."),
        (
            {"input": [{"role": "user", "content": [{"type": "output_text", "text": "x"}]}]},
            "invalid_value",
            "Supported values are: 'input_text', 'input_image', and 'input_file'.",
        ),
        ({"input": [OUTPUT]}, None, "No tool call found for function call output with call_id call_1."),
        ({"input": [OUTPUT, CALL]}, None, "No tool call found for function call output"),
        ({"input": [CALL]}, None, "No tool output found for function call call_1."),
        (
            {"input": [{**CALL, "call_id": "c" * 65}, {**OUTPUT, "call_id": "c" * 65}]},
            "string_above_max_length",
            "Invalid 'input[0].call_id': string too long.",
        ),
        ({"input": [{**CALL, "name": "a.b"}, OUTPUT]}, "invalid_value", "does not match pattern"),
        (
            {"input": [{**CALL, "arguments": {}}, OUTPUT]},
            "invalid_type",
            "Invalid type for 'input[0].arguments'",
        ),
        ({"input": [item("reasoning", id="rs_1")]}, "missing_required_parameter", "'input[0].summary'"),
        ({"max_output_tokens": 15}, "integer_below_min_value", "Expected a value >= 16, but got 15"),
        ({"temperature": 3}, "decimal_above_max_value", "Expected a value <= 2, but got 3 instead."),
        ({"include": ["everything"]}, "invalid_value", "Invalid value: 'everything'."),
        ({"reasoning": {"effort": "max"}}, "invalid_value", "Invalid value: 'max'."),
        (
            {"model": "openai/gpt-4o", "reasoning": {"effort": "low"}},
            "unsupported_parameter",
            "'reasoning.effort' is not supported with this model.",
        ),
        (
            {"model": "openai/gpt-4o", "include": ["reasoning.encrypted_content"]},
            None,
            "Encrypted content is not supported with this model.",
        ),
        (
            {"tools": [{"type": "function", "function": {"name": "f"}}]},
            "missing_required_parameter",
            "Missing required parameter: 'tools[0].name'.",
        ),
        (
            {"tool_choice": {"type": "function", "function": {"name": "f"}}},
            "missing_required_parameter",
            "Missing required parameter: 'tool_choice.name'.",
        ),
        ({"tool_choice": "any"}, "invalid_value", "Invalid value: 'any'."),
        ({"tool_choice": "required"}, None, "must be specified with 'tools' parameter."),
        (
            {"tools": [{"type": "function", "name": "f", "parameters": {"type": "array"}}]},
            "invalid_function_parameters",
            "Invalid schema for function 'f'",
        ),
    ],
)
def test_responses_refuse_what_openai_refuses(asked: dict[str, Any], code: str | None, message: str) -> None:
    """Status 400, OpenAI's form, with the code and a message that says where and what."""
    reply = answer(responses(**asked))
    error = body_of(reply)["error"]
    assert (reply.status, error["type"], error["code"]) == (400, "invalid_request_error", code)
    assert message in error["message"]


@pytest.mark.parametrize(
    "items",
    [
        [{"role": "user", "content": "Hi"}, CALL, OUTPUT],
        [{**CALL, "call_id": "b"}, CALL, OUTPUT, {**OUTPUT, "call_id": "b"}],
        [
            item(
                "message", role="assistant", content=[{"type": "output_text", "text": "x", "annotations": []}]
            )
        ],
        [item("reasoning", summary=[]), item("message", role="assistant", content="x", phase="commentary")],
        [CALL, {**OUTPUT, "output": [{"type": "input_image", "image_url": "data:image/png;base64,QUJD"}]}],
    ],
)
def test_responses_take_items_that_openai_takes(items: list[Any]) -> None:
    """Calls and results in any order that keeps results behind calls; messages with and without a type."""
    reply = answer(responses(input=items))
    assert reply.status == 200, reply.body


def called(**more: Any) -> dict[str, Any]:
    return {"functionCall": {"name": "get_weather", "args": {}}} | more


RESPONSE = {"functionResponse": {"name": "get_weather", "response": {"output": "Sunny"}}}
HELLO = turn("user", {"text": "Hello"})


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"messages": []}, 'Unknown name "messages": Cannot find field.'),
        ({"contents": []}, "contents is not specified"),
        ({"contents": [turn("assistant", {"text": "x"})]}, "Please use a valid role: user, model."),
        ({"contents": [turn("user")]}, "contents[0].parts: contents.parts must not be empty."),
        ({"contents": [turn("user", {})]}, "contents[0].parts[0].data: required oneof field 'data'"),
        ({"contents": [turn("user", {"words": "x"})]}, "Unknown name \"words\" at 'contents[0].parts[0]'"),
        ({"contents": [HELLO, turn("user", RESPONSE)]}, "immediately after a function call turn"),
        ({"contents": [HELLO, turn("model", called()), HELLO]}, "number of function response parts is equal"),
        (
            {"contents": [HELLO, turn("model", called(), called()), turn("user", RESPONSE)]},
            "number of function response parts is equal",
        ),
        ({"contents": [turn("model", called()), turn("user", RESPONSE)]}, "immediately after a user turn"),
        (
            {"contents": [HELLO, turn("model", {"text": "x", "thoughtSignature": "no base64!"}), HELLO]},
            "contents[1].parts[0].thought_signature' (TYPE_BYTES), Base64 decoding failed",
        ),
        (
            {
                "model": "gemini-3-flash-preview",
                "contents": [HELLO, turn("model", called()), turn("user", RESPONSE)],
            },
            "missing a thought_signature",
        ),
        ({"generationConfig": {"max_tokens": 5}}, "Unknown name \"max_tokens\" at 'generation_config'"),
        ({"generationConfig": {"temperature": 3}}, "temperature must be in the range"),
        ({"generationConfig": {"thinkingConfig": {"thinkingBudget": 0}}}, "only works in thinking mode"),
        ({"generationConfig": {"thinkingConfig": {"thinkingBudget": 5}}}, "between 128 and 32768"),
        ({"generationConfig": {"thinkingConfig": {"thinkingLevel": "LOW"}}}, "level is not supported"),
        (
            {"generationConfig": {"thinkingConfig": {"thinkingLevel": "LOW", "thinkingBudget": 200}}},
            "You can only set only one of thinking budget and thinking level.",
        ),
        ({"tools": [{"functionDeclarations": [{"name": "1st"}]}]}, "Invalid function name"),
        (
            {"tools": [{"functionDeclarations": [{"name": "f"}] * 2}]},
            "Duplicate function declaration found: f",
        ),
        ({"tools": [{"type": "function"}]}, "Unknown name \"type\" at 'tools[0]'"),
        ({"toolConfig": {"functionCallingConfig": {"mode": "required"}}}, "function_calling_config.mode"),
        (
            {"toolConfig": {"functionCallingConfig": {"mode": "AUTO", "allowedFunctionNames": ["f"]}}},
            "allowed_function_names should only be set when function calling mode is ANY.",
        ),
    ],
)
def test_gemini_refuses_what_google_refuses(asked: dict[str, Any], message: str) -> None:
    """Status 400, Google's form, and a message that says where and what."""
    reply = answer(gemini(**asked))
    error = body_of(reply)["error"]
    assert (reply.status, error["code"], error["status"]) == (400, 400, "INVALID_ARGUMENT")
    assert message in error["message"]


@pytest.mark.parametrize(
    ("model", "contents"),
    [
        ("gemini-2.5-pro", [HELLO, turn("model", called()), turn("user", RESPONSE)]),
        (
            "gemini-3-flash-preview",
            [HELLO, turn("model", called(thoughtSignature="c2ln")), turn("user", RESPONSE)],
        ),
        (
            "gemini-3-flash-preview",
            [HELLO, turn("model", called()), turn("user", RESPONSE), turn("model", {"text": "ok"}), HELLO],
        ),
        ("gemini-2.5-pro", [HELLO, HELLO, turn("model", {"text": " "}), turn("user", {"text": ""})]),
        (
            "gemini-2.5-pro",
            [HELLO, turn("model", called()), turn("user", RESPONSE), turn("user", {"text": "x"})],
        ),
    ],
)
def test_gemini_takes_contents_that_google_takes(model: str, contents: list[Any]) -> None:
    """Unsigned calls of turns that are over, turns of one role in a row, empty texts."""
    reply = answer(gemini(model=model, contents=contents))
    assert reply.status == 200, reply.body


@pytest.mark.parametrize("form", ASKING)
def test_a_body_that_is_no_json_is_refused(form: str) -> None:
    """In the form of who was called."""
    asked = ASKING[form]()
    for body in (b"{", b"[]", b""):
        reply = answer(Request("POST", asked.url, asked.headers, body))
        assert (reply.status, bool(message_of(reply))) == (400, True)


# ------------------------------------------------------------------ on demand

ERRORS = [name for name in demands() if name.startswith("error-") and name[6:9].isdecimal()]


@pytest.mark.parametrize("form", NATIVE)
def test_errors_come_on_demand_in_each_form(form: str) -> None:
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
def test_a_stream_breaks_on_demand_in_each_form(form: str, name: str) -> None:
    """The status is 200; the last event is the error, the first one too where that was asked for."""
    reply = answer(ASKING[form](stream=True, headers={"X-Simulate": name}))
    told = events(reply)
    assert reply.status == 200
    last = told[-1]
    if form == "responses":
        assert last["type"] == ("response.failed" if name == "error-in-stream" else "error")
        assert (last.get("response", {}).get("error") or last)["message"]
    else:
        assert last["error"]["message"]
    assert (len(told) == 1) is (name != "error-in-stream")


@pytest.mark.parametrize("form", NATIVE)
def test_an_error_stands_in_a_body_on_demand(form: str) -> None:
    """Status 200 and an error all the same, streamed or not."""
    for stream in (False, True):
        reply = answer(ASKING[form](stream=stream, headers={"X-Simulate": "error-in-body"}))
        assert (reply.status, bool(message_of(reply))) == (200, True)


@pytest.mark.parametrize("form", ASKING)
def test_faults_come_on_demand_in_each_form(form: str) -> None:
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
