"""Bodies for Google's Gemini API through ClawRouter."""

from __future__ import annotations

from typing import Any

import pytest
from native_calls import IMAGE, SIGNATURE, body, thinking
from reference_inputs import assistant, result, text, tool_call, user

SECOND = "gemini-2.5-pro"
THIRD = "gemini-3-pro"
UNSIGNED = {"thoughtSignature": "skip_thought_signature_validator"}
INLINE = {"inlineData": {"mimeType": "image/png", "data": IMAGE["data"]}}
OTHER = {"provider": "clawrouter", "model": "another"}


def contents(*history: Any, model: str = SECOND, level: str = "off", **given: Any) -> list[dict[str, Any]]:
    made: list[dict[str, Any]] = body(model, level, history=list(history), **given)["contents"]
    return made


def replayed(*blocks: Any, to: str = SECOND, **turn: Any) -> list[dict[str, Any]]:
    """The parts of an earlier turn of the model, as they are sent again."""
    content, *_ = contents(assistant(list(blocks), **turn), model=to)
    made: list[dict[str, Any]] = content["parts"]
    return made


def said(*parts: dict[str, Any], role: str = "user") -> dict[str, Any]:
    return {"role": role, "parts": list(parts)}


class TestFrame:
    def test_a_body_has_nothing_but_what_was_asked_for(self) -> None:
        """The model and the streaming are in the URL; an empty configuration stays."""
        assert body(SECOND) == {"contents": [said({"text": "hi"})], "generationConfig": {}}

    def test_the_prompt_is_an_instruction_of_its_own(self) -> None:
        """Its cache boundary becomes a newline."""
        prompt = "Stable\n<!-- OPENCLAW_CACHE_BOUNDARY -->\nChanging"
        assert body(SECOND, system=prompt)["systemInstruction"] == said({"text": "Stable\nChanging"})
        assert "systemInstruction" not in body(SECOND, system="")

    def test_limit_and_temperature_are_sent_if_asked_for(self) -> None:
        """The model's own limit is not; options win over params."""
        options, params = {"temperature": 0}, {"maxTokens": 77, "temperature": 0.5}
        sent = body(SECOND, options=options, params=params)["generationConfig"]
        assert sent == {"temperature": 0, "maxOutputTokens": 77}

    def test_there_are_no_cache_markers(self) -> None:
        """Whatever the retention."""
        sent = body(SECOND, system="S", tools=[{"name": "x"}], options={"cache_retention": "long"})
        assert "cache_control" not in str(sent)


class TestTools:
    def test_tools_are_declared_by_name_in_one_list(self) -> None:
        """A schema goes as JSON Schema, as it was given."""
        schema = {"$ref": "#/$defs/x", "$defs": {"x": {"type": "object", "minProperties": 1}}}
        tools = [{"name": "b", "description": "B", "parameters": schema}, {"name": "a"}]
        assert body(SECOND, tools=tools)["tools"] == [
            {
                "functionDeclarations": [
                    {"name": "a", "parametersJsonSchema": {}},
                    {"name": "b", "description": "B", "parametersJsonSchema": schema},
                ]
            }
        ]
        assert "tools" not in body(SECOND, tools=[])

    @pytest.mark.parametrize(
        ("choice", "expected"),
        [
            ("auto", {"mode": "AUTO"}),
            ("none", {"mode": "NONE"}),
            ("required", {"mode": "ANY"}),
            (
                {"type": "function", "function": {"name": "read"}},
                {"mode": "ANY", "allowedFunctionNames": ["read"]},
            ),
            ({"type": "tool", "name": "read"}, {"mode": "ANY", "allowedFunctionNames": ["read"]}),
        ],
    )
    def test_a_choice_is_said_in_googles_words(self, choice: Any, expected: Any) -> None:
        """`required` is ANY, and a tool is ANY of one."""
        sent = body(SECOND, tools=[{"name": "read"}], options={"tool_choice": choice})
        assert sent["toolConfig"] == {"functionCallingConfig": expected}

    def test_without_a_choice_there_is_no_configuration(self) -> None:
        """Gemini chooses itself."""
        assert "toolConfig" not in body(SECOND, tools=[{"name": "read"}])


