"""Histories made ready for a wire form: who said what, what came of tool calls, whose thoughts they are."""

from __future__ import annotations

from typing import Any

import pytest
from reference_inputs import assistant, result, text, tool_call, user

from harness_openclaw.reference.clawrouter.call import Call, nearest
from harness_openclaw.reference.clawrouter.catalog import Model
from harness_openclaw.reference.clawrouter.transcript import Assistant, Results, User, Wire, read

IMAGE = {"type": "image", "mime_type": "image/png", "data": "QUJD"}
OMITTED = text("(image omitted: model does not support images)")
THOUGHT = {"type": "thinking", "thinking": "why", "signature": "s"}


def called(
    history: list[Any], *, transport: str = "openai-responses", images: bool = True, **given: Any
) -> Call:
    model = Model(
        ref="clawrouter/acme/x",
        id="acme/x",
        upstream="x-1",
        provider="acme",
        transport=transport,
        native_base="/v1/native/acme",
        google_prefix="",
        name="X",
        reasoning=True,
        efforts=None,
        takes_images=images,
        context_window=1,
        max_tokens=1,
        cost={},
    )
    return Call({"history": history, **given}, model, "low", ({},), given.get("options", {}))


class TestUsers:
    def test_a_text_and_a_list_stay_what_they_are(self) -> None:
        """A string is no list of one text."""
        assert read(called([user("a"), user([text("b")]), user([])])) == [
            User("a"),
            User([text("b")]),
            User([]),
        ]

    def test_a_run_of_images_is_one_remark_where_the_model_takes_none(self) -> None:
        """However many images are in it."""
        turns = read(called([user([IMAGE, IMAGE, text("a"), IMAGE])], images=False))
        assert turns == [User([OMITTED, text("a"), OMITTED])]
        assert read(called([user([IMAGE])])) == [User([IMAGE])]

    def test_unpaired_surrogates_go(self) -> None:
        """From every text, and from thoughts."""
        history = [user("a\ud800b"), assistant([text("c\udc00"), {**THOUGHT, "thinking": "d\ud800"}])]
        first, second = read(called(history))
        assert first == User("ab")
        assert isinstance(second, Assistant)
        assert [block.get("text", block.get("thinking")) for block in second.blocks] == ["c", "d"]


class TestAssistants:
    def test_a_text_is_a_block(self) -> None:
        """Blank ones included: what becomes of them is the wire form's affair."""
        assert read(called([assistant("a"), assistant(" ")])) == [
            Assistant([text("a")], same=True),
            Assistant([text(" ")], same=True),
        ]

    @pytest.mark.parametrize(
        ("transport", "named", "same"),
        [
            ("openai-responses", {}, True),
            ("openai-responses", {"model": "acme/x"}, True),
            ("openai-responses", {"model": "x-1"}, False),
            ("openai-completions", {"model": "acme/x", "provider": "clawrouter"}, True),
            ("anthropic-messages", {"model": "x-1"}, True),
            ("anthropic-messages", {"model": "acme/x"}, False),
            ("google-generative-ai", {"model": "x-1", "api": "google-generative-ai"}, True),
            ("google-generative-ai", {"model": "x-1", "api": "openai-responses"}, False),
            ("openai-responses", {"model": "acme/x", "provider": "openrouter"}, False),
        ],
    )
    def test_same_is_what_names_the_model_as_it_is_sent(
        self, transport: str, named: dict[str, str], same: bool
    ) -> None:
        """Those of provider, API and model that a turn names must be the call's own."""
        (turn,) = read(called([assistant([text("a")], **named)], transport=transport))
        assert isinstance(turn, Assistant)
        assert turn.same is same

    def test_another_models_thoughts_are_texts_and_its_signatures_go(self) -> None:
        """At their own places; redacted ones are dropped."""
        blocks = [
            {"type": "redacted_thinking", "data": "x"},
            {**THOUGHT, "redacted": True},
            THOUGHT,
            text("a", textSignature="m"),
            tool_call(thoughtSignature="QUJD"),
        ]
        own, results = read(called([assistant(blocks, model="other"), result()]))
        assert own == Assistant([text("why"), text("a"), tool_call()], same=False)
        assert isinstance(results, Results)
        assert results.items[0].same is False

    def test_the_models_own_blocks_stay_as_they_are(self) -> None:
        """Signatures are the wire form's affair."""
        blocks = [THOUGHT, text("a", textSignature="m"), tool_call(thoughtSignature="QUJD")]
        assert read(called([assistant(blocks), result()]))[0] == Assistant([*blocks], same=True)

    @pytest.mark.parametrize("reason", ["error", "aborted"])
    def test_a_failed_turn_says_that_it_failed(self, reason: str) -> None:
        """In one text; its calls are gone, and their results with them."""
        history = [assistant([text("a"), tool_call()], stop_reason=reason), result(), user("b")]
        failed, said = read(called(history))
        assert isinstance(failed, Assistant)
        assert [block["type"] for block in failed.blocks] == ["text"]
        assert failed.blocks[0]["text"] != "a"
        assert said == User("b")


