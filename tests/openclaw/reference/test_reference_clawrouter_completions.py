"""Bodies of chat completions, as ClawRouter gets them."""

from __future__ import annotations

from typing import Any

import pytest
from clawrouter_inputs import CHAT, CHOOSER, THINKER, body
from reference_inputs import assistant, result, text, tool_call, user, wire_call

IMAGE = {"type": "image", "mime_type": "image/png", "data": "QUJD"}
IMAGE_PART = {"type": "image_url", "image_url": {"url": "data:image/png;base64,QUJD"}}


def messages(*history: Any, model: str = CHAT) -> list[Any]:
    made: list[Any] = body(model, history=list(history))["messages"]
    return made


def thinking(signature: str | None, **more: Any) -> dict[str, Any]:
    return {"type": "thinking", "thinking": "why", "signature": signature, **more}


class TestFrame:
    def test_a_plain_call(self) -> None:
        """Everything that is there without being asked for, and nothing else."""
        assert body(CHAT) == {
            "model": CHAT,
            "messages": [user("hi")],
            "stream": True,
            "max_completion_tokens": 32768,
        }

    def test_the_prompt_is_a_system_message(self) -> None:
        """For models that reason too; the cache boundary is a newline."""
        system = "S\n<!-- OPENCLAW_CACHE_BOUNDARY -->\nD"
        assert body(THINKER, system=system)["messages"][0] == {"role": "system", "content": "S\nD"}

    def test_nothing_of_openrouters_shaping_happens(self) -> None:
        """No cache markers, no dropped prefill, no routing, no reasoning object (CW-HDR-01)."""
        history = [user("a"), assistant("pre")]
        sent = body(CHOOSER, history=history, thinking="high", params={"provider": {"order": ["a"]}})
        assert sent["messages"] == history
        assert {"reasoning", "provider", "stream_options", "store"}.isdisjoint(sent)

    def test_tools_are_sorted_and_chosen_from(self) -> None:
        """By name, with written-out schemas; `auto` unless a choice is given (CW-REQ-04)."""
        schema = {"properties": {"a": {"$ref": "#/$defs/X"}}, "$defs": {"X": {"type": "string"}}}
        sent = body(CHAT, tools=[{"name": "z", "parameters": schema}, {"name": "a"}])
        assert [tool["function"]["name"] for tool in sent["tools"]] == ["a", "z"]
        assert sent["tools"][1]["function"]["parameters"]["properties"] == {"a": {"type": "string"}}
        assert sent["tool_choice"] == "auto"

    def test_an_empty_list_of_tools_is_not_sent(self) -> None:
        """Not even with tools in the history."""
        sent = body(CHAT, tools=[], history=[assistant([tool_call()]), result()])
        assert {"tools", "tool_choice"}.isdisjoint(sent)

    @pytest.mark.parametrize(
        ("choice", "sent"),
        [
            ("none", "none"),
            ("any", "required"),
            ({"type": "tool", "name": "a"}, {"type": "function", "function": {"name": "a"}}),
        ],
    )
    def test_a_tool_choice_has_the_form_of_chat_completions(self, choice: Any, sent: Any) -> None:
        """Whatever form it was given in."""
        assert body(CHAT, tools=[{"name": "a"}], options={"tool_choice": choice})["tool_choice"] == sent

    @pytest.mark.parametrize("name", ["extra_body", "extraBody"])
    def test_an_extra_body_goes_over_everything_but_store(self, name: str) -> None:
        """Objects only."""
        extra = {"temperature": 1, "zz": 1, "store": True}
        sent = body(CHAT, params={name: extra}, options={"temperature": 0})
        assert (sent["temperature"], sent["zz"], "store" in sent) == (1, 1, False)
        assert body(CHAT, params={name: [1]}) == body(CHAT)


class TestThinking:
    @pytest.mark.parametrize(
        ("level", "effort"),
        [("off", "low"), ("minimal", "low"), ("low", "low"), ("medium", "high"), ("max", "high")],
    )
    def test_a_model_with_a_list_gets_the_nearest_effort(self, level: str, effort: str) -> None:
        """Off is the lowest of a list without a word for it."""
        assert body(CHOOSER, thinking=level)["reasoning_effort"] == effort

    @pytest.mark.parametrize("level", ["off", "low", "high", "max"])
    def test_a_model_without_a_list_gets_none(self, level: str) -> None:
        """Whether it reasons or not."""
        assert "reasoning_effort" not in body(THINKER, thinking=level)
        assert "reasoning_effort" not in body(CHAT, thinking=level)


class TestTurns:
    def test_texts_of_an_assistant_are_joined(self) -> None:
        """By newline, blank ones left out; a list of the user's stays a list."""
        assert messages(user([text("")]), assistant([text("a"), text(" "), text("b")])) == [
            user([text("")]),
            assistant("a\nb"),
        ]

    def test_a_thought_goes_back_in_its_field_to_models_that_reason(self) -> None:
        """`reasoning_content`, as the signature says."""
        turn = assistant([thinking("reasoning_content"), text("b")])
        assert messages(turn, model=THINKER) == [assistant("b", reasoning_content="why")]
        assert messages(turn) == [assistant("b")]

    @pytest.mark.parametrize(
        "block",
        [
            thinking("reasoning"),
            thinking("reasoning_text"),
            thinking("QUJDRA=="),
            thinking(None),
            thinking("reasoning_content", redacted=True),
        ],
    )
    def test_no_other_signature_becomes_a_field(self, block: Any) -> None:
        """What a signature says is no name for a field of the message."""
        assert messages(assistant([block, text("b")]), model=THINKER) == [assistant("b")]

    def test_another_models_thought_is_a_text(self) -> None:
        """At its own place, joined like the others."""
        turn = assistant([text("a"), thinking("QUJDRA==")], model="other")
        assert messages(turn, model=THINKER) == [assistant("a\nwhy")]

    def test_calls_and_results_keep_their_ids(self) -> None:
        """Those of the same model; another's lose what stands behind a bar."""
        same = messages(assistant([tool_call("c.1|f")]), result("1", "c.1|f"))
        assert same == [
            assistant(None, tool_calls=[wire_call("c.1|f")]),
            result("1", "c.1|f"),
        ]
        other = messages(assistant([tool_call("c.1|f")], model="other"), result("1", "c.1|f"))
        assert [other[0]["tool_calls"][0]["id"], other[1]["tool_call_id"]] == ["c_1", "c_1"]

    def test_a_result_without_call_is_left_out(self) -> None:
        """And a call without result gets one."""
        history = messages(user("a"), result("1", "z"), assistant([tool_call()]), user("b"))
        assert [turn["role"] for turn in history] == ["user", "assistant", "tool", "user"]

    def test_images_of_tools_follow_in_a_message_of_the_user(self) -> None:
        """Where the model takes them; else the result says that there was one."""
        history = [assistant([tool_call()]), result([text("pic"), IMAGE])]
        assert messages(*history)[2]["content"][1:] == [IMAGE_PART]
        assert messages(*history, model=THINKER)[1:] == [
            result("pic\n(tool image omitted: model does not support images)")
        ]

    def test_a_failed_turn_says_that_it_failed(self) -> None:
        """With role and place of the turn."""
        turns = messages(assistant([text("a"), tool_call()], stop_reason="error"), result(), user("b"))
        assert [turn["role"] for turn in turns] == ["assistant", "user"]
        assert turns[0]["content"].startswith("[This turn failed")

    def test_messages_of_the_api_itself_pass(self) -> None:
        """With the results of their calls."""
        wire = assistant(None, tool_calls=[wire_call()])
        assert messages(wire, result()) == [wire, result()]
