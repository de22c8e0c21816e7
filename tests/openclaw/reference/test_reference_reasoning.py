"""Thinking levels on the wire (OR-RSN), prefills (OR-PF) and DeepSeek V4 (OR-DS)."""

from __future__ import annotations

from typing import Any

import pytest
from reference_inputs import (
    CANONICAL,
    CUSTOM,
    EDITIONS,
    assistant,
    body,
    call,
    messages,
    tool_call,
    user,
    wire_call,
)

from harness_openclaw.reference import Refusal, shape
from harness_openclaw.reference.openrouter.prefill import enabled
from harness_openclaw.reference.openrouter.reasoning import clamp

LEVELS = [
    ("minimal", "minimal"),
    ("low", "low"),
    ("medium", "medium"),
    ("high", "high"),
    ("xhigh", "xhigh"),
    ("adaptive", "medium"),
    ("max", "xhigh"),
]
CLAUDE = "openrouter/anthropic/claude-sonnet-4-6"
DEEPSEEK = "openrouter/deepseek/deepseek-v4-pro"


# ------------------------------------------------------------------ OR-RSN


@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize("base", [None, CUSTOM])
@pytest.mark.parametrize(("level", "effort"), LEVELS)
def test_a_level_is_an_effort_on_every_route(level: str, effort: str, base: str | None, edition: str) -> None:
    """Whether the model is known to reason does not matter (OR-RSN-03, -06, level map)."""
    assert body(call(thinking=level, base_url=base, edition=edition))["reasoning"] == {"effort": effort}


def test_the_latest_edition_has_a_word_more_and_takes_adaptive_higher() -> None:
    """`ultra` is the highest effort; adaptive is high where the model reasons."""
    assert body(call(thinking="ultra", edition="latest"))["reasoning"] == {"effort": "xhigh"}
    known = call(thinking="adaptive", edition="latest", model_meta={"reasoning": True})
    assert body(known)["reasoning"] == {"effort": "high"}
    assert body({**known, "edition": "2026-05"})["reasoning"] == {"effort": "medium"}


@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize("level", [None, "off"])
def test_without_a_level_reasoning_models_are_told_so(level: str | None, edition: str) -> None:
    """Effort none for models known to reason, nothing for the others (OR-RSN-02)."""
    given = call(thinking=level, edition=edition)
    assert "reasoning" not in body(given)
    assert body({**given, "model_meta": {"reasoning": True}})["reasoning"] == {"effort": "none"}


@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize(
    ("level", "listed", "effort"),
    [
        ("max", ["minimal", "low", "medium", "high"], "high"),
        ("xhigh", ["low", "high"], "high"),
        ("medium", ["low", "high"], "low"),
        ("minimal", ["medium", "high"], "medium"),
        ("max", ["high", "xhigh"], "xhigh"),
        ("low", ["high", "low", "medium"], "low"),
    ],
)
def test_an_effort_is_clamped_to_what_the_model_lists(
    level: str, listed: list[str], effort: str, edition: str
) -> None:
    """The nearest one not above, else the lowest."""
    given = call(thinking=level, edition=edition, model_meta={"reasoning": True, "reasoning_efforts": listed})
    assert body(given)["reasoning"] == {"effort": effort}


def test_an_unknown_effort_is_not_clamped() -> None:
    """There is nothing to compare it with."""
    assert clamp("huge", ["low", "high"]) == "huge"
    assert clamp("high", ["strange"]) == "high"


@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"reasoning_effort": "high"}, {"effort": "low"}),
        ({"reasoning": {"max_tokens": 256}}, {"max_tokens": 256}),
        ({"reasoning": {"effort": "high"}}, {"effort": "high"}),
        ({"reasoning": {"exclude": True}}, {"exclude": True, "effort": "low"}),
        ({"reasoning": {"enabled": False}}, {"enabled": False, "effort": "low"}),
        ({"reasoning": {}}, {"effort": "low"}),
        ({"reasoning": "none"}, "none"),
        ({"reasoning": True}, True),
        ({"reasoning": []}, []),
        ({"reasoning": False}, {"effort": "low"}),
        ({"reasoning": None}, {"effort": "low"}),
        ({"reasoning": ""}, {"effort": "low"}),
        ({"reasoning": 0}, {"effort": "low"}),
    ],
)
def test_reasoning_already_in_the_body_is_respected(before: dict[str, Any], after: Any, edition: str) -> None:
    """An effort is added only where none is stated and no budget is set (OR-RSN-01, -03)."""
    sent = body(call(thinking="low", body=before, edition=edition))
    assert sent["reasoning"] == after
    assert "reasoning_effort" not in sent


@pytest.mark.parametrize("level", [None, "off"])
def test_an_existing_object_stays_without_a_level(level: str | None) -> None:
    """A default is written only where nothing is stated."""
    given = call(thinking=level, body={"reasoning": {"exclude": True}}, model_meta={"reasoning": True})
    assert body(given)["reasoning"] == {"exclude": True}


