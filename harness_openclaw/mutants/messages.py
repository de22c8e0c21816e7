"""Mutants that write the turns of a conversation, or its tools, wrongly."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import orjson

from harness.model import Request
from harness_openclaw.mutants.base import (
    Answer,
    Given,
    body_of,
    mutant,
    with_body,
    with_fields,
    without_keys,
)
from harness_openclaw.reference import shape

__all__: list[str] = []

LATEST = "latest"

Message = dict[str, Any]
Turn = dict[str, Any]


# ------------------------------------------------------------------ turns


@mutant("OR-MSG-01")
def instructs_as_a_user(given: Given) -> Answer:
    """Sends the system prompt as the user's first words."""
    return _messages(shape(given), lambda message: {**message, "role": _user_for(message["role"])})


@mutant("OR-MSG-02")
def makes_every_text_a_list(given: Given) -> Answer:
    """Sends a user's text as a list of one part."""

    def listed(message: Message) -> Message:
        text = message.get("content")
        plain = message["role"] == "user" and isinstance(text, str)
        return {**message, "content": [{"type": "text", "text": text}]} if plain else message

    return _messages(shape(given), listed)


@mutant("OR-MSG-04")
def sends_the_first_text_alone(given: Given) -> Answer:
    """Takes the first text of an earlier answer for the whole."""

    def first(turn: Turn) -> Turn:
        texts = [block for block in _blocks(turn) if block.get("type") == "text"]
        others = [block for block in _blocks(turn) if block.get("type") != "text"]
        return {**turn, "content": [*others, *texts[:1]]} if len(texts) > 1 else turn

    return shape(_with_turns(given, "assistant", first))


@mutant("OR-MSG-05")
def replays_failed_turns(given: Given) -> Answer:
    """Replays an answer that failed half-way as if it had been finished."""

    def finished(turn: Turn) -> Turn:
        return {name: value for name, value in turn.items() if name != "stop_reason"}

    return shape(_with_turns(given, "assistant", finished))


@mutant("OR-MSG-06")
def forgets_what_it_thought(given: Given) -> Answer:
    """Leaves out what a model thought, and it thinks it all again."""

    def thoughtless(turn: Turn) -> Turn:
        blocks = _blocks(turn)
        return {**turn, "content": [b for b in blocks if b.get("type") != "thinking"]} if blocks else turn

    return shape(_with_turns(given, "assistant", thoughtless))


@mutant("OR-MSG-07")
def replays_unsigned_thoughts(given: Given) -> Answer:
    """Replays thoughts that nothing vouches for."""

    def signed(turn: Turn) -> Turn:
        if not _blocks(turn):
            return turn
        default = {"signature": "reasoning"}
        content = [default | block if block.get("type") == "thinking" else block for block in _blocks(turn)]
        return {**turn, "content": content}

    return shape(_with_turns(given, "assistant", signed))


@mutant("OR-MSG-09")
def sends_arguments_as_objects(given: Given) -> Answer:
    """Sends the arguments of a tool call as an object instead of its JSON text."""

    def unpacked(call: dict[str, Any]) -> dict[str, Any]:
        function = call["function"]
        return {**call, "function": {**function, "arguments": orjson.loads(function["arguments"] or "{}")}}

    return _messages(shape(given), lambda message: _with_calls(message, unpacked))


@mutant("OR-MSG-10")
def drops_the_signatures_of_calls(given: Given) -> Answer:
    """Replays tool calls without what the provider signed them with."""

    def unsigned(message: Message) -> Message:
        return {name: value for name, value in message.items() if name != "reasoning_details"}

    return _messages(shape(given), unsigned)


@mutant("OR-MSG-11")
def names_the_tool_of_a_result(given: Given) -> Answer:
    """Sends the name of the tool along with its result."""
    return _messages(
        shape(given), lambda message: {**message, "name": "tool"} if message["role"] == "tool" else message
    )


@mutant("OR-MSG-12")
def drops_images_of_results(given: Given) -> Answer:
    """Sends of what a tool brought its text alone."""

    def without_images(turn: Turn) -> Turn:
        blocks = _blocks(turn)
        return {**turn, "content": [b for b in blocks if b.get("type") != "image"]} if blocks else turn

    return shape(_with_turns(given, "tool", without_images))


@mutant("OR-MSG-13")
def leaves_calls_unanswered(given: Given) -> Answer:
    """Sends a tool call without any result, which providers refuse."""
    answered = {turn.get("tool_call_id") for turn in given.get("history") or () if turn["role"] == "tool"}
    request = shape(given)
    messages = body_of(request)["messages"]
    made_up = [m for m in messages if m["role"] == "tool" and m.get("tool_call_id") not in answered]
    return with_fields(request, messages=[message for message in messages if message not in made_up])


@mutant("OR-MSG-14", edition=LATEST)
def replays_reasoning_under_any_name(given: Given) -> Answer:
    """Replays reasoning in whatever field it came."""
    return with_fields(shape(given), messages=body_of(shape({**given, "edition": "2026-05"}))["messages"])


