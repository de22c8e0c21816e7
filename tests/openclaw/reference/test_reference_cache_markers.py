"""Anthropic cache markers and the prompt's boundary line (OR-CC)."""

from __future__ import annotations

from typing import Any

import pytest
from reference_inputs import (
    CANONICAL,
    CUSTOM,
    EDITIONS,
    EPHEMERAL,
    assistant,
    body,
    call,
    messages,
    result,
    text,
    tool_call,
    user,
)

CLAUDE = "openrouter/anthropic/claude-sonnet-4-6"
MARKED = {"cache_control": EPHEMERAL}
HOUR = {"cache_control": {"type": "ephemeral", "ttl": "1h"}}
EARLY = ("2026-04", "2026-05")
BOUNDARY = "stable \n<!-- OPENCLAW_CACHE_BOUNDARY -->\n dynamic"


def system(content: Any, role: str = "system") -> dict[str, Any]:
    return {"role": role, "content": content}


@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize("base", [None, CANONICAL, "https://eu.openrouter.ai/v1", "http://openrouter.ai"])
def test_prompt_and_last_turn_are_marked_on_openrouter_hosts(base: str | None, edition: str) -> None:
    """The system prompt becomes a marked block, and so does the last turn (OR-CC-01, -02)."""
    assert messages(call(CLAUDE, system="S", base_url=base, edition=edition)) == [
        system([text("S", **MARKED)]),
        user([text("hi", **MARKED)]),
    ]


@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize(
    "given",
    [
        {"base_url": CUSTOM},
        {"base_url": "https://openrouter.ai.evil.example/api/v1"},
        {"model": "openrouter/google/gemini-3-pro"},
        {"model": "openrouter/~anthropic/claude"},
    ],
)
def test_nothing_is_marked_elsewhere(given: dict[str, Any], edition: str) -> None:
    """Custom routes and other models see plain text (OR-CC-01)."""
    sent = messages({**call(CLAUDE, system="S", edition=edition), **given})
    assert sent == [system("S"), user("hi")]


@pytest.mark.parametrize("edition", EARLY)
@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", [text("", **MARKED)]),
        ([text("A"), text("B")], [text("A"), text("B", **MARKED)]),
        ([text("A", cache_control={"type": "old"})], [text("A", **MARKED)]),
        ([{"type": "image_url"}], [{"type": "image_url", **MARKED}]),
        ([text("A"), {"type": "thinking"}], [text("A"), {"type": "thinking"}]),
        ([text("A"), {"type": "redacted_thinking"}], [text("A"), {"type": "redacted_thinking"}]),
        ([], []),
        (None, None),
        ([text("A"), "loose"], [text("A"), "loose"]),
    ],
)
@pytest.mark.parametrize("role", ["system", "developer"])
def test_every_instruction_is_marked_on_its_last_block(
    role: str, before: Any, after: Any, edition: str
) -> None:
    """Wherever it stands in the list, and whatever the block is, thinking excepted (OR-CC-02)."""
    history = [system("first"), user("u"), system(before, role)]
    sent = messages(call(CLAUDE, history=history, edition=edition))
    assert sent[0] == system([text("first", **MARKED)])
    assert sent[2] == system(after, role)


@pytest.mark.parametrize("edition", EARLY)
def test_markers_are_taken_off_replayed_thinking_only(edition: str) -> None:
    """Other blocks of assistant turns keep theirs (OR-CC-03, -04)."""
    blocks = [{"type": kind, **MARKED} for kind in ("thinking", "redacted_thinking", "tool_use")]
    sent = messages(call(CLAUDE, history=[assistant(blocks), user("u")], edition=edition))
    assert sent[0]["content"] == [
        {"type": "thinking"},
        {"type": "redacted_thinking"},
        {"type": "tool_use", **MARKED},
    ]


@pytest.mark.parametrize("edition", EARLY)
def test_the_last_turn_with_a_text_is_marked_on_its_last_text(edition: str) -> None:
    """A tool result is no such turn, nor is one that only calls a tool."""
    history = [user([text("a"), text("b")]), assistant([tool_call()]), result("r")]
    sent = messages(call(CLAUDE, history=history, edition=edition))
    assert sent[0]["content"] == [text("a"), text("b", **MARKED)]
    assert sent[2] == {"role": "tool", "content": "r", "tool_call_id": "x"}
    prefilled = messages(call(CLAUDE, history=[user("a"), assistant("b")], edition=edition))
    assert prefilled == [user("a"), assistant([text("b", **MARKED)])]


