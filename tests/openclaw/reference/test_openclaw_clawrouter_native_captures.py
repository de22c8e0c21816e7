"""The reference against Messages and Gemini calls through ClawRouter that a published OpenClaw build really
sent."""

from __future__ import annotations

import re
from collections import Counter
from functools import lru_cache
from typing import Any

import pytest
from openclaw_captures import EVIDENCE
from openclaw_clawrouter_captures import (
    FILES,
    GEMINI,
    MESSAGES,
    STAMPED,
    Capture,
    Departure,
    captures,
    in_every_text,
    is_elided,
    request_of,
    seen,
    undo_departures,
)

from harness.model import Request

pytestmark = pytest.mark.skipif(
    not (EVIDENCE / "openclaw").is_dir(), reason=f"no captures in {EVIDENCE} (set HARNESS_EVIDENCE)"
)

_UNSIGNED = "skip_thought_signature_validator"
_RENAMED = re.compile(r"clawrouter/google/gemini-3\S*-preview\.(?= If asked)")
_OUR_WORDS = {
    "Tool result image:": "Images from the tool results above:",
    "[openclaw] missing tool result in session history; inserted synthetic error result for transcript "
    "repair.": "No result provided",
}


def why_left_out(capture: Capture) -> str | None:
    """Why a capture says nothing about the reference; None if it is compared."""
    if capture.error is not None:
        return "refused by the agent: a level that the model does not offer"
    if capture.left_out is not None and capture.left_out.startswith("no level"):
        return capture.left_out
    if capture.id.startswith("full."):
        return "the agent's own tools"
    if capture.id.startswith("ag.img."):
        return "the agent could not read the picture"
    if any(turn["role"] == "assistant" and "model" not in turn for turn in capture.history):
        return "a turn without a model, which no session of OpenClaw has"
    return None


@lru_cache
def lines(file: str, transport: str) -> tuple[Capture, ...]:
    return tuple(captures(file, transport)) if (EVIDENCE / "openclaw").is_dir() else ()


def compared(file: str, transport: str) -> tuple[Capture, ...]:
    return tuple(line for line in lines(file, transport) if why_left_out(line) is None)


# ------------------------------------------------------------------ departures


def _at_level(level: str, *transports: str) -> Any:
    return lambda capture: capture.level == level and capture.transport in transports


def _tool_choice_in_public_form(capture: Capture, body: Any) -> Any:
    choice = capture.input["options"]["tool_choice"]
    if capture.transport == MESSAGES and body["tool_choice"] == {"type": "required"}:
        return {**body, "tool_choice": {"type": "any"}}
    if capture.transport == GEMINI and isinstance(choice, dict) and "name" in choice:
        calling = {"mode": "ANY", "allowedFunctionNames": [choice["name"]]}
        return {**body, "toolConfig": {"functionCallingConfig": calling}}
    return body


def _without_the_drivers_options(capture: Capture, body: Any) -> Any:
    kept = {key: value for key, value in body.items() if key not in ("stop_sequences", "metadata")}
    if capture.transport == GEMINI:
        del kept["generationConfig"]
    return kept


def _with_the_agents_frame(capture: Capture, body: Any) -> Any:
    framed = {"generationConfig": {}, **body}
    if "systemInstruction" in body:
        framed["systemInstruction"] = {**body["systemInstruction"], "role": "user"}
    return framed


def _with_one_word_for_a_signature(capture: Capture, body: Any) -> Any:
    """Only the first call of a turn keeps the word that stands for a signature."""
    return {**body, "contents": [_signed_once(content) for content in body["contents"]]}


def _signed_once(content: Any) -> Any:
    parts, calls = [], 0
    for part in content["parts"]:
        calls += "functionCall" in part
        if calls > 1 and part.get("thoughtSignature") == _UNSIGNED:
            part = {key: value for key, value in part.items() if key != "thoughtSignature"}
        parts.append(part)
    return {**content, "parts": parts}