class TestThinking:
    @pytest.mark.parametrize(
        ("model", "off", "budgets"),
        [
            ("gemini-2.5-pro-001", None, (128, 2048, 8192, 32_768)),
            ("gemini-2.5-flash", {"thinkingBudget": 0}, (128, 2048, 8192, 24_576)),
            ("gemini-2.5-flash-lite", {"thinkingBudget": 0}, (512, 2048, 8192, 24_576)),
            ("gemini-flash-latest", {"thinkingBudget": 0}, (-1, -1, -1, -1)),
        ],
    )
    def test_budgets_of_the_levels(self, model: str, off: Any, budgets: tuple[int, ...]) -> None:
        """Each model has its own; Pro cannot be told not to think, and unknown ones decide themselves."""
        assert body(model, "off")["generationConfig"].get("thinkingConfig") == off
        assert body(model, None)["generationConfig"].get("thinkingConfig") == off
        for level, budget in zip(("minimal", "low", "medium", "high"), budgets, strict=True):
            config = body(model, level)["generationConfig"]["thinkingConfig"]
            assert config == {"includeThoughts": True, "thinkingBudget": budget}

    @pytest.mark.parametrize(
        ("model", "levels"),
        [
            ("gemini-3-pro", ("LOW", "LOW", "LOW", "HIGH", "HIGH")),
            ("gemini-3.1-pro-preview", ("LOW", "LOW", "LOW", "HIGH", "HIGH")),
            ("gemini-3-flash-preview", ("MINIMAL", "MINIMAL", "LOW", "MEDIUM", "HIGH")),
        ],
    )
    def test_gemini_3_has_levels_of_its_own(self, model: str, levels: tuple[str, ...]) -> None:
        """Off is the lowest, without thoughts in the answer."""
        configs = [
            body(model, level)["generationConfig"]["thinkingConfig"]
            for level in ("off", "minimal", "low", "medium", "high")
        ]
        assert [config["thinkingLevel"] for config in configs] == list(levels)
        assert ["includeThoughts" in config for config in configs] == [False, True, True, True, True]

    def test_a_level_that_is_not_listed_is_the_nearest_one(self) -> None:
        """Of a model that lists efforts."""
        meta = {"efforts": ("low", "high")}
        for level, budget in (("off", 2048), ("medium", 32_768), ("max", 32_768)):
            config = body(SECOND, level, meta=meta)["generationConfig"]["thinkingConfig"]
            assert config["thinkingBudget"] == budget

    def test_a_model_that_does_not_reason_is_told_nothing(self) -> None:
        """No switch goes to a model of the catalog without reasoning."""
        assert body("gemini-2.5-flash", "off", meta={"reasoning": False})["generationConfig"] == {}


class TestTurns:
    def test_users_say_parts_and_never_nothing(self) -> None:
        """One part a block; where there is no text, a space."""
        history = (user("a"), user([text("b"), text(""), IMAGE]), user([]), user(""))
        assert contents(*history) == [
            said({"text": "a"}),
            said({"text": "b"}, {"text": " "}, INLINE),
            said({"text": " "}),
            said({"text": " "}),
        ]

    def test_an_image_at_a_url_is_a_file(self) -> None:
        """What was given as an address goes as one."""
        (content,) = contents(user([{"type": "image", "url": "https://x.example/a.png"}]))
        assert content["parts"][0]["fileData"]["fileUri"] == "https://x.example/a.png"

    def test_the_assistant_is_the_model_and_says_no_blank_parts(self) -> None:
        """A turn of nothing is dropped, a last one stays."""
        history = (user("a"), assistant([text(" ")]), assistant([text("b"), text("")]))
        assert contents(*history) == [said({"text": "a"}), said({"text": "b"}, role="model")]

    def test_a_turn_in_wire_form_passes(self) -> None:
        """What was given as it is sent is not touched."""
        given = {"role": "model", "parts": [{"text": "b", "thoughtSignature": "?"}]}
        assert contents(user("a"), given)[1] == given


class TestThoughts:
    @pytest.mark.parametrize("level", ["off", "high"])
    @pytest.mark.parametrize(
        ("signature", "kept"),
        [(SIGNATURE, True), ("QUJD", True), ("not base64!", False), ("QUJ", False), ("QUJDRA", False)],
    )
    def test_thoughts_go_again_signed_if_gemini_can_read_it(
        self, signature: str, kept: bool, level: str
    ) -> None:
        """Groups of four base64 characters are a signature; thinking on or off does not matter."""
        history = assistant([thinking(signature=signature), text("b")])
        (content,) = contents(history, level=level)
        signed = {"thoughtSignature": signature} if kept else {}
        assert content["parts"] == [{"thought": True, "text": "why", **signed}, {"text": "b"}]

    def test_an_unsigned_thought_stays_a_thought(self) -> None:
        """Without a signature."""
        assert replayed(thinking()) == [{"thought": True, "text": "why"}]

    def test_another_models_thoughts_are_texts(self) -> None:
        """The turn's model is compared with the id as sent, which is the upstream one."""
        blocks = (thinking(signature=SIGNATURE), text("b", textSignature=SIGNATURE))
        assert replayed(*blocks, **OTHER) == [{"text": "why"}, {"text": "b"}]
        own = {"provider": "clawrouter", "api": "google-generative-ai", "model": SECOND}
        assert replayed(*blocks, **own)[0]["thought"] is True

    def test_a_signed_text_keeps_its_signature(self) -> None:
        """If it is one that Gemini can read."""
        assert replayed(text("b", textSignature=SIGNATURE)) == [{"text": "b", "thoughtSignature": SIGNATURE}]
        assert replayed(text("b", textSignature='{"v":1,"id":"msg_1"}')) == [{"text": "b"}]


