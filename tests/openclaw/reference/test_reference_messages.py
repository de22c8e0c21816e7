"""The transcript on the wire (OR-BODY), signatures (OR-GEM) and tool definitions."""

from __future__ import annotations

import json
from typing import Any

import pytest
from reference_inputs import (
    EDITIONS,
    assistant,
    body,
    call,
    messages,
    result,
    text,
    tool_call,
    user,
    wire_call,
)

from harness_openclaw.reference import shape
from harness_openclaw.reference.openrouter.signatures import is_base64
from harness_openclaw.reference.openrouter.tools import parameters

GEMINI = "openrouter/google/gemini-3-pro"
IMAGE = {"type": "image", "mime_type": "image/png", "data": "QUJD"}
IMAGE_PART = {"type": "image_url", "image_url": {"url": "data:image/png;base64,QUJD"}}
OMITTED = text("(image omitted: model does not support images)")
SEES = {"model_meta": {"input": ["text", "image"]}}
EARLY = ("2026-04", "2026-05")


def thinking(content: str, **more: Any) -> dict[str, Any]:
    return {"type": "thinking", "thinking": content, **more}


def sent(history: list[dict[str, Any]], **given: Any) -> list[dict[str, Any]]:
    return messages(call(history=history, **given))


def without_wording(found: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    return [(message["role"], message.get("tool_call_id")) for message in found]


# ------------------------------------------------------------------ turns


def test_user_turns_keep_their_form() -> None:
    """A string stays a string, a list a list, and an empty list is no turn."""
    assert sent([user("a"), user([text("b")]), user([]), user("")]) == [
        user("a"),
        user([text("b")]),
        user(""),
    ]


def test_images_are_data_urls_for_models_that_see() -> None:
    """In their place among the texts."""
    assert sent([user([text("a"), IMAGE])], **SEES) == [user([text("a"), IMAGE_PART])]


def test_a_run_of_images_is_one_remark_for_models_that_do_not() -> None:
    """The remark says why."""
    blocks = [IMAGE, IMAGE, text("a"), IMAGE]
    assert sent([user(blocks)]) == [user([OMITTED, text("a"), OMITTED])]


@pytest.mark.parametrize(("edition", "joined"), [("2026-04", "ab"), ("2026-05", "ab"), ("latest", "a\nb")])
def test_assistant_texts_are_one_string(edition: str, joined: str) -> None:
    """Blank ones are left out, and a turn of nothing else is no message (OR-BODY)."""
    history = [
        assistant([text("a"), text(" "), text("b")]),
        assistant([text("\n")]),
        assistant(" "),
        user("u"),
    ]
    assert sent(history, edition=edition) == [assistant(joined), user("u")]


def test_an_assistant_turn_may_be_a_string() -> None:
    """As in most transcripts."""
    assert sent([assistant("a")]) == [assistant("a")]


@pytest.mark.parametrize("reason", ["error", "aborted"])
def test_failed_turns_are_dropped_until_the_latest_edition(reason: str) -> None:
    """There a remark stands in their place."""
    history = [user("a"), assistant([text("half")], stop_reason=reason), user("b")]
    assert sent(history) == [user("a"), user("b")]
    remark = sent(history, edition="latest")[1]
    assert remark["role"] == "assistant"
    assert "failed" in remark["content"]
    assert "half" not in remark["content"]


@pytest.mark.parametrize("edition", EDITIONS)
def test_turns_in_wire_form_pass_as_they_are(edition: str) -> None:
    """No result is made up for their calls, and nothing is joined (OR-BODY-08)."""
    history = [
        assistant([text("a"), {"type": "tool_use", "id": "x"}]),
        assistant(None, tool_calls=[wire_call()]),
        {"role": "developer", "content": [text("d")]},
        user("u"),
    ]
    assert sent(history, edition=edition) == history


# ------------------------------------------------------------------ tool calls


@pytest.mark.parametrize("edition", EDITIONS)
def test_tool_calls_and_results(edition: str) -> None:
    """Arguments are JSON text, result texts are joined by newlines, names are not sent."""
    history = [user("a"), assistant([tool_call()]), result([text("r"), text("s")]), user("b")]
    history[2]["name"] = "read"
    assert sent(history, edition=edition) == [
        user("a"),
        assistant(None, tool_calls=[wire_call()]),
        result("r\ns"),
        user("b"),
    ]


@pytest.mark.parametrize(
    ("arguments", "written"),
    [({}, "{}"), (None, "{}"), ('{"a": 1}', '{"a": 1}'), ({"ä": [1, 2.5, None]}, '{"ä":[1,2.5,null]}')],
)
def test_arguments_are_compact_json(arguments: Any, written: str) -> None:
    """Text is taken for JSON already."""
    history = [assistant([tool_call(arguments=arguments)]), result()]
    assert sent(history)[0]["tool_calls"] == [wire_call(arguments=written)]


@pytest.mark.parametrize(
    "after", [[], [user("b")], [assistant("b")], [assistant([tool_call("z")]), result(call_id="z")]]
)
def test_a_call_without_result_gets_one(after: list[dict[str, Any]]) -> None:
    """Before the next turn of the conversation, or at the end."""
    found = without_wording(sent([assistant([tool_call("x"), tool_call("y")]), result(call_id="y"), *after]))
    assert found[:3] == [("assistant", None), ("tool", "y"), ("tool", "x")]
    assert len(found) == 3 + len(after)


@pytest.mark.parametrize("edition", EDITIONS)
def test_a_result_without_text_has_a_placeholder(edition: str) -> None:
    """An empty tool message is no answer."""
    assert sent([assistant([tool_call()]), result([])], edition=edition)[1]["content"]


def test_images_in_results_follow_the_run_of_results() -> None:
    """As a user message, for models that see; others read a remark."""
    history = [
        assistant([tool_call("x"), tool_call("y")]),
        result([text("r"), IMAGE]),
        result("s", "y"),
        user("u"),
    ]
    found = sent(history, **SEES)
    assert [message["role"] for message in found] == ["assistant", "tool", "tool", "user", "user"]
    assert found[1]["content"] == "r"
    assert found[3]["content"][1:] == [IMAGE_PART]
    assert sent(history)[1]["content"] == f"r\n{OMITTED['text']}"
    assert len(sent(history)) == 4


def test_another_models_ids_are_adopted() -> None:
    """What stands before a bar, in plain letters, 40 at most; results follow, other ids stay (OR-BODY)."""
    long = f"toolu!{'a' * 50}|x"
    foreign = {"model": "claude", "provider": "anthropic"}
    history = [
        assistant([tool_call(long), tool_call("k.1")], **foreign),
        result(call_id=long),
        result(call_id="k.1"),
    ]
    found = sent(history)
    adopted = f"toolu_{'a' * 34}"
    assert [called["id"] for called in found[0]["tool_calls"]] == [adopted, "k.1"]
    assert [message["tool_call_id"] for message in found[1:]] == [adopted, "k.1"]
    own = [assistant([tool_call("a|b")]), result(call_id="a|b")]
    assert sent(own)[1]["tool_call_id"] == "a|b"


def test_mistral_ids_are_nine_letters_and_digits_in_the_latest_edition() -> None:
    """Calls and results keep belonging together (OR-BODY-07)."""
    history = [
        assistant([tool_call("call_abcdefghij"), tool_call("c"), tool_call("call-abcdefghi-2")]),
        result(call_id="call_abcdefghij"),
        result(call_id="c"),
        result(call_id="call-abcdefghi-2"),
    ]
    found = sent(history, model="openrouter/mistralai/mistral-large", edition="latest")
    ids = [called["id"] for called in found[0]["tool_calls"]]
    assert ids == [message["tool_call_id"] for message in found[1:]]
    assert len(set(ids)) == 3
    assert all(len(short) == 9 and short.isalnum() for short in ids)


# ------------------------------------------------------------------ thinking


@pytest.mark.parametrize("key", ["reasoning", "reasoning_content", "reasoning_text"])
def test_signed_thinking_goes_under_the_key_its_signature_names(key: str) -> None:
    """Several of them are joined by newlines, and the text is unaffected."""
    blocks = [thinking("t", signature=key), thinking("u", signature=key), text("a")]
    assert sent([assistant(blocks)]) == [assistant("a", **{key: "t\nu"})]


@pytest.mark.parametrize(
    "block", [thinking("t"), thinking(" ", signature="reasoning"), thinking("t", signature="QUJD")]
)
def test_other_thinking_of_the_same_model_is_not_sent(block: dict[str, Any]) -> None:
    """Without a signature that names a key it has no place in the message."""
    assert sent([assistant([block, text("a")]), assistant([block])]) == [assistant("a")]


@pytest.mark.parametrize(
    "named",
    [{"model": "openai/gpt-5"}, {"provider": "openai"}, {"api": "openai-responses"}, {"model": "GPT-4O"}],
)
def test_another_models_thinking_is_text_at_its_place(named: dict[str, Any]) -> None:
    """One differing name makes it another model; its redacted thinking is dropped."""
    blocks = [
        text("a"),
        thinking("t", signature="reasoning"),
        thinking("", redacted=True),
        {"type": "redacted_thinking"},
    ]
    assert sent([assistant(blocks, **named)]) == [assistant("at")]


def test_a_turn_that_names_its_own_model_is_the_same() -> None:
    """As is one that names nothing."""
    own = {
        "provider": "openrouter",
        "api": "openai-completions",
        "model": "openai/gpt-4o",
        "stop_reason": "stop",
    }
    blocks = [thinking("t", signature="reasoning"), text("a")]
    assert sent([assistant(blocks, **own)]) == sent([assistant(blocks)]) == [assistant("a", reasoning="t")]


@pytest.mark.parametrize(
    ("model", "before", "after"),
    [
        ("openai/m", {"reasoning_details": "why"}, {"reasoning": "why"}),
        ("openai/m", {"reasoning_text": "why"}, {"reasoning": "why"}),
        ("openai/m", {"reasoning": "why", "reasoning_text": "or"}, {"reasoning": "why"}),
        ("openai/m", {"reasoning": 1, "reasoning_content": ""}, {}),
        ("openai/m", {"reasoning": "", "reasoning_content": "c"}, {"reasoning_content": "c"}),
        ("openai/m", {"reasoning_details": [{"id": 1}]}, {"reasoning_details": [{"id": 1}]}),
        ("anthropic/m", {"reasoning": "why", "reasoning_details": [{"id": 1}]}, {}),
        ("x-ai/m", {"reasoning_content": "c", "reasoning_text": "t"}, {}),
    ],
)
def test_the_latest_edition_tidies_replay_fields(
    model: str, before: dict[str, Any], after: dict[str, Any]
) -> None:
    """And takes them out for Anthropic and xAI, on every route."""
    for base in (None, "https://proxy.example/v1"):
        history = [assistant("a", **before), user("u")]
        found = sent(history, model=f"openrouter/{model}", edition="latest", base_url=base)
        assert found[0] == assistant("a", **after)
    assert sent(history, model=f"openrouter/{model}", base_url="https://proxy.example/v1") == history


# ------------------------------------------------------------------ signatures

KEPT = ["QUJD", "QUJDRA==", "QUJDRA", "Q U J D", " QUJD\n", "QUJ-_w", "1234", "msg_abc"]
STRIPPED = ["", " ", "A", "AB", "ABC", "a b", "====", "QU=JD", '{"a":1}', "QUJ-/w==", 1, None, ["QUJD"]]


@pytest.mark.parametrize("value", KEPT)
def test_base64_is_told_from_the_round_trip(value: str) -> None:
    """Either alphabet, padded or not, spaces overlooked (OR-GEM-02)."""
    assert is_base64(value)


@pytest.mark.parametrize("value", STRIPPED)
def test_what_does_not_come_back_is_no_base64(value: Any) -> None:
    """Stray bits, padding in the middle, other types (OR-GEM-02)."""
    assert not is_base64(value)


DETAIL = {"type": "reasoning.encrypted", "data": "QUJD", "id": "x"}


@pytest.mark.parametrize("edition", EARLY)
@pytest.mark.parametrize(
    ("model", "signature", "details"),
    [
        ("openrouter/openai/gpt-4o", json.dumps(DETAIL), [DETAIL]),
        ("openrouter/openai/gpt-4o", "QUJD", None),
        ("openrouter/openai/gpt-4o", "{broken", None),
        ("openrouter/openai/gpt-4o", "null", None),
        (GEMINI, json.dumps(DETAIL), None),
        (GEMINI, "QUJD", None),
    ],
)
def test_a_signature_that_is_json_is_a_reasoning_detail_except_for_gemini(
    model: str, signature: str, details: Any, edition: str
) -> None:
    """Base64 is never sent, and JSON is not base64 (OR-GEM-01, -05)."""
    history = [assistant([tool_call(thoughtSignature=signature)]), result()]
    found = sent(history, model=model, edition=edition)[0]
    assert found.get("reasoning_details") == details
    assert "thoughtSignature" not in json.dumps(found)


def test_another_models_signature_is_no_detail() -> None:
    """It means nothing to the model that reads it."""
    history = [assistant([tool_call(thoughtSignature=json.dumps(DETAIL))], model="other"), result()]
    assert "reasoning_details" not in sent(history)[0]


@pytest.mark.parametrize(
    ("model", "block", "after"),
    [
        (GEMINI, {"thought_signature": "A", "thoughtSignature": "QUJD"}, {"thoughtSignature": "QUJD"}),
        (GEMINI, {"thought_signature": "QUJD", "thoughtSignature": 1}, {"thought_signature": "QUJD"}),
        ("openrouter/openai/m", {"thought_signature": "msg_1"}, {}),
        ("openrouter/openai/m", {"thought_signature": "A", "thoughtSignature": "msg_1"}, None),
    ],
)
def test_signatures_are_cleaned_in_wire_form_too(
    model: str, block: dict[str, Any], after: dict[str, Any] | None
) -> None:
    """The block and its other fields stay (OR-GEM-01, -03)."""
    history = [assistant([{"type": "tool_use", **block}, text("t")]), user("u")]
    expected = [{"type": "tool_use", **(block if after is None else after)}, text("t")]
    assert sent(history, model=model)[0]["content"] == expected


def test_a_failed_turn_keeps_its_signatures() -> None:
    """It is not cleaned (OR-GEM-01)."""
    turn = assistant([{"type": "tool_use", "thought_signature": "A"}], stop_reason="error")
    assert sent([turn, user("u")], model=GEMINI)[0] == turn


@pytest.mark.parametrize("edition", EDITIONS)
def test_gemini_histories_go_out_in_their_own_order(edition: str) -> None:
    """No bootstrap turn, no merging (OR-GEM-04)."""
    history = [assistant("a"), user("b"), user("c")]
    assert sent(history, model=GEMINI, edition=edition) == history


# ------------------------------------------------------------------ tools


def tools(given: dict[str, Any]) -> Any:
    return body(given).get("tools")


def test_tools_are_functions_with_three_fields() -> None:
    """Nothing strict, nothing else (OR-BODY-05, OR-NO-06)."""
    given = call(tools=[{"name": "b", "description": "d", "parameters": {}, "strict": True}])
    function = {"name": "b", "description": "d", "parameters": {"type": "object", "properties": {}}}
    assert tools(given) == [{"type": "function", "function": function}]


def test_the_latest_edition_sorts_tools_and_chooses_for_the_model() -> None:
    """Order was the caller's and the choice nobody's before (OR-BODY-05)."""
    given = call(tools=[{"name": "b"}, {"name": "a"}])
    assert [tool["function"]["name"] for tool in tools(given)] == ["b", "a"]
    assert "tool_choice" not in body(given)
    latest = body({**given, "edition": "latest"})
    assert [tool["function"]["name"] for tool in latest["tools"]] == ["a", "b"]
    assert latest["tool_choice"] == "auto"
    assert body({**given, "options": {"tool_choice": "none"}})["tool_choice"] == "none"


@pytest.mark.parametrize(
    "given",
    [
        {"tools": []},
        {"history": [assistant([tool_call()]), result()]},
        {"history": [assistant(None, tool_calls=[wire_call()])]},
    ],
)
def test_an_empty_list_of_tools_is_sent_until_the_latest_edition(given: dict[str, Any]) -> None:
    """Also when only the history has tool calls (OR-BODY-05)."""
    assert tools(call(**given)) == []
    assert tools(call(**given, edition="latest")) is None
    assert tools(call()) is None


def test_a_model_without_tools_is_given_none_in_the_latest_edition() -> None:
    """The catalogue says so (OR-BODY-07)."""
    given = call(tools=[{"name": "a"}], model_meta={"supported_parameters": ["reasoning"]})
    assert not body({**given, "edition": "latest"}).keys() & {"tools", "tool_choice"}
    assert tools(given)


def test_moonshot_takes_a_type_in_the_branches_only() -> None:
    """A type beside anyOf moves into it (OR-BODY-07)."""
    schema = {
        "type": "object",
        "properties": {"a": {"type": "string", "anyOf": [{"enum": ["x"]}, {"type": "null"}]}},
    }
    given = call("openrouter/moonshotai/kimi", tools=[{"name": "a", "parameters": schema}])
    moved = {"anyOf": [{"type": "string", "enum": ["x"]}, {"type": "null"}]}
    assert tools({**given, "edition": "latest"})[0]["function"]["parameters"]["properties"]["a"] == moved
    assert tools(given)[0]["function"]["parameters"] == schema


EMPTY = {"type": "object", "properties": {}}


@pytest.mark.parametrize(
    ("schema", "normal"),
    [
        (None, EMPTY),
        ({}, EMPTY),
        ({"type": "object"}, EMPTY),
        ({"properties": {"a": {}}}, {"type": "object", "properties": {"a": {}}}),
        ({"required": ["a"]}, {"type": "object", "properties": {}, "required": ["a"]}),
        ({"allOf": [{"type": "object"}]}, {"allOf": [{"type": "object"}]}),
        ({"anyOf": [{"type": "string"}]}, {"anyOf": [{"type": "string"}]}),
        (
            {
                "anyOf": [
                    {"type": "object", "properties": {"k": {"const": "a"}, "x": {}}, "required": ["k", "x"]},
                    {"type": "object", "properties": {"k": {"enum": ["b", "a"]}}, "required": ["k"]},
                ]
            },
            {
                "type": "object",
                "properties": {"k": {"enum": ["a", "b"]}, "x": {}},
                "required": ["k"],
                "additionalProperties": True,
            },
        ),
        (
            {
                "type": "object",
                "oneOf": [
                    {"properties": {"a": {"type": "string"}}},
                    {"properties": {"a": {"type": "number"}}},
                ],
                "required": ["z"],
                "additionalProperties": False,
            },
            {
                "type": "object",
                "properties": {"a": {"type": "string"}},
                "required": ["z"],
                "additionalProperties": False,
            },
        ),
    ],
)
def test_a_parameter_schema_is_an_object_with_properties(schema: Any, normal: dict[str, Any]) -> None:
    """Alternatives of objects become one object that takes any of them (OR-BODY, tool schemas)."""
    assert parameters(schema) == normal


# ------------------------------------------------------------------ text


def test_unpaired_surrogates_are_removed_from_texts() -> None:
    """A pair written as two code points is the character it stands for."""
    history = [user("a\ud83d b"), user([text("\ud83d\ude00")]), assistant([text("\udc00c")])]
    found = messages(call(system="s\ud800", history=history))
    assert [message["content"] for message in found] == ["s", "a b", [text("😀")], "c"]


def test_the_body_is_compact_utf8_with_keys_in_order() -> None:
    """Non-ASCII is not escaped, and numbers too large for others are kept."""
    extra = {"emoji": "\ud83d\ude00", "lone\ud800": "é", "big": 2**70, "none": float("nan")}
    raw = shape(call(params={"extra_body": extra})).body
    assert raw.endswith(
        b'"stream":true,"emoji":"\xf0\x9f\x98\x80","lone\\ud800":"\xc3\xa9","big":%d,"none":null}' % 2**70
    )
