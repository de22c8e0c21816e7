"""Bodies for Anthropic's Messages API through ClawRouter."""

from __future__ import annotations

from typing import Any

import pytest
from native_calls import IMAGE, SIGNATURE, body, thinking
from reference_inputs import assistant, result, text, tool_call, user

SONNET = "claude-sonnet-4-6"  # finds its own budget
HAIKU = "claude-haiku-4-5"  # is given one
EPHEMERAL = {"cache_control": {"type": "ephemeral"}}
LASTING = {"cache_control": {"type": "ephemeral", "ttl": "1h"}}
PROMPT = "Stable\n<!-- OPENCLAW_CACHE_BOUNDARY -->\nChanging"
UNMARKED = {"cache_retention": "none"}


def messages(*history: Any, level: str = "off", model: str = SONNET, **given: Any) -> list[dict[str, Any]]:
    """The messages of a history, cache markers left off."""
    made: list[dict[str, Any]] = body(model, level, history=list(history), options=UNMARKED, **given)[
        "messages"
    ]
    return made


def replayed(*blocks: Any, level: str = "low", **turn: Any) -> list[dict[str, Any]]:
    """The blocks of an earlier turn of the assistant, as they are sent again."""
    message, *_ = messages(assistant(list(blocks), **turn), level=level)
    made: list[dict[str, Any]] = message["content"]
    return made


class TestFrame:
    def test_a_body_has_nothing_but_what_was_asked_for(self) -> None:
        """Model, messages, limit, streaming and the thinking switch are all of a plain call."""
        assert body(SONNET) == {
            "model": SONNET,
            "messages": [{"role": "user", "content": [{"type": "text", "text": "hi", **EPHEMERAL}]}],
            "max_tokens": 32_000,
            "stream": True,
            "thinking": {"type": "disabled"},
        }

    @pytest.mark.parametrize(
        ("system", "expected"),
        [
            pytest.param("S", [{"type": "text", "text": "S", **EPHEMERAL}], id="whole"),
            pytest.param(
                PROMPT,
                [{"type": "text", "text": "Stable", **EPHEMERAL}, {"type": "text", "text": "Changing"}],
                id="split",
            ),
            pytest.param(PROMPT.partition("\n")[2], [{"type": "text", "text": "Changing"}], id="no-stable"),
            pytest.param("", None, id="empty"),
        ],
    )
    def test_the_prompt_is_split_at_its_boundary(self, system: str, expected: Any) -> None:
        """Only what stays the same from call to call is marked for the cache."""
        assert body(SONNET, system=system).get("system") == expected

    @pytest.mark.parametrize(
        ("options", "params", "limit", "expected"),
        [
            ({}, {}, 128_000, 32_000),
            ({}, {}, 4096, 4096),
            ({}, {"maxTokens": 77}, 4096, 77),
            ({"max_tokens": 100_000}, {"maxTokens": 77}, 64_000, 100_000),
        ],
    )
    def test_the_limit_is_the_one_asked_for_or_the_models_own_up_to_32000(
        self, options: Any, params: Any, limit: int, expected: int
    ) -> None:
        """Options win over params, and what is asked for over what the model has."""
        sent = body(SONNET, options=options, params=params, meta={"max_tokens": limit})
        assert sent["max_tokens"] == expected

    @pytest.mark.parametrize(("level", "sent"), [("off", True), ("low", False)])
    @pytest.mark.parametrize("model", [SONNET, HAIKU])
    def test_temperature_is_for_calls_without_thinking(self, model: str, level: str, sent: bool) -> None:
        """Anthropic takes none while the model thinks; 0 is a temperature like any other."""
        assert ("temperature" in body(model, level, options={"temperature": 0})) is sent