@mutant("OR-MSG-15")
def loses_emoji(given: Given) -> Answer:
    """Drops every character that needs more than two bytes in UTF-16."""
    request = shape(given)
    return replace(request, body=re.sub("[\U00010000-\U0010ffff]", "", request.body.decode()).encode())


# ------------------------------------------------------------------ Gemini


@mutant("OR-GEM-02")
def knows_one_alphabet_of_base64(given: Given) -> Answer:
    """Takes a signature in the alphabet of URLs for no base64."""
    if "gemini" not in str(given.get("model")).lower():
        return shape(given)
    return shape(
        {**given, "history": _signatures(given.get("history"), lambda text: re.sub("[-_]", "!", text))}
    )


@mutant("OR-GEM-03")
def cleans_both_spellings(given: Given) -> Answer:
    """Takes message ids out of the camel-case field as well."""
    request = shape(given)
    if "gemini" in str(given.get("model")).lower():
        return request
    return with_body(request, without_keys(body_of(request), "thoughtSignature"))


@mutant("OR-GEM-04")
def lets_geminis_turns_alternate(given: Given) -> Answer:
    """Keeps of neighbouring turns of one role the last for Gemini, whose own API wants them to alternate."""
    request = shape(given)
    if "gemini" not in str(given.get("model")).lower():
        return request
    messages: list[Message] = []
    for message in body_of(request)["messages"]:
        same = messages and messages[-1]["role"] == message["role"] != "tool"
        messages[-1:] = [message] if same else [*messages[-1:], message]
    return with_fields(request, messages=messages)


@mutant("OR-GEM-06")
def sends_googles_extra_content(given: Given) -> Answer:
    """Sends a call's signature in the field that Google's own endpoint has for it."""
    extra = {"google": {"thought_signature": "QUJDRA=="}}
    return _messages(
        shape(given), lambda message: _with_calls(message, lambda call: {**call, "extra_content": extra})
    )


# ------------------------------------------------------------------ tools


@mutant("OR-TOOL-01")
def leaves_empty_schemas_empty(given: Given) -> Answer:
    """Sends a tool without parameters with no schema to speak of."""
    return _schemas(given, lambda written, sent: sent if written else {})


@mutant("OR-TOOL-02")
def leaves_schemas_incomplete(given: Given) -> Answer:
    """Sends an object schema without properties as it is."""
    return _schemas(given, lambda written, sent: written or sent)


@mutant("OR-TOOL-03")
def requires_what_any_alternative_requires(given: Given) -> Answer:
    """Requires of flattened alternatives what one of them requires."""

    def stricter(written: Any, sent: dict[str, Any]) -> dict[str, Any]:
        known = written if isinstance(written, dict) else {}
        variants = known.get("anyOf") or known.get("oneOf") or []
        required = {name for variant in variants for name in variant.get("required", ())}
        return {**sent, "required": sorted(required)} if required and "properties" in sent else sent

    return _schemas(given, stricter)


@mutant("OR-TOOL-04")
def forbids_further_properties(given: Given) -> Answer:
    """Closes every schema, as strict tool calling wants it."""
    return _schemas(given, lambda written, sent: {**sent, "additionalProperties": False})


@mutant("OR-BODY-02")
def asks_for_the_usage_of_streams(given: Given) -> Answer:
    """Sends stream_options, as OpenAI's own API has it."""
    return with_fields(shape(given), stream_options={"include_usage": True})


# ------------------------------------------------------------------


def _messages(request: Request, change: Callable[[Message], Message]) -> Request:
    return with_fields(request, messages=[change(message) for message in body_of(request)["messages"]])


def _with_calls(message: Message, change: Callable[[dict[str, Any]], dict[str, Any]]) -> Message:
    calls = message.get("tool_calls")
    return {**message, "tool_calls": [change(call) for call in calls]} if calls else message


def _user_for(role: str) -> str:
    return "user" if role == "system" else role


def _blocks(turn: Turn) -> list[dict[str, Any]]:
    content = turn.get("content")
    return content if isinstance(content, list) else []


def _with_turns(given: Given, role: str, change: Callable[[Turn], Turn]) -> Given:
    history = [change(turn) if turn.get("role") == role else turn for turn in given.get("history") or ()]
    return {**given, "history": history}


def _signatures(value: Any, change: Callable[[str], str]) -> Any:
    """The value with every signature in it changed."""
    if isinstance(value, dict):
        names = ("thoughtSignature", "thought_signature")
        return {
            name: change(item) if name in names and isinstance(item, str) else _signatures(item, change)
            for name, item in value.items()
        }
    return [_signatures(item, change) for item in value] if isinstance(value, list) else value


def _schemas(given: Given, change: Callable[[Any, dict[str, Any]], dict[str, Any]]) -> Answer:
    """The request with the parameters of each tool changed: as `written`, and as the reference has `sent`."""
    request = shape(given)
    tools = body_of(request).get("tools")
    if not tools:
        return request
    written = {tool["name"]: tool.get("parameters") for tool in given.get("tools") or () if "name" in tool}
    changed = []
    for tool in tools:
        function = tool["function"]
        schema = change(written.get(function["name"]), function.get("parameters") or {})
        changed.append({**tool, "function": {**function, "parameters": schema}})
    return with_fields(request, tools=changed)