@pytest.mark.parametrize(
    ("model", "editions"),
    [
        ("openrouter/auto", EDITIONS),
        ("openrouter/hunter-alpha", EDITIONS),
        ("openrouter/openrouter/hunter-alpha:free", EDITIONS),
        ("openrouter/x-ai/grok-4", ("2026-04", "2026-05")),
    ],
)
@pytest.mark.parametrize("base", [None, CUSTOM])
@pytest.mark.parametrize("level", [None, "off", "high"])
def test_skipped_models_get_no_reasoning_at_all(
    model: str, editions: tuple[str, ...], base: str | None, level: str | None
) -> None:
    """Not even effort none; the legacy field goes all the same (OR-RSN-01, -04, -05)."""
    for edition in editions:
        sent = body(
            call(
                model,
                thinking=level,
                base_url=base,
                edition=edition,
                model_meta={"reasoning": True},
                body={"reasoning_effort": "low"},
            )
        )
        assert not sent.keys() & {"reasoning", "reasoning_effort"}


@pytest.mark.parametrize(
    ("level", "before", "after"),
    [
        ("high", None, {"enabled": True}),
        ("off", None, {"enabled": False}),
        (None, None, None),
        ("high", {"max_tokens": 5}, {"max_tokens": 5}),
        ("high", {"exclude": True}, {"exclude": True, "enabled": True}),
        ("high", "auto", "auto"),
    ],
)
def test_a_model_without_effort_selector_is_switched_in_the_latest_edition(
    level: str | None, before: Any, after: Any
) -> None:
    """No effort is sent; without a level nothing is (OR-RSN-07)."""
    own: dict[str, Any] = {} if before is None else {"body": {"reasoning": before}}
    meta = {"reasoning": True, "reasoning_efforts": []}
    assert body(call(thinking=level, edition="latest", model_meta=meta, **own)).get("reasoning") == after


def test_a_level_is_a_word() -> None:
    """A YAML `no` is not a level."""
    with pytest.raises(Refusal, match="thinking level"):
        shape(call(thinking=False))


# ------------------------------------------------------------------ OR-PF


@pytest.mark.parametrize(
    "value",
    [
        None,
        False,
        "",
        " ",
        "off",
        " NONE ",
        {"effort": "none"},
        {"effort": " Off"},
        {"effort": ""},
        {"enabled": False},
    ],
)
def test_reasoning_is_off(value: Any) -> None:
    """Missing, null, false, blank, off and none; in an object too (OR-PF-02)."""
    assert not enabled(value)


@pytest.mark.parametrize(
    "value", [True, 0, 1, "low", {}, [], {"effort": "low"}, {"max_tokens": 1}, {"enabled": None}]
)
def test_reasoning_is_on(value: Any) -> None:
    """Every other value switches it on (OR-PF-02)."""
    assert enabled(value)


PREFILL = [user("a"), assistant("b"), assistant("c")]


def roles(given: dict[str, Any]) -> list[str]:
    return [message["role"] for message in messages(given)]


@pytest.mark.parametrize("edition", ["2026-05", "latest"])
def test_trailing_assistant_turns_are_dropped_while_reasoning(edition: str) -> None:
    """All of them go, up to a turn of another role (OR-PF-01, -03)."""
    given = call(CLAUDE, thinking="high", history=PREFILL, edition=edition)
    assert roles(given) == ["user"]
    assert roles({**given, "history": PREFILL[1:]}) == []


@pytest.mark.parametrize(
    "kept",
    [
        {"edition": "2026-04"},
        {"thinking": "off"},
        {"thinking": None},
        {"thinking": "off", "model_meta": {"reasoning": True}},
        {"base_url": CUSTOM},
        {"base_url": "https://eu.openrouter.ai/api/v1"},
        {"model": "openrouter/openai/gpt-4o"},
    ],
)
def test_a_prefill_stays_where_nothing_refuses_it(kept: dict[str, Any]) -> None:
    """Not on other routes or models, not with reasoning off, and never in April (OR-PF-01, -06, -07)."""
    assert roles({**call(CLAUDE, thinking="high", history=PREFILL), **kept}) == [
        "user",
        "assistant",
        "assistant",
    ]


def test_a_budget_in_the_body_is_reasoning_too() -> None:
    """The drop looks at the final body (OR-PF-06)."""
    given = call(CLAUDE, thinking="off", history=PREFILL, body={"reasoning": {"max_tokens": 100}})
    assert roles(given) == ["user"]


def test_a_turn_that_calls_a_tool_stops_the_drop() -> None:
    """In any form that says so; an empty list of calls says nothing (OR-PF-04, -05)."""
    called = assistant([tool_call()])
    tool = {"role": "tool", "tool_call_id": "x", "content": "r"}
    given = call(CLAUDE, thinking="high")
    assert roles({**given, "history": [user("a"), called, tool, assistant("c")]}) == [
        "user",
        "assistant",
        "tool",
    ]
    wired = assistant("t", tool_calls=[wire_call()])
    assert roles({**given, "history": [user("a"), wired, assistant("c")]}) == ["user", "assistant"]
    used = assistant([{"type": "tool_use", "id": "x"}])
    assert roles({**given, "history": [user("a"), used, assistant("c")]}) == ["user", "assistant"]
    empty = assistant("t", tool_calls=[])
    assert roles({**given, "history": [user("a"), empty, assistant("c")]}) == ["user"]
    assert roles({**given, "history": [assistant("a"), user("b")]}) == ["assistant", "user"]