class TestTools:
    def test_tools_go_by_name_with_an_object_schema_and_the_last_one_marked(self) -> None:
        """A schema stays as given, local references and alternatives too, but for what an object needs."""
        schema = {"$ref": "#/$defs/x", "$defs": {"x": {"type": "object"}}, "anyOf": [{"required": ["a"]}]}
        tools = [{"name": "b", "description": "B", "parameters": schema}, {"name": "a"}]
        assert body(SONNET, tools=tools)["tools"] == [
            {"name": "a", "input_schema": {"type": "object", "properties": {}, "required": []}},
            {
                "name": "b",
                "description": "B",
                "input_schema": {"type": "object", "properties": {}, "required": [], **schema},
                **EPHEMERAL,
            },
        ]

    def test_no_tools_are_no_field(self) -> None:
        """An empty list is left out, and so are tools that only the history knows."""
        history = [user("a"), assistant([tool_call()]), result(), user("b")]
        assert "tools" not in body(SONNET, tools=[]) | body(SONNET, history=history)

    @pytest.mark.parametrize(
        ("choice", "expected"),
        [
            ("auto", {"type": "auto"}),
            ("none", {"type": "none"}),
            ("required", {"type": "any"}),
            ({"type": "function", "function": {"name": "read"}}, {"type": "tool", "name": "read"}),
            ({"type": "tool", "name": "read"}, {"type": "tool", "name": "read"}),
            (None, None),
        ],
    )
    def test_a_choice_is_said_in_anthropics_words(self, choice: Any, expected: Any) -> None:
        """A word is a type of its own, `required` is `any`, and a tool is named."""
        sent = body(SONNET, tools=[{"name": "read"}], options={"tool_choice": choice})
        assert sent.get("tool_choice") == expected


class TestThinking:
    @pytest.mark.parametrize(
        "model",
        [
            "claude-sonnet-4-6",
            "claude-sonnet-4.6",
            "claude-opus-4-6-20260101",
            "claude-opus-4-7",
            "claude-opus-4-8",
            "claude-opus-5",
            "claude-sonnet-5",
            "claude-fable-5",
            "claude-mythos-5",
        ],
    )
    def test_newer_models_are_told_an_effort(self, model: str) -> None:
        """They think adaptively, whatever the level, and show a summary."""
        sent = body(model, "medium")
        assert sent["thinking"] == {"type": "adaptive", "display": "summarized"}
        assert sent["output_config"] == {"effort": "medium"}
        assert sent["max_tokens"] == 32_000

    @pytest.mark.parametrize(
        ("level", "effort"),
        [
            ("minimal", "low"),
            ("low", "low"),
            ("medium", "medium"),
            ("high", "high"),
            ("adaptive", "high"),
            ("xhigh", "high"),
            ("max", "max"),
        ],
    )
    def test_efforts_of_the_levels(self, level: str, effort: str) -> None:
        """Minimal is low, adaptive is high; max is its own."""
        assert body(SONNET, level)["output_config"] == {"effort": effort}

    @pytest.mark.parametrize(
        ("level", "budget"),
        [("minimal", 1024), ("low", 2048), ("medium", 8192), ("high", 16_384), ("max", 16_384)],
    )
    def test_other_models_are_given_a_budget(self, level: str, budget: int) -> None:
        """It comes with the whole of the model's limit, where no limit was asked for."""
        sent = body(HAIKU, level)
        assert (sent["thinking"], sent["max_tokens"]) == (
            {"type": "enabled", "budget_tokens": budget},
            32_768,
        )
        assert "output_config" not in sent

    @pytest.mark.parametrize(
        ("asked", "limit", "max_tokens", "budget"),
        [
            (1000, 64_000, 17_384, 16_384),
            (1000, 17_000, 17_000, 16_384),
            (1000, 4096, 4096, 3072),
            (None, 4096, 4096, 3072),
            (None, 16_384, 16_384, 15_360),
            (None, 1024, 1024, 0),
        ],
    )
    def test_a_budget_comes_on_top_of_what_was_asked_for(
        self, asked: int | None, limit: int, max_tokens: int, budget: int
    ) -> None:
        """As far as the model's limit allows; a budget that reaches it leaves 1024 tokens to the answer."""
        sent = body(HAIKU, "high", options={"max_tokens": asked}, meta={"max_tokens": limit})
        assert (sent["max_tokens"], sent["thinking"]["budget_tokens"]) == (max_tokens, budget)

    @pytest.mark.parametrize("model", [SONNET, HAIKU])
    @pytest.mark.parametrize("level", ["off", None])
    def test_off_is_said(self, model: str, level: str | None) -> None:
        """Without a level, too, thinking is disabled."""
        assert body(model, level)["thinking"] == {"type": "disabled"}

    def test_a_model_that_lists_no_none_thinks_at_its_lowest(self) -> None:
        """Off is not on its list, so it is told the least there is; and other levels the nearest."""
        meta = {"efforts": ("low", "high", "max")}
        efforts = {level: body(SONNET, level, meta=meta)["output_config"] for level in ("off", "medium")}
        assert efforts == {"off": {"effort": "low"}, "medium": {"effort": "high"}}

    def test_a_model_that_does_not_reason_is_told_nothing(self) -> None:
        """No switch goes to a model of the catalog without reasoning."""
        sent = body("plain", "high", meta={"reasoning": False})
        assert not {"thinking", "output_config"} & sent.keys()


