"""Bodies of the Responses API, as ClawRouter gets them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from clawrouter_inputs import LISTED, PLAIN, QUIET, RESTLESS, UNLISTED, body
from reference_inputs import assistant, result, text, tool_call, user

IMAGE = {"type": "image", "mime_type": "image/png", "data": "QUJD"}
IMAGE_PART = {"type": "input_image", "detail": "auto", "image_url": "data:image/png;base64,QUJD"}
REASONING = {
    "type": "reasoning",
    "id": "rs_1",
    "summary": [{"type": "summary_text", "text": "why"}],
    "encrypted_content": "ENC",
}


def items(*history: Any, model: str = LISTED) -> list[Any]:
    made: list[Any] = body(model, history=list(history))["input"]
    return made


def message(role: str, *parts: Any) -> dict[str, Any]:
    return {"type": "message", "role": role, "content": list(parts)}


def told(content: str) -> dict[str, Any]:
    return {"type": "input_text", "text": content}


def said(content: str, **more: Any) -> dict[str, Any]:
    part = {"type": "output_text", "text": content, "annotations": []}
    return {**message("assistant", part), **more}


def thinking(signature: Any, **more: Any) -> dict[str, Any]:
    signed = json.dumps(signature) if isinstance(signature, dict) else signature
    return {"type": "thinking", "thinking": "why", "signature": signed, **more}


class TestFrame:
    def test_a_plain_call(self) -> None:
        """Everything that is there without being asked for, and nothing else."""
        assert body(PLAIN) == {
            "model": PLAIN,
            "input": [message("user", told("hi"))],
            "stream": True,
            "max_output_tokens": 32768,
            "store": False,
        }

    @pytest.mark.parametrize(("model", "role"), [(LISTED, "developer"), (PLAIN, "system")])
    def test_the_prompt_is_the_first_item(self, model: str, role: str) -> None:
        """Its role depends on whether the model reasons; the cache boundary is a newline."""
        system = "S\n<!-- OPENCLAW_CACHE_BOUNDARY -->\nD"
        assert body(model, system=system)["input"][0] == message(role, told("S\nD"))
        assert body(model, system="")["input"][0]["role"] == "user"

    def test_tools_are_sorted_and_their_schemas_written_out(self) -> None:
        """By name; `$ref`s are inlined, definitions gone, objects have properties (CW-REQ-04)."""
        schema = {
            "type": "object",
            "properties": {"a": {"$ref": "#/$defs/X"}},
            "$defs": {"X": {"type": "string"}},
        }
        tools = [{"name": "z", "description": "Z", "parameters": schema}, {"name": "a"}]
        assert body(tools=tools)["tools"] == [
            {"type": "function", "name": "a", "parameters": {"type": "object", "properties": {}}},
            {
                "type": "function",
                "name": "z",
                "description": "Z",
                "parameters": {"type": "object", "properties": {"a": {"type": "string"}}},
            },
        ]

    def test_an_empty_list_of_tools_is_sent(self) -> None:
        """None is not."""
        assert body(tools=[])["tools"] == []
        assert "tools" not in body()

    @pytest.mark.parametrize(
        ("choice", "sent"),
        [
            ("auto", "auto"),
            ("none", "none"),
            ("required", "required"),
            ("any", "required"),
            ({"type": "function", "function": {"name": "a"}}, {"type": "function", "name": "a"}),
            ({"type": "tool", "name": "a"}, {"type": "function", "name": "a"}),
        ],
    )
    def test_a_tool_choice_has_the_form_of_responses(self, choice: Any, sent: Any) -> None:
        """Whatever form it was given in; none is sent if none is given."""
        tools = [{"name": "a"}]
        assert body(tools=tools, options={"tool_choice": choice})["tool_choice"] == sent
        assert "tool_choice" not in body(tools=tools)


class TestSchemas:
    @pytest.mark.parametrize(
        ("given", "written"),
        [
            (
                {
                    "properties": {"a": {"$ref": "#/$defs/X", "title": "A"}},
                    "$defs": {"X": {"type": "string"}},
                },
                {"a": {"type": "string", "title": "A"}},
            ),
            (
                {"properties": {"a": {"$ref": "#/definitions/x~1y"}}, "definitions": {"x/y": {"enum": [1]}}},
                {"a": {"enum": [1]}},
            ),
            (
                {
                    "properties": {"a": {"items": [{"$ref": "#/$defs/X"}]}},
                    "$defs": {"X": {"$ref": "#/$defs/Y"}, "Y": {"type": "null"}},
                },
                {"a": {"items": [{"type": "null"}]}},
            ),
            ({"properties": {"a": {"$ref": "#/$defs/gone"}}}, {"a": {}}),
            ({"properties": {"a": {"$ref": "https://x.example/s"}}}, {"a": {"$ref": "https://x.example/s"}}),
            (
                {
                    "properties": {"a": {"$ref": "#/$defs/T"}},
                    "$defs": {"T": {"type": "object", "properties": {"t": {"$ref": "#/$defs/T"}}}},
                },
                {"a": {"type": "object", "properties": {"t": {}}}},
            ),
            (
                {"properties": {"a": {"$ref": "#/properties/b"}, "b": {"const": 1}}},
                {"a": {"const": 1}, "b": {"const": 1}},
            ),
            (
                {"$ref": "#/$defs/X", "$defs": {"X": {"type": "object", "properties": {"a": {}}}}},
                {"a": {}},
            ),
            ({"properties": {"a": {"$ref": "#/anyOf/0"}}, "anyOf": [False]}, {"a": False}),
        ],
    )
    def test_a_local_reference_is_replaced_by_what_it_names(self, given: Any, written: Any) -> None:
        """With what stands beside it; one that names nothing, or itself, takes anything."""
        (tool,) = body(tools=[{"name": "x", "parameters": given}])["tools"]
        assert tool["parameters"]["properties"] == written
        assert not {"$defs", "definitions"} & tool["parameters"].keys()

    def test_a_property_may_be_called_like_a_section(self) -> None:
        """Only the schema's own definitions go."""
        schema = {
            "properties": {"definitions": {"$ref": "#/$defs/X"}},
            "$defs": {"X": {"type": "string"}},
        }
        (tool,) = body(tools=[{"name": "x", "parameters": schema}])["tools"]
        assert tool["parameters"]["properties"] == {"definitions": {"type": "string"}}