def _in_our_words(capture: Capture, value: Any) -> Any:
    if isinstance(value, list):
        return [_in_our_words(capture, item) for item in value]
    if isinstance(value, dict):
        return {key: _in_our_words(capture, item) for key, item in value.items()}
    return _OUR_WORDS.get(value, value) if isinstance(value, str) else value


def _without_the_agents_prompt(capture: Capture, body: Any) -> Any:
    field = "system" if capture.transport == MESSAGES else "systemInstruction"
    blocks = body[field] if capture.transport == MESSAGES else body[field]["parts"]
    assert all(is_elided(block["text"]) for block in blocks)
    marked = ["cache_control" in block for block in blocks]
    assert marked == ([True, False] if capture.transport == MESSAGES else [False])
    return {key: value for key, value in body.items() if key != field}


def _with_the_id_of_the_catalog(capture: Capture, body: Any) -> Any:
    return in_every_text(body, lambda text: _RENAMED.sub(capture.input["model"] + ".", text, count=1))


def _user_turns_as_given(capture: Capture, body: Any) -> Any:
    """Merged turns apart again, and a text a list again where a list was given."""
    given = iter(turn["content"] for turn in capture.history if turn["role"] == "user")
    messages = []
    for message in body["messages"]:
        content = message["content"]
        blocks = [{"type": "text", "text": content}] if isinstance(content, str) else content
        if message["role"] != "user" or blocks[0]["type"] == "tool_result":
            messages.append(message)
            continue
        for block in blocks:
            as_list = isinstance(next(given), list) or "cache_control" in block
            messages.append({"role": "user", "content": [block] if as_list else block["text"]})
    return {**body, "messages": messages}


def _contents_as_given(capture: Capture, body: Any) -> Any:
    """Merged turns of the model apart again, and the turn that the agent begins with gone."""
    said = [len(turn["content"]) for turn in capture.history if turn["role"] == "assistant"]
    contents = []
    for content in body["contents"]:
        if content["parts"] == [{"text": "(session bootstrap)"}]:
            continue
        parts = content["parts"]
        while content["role"] == "model" and said and len(parts) > said[0]:
            contents.append({**content, "parts": parts[: said[0]]})
            parts = parts[said.pop(0) :]
        if content["role"] == "model":
            said.pop(0)
        contents.append({**content, "parts": parts})
    return {**body, "contents": contents}


def _ids_as_given(capture: Capture, body: Any) -> Any:
    """Letters and digits of an id become the whole of it again, in the letters that the API takes."""
    called = [
        block["id"]
        for turn in capture.history
        if turn["role"] == "assistant"
        for block in turn["content"]
        if block["type"] == "tool_call"
    ]
    letters = r"[^A-Za-z0-9_-]" if capture.transport == MESSAGES else r"(?!)"
    given = {re.sub(r"[^A-Za-z0-9]", "", call_id): re.sub(letters, "_", call_id) for call_id in called}
    return _with_ids(body, given)


def _with_ids(value: Any, given: dict[str, str]) -> Any:
    if isinstance(value, list):
        return [_with_ids(item, given) for item in value]
    if isinstance(value, dict):
        return {
            key: given.get(item, item) if key in ("id", "tool_use_id") else _with_ids(item, given)
            for key, item in value.items()
        }
    return value