class TestTurns:
    def test_users_say_texts_and_lists(self) -> None:
        """A text stays one; blank texts of a list are dropped, and with them a turn that has nothing else."""
        history = (user("a"), user([text("b"), text(" "), IMAGE]), user([text("")]), user([]), user("z"))
        source = {"type": "base64", "media_type": "image/png", "data": IMAGE["data"]}
        assert messages(*history) == [
            user("a"),
            user([text("b"), {"type": "image", "source": source}]),
            user("z"),
        ]

    def test_an_image_at_a_url_is_named(self) -> None:
        """What was given as an address goes as one."""
        (message,) = messages(user([{"type": "image", "url": "https://x.example/a.png"}]))
        source = {"type": "url", "url": "https://x.example/a.png"}
        assert message["content"] == [{"type": "image", "source": source}]

    def test_the_assistant_says_blocks_without_blank_ones(self) -> None:
        """A turn of nothing is dropped, a last one stays as a prefill, thinking or not."""
        history = (user("a"), assistant([text(" ")]), assistant([text("b"), text(""), text("c")]))
        for level in ("off", "high"):
            assert messages(*history, level=level) == [user("a"), assistant([text("b"), text("c")])]

    def test_a_turn_in_wire_form_passes(self) -> None:
        """What was given as it is sent is not touched."""
        given = assistant([{"type": "tool_use", "id": "a.b", "name": "x", "input": {}}])
        assert messages(user("a"), given) == [user("a"), given]


class TestThoughts:
    def test_a_signed_thought_goes_again_while_the_model_thinks(self) -> None:
        """With its signature; with thinking off it stays away."""
        signed = thinking(signature=SIGNATURE)
        assert replayed(signed, text("b")) == [signed, text("b")]
        assert replayed(signed, text("b"), level="off") == [text("b")]

    def test_an_unsigned_thought_is_a_text_while_the_model_thinks(self) -> None:
        """Anthropic takes no thought without a signature."""
        assert replayed(thinking(), thinking(" "), text("b")) == [text("why"), text("b")]
        assert replayed(thinking(), text("b"), level="off") == [text("b")]

    def test_a_thought_of_another_api_is_left_out(self) -> None:
        """The name of a field in place of a signature tells that it came over chat completions."""
        assert replayed(thinking(signature="reasoning_content"), text("b")) == [text("b")]

    def test_a_redacted_thought_is_its_data(self) -> None:
        """Whatever the level."""
        redacted = thinking("", redacted=True, signature="ZW5j")
        expected = [{"type": "redacted_thinking", "data": "ZW5j"}, text("b")]
        assert replayed(redacted, text("b")) == replayed(redacted, text("b"), level="off") == expected

    def test_another_models_thoughts_are_texts(self) -> None:
        """The turn's model is compared with the id as sent, which is the upstream one."""
        blocks = (thinking(signature=SIGNATURE), thinking("", redacted=True, signature="x"), text("b"))
        own = {"provider": "clawrouter", "api": "anthropic-messages", "model": SONNET}
        assert replayed(*blocks, **{**own, "model": f"anthropic/{SONNET}"}) == [text("why"), text("b")]
        assert replayed(*blocks, **own)[0] == thinking(signature=SIGNATURE)


