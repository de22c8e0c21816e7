"""What ClawRouter's native transports refuse, as the real APIs behind them do, and what they take."""

from __future__ import annotations

from typing import Any

import pytest
from clawrouter_requests import (
    ASKING,
    NATIVE,
    SCHEMA,
    answer,
    assistant,
    call,
    gemini,
    message_of,
    messages,
    responses,
    result,
    turn,
    user,
)
from provider_requests import body_of, header

from harness.model import Request


def picture(**source: Any) -> dict[str, Any]:
    given = {"type": "base64", "media_type": "image/png", "data": "QUJD"} | source
    return {"type": "image", "source": given}


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
        ({"messages": ["Hello"]}, "messages.0: Input does not match the expected shape."),
        ({"messages": [user(["Hello"])]}, "messages.0.content.0: Input does not match the expected shape."),
        ({"messages": [user([{"text": "Hello"}])]}, "messages.0.content.0.type: Field required"),
        ({"messages": [user([picture(type="fax")])]}, "image.source: Input does not match"),
        ({"messages": [user([picture(media_type="image/bmp")])]}, "media_type: Input should be 'image/jpeg'"),
        ({"messages": [user([picture(data="a picture")])]}, "image.source.base64: invalid base64 data"),
        (
            {"messages": [user(), assistant(call()), user([result(content=[{"type": "sound"}])])]},
            "tool_result.content.0: Input does not match the expected shape.",
        ),
        (
            {"messages": [user(), assistant(call()), user([result(content=[picture(data="!")])])]},
            "image.source.base64: invalid base64 data",
        ),
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
        ({"tools": [{**TOOL, "name": "a.b"}]}, "tools.0.custom.name: String should match pattern"),
        ({"tools": [{**TOOL, "input_schema": {}}]}, "tools.0.custom.input_schema.type: Field required"),
        (
            {"tools": [{**TOOL, "input_schema": {"type": "array"}}]},
            "input_schema.type: Input should be 'object'",
        ),
        ({"tools": [TOOL], "tool_choice": {"type": "tool"}}, "tool_choice.tool.name: Field required"),
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
        [user([picture(), {"type": "image", "source": {"type": "url", "url": "https://a.example/b.png"}}])],
        [user(), assistant(call()), user([result(content=[{"type": "text", "text": "Sunny"}, picture()])])],
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
        (
            {"input": ["Hello"]},
            "invalid_type",
            "Invalid type for 'input[0]': expected an object, but got a string",
        ),
        ({"model": None}, "missing_required_parameter", "Missing required parameter: 'model'."),
        (
            {"input": [{"role": "user", "content": "x", "phase": "commentary"}]},
            "unknown_parameter",
            "Unknown parameter: 'input[0].phase'.",
        ),
        (
            {"input": [{"role": "assistant", "content": "x", "id": "gen-1"}]},
            "invalid_value",
            "Expected an ID that begins with 'msg'.",
        ),
        (
            {"input": [{"role": "user", "content": [item("input_image", image_url="QUJD")]}]},
            "invalid_value",
            "Invalid 'input[0].content[0].image_url'. Expected a valid URL.",
        ),
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
        ({"tools": ["f"]}, "invalid_type", "Invalid type for 'tools[0]': expected an object"),
        ({"tools": [{"name": "f"}]}, "missing_required_parameter", "'tools[0].type'"),
        (
            {"tools": [item("function", name="a.b")]},
            "invalid_value",
            "'tools[0].name': string does not match",
        ),
        (
            {"tools": [item("function", name="f")], "tool_choice": item("function", name="g")},
            None,
            "'g' not found in 'tools' parameter.",
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


def calling(mode: str, *names: str) -> dict[str, Any]:
    return {"functionCallingConfig": {"mode": mode, "allowedFunctionNames": list(names)}}


FUNCTIONS = [{"functionDeclarations": [{"name": "get_weather", "parametersJsonSchema": SCHEMA}]}]
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
        (
            {"generationConfig": {"thinkingConfig": {"thinkingLevel": "EXTREME"}}},
            "one of MINIMAL, LOW, MEDIUM, HIGH",
        ),
        (
            {"contents": [turn("user", {"inlineData": {"mimeType": "image/png", "data": "a picture"}})]},
            "contents[0].parts[0].inline_data.data' (TYPE_BYTES), Base64 decoding failed",
        ),
        ({"toolConfig": calling("ANY")}, "ANY requires at least one function declaration"),
        (
            {"tools": FUNCTIONS, "toolConfig": calling("ANY", "other")},
            "Allowed function name other is not among the function declarations.",
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


FORCED: dict[str, dict[str, Any]] = {
    "messages": {"tools": [TOOL], "tool_choice": {"type": "tool", "name": "get_weather"}},
    "responses": {
        "tools": [item("function", name="get_weather", parameters=SCHEMA)],
        "tool_choice": item("function", name="get_weather"),
    },
    "gemini": {"tools": FUNCTIONS, "toolConfig": calling("ANY", "get_weather")},
}


@pytest.mark.parametrize("form", NATIVE)
def test_a_tool_that_is_required_is_called(form: str) -> None:
    """Whatever the last turn says."""
    reply = answer(ASKING[form](stream=False, **FORCED[form]))
    assert reply.status == 200, reply.body
    assert b'"get_weather"' in reply.body.partition(b'"tools"')[0]


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
        ("gemini-2.5-pro", [turn("user", {"inline_data": {"mime_type": "image/png", "data": "QUJD"}})]),
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
