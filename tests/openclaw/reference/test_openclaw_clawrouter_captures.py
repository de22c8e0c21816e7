"""The reference against model calls through ClawRouter that a published OpenClaw build really sent: where
they go and with which headers, and the bodies of Responses and chat completions."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from functools import lru_cache
from typing import Any

import pytest
from openclaw_captures import EVIDENCE
from openclaw_clawrouter_captures import (
    COMPLETIONS,
    FILES,
    RESPONSES,
    STAMPED,
    Capture,
    Departure,
    captures,
    is_elided,
    outcome_of,
    request_of,
    seen,
    undo_departures,
)

from harness.model import Request

pytestmark = pytest.mark.skipif(
    not (EVIDENCE / "openclaw").is_dir(), reason=f"no captures in {EVIDENCE} (set HARNESS_EVIDENCE)"
)

TRANSPORTS = (RESPONSES, COMPLETIONS)
_NO_RESULT = "No result provided"


@lru_cache
def read(file: str, *transports: str) -> tuple[Capture, ...]:
    return tuple(captures(file, *transports)) if (EVIDENCE / "openclaw").is_dir() else ()


def _named(*transports: str) -> list[Any]:
    return [
        pytest.param(capture, id=f"{file.removesuffix('.jsonl')}-{capture.id}")
        for file in FILES
        for capture in read(file, *transports)
        if capture.sent is not None
    ]


# ------------------------------------------------------------------ departures


def _tool_choice_in_public_form(capture: Capture, body: Any) -> Any:
    choice = body.get("tool_choice")
    if choice == "any":
        return {**body, "tool_choice": "required"}
    if not isinstance(choice, dict):
        return body
    name = choice.get("name") or choice["function"]["name"]
    nested = {"type": "function", "function": {"name": name}}
    flat = {"type": "function", "name": name}
    return {**body, "tool_choice": flat if capture.transport == RESPONSES else nested}


def _without_thoughts_as_keys(capture: Capture, body: Any) -> Any:
    signatures = {
        block["signature"]
        for turn in capture.history
        if turn["role"] == "assistant"
        for block in turn["content"]
        if "signature" in block
    } - {"reasoning_content"}
    messages = [
        {key: value for key, value in message.items() if key not in signatures}
        for message in body["messages"]
    ]
    return {**body, "messages": messages}


def _without_the_agents_prompt(capture: Capture, body: Any) -> Any:
    field = "input" if capture.transport == RESPONSES else "messages"
    first, *others = body[field]
    told = first["content"] if isinstance(first["content"], str) else first["content"][0]["text"]
    return {**body, field: others} if is_elided(told) else body


def _user_turns_as_given(capture: Capture, body: Any) -> Any:
    """Merged turns apart again, a text a list again where a list was given, the bootstrap turn gone."""
    given = iter(turn["content"] for turn in capture.history if turn["role"] == "user")
    messages = []
    for message in body["messages"]:
        if message["role"] != "user":
            messages.append(message)
            continue
        content = message["content"]
        for text in [content] if isinstance(content, str) else [part["text"] for part in content]:
            if text == "(session bootstrap)" or text.startswith("Runtime: agent="):
                continue
            as_text = isinstance(next(given), str)
            messages.append(
                {"role": "user", "content": text if as_text else [{"type": "text", "text": text}]}
            )
    return {**body, "messages": messages}


def _ids_as_given(capture: Capture, body: Any) -> Any:
    given = {
        "".join(filter(str.isalnum, block["id"])): block["id"]
        for turn in capture.history
        if turn["role"] == "assistant"
        for block in turn["content"]
        if block["type"] == "tool_call"
    }
    messages = []
    for message in body["messages"]:
        if "tool_calls" in message:
            calls = [{**call, "id": given[call["id"]]} for call in message["tool_calls"]]
            message = {**message, "tool_calls": calls}
        elif message["role"] == "tool":
            message = {**message, "tool_call_id": given[message["tool_call_id"]]}
        messages.append(message)
    return {**body, "messages": messages}


def _missing_result_in_our_words(capture: Capture, body: Any) -> Any:
    messages = [
        {**message, "content": _NO_RESULT}
        if message["role"] == "tool" and message["content"].startswith("[openclaw] missing tool result")
        else message
        for message in body["messages"]
    ]
    return {**body, "messages": messages}


def _by_the_agent(capture: Capture) -> bool:
    return capture.level == "agent"


def _chat_by_the_agent(capture: Capture) -> bool:
    return capture.level == "agent" and capture.transport == COMPLETIONS


DEPARTURES = (
    Departure(
        "tool choice",
        "a tool choice passes as the caller wrote it, in whatever API's form",
        lambda capture: "tool_choice" in capture.input.get("options", {}),
        _tool_choice_in_public_form,
    ),
    Departure(
        "signatures as keys",
        "in chat completions any signature of a thought becomes a key of its message",
        lambda capture: capture.transport == COMPLETIONS,
        _without_thoughts_as_keys,
    ),
    Departure(
        "driver: options",
        "the driver gave options that no input of ours has",
        lambda capture: capture.id.startswith("stop."),
        lambda capture, body: {key: body[key] for key in body if key not in ("stop", "top_p", "seed")},
    ),
    Departure(
        "agent: prompt",
        "the agent puts a prompt of its own around the one given, and the capture has only its beginning",
        _by_the_agent,
        _without_the_agents_prompt,
    ),
    STAMPED,
    Departure(
        "agent: user turns",
        "the agent merges user turns, writes a list of one text as a text, and begins with a turn of its own",
        _chat_by_the_agent,
        _user_turns_as_given,
    ),
    Departure(
        "agent: ids",
        "the agent takes all but letters and digits out of the ids of tool calls",
        _chat_by_the_agent,
        _ids_as_given,
    ),
    Departure(
        "agent: no result",
        "the agent says of a call without result that it was repaired; the wording is open",
        _chat_by_the_agent,
        _missing_result_in_our_words,
    ),
)


# ------------------------------------------------------------------ claims


@pytest.mark.parametrize("capture", _named())
def test_a_captured_call_goes_where_the_references_goes_with_its_headers(capture: Capture) -> None:
    """Method, URL and headers of a model call are the reference's over all four transports, as sent."""
    request = request_of(capture)
    assert isinstance(request, Request)
    assert capture.sent is not None
    assert replace(seen(request), body=None) == replace(capture.sent, body=None)