def test_a_dropped_prefill_takes_its_marker_along() -> None:
    """The last turn is found before the drop."""
    sent = messages(call(CLAUDE, thinking="high", history=[user("a"), assistant("b")]))
    assert sent == [user("a")]


@pytest.mark.parametrize("retention", ["none", "short", "long"])
def test_retention_has_no_effect_before_the_latest_edition(retention: str) -> None:
    """Markers were always plain (OR-CC-05)."""
    sent = messages(call(CLAUDE, system="S", params={"cacheRetention": retention}))
    assert sent[0]["content"] == [text("S", **MARKED)]


@pytest.mark.parametrize(
    ("given", "marker"),
    [
        ({}, MARKED),
        ({"params": {"cacheRetention": "short"}}, MARKED),
        ({"params": {"cacheRetention": "long"}}, HOUR),
        ({"options": {"cache_retention": "long"}, "params": {"cacheRetention": "none"}}, HOUR),
        ({"params": {"cacheRetention": "none"}}, {}),
    ],
)
def test_the_latest_edition_sets_three_markers_anew(given: dict[str, Any], marker: dict[str, Any]) -> None:
    """Last tool, first prompt, last user or tool message with a text; all others go (OR-CC-07)."""
    history = [
        system([text("second", **MARKED)], "developer"),
        user([text("a", **MARKED)]),
        assistant([tool_call()]),
        result("r"),
        assistant("b"),
    ]
    tools: list[dict[str, Any]] = [{"name": name, "parameters": {}} for name in ("b", "a")]
    sent = body(call(CLAUDE, edition="latest", system="S", history=history, tools=tools, **given))
    assert [tool.get("cache_control") for tool in sent["tools"]] == [None, marker.get("cache_control")]
    assert sent["messages"][0]["content"] == ([text("S", **marker)] if marker else "S")
    assert sent["messages"][1]["content"] == [text("second")]
    assert sent["messages"][2]["content"] == [text("a")]
    assert sent["messages"][4]["content"] == ([text("r", **marker)] if marker else "r")
    assert sent["messages"][5] == assistant("b")


def test_the_latest_edition_marks_the_stable_part_of_a_prompt() -> None:
    """The dynamic part behind the boundary is a block without marker (OR-CC-07)."""
    sent = messages(call(CLAUDE, edition="latest", system=BOUNDARY))
    assert sent[0]["content"] == [text("stable", **MARKED), text("dynamic")]
    only = messages(call(CLAUDE, edition="latest", system="<!-- OPENCLAW_CACHE_BOUNDARY -->\nrest"))
    assert only[0]["content"] == [text("rest")]


@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize("given", [{"model": "openrouter/openai/gpt-4o"}, {"base_url": CUSTOM}])
def test_the_boundary_is_a_newline_everywhere_else(given: dict[str, Any], edition: str) -> None:
    """Its line never reaches the wire (OR-CC-08)."""
    prompt = "a\n<!-- OPENCLAW_CACHE_BOUNDARY -->\nb"
    assert messages({**call(CLAUDE, system=prompt, edition=edition), **given})[0]["content"] == "a\nb"


@pytest.mark.parametrize("edition", EARLY)
def test_the_boundary_is_a_newline_in_a_marked_prompt_too(edition: str) -> None:
    """Only the latest edition divides the prompt there (OR-CC-08)."""
    prompt = "a\n<!-- OPENCLAW_CACHE_BOUNDARY -->\nb"
    assert messages(call(CLAUDE, system=prompt, edition=edition))[0]["content"] == [text("a\nb", **MARKED)]


def test_without_retention_the_boundary_is_a_newline() -> None:
    """A prompt that is not marked is not divided."""
    given = call(CLAUDE, edition="latest", system="a\n<!-- OPENCLAW_CACHE_BOUNDARY -->\nb")
    assert messages({**given, "options": {"cache_retention": "none"}})[0]["content"] == "a\nb"


def test_another_provider_on_an_openrouter_host_is_marked() -> None:
    """Markers follow the host (OR-HDR-10)."""
    sent = messages(call("acme/anthropic/claude", base_url=CANONICAL, system="S"))
    assert sent[0]["content"] == [text("S", **MARKED)]