class TestToolTurns:
    def test_a_run_of_results_is_one_user_message(self) -> None:
        """Each names its call and says whether it failed; texts are joined by newlines."""
        failed = {**result([text("no"), text("way")], "y"), "is_error": True}
        history = (user("a"), assistant([tool_call("x"), tool_call("y")]), result("done", "x"), failed)
        assert messages(*history)[1:] == [
            assistant(
                [
                    {"type": "tool_use", "id": "x", "name": "read", "input": {"path": "a"}},
                    {"type": "tool_use", "id": "y", "name": "read", "input": {"path": "a"}},
                ]
            ),
            user(
                [
                    {"type": "tool_result", "tool_use_id": "x", "content": "done", "is_error": False},
                    {"type": "tool_result", "tool_use_id": "y", "content": "no\nway", "is_error": True},
                ]
            ),
        ]

    def test_a_call_without_result_gets_one_that_failed(self) -> None:
        """Anthropic refuses calls that are never answered; a result without a call goes."""
        history = (user("a"), assistant([tool_call("x")]), result("stray", "q"), user("b"))
        (answer,) = messages(*history)[2]["content"]
        assert (answer["tool_use_id"], answer["is_error"]) == ("x", True)
        assert answer["content"]

    def test_images_stand_in_the_result(self) -> None:
        """After its text, or what stands for one."""
        history = (user("a"), assistant([tool_call("x")]), result([IMAGE, text("pic")], "x"))
        (answer,) = messages(*history)[2]["content"]
        assert [part["type"] for part in answer["content"]] == ["text", "image"]
        assert answer["content"][0]["text"] == "pic"

    def test_a_result_is_never_empty(self) -> None:
        """Where a tool brought nothing, some text says so."""
        (answer,) = messages(user("a"), assistant([tool_call("x")]), result("", "x"))[2]["content"]
        assert answer["content"].strip()

    def test_ids_are_written_in_letters_that_anthropic_takes(self) -> None:
        """Others become underscores, 64 at most, in call and result alike."""
        odd = "call.1|fc_1" + "x" * 80
        history = (user("a"), assistant([tool_call(odd)]), result("done", odd))
        _, called, answered = messages(*history)
        assert called["content"][0]["id"] == answered["content"][0]["tool_use_id"]
        assert called["content"][0]["id"] == ("call_1_fc_1" + "x" * 80)[:64]

    @pytest.mark.parametrize(
        ("arguments", "expected"), [({"a": 1}, {"a": 1}), ('{"a":1}', {"a": 1}), ("[", {}), (None, {})]
    )
    def test_the_input_of_a_call_is_an_object(self, arguments: Any, expected: Any) -> None:
        """Whatever the arguments were kept as."""
        assert replayed(tool_call(arguments=arguments))[0]["input"] == expected


class TestMarkers:
    @pytest.mark.parametrize(
        ("options", "params", "marker"),
        [
            ({}, {}, EPHEMERAL),
            ({"cache_retention": "short"}, {}, EPHEMERAL),
            ({"cache_retention": "long"}, {}, LASTING),
            ({}, {"cacheRetention": "long"}, LASTING),
            ({"cache_retention": "none"}, {"cacheRetention": "long"}, {}),
            ({}, {"cacheRetention": "none"}, {}),
        ],
    )
    def test_retention_says_what_a_marker_is(self, options: Any, params: Any, marker: Any) -> None:
        """An hour if long, none at all if none, and the options win over the params."""
        sent = body(SONNET, system="S", tools=[{"name": "x"}], options=options, params=params)
        for marked in (sent["system"][0], sent["tools"][-1]):
            assert marked.get("cache_control") == marker.get("cache_control")
        content = sent["messages"][-1]["content"]
        assert content == ([{"type": "text", "text": "hi", **marker}] if marker else "hi")

    def test_the_last_user_turn_and_results_behind_it_are_marked(self) -> None:
        """On their last block; earlier turns, and the assistant's, are not."""
        history = [
            user("a"),
            user([text("b"), IMAGE]),
            assistant([tool_call("x"), tool_call("y")]),
            result("1", "x"),
            result("2", "y"),
        ]
        sent = body(SONNET, history=history)["messages"]
        assert [_marked(message) for message in sent] == [[], [1], [], [1]]

    def test_results_before_the_last_user_turn_are_not_marked(self) -> None:
        """They are part of what was cached before."""
        history = [
            user("a"),
            assistant([tool_call("x")]),
            result("1", "x"),
            user("b"),
            assistant([text("c")]),
        ]
        sent = body(SONNET, history=history)["messages"]
        assert [_marked(message) for message in sent] == [[], [], [], [0], []]


def _marked(message: dict[str, Any]) -> list[int]:
    """The numbers of the blocks that carry a marker."""
    content = message["content"]
    return (
        []
        if isinstance(content, str)
        else [at for at, each in enumerate(content) if EPHEMERAL.items() <= each.items()]
    )