class TestThinking:
    @pytest.mark.parametrize(
        ("model", "level", "effort"),
        [
            (LISTED, "minimal", "low"),
            (LISTED, "low", "low"),
            (LISTED, "medium", "high"),
            (LISTED, "max", "high"),
            (UNLISTED, "minimal", "minimal"),
            (UNLISTED, "medium", "medium"),
            (UNLISTED, "adaptive", "high"),
            (UNLISTED, "xhigh", "high"),
        ],
    )
    def test_a_level_asks_for_an_effort_a_summary_and_encrypted_reasoning(
        self, model: str, level: str, effort: str
    ) -> None:
        """The nearest effort that the model offers."""
        sent = body(model, thinking=level)
        assert sent["reasoning"] == {"effort": effort, "summary": "auto"}
        assert sent["include"] == ["reasoning.encrypted_content"]

    @pytest.mark.parametrize(
        ("model", "reasoning"), [(LISTED, {"effort": "none"}), (RESTLESS, None), (UNLISTED, None)]
    )
    def test_off_is_said_where_the_list_has_a_word_for_it(self, model: str, reasoning: Any) -> None:
        """Without a level it is the same; encrypted reasoning is not asked for."""
        for level in ("off", "none", None):
            sent = body(model, thinking=level)
            assert sent.get("reasoning") == reasoning
            assert "include" not in sent

    def test_a_model_that_offers_no_effort_at_all_is_told_none(self) -> None:
        """Whatever the level: there is no other word."""
        sent = body(QUIET, thinking="high")
        assert (sent["reasoning"], "include" in sent) == ({"effort": "none"}, False)

    def test_a_model_that_does_not_reason_is_not_asked_to(self) -> None:
        """Whatever the level."""
        assert body(PLAIN, thinking="high") == body(PLAIN)