# ------------------------------------------------------------------ OR-DS


def test_the_documented_deepseek_example_is_shaped() -> None:
    """Level max: xhigh in both fields, thinking on, earlier turns filled (OR-DS-02…06)."""
    history = [user("a"), assistant("b"), user("c")]
    assert body(call(DEEPSEEK, thinking="max", history=history)) == {
        "model": "deepseek/deepseek-v4-pro",
        "messages": [user("a"), assistant("b", reasoning_content=""), user("c")],
        "stream": True,
        "reasoning": {"effort": "xhigh"},
        "thinking": {"type": "enabled"},
        "reasoning_effort": "xhigh",
    }


@pytest.mark.parametrize(("level", "effort"), [*LEVELS, (None, "high"), ("strange", "high")])
def test_deepseek_is_told_an_effort_of_its_own(level: str | None, effort: str) -> None:
    """Without a level it thinks, at high (OR-DS-02, -03)."""
    sent = body(call(DEEPSEEK, thinking=level, model_meta={"reasoning": True}))
    assert (sent["reasoning_effort"], sent["thinking"]) == (effort, {"type": "enabled"})
    assert ("reasoning" in sent) is (level is not None)


def test_deepseek_off_leaves_nothing_of_the_reasoning() -> None:
    """No effort, no budget, no replayed reasoning (OR-DS-05)."""
    history = [user("a"), assistant("b", reasoning_content="why"), user("c")]
    sent = body(call(DEEPSEEK, thinking="off", history=history, body={"reasoning": {"max_tokens": 3}}))
    assert sent["thinking"] == {"type": "disabled"}
    assert not sent.keys() & {"reasoning", "reasoning_effort"}
    assert all("reasoning_content" not in message for message in sent["messages"])


def test_replayed_reasoning_is_kept_even_if_null() -> None:
    """Only a missing key is filled, on assistant turns alone, tool calls or not (OR-DS-04)."""
    history = [
        user("a"),
        assistant("b", reasoning_content=None),
        assistant([tool_call()]),
        {"role": "tool", "tool_call_id": "x", "content": "r"},
    ]
    sent = messages(call(DEEPSEEK, thinking="low", history=history))
    assert [message.get("reasoning_content", "absent") for message in sent] == ["absent", None, "", "absent"]


@pytest.mark.parametrize(
    ("level", "effort"),
    [
        (None, "none"),
        ("off", "none"),
        ("xhigh", "xhigh"),
        ("max", "xhigh"),
        ("low", "high"),
        ("adaptive", "high"),
    ],
)
def test_the_latest_edition_states_deepseeks_effort_in_reasoning_alone(
    level: str | None, effort: str
) -> None:
    """Two steps up and one down, whatever the catalogue lists (OR-DS-08)."""
    meta = {"reasoning": True, "reasoning_efforts": ["low"]}
    sent = body(
        call(
            DEEPSEEK,
            thinking=level,
            edition="latest",
            model_meta=meta,
            body={"reasoning": {"exclude": True}},
        )
    )
    assert sent["reasoning"] == {"exclude": True, "effort": effort}
    assert not sent.keys() & {"thinking", "reasoning_effort"}


def test_the_latest_edition_fills_turns_without_tool_calls_only() -> None:
    """And none at all with thinking off (OR-DS-08)."""
    history = [
        user("a"),
        assistant([tool_call()]),
        {"role": "tool", "tool_call_id": "x", "content": "r"},
        assistant("b"),
        assistant("c", reasoning_content="why"),
    ]
    given = call(DEEPSEEK, thinking="high", edition="latest", history=history)
    filled = [message.get("reasoning_content", "absent") for message in messages(given)]
    assert filled == ["absent", "absent", "absent", "", "why"]
    assert all("reasoning_content" not in message for message in messages({**given, "thinking": "off"}))


@pytest.mark.parametrize(
    "elsewhere",
    [{"base_url": CUSTOM}, {"base_url": "https://eu.openrouter.ai/api/v1"}, {"edition": "2026-04"}],
)
def test_off_the_exact_route_deepseek_is_any_other_model(elsewhere: dict[str, Any]) -> None:
    """And in April it was so everywhere (OR-DS-01, -09)."""
    sent = body(call(DEEPSEEK, thinking="max", history=[user("a"), assistant("b")], **elsewhere))
    assert sent["reasoning"] == {"effort": "xhigh"}
    assert not sent.keys() & {"thinking", "reasoning_effort"}
    assert "reasoning_content" not in sent["messages"][1]


@pytest.mark.parametrize("model", ["acme/deepseek/deepseek-v4-pro", "deepseek/deepseek-v4-pro"])
def test_another_providers_deepseek_keeps_max(model: str) -> None:
    """The cap on its effort is OpenRouter's (OR-DS-10)."""
    sent = body(call(model, thinking="max", base_url=CANONICAL))
    assert sent["reasoning"] == {"effort": "max"}
    assert "thinking" not in sent