DEPARTURES = (
    Departure(
        "tool choice",
        "a tool choice passes untranslated: a word of chat completions to Messages, a tool to Gemini as AUTO",
        lambda capture: "tool_choice" in capture.input.get("options", {}),
        _tool_choice_in_public_form,
    ),
    Departure(
        "driver: options",
        "the driver gave options that no input of ours has",
        lambda capture: capture.id.startswith("stop."),
        _without_the_drivers_options,
    ),
    Departure(
        "stream: frame",
        "below the agent a Gemini body has no empty generationConfig and its system prompt no role",
        _at_level("stream", GEMINI),
        _with_the_agents_frame,
    ),
    Departure(
        "stream: signatures",
        "below the agent each unsigned call of a Gemini 3 turn gets the word that stands for a signature",
        _at_level("stream", GEMINI),
        _with_one_word_for_a_signature,
    ),
    Departure(
        "wording",
        "what is said of images and of missing results is worded otherwise",
        lambda capture: any(turn["role"] in ("tool", "assistant") for turn in capture.history),
        _in_our_words,
    ),
    Departure(
        "agent: prompt",
        "the agent puts a prompt of its own around the one given, and the captures have only its beginning",
        _at_level("agent", MESSAGES, GEMINI),
        _without_the_agents_prompt,
    ),
    Departure(
        "agent: identity",
        "the agent tells Gemini 3 the id of a preview, while it calls the model of the catalog",
        _at_level("agent-bare", GEMINI),
        _with_the_id_of_the_catalog,
    ),
    STAMPED,
    Departure(
        "agent: user turns",
        "the agent merges user turns for Messages, and writes a list of one text as a text",
        _at_level("agent", MESSAGES),
        _user_turns_as_given,
    ),
    Departure(
        "agent: contents",
        "the agent merges the model's turns for Gemini, and begins with a turn of the user's",
        _at_level("agent", GEMINI),
        _contents_as_given,
    ),
    Departure(
        "agent: ids",
        "the agent takes all but letters and digits out of the ids of tool calls",
        _at_level("agent", MESSAGES, GEMINI),
        _ids_as_given,
    ),
)


# ------------------------------------------------------------------ claims

ALL = [
    (file, capture)
    for file in FILES
    for transport in (MESSAGES, GEMINI)
    for capture in compared(file, transport)
]


@pytest.mark.parametrize(
    "capture",
    [pytest.param(capture, id=f"{file.removesuffix('.jsonl')}-{capture.id}") for file, capture in ALL],
)
def test_a_captured_call_is_the_references_but_for_named_departures(capture: Capture) -> None:
    """What the build sends is what the reference sends, once the build's known departures are undone."""
    request = request_of(capture)
    assert isinstance(request, Request)
    expected, departures = undo_departures(capture, DEPARTURES)
    assert seen(request) == expected, f"departures undone: {departures}"


@pytest.mark.parametrize(
    ("file", "transport", "in_all", "equal_as_sent", "departing"),
    [
        (FILES[0], MESSAGES, 2, 2, 0),
        (FILES[0], GEMINI, 2, 2, 0),
        (FILES[1], MESSAGES, 110, 107, 2),
        (FILES[1], GEMINI, 117, 63, 53),
        (FILES[2], MESSAGES, 35, 16, 9),
        (FILES[2], GEMINI, 55, 15, 29),
    ],
)
def test_every_captured_line_is_accounted_for(
    file: str, transport: str, in_all: int, equal_as_sent: int, departing: int
) -> None:
    """Each call in a file is equal as sent, equal but for departures, or left out for a reason."""
    found = compared(file, transport)
    changed = sum(bool(undo_departures(line, DEPARTURES)[1]) for line in found)
    assert (len(lines(file, transport)), len(found) - changed, changed) == (in_all, equal_as_sent, departing)


def test_lines_are_left_out_for_these_reasons_only() -> None:
    """How many lines of Messages and Gemini are not compared, and why."""
    reasons = Counter(
        why for file in FILES for kind in (MESSAGES, GEMINI) for why in map(why_left_out, lines(file, kind))
    )
    del reasons[None]
    assert reasons == {
        "refused by the agent: a level that the model does not offer": 14,
        "no level is given, and the agent chose one by its state": 4,
        "the agent could not read the picture": 2,
        "a turn without a model, which no session of OpenClaw has": 2,
        "the agent's own tools": 1,
    }


@pytest.mark.parametrize("departure", [pytest.param(one, id=one.id) for one in DEPARTURES])
def test_each_departure_is_seen(departure: Departure) -> None:
    """A departure that no capture shows is no finding."""
    shown = (undo_departures(capture, DEPARTURES)[1] for _, capture in ALL)
    assert any(departure.id in departures for departures in shown)