@pytest.mark.parametrize(
    "capture", [named for named in _named(*TRANSPORTS) if named.values[0].left_out is None]
)
def test_a_captured_body_is_the_references_but_for_named_departures(capture: Capture) -> None:
    """What the build sends is what the reference sends, once the build's known departures are undone."""
    request = request_of(capture)
    assert isinstance(request, Request)
    expected, departures = undo_departures(capture, DEPARTURES)
    assert seen(request) == expected, f"departures undone: {departures}"


@pytest.mark.parametrize(
    ("file", "transport", "in_all", "equal_as_sent", "by_departure", "left_out"),
    [
        (FILES[0], RESPONSES, 3, 1, 0, 1),
        (FILES[0], COMPLETIONS, 3, 3, 0, 0),
        (FILES[1], RESPONSES, 103, 100, 3, 0),
        (FILES[1], COMPLETIONS, 133, 112, 21, 0),
        (FILES[2], RESPONSES, 25, 9, 7, 9),
        (FILES[2], COMPLETIONS, 56, 16, 12, 28),
    ],
)
def test_every_captured_line_is_accounted_for(
    file: str, transport: str, in_all: int, equal_as_sent: int, by_departure: int, left_out: int
) -> None:
    """Each model call in a file is equal as sent, equal but for departures, or left out for a reason; only
    the ref that no catalog has is none of these, for it sends nothing."""
    lines = read(file, transport)
    compared = [line for line in lines if line.left_out is None and line.sent is not None]
    departing = sum(bool(undo_departures(line, DEPARTURES)[1]) for line in compared)
    without = sum(line.left_out is not None for line in lines)
    assert (len(lines), len(compared) - departing, departing, without) == (
        in_all,
        equal_as_sent,
        by_departure,
        left_out,
    )


def test_lines_are_left_out_for_these_reasons_only() -> None:
    """How many lines of Responses and chat completions are not compared, and why."""
    reasons = Counter(
        line.left_out for file in FILES for line in read(file, *TRANSPORTS) if line.left_out is not None
    )
    assert reasons == {
        "the agent refuses a level that the model does not offer": 35,
        "no level is given, and the agent chose one by its state": 2,
        "the agent could not read the driver's image": 1,
    }


def test_a_ref_that_the_catalog_lacks_sends_no_model_call() -> None:
    """Build and reference refuse a ref that the catalog does not have, after asking for the catalog."""
    (unknown,) = (line for line in read(FILES[0]) if line.sent is None)
    outcome = request_of(unknown)
    assert isinstance(outcome, dict)
    assert outcome["error"]["class"] == "model_not_found"


@pytest.mark.parametrize(
    "capture", [pytest.param(line, id=line.id) for line in read(FILES[0]) if line.answer is not None]
)
def test_the_answers_that_the_build_was_given_are_read(capture: Capture) -> None:
    """Over Responses, Messages and Gemini they say OK; the chat completion ends before it began."""
    outcome = outcome_of(capture)
    if capture.transport == COMPLETIONS:
        assert outcome["error"]["retryable"]
    else:
        assert (outcome["text"], outcome["finish_reason"]) == ("OK", "stop")


@pytest.mark.parametrize("departure", [pytest.param(one, id=one.id) for one in DEPARTURES])
def test_each_departure_is_seen(departure: Departure) -> None:
    """A departure that no capture shows is no finding."""
    lines = [line for file in FILES for line in read(file, *TRANSPORTS) if line.left_out is None]
    assert any(
        departure.id in undo_departures(line, DEPARTURES)[1] for line in lines if line.sent is not None
    )