class TestResults:
    def test_a_run_of_results_is_one_turn(self) -> None:
        """Texts joined by newline, images apart, failure told, the tool's name from the call if need be."""
        history = [
            assistant([tool_call("x"), tool_call("y")]),
            result([text("1"), IMAGE, text("2")], "x"),
            {**result([], "y"), "is_error": True, "name": "write"},
        ]
        _, turn = read(called(history))
        assert isinstance(turn, Results)
        first, second = turn.items
        assert (first.call_id, first.name, first.text, first.images, first.failed) == (
            "x",
            "read",
            "1\n2",
            [IMAGE],
            False,
        )
        assert (second.call_id, second.name, second.text, second.said, second.failed) == (
            "y",
            "write",
            "",
            "(no output)",
            True,
        )

    def test_what_stands_for_a_missing_text(self) -> None:
        """A result of images alone points at them; one whose images are not taken says so."""
        history = [assistant([tool_call()]), result([IMAGE])]
        _, turn = read(called(history))
        assert isinstance(turn, Results)
        assert turn.items[0].said == "(see the attached image)"
        _, turn = read(called(history, images=False))
        assert isinstance(turn, Results)
        assert turn.items[0].said == "(tool image omitted: model does not support images)"
        assert turn.items[0].images == []

    @pytest.mark.parametrize("after", [[], [user("b")], [assistant("c")]])
    def test_a_call_without_result_gets_one(self, after: list[Any]) -> None:
        """Behind those that came, before the next turn or at the end; it counts as failed."""
        history = [assistant([tool_call("x"), tool_call("y")]), result("done", "y"), *after]
        turn = read(called(history))[1]
        assert isinstance(turn, Results)
        assert [(item.call_id, item.synthetic, item.failed) for item in turn.items] == [
            ("y", False, False),
            ("x", True, True),
        ]

    def test_a_result_without_call_is_left_out(self) -> None:
        """One that nothing called, a second one, and one that comes after the next turn."""
        history = [
            result("1", "z"),
            assistant([tool_call("x"), tool_call("y")]),
            result("2", "x"),
            result("3", "x"),
            user("a"),
            result("4", "y"),
        ]
        turns = read(called(history))
        assert [type(turn) for turn in turns] == [Assistant, Results, User]
        assert isinstance(turns[1], Results)
        assert [item.text for item in turns[1].items] == ["2", "No result provided"]

    def test_turns_in_wire_form_pass_with_their_results(self) -> None:
        """What they called is not looked into, so that no result is taken for a stray one."""
        wire = {"role": "assistant", "content": None, "tool_calls": [{"id": "x"}]}
        turns = read(called([wire, result(), user("a")]))
        assert turns[0] == Wire(wire)
        assert isinstance(turns[1], Results)
        assert [(item.call_id, item.name) for item in turns[1].items] == [("x", None)]

    def test_a_result_in_wire_form_answers_its_call(self) -> None:
        """No other is made for it."""
        wire = {**result(), "cache_control": {}}
        assert read(called([assistant([tool_call()]), wire]))[1:] == [Wire(wire)]


class TestNearestLevel:
    @pytest.mark.parametrize(
        ("level", "offered", "taken"),
        [
            ("medium", ["low", "high"], "high"),
            ("minimal", ["low", "high"], "low"),
            ("max", ["low", "high"], "high"),
            ("off", ["low", "high"], "low"),
            ("off", ["none", "low"], "none"),
            ("adaptive", ["low", "medium", "high"], "high"),
            ("adaptive", ["low", "adaptive", "high"], "adaptive"),
            ("xhigh", ["minimal", "max"], "max"),
            ("ultra", ["high", "max"], "max"),
            ("low", ["high", "low"], "low"),
            ("novel", ["low", "high"], "high"),
        ],
    )
    def test_a_level_that_is_not_offered_becomes_the_next_above(
        self, level: str, offered: list[str], taken: str
    ) -> None:
        """Else the highest there is."""
        assert nearest(level, offered) == taken


class TestCall:
    def test_the_prompt_has_a_newline_for_its_cache_boundary(self) -> None:
        """`system` keeps it, for Messages; a blank one is none (OR-CC-08)."""
        call = called([], system="S\n<!-- OPENCLAW_CACHE_BOUNDARY -->\nD")
        assert (call.prompt, "BOUNDARY" in (call.system or "")) == ("S\nD", True)
        assert called([], system="").prompt is None
        assert called([]).prompt is None

    @pytest.mark.parametrize(
        ("choice", "word", "tool"),
        [
            (None, None, None),
            ("auto", "auto", None),
            ("any", "required", None),
            ({"type": "tool", "name": "x"}, None, "x"),
            ({"type": "function", "name": "x"}, None, "x"),
            ({"type": "function", "function": {"name": "x"}}, None, "x"),
            ({"type": "auto"}, "auto", None),
            ({"type": "any"}, "required", None),
            (7, None, None),
        ],
    )
    def test_a_tool_choice_is_read_in_any_public_form(
        self, choice: Any, word: str | None, tool: str | None
    ) -> None:
        """Each transport then writes it in its own."""
        call = called([], options={"tool_choice": choice})
        assert (call.tool_choice, call.chosen_tool) == (word, tool)

    def test_tools_are_sorted_by_name(self) -> None:
        """None given is not the same as an empty list."""
        assert called([]).tools is None
        assert called([], tools=[]).tools == []
        assert called([], tools=[{"name": "b"}, {"name": "a"}]).tools == [{"name": "a"}, {"name": "b"}]