class TestTurns:
    def test_what_the_user_said_is_one_message(self) -> None:
        """A part per block, empty texts too; an empty list is dropped."""
        assert items(user("a"), user([text("b"), text(""), IMAGE]), user([])) == [
            message("user", told("a")),
            message("user", told("b"), told(""), IMAGE_PART),
        ]

    def test_each_text_of_an_assistant_is_a_message_of_its_own(self) -> None:
        """Without id and status; blank ones stay."""
        assert items(assistant([text("a"), text(" ")]), assistant("b")) == [said("a"), said(" "), said("b")]

    @pytest.mark.parametrize(
        ("signature", "more"),
        [
            ('{"v":1,"id":"msg_1","phase":"commentary"}', {"phase": "commentary"}),
            ('{"v":1,"id":"msg_1","phase":"final_answer"}', {"phase": "final_answer"}),
            ('{"v":1,"id":"msg_1","phase":"other"}', {}),
            ('{"v":1,"id":"msg_1"}', {}),
            ("msg_1", {}),
            ('["commentary"]', {}),
        ],
    )
    def test_a_text_signature_tells_the_phase(self, signature: str, more: dict[str, str]) -> None:
        """And nothing else of it is sent; another model's says nothing."""
        block = text("a", textSignature=signature)
        assert items(assistant([block])) == [said("a", **more)]
        assert items(assistant([block], model="other")) == [said("a")]

    def test_a_thought_goes_back_as_a_reasoning_item(self) -> None:
        """Its summary and content, without id and encrypted content, with thinking off too."""
        content = [{"type": "reasoning_text", "text": "raw"}]
        assert items(assistant([thinking({**REASONING, "content": content}), text("b")])) == [
            {"type": "reasoning", "summary": REASONING["summary"], "content": content},
            said("b"),
        ]
        assert items(assistant([thinking({"type": "reasoning"})])) == [{"type": "reasoning", "summary": []}]

    @pytest.mark.parametrize(
        "block",
        [
            thinking("QUJDRA=="),
            thinking(None),
            thinking({"type": "other"}),
            thinking(REASONING, redacted=True),
            {"type": "redacted_thinking", "data": "x"},
        ],
    )
    def test_other_thoughts_are_dropped(self, block: Any) -> None:
        """Those without a reasoning item for a signature, and redacted ones."""
        assert items(assistant([block, text("b")])) == [said("b")]

    def test_another_models_thought_is_a_message(self) -> None:
        """At its own place."""
        assert items(assistant([text("a"), thinking(REASONING)], model="other")) == [said("a"), said("why")]

    def test_calls_and_results_are_items(self) -> None:
        """Ids up to a bar, arguments as JSON text, results without a word of failure."""
        call = tool_call("call_1|fc_1", arguments={"path": "é"})
        failed = {**result([text("1"), text("2")], "call_1|fc_1"), "is_error": True}
        assert items(assistant([text("a"), call, tool_call("y", arguments="{")]), failed) == [
            said("a"),
            {"type": "function_call", "call_id": "call_1", "name": "read", "arguments": '{"path":"é"}'},
            {"type": "function_call", "call_id": "y", "name": "read", "arguments": "{"},
            {"type": "function_call_output", "call_id": "call_1", "output": "1\n2"},
            {"type": "function_call_output", "call_id": "y", "output": "aborted"},
        ]

    def test_another_models_ids_are_rewritten_on_both_sides(self) -> None:
        """Into letters that are taken everywhere, 64 at most."""
        given = "a.b" + "x" * 80
        turns = items(assistant([tool_call(given)], model="other"), result("1", given))
        assert [item["call_id"] for item in turns] == ["a_b" + "x" * 61] * 2
        turns = items(assistant([tool_call(given)]), result("1", given))
        assert [item["call_id"] for item in turns] == [given] * 2

    @pytest.mark.parametrize(
        ("content", "output"),
        [
            ([text("pic"), IMAGE], [told("pic"), IMAGE_PART]),
            ([IMAGE], [IMAGE_PART]),
            ([], "(no output)"),
        ],
    )
    def test_a_result_with_images_is_a_list(self, content: Any, output: Any) -> None:
        """One without anything is a placeholder."""
        assert items(assistant([tool_call()]), result(content))[1]["output"] == output

    def test_items_of_the_api_itself_pass(self) -> None:
        """A turn in wire form is the caller's affair."""
        item = {"type": "item_reference", "id": "x"}
        assert items(item, user("a")) == [item, message("user", told("a"))]