class TestToolTurns:
    def test_a_run_of_results_is_one_content(self) -> None:
        """Each with the name and the id of its call; a failure is an error, and nothing is an empty text."""
        failed = {**result([text("no"), text("way")], "y"), "is_error": True}
        calls = [tool_call("x"), tool_call("y"), tool_call("z")]
        history = (user("a"), assistant(calls), result("done", "x"), failed, result([], "z"))
        responses = [{"output": "done"}, {"error": "no\nway"}, {"output": ""}]
        assert contents(*history)[2] == said(
            *(
                {"functionResponse": {"name": "read", "response": response, "id": call_id}}
                for response, call_id in zip(responses, "xyz", strict=True)
            )
        )

    def test_another_models_calls_have_no_id(self) -> None:
        """Nor have their results, nor signatures."""
        history = (assistant([tool_call("x", thoughtSignature=SIGNATURE)], **OTHER), result("done", "x"))
        called, answered = (content["parts"][0] for content in contents(*history))
        assert called == {"functionCall": {"name": "read", "args": {"path": "a"}}}
        assert answered == {"functionResponse": {"name": "read", "response": {"output": "done"}}}

    def test_a_call_without_result_gets_an_error(self) -> None:
        """Gemini wants as many responses as calls."""
        (part,) = contents(user("a"), assistant([tool_call("x")]), user("b"))[2]["parts"]
        response = part["functionResponse"]
        assert (response["id"], [*response["response"]]) == ("x", ["error"])

    def test_gemini_3_shows_images_in_the_response(self) -> None:
        """As parts of it."""
        history = (assistant([tool_call("x")]), result([text("pic"), IMAGE], "x"))
        _, content = contents(*history, model=THIRD)
        response = content["parts"][0]["functionResponse"]
        assert (response["response"], response["parts"]) == ({"output": "pic"}, [INLINE])

    def test_earlier_models_are_shown_images_after_the_run(self) -> None:
        """In a content of the user's, behind a short text."""
        calls = assistant([tool_call("x"), tool_call("y")])
        history = (calls, result([IMAGE], "x"), result("done", "y"), user("b"))
        _, answered, shown, _ = contents(*history)
        assert [[*part["functionResponse"]] for part in answered["parts"]] == [["name", "response", "id"]] * 2
        assert shown["role"] == "user"
        assert [*shown["parts"][0]] == ["text"]
        assert shown["parts"][1:] == [INLINE]

    @pytest.mark.parametrize(
        ("signatures", "expected"),
        [
            ((None, None), (UNSIGNED["thoughtSignature"], None)),
            ((SIGNATURE, None), (SIGNATURE, None)),
            ((None, SIGNATURE), (UNSIGNED["thoughtSignature"], SIGNATURE)),
            (("not base64!", None), (UNSIGNED["thoughtSignature"], None)),
        ],
    )
    def test_gemini_3_wants_the_first_call_of_a_turn_signed(self, signatures: Any, expected: Any) -> None:
        """A word stands for a signature that is missing; own ones stay, later calls need none."""
        calls = [tool_call(str(at), thoughtSignature=each) for at, each in enumerate(signatures)]
        parts = replayed(text("b"), *calls, to=THIRD)[1:]
        assert tuple(part.get("thoughtSignature") for part in parts) == expected

    def test_another_models_calls_are_signed_for_gemini_3_too(self) -> None:
        """They have no signature that it could read."""
        (part,) = replayed(tool_call(thoughtSignature=SIGNATURE), to=THIRD, **OTHER)
        assert part.items() >= UNSIGNED.items()

    def test_earlier_models_take_calls_without_signature(self) -> None:
        """Nothing stands for a missing one."""
        (part,) = replayed(tool_call())
        assert "thoughtSignature" not in part

    @pytest.mark.parametrize(("arguments", "expected"), [('{"a":1}', {"a": 1}), ("[", {}), (None, {})])
    def test_the_arguments_of_a_call_are_an_object(self, arguments: Any, expected: Any) -> None:
        """Whatever they were kept as."""
        (part,) = replayed(tool_call(arguments=arguments))
        assert part["functionCall"]["args"] == expected
