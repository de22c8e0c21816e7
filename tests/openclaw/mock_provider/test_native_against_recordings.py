"""ClawRouter's native answers, held against what Anthropic, Google and OpenAI were recorded to say."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from clawrouter_requests import KEY, SCHEMA, gemini, messages, responses, turn, user
from native_recordings import Recorded, objects_in, recordings
from test_against_recordings import NEARLY_ALL, shapes, strange

from harness.model import Reply, Request
from harness_openclaw.mock_provider import Provider, injection_names

_RESPONSES = "OpenAI API reference, Responses, streaming events"
_SUMMARY_EVENT = {
    "$: object": _RESPONSES,
    "$.type: string": _RESPONSES,
    "$.item_id: string": _RESPONSES,
    "$.output_index: integer": _RESPONSES,
    "$.summary_index: integer": _RESPONSES,
    "$.sequence_number: integer": _RESPONSES,
}
_SUMMARY_PART = {
    **_SUMMARY_EVENT,
    "$.part: object": _RESPONSES,
    "$.part.type: string": _RESPONSES,
    "$.part.text: string": _RESPONSES,
}
_SUMMARIES = {
    "summary[]: object": _RESPONSES,
    "summary[].type: string": _RESPONSES,
    "summary[].text: string": _RESPONSES,
}

NEVER_RECORDED: dict[str, dict[str, str]] = {
    "responses response": {
        "$.error: object": "OpenAI API reference, Responses, a response that failed",
        "$.error.code: string": "OpenAI API reference, Responses, a response that failed",
        "$.error.message: string": "OpenAI API reference, Responses, a response that failed",
    },
    "responses response.output_item.done": {f"$.item.{at}": source for at, source in _SUMMARIES.items()},
    "responses response.reasoning_summary_part.added": _SUMMARY_PART,
    "responses response.reasoning_summary_part.done": _SUMMARY_PART,
    "responses response.reasoning_summary_text.delta": {**_SUMMARY_EVENT, "$.delta: string": _RESPONSES},
    "responses response.reasoning_summary_text.done": {**_SUMMARY_EVENT, "$.text: string": _RESPONSES},
    "responses response.failed": {
        "$: object": _RESPONSES,
        "$.type: string": _RESPONSES,
        "$.sequence_number: integer": _RESPONSES,
        "$.response: object": _RESPONSES,
    },
    "responses error": {
        "$.error.code: null": "OpenAI API reference, error codes",
    },
    "responses error event": {
        "$: object": _RESPONSES,
        "$.type: string": _RESPONSES,
        "$.code: string": _RESPONSES,
        "$.message: string": _RESPONSES,
        "$.param: null": _RESPONSES,
        "$.sequence_number: integer": _RESPONSES,
    },
}
"""All that the mock provider says though no recording has it, and where it is documented instead."""

TOLD_OTHERWISE = {
    "test_response_with_mixed_prompt": "a stored prompt, which the mock provider does not have",
    "vllm": "recorded from another server",
    "anthropic_completion_tools_call_with_tool_result_stream": "recorded before ids were compared",
}
"""Recorded requests that were once served and are refused here, by a part of the file's name, and why."""


def kind_of(form: str, value: dict[str, Any]) -> str:
    if value.get("error") and "object" not in value:
        return f"{form} error"
    kind = value.get("type") or value.get("object") or "response"
    return f"{form} {'error event' if kind == 'error' else kind}"


def places(form: str, value: dict[str, Any]) -> Iterator[tuple[str, set[tuple[str, str]]]]:
    """The sorts of objects in a value of an answer, each with what stands where. What an event says of the
    whole response is a response; what stands in schemas and arguments is the client's."""
    found = {pair for pair in shapes(value) if not any(own in pair[0] for own in _OWN)}
    kind = kind_of(form, value)
    if kind.startswith("responses response.") and "response" in value:
        whole = {
            ("$" + at.removeprefix("$.response"), name) for at, name in found if at.startswith("$.response")
        }
        yield "responses response", {pair for pair in whole if pair[0] != "$" or pair[1] == "object"}
        found = {pair for pair in found if not pair[0].startswith("$.response.")}
    yield kind, found


_OWN = (".parameters.", ".input.", ".args.", ".schema.")


@cache
def recorded_places() -> tuple[dict[str, set[tuple[str, str]]], dict[str, Counter[str]], Counter[str]]:
    """By kind: what stands where, in how many objects each place is, and how many objects there are."""
    types: dict[str, set[tuple[str, str]]] = defaultdict(set)
    counted: dict[str, Counter[str]] = defaultdict(Counter)
    objects: Counter[str] = Counter()
    for recorded in recordings():
        for value in objects_in(recorded.answered):
            for kind, found in places(recorded.form, value):
                types[kind] |= found
                counted[kind].update({at for at, _ in found})
                objects[kind] += 1
    return types, counted, objects


def requests() -> Iterator[tuple[str, Request]]:
    """Requests that between them are given every sort of answer that the three have."""
    tool = {"name": "get_weather", "description": "The weather somewhere."}
    thinking = {"type": "enabled", "budget_tokens": 1024}
    reasoning: dict[str, Any] = {
        "reasoning": {"effort": "high", "summary": "auto"},
        "include": ["reasoning.encrypted_content"],
    }
    thoughts = {"thinkingConfig": {"includeThoughts": True, "thinkingBudget": 1024}}
    functions = [{"functionDeclarations": [{**tool, "parametersJsonSchema": SCHEMA}]}]
    called = turn("user", {"text": "get_weather"})
    errors = [name for name in injection_names() if name.startswith("error-")]
    for stream in (False, True):
        tools = [{**tool, "input_schema": SCHEMA}]
        yield "messages", messages(stream=stream)
        yield "messages", messages(stream=stream, max_tokens=3)
        yield "messages", messages(stream=stream, thinking=thinking, tools=tools)
        yield "messages", messages(stream=stream, tools=tools, messages=[user("get_weather")])
        functions_of_openai = [{"type": "function", **tool, "parameters": SCHEMA, "strict": False}]
        yield "responses", responses(stream=stream)
        yield "responses", responses(stream=stream, model="openai/gpt-4o")
        yield "responses", responses(stream=stream, max_output_tokens=16, model="openai/gpt-4o")
        yield "responses", responses(stream=stream, tools=functions_of_openai, **reasoning)
        yield "responses", responses(stream=stream, tools=functions_of_openai, input="get_weather")
        yield "gemini", gemini(stream=stream, generationConfig=thoughts, tools=functions)
        yield "gemini", gemini(stream=stream, generationConfig=thoughts, tools=functions, contents=[called])
        yield "gemini", gemini(stream=stream, generationConfig={"maxOutputTokens": 20})
        yield "gemini", gemini(stream=stream, model="gemini-2.5-flash")
        for name in errors:
            asked = {"X-Simulate": name}
            yield "messages", messages(stream=stream, headers=asked)
            yield "responses", responses(stream=stream, headers=asked)
            yield "gemini", gemini(stream=stream, headers=asked)
    yield "messages", messages(key=None)
    yield "responses", responses(key=None)
    yield "gemini", gemini(key=None)


@cache
def sent() -> tuple[tuple[str, dict[str, Any]], ...]:
    """Every object that the mock provider says, and in which form."""
    provider = Provider()
    return tuple(
        (form, value)
        for form, request in requests()
        for value in objects_in(provider.answer(request).body.decode())
    )


@cache
def sent_places() -> dict[str, set[tuple[str, str]]]:
    found: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for form, value in sent():
        for kind, here in places(form, value):
            found[kind] |= here
    return found


def test_every_key_and_type_it_sends_was_recorded_from_the_real_providers() -> None:
    """Nothing in an answer is made up: it stands at the same place, with the same type, in a recording,
    or is named with its document in the table above."""
    recorded = recorded_places()[0]
    made_up = {kind: strange(found, recorded[kind]) for kind, found in sent_places().items()}
    assert {kind: found for kind, found in made_up.items() if found} == {
        kind: set(table) for kind, table in NEVER_RECORDED.items()
    }


def test_what_nearly_all_recordings_have_is_never_missing() -> None:
    """A client that relies on what the providers always send finds it here too."""
    _, counted, objects = recorded_places()
    missing: dict[str, set[str]] = defaultdict(set)
    for form, value in sent():
        for kind, here in places(form, value):
            usual = {at for at, count in counted[kind].items() if count >= NEARLY_ALL * objects[kind]}
            missing[kind] |= usual - {at for at, _ in here}
    missing = {kind: found - _NOT_ALWAYS for kind, found in missing.items() if found - _NOT_ALWAYS}
    assert missing == {}


_NOT_ALWAYS = {"$.candidates[].content.parts[].text", "$.output[].content", "$.item.status"}
"""What a call has not that most answers have, and reasoning that most items have."""


def again(recorded: Recorded) -> Reply:
    """A recorded request, put to the mock provider."""
    carried = {
        "messages": (("x-api-key", KEY), ("anthropic-version", "2023-06-01")),
        "responses": (("Authorization", f"Bearer {KEY}"),),
        "gemini": (("x-goog-api-key", KEY),),
    }
    provider = Provider(any_model=recorded.status != 404)
    return provider.answer(Request("POST", recorded.url, carried[recorded.form], recorded.asked.encode()))


@pytest.mark.parametrize(("form", "least"), [("messages", 800), ("responses", 350), ("gemini", 450)])
def test_what_the_real_providers_accepted_is_accepted(form: str, least: int) -> None:
    """No request that was once served is refused, and a stream is answered with a stream."""
    accepted = [it for it in recordings() if it.form == form and it.status == 200]
    refused = []
    for recorded in accepted:
        if any(part in recorded.file for part in TOLD_OTHERWISE):
            continue
        reply = again(recorded)
        if reply.status != 200 or recorded.streamed is not reply.body.startswith((b"data:", b"event:")):
            refused.append((recorded.file, reply.status, reply.body[:200]))
    assert len(accepted) > least
    assert refused == []


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("validation_error_carries_identity", "temperature: range: 0..1"),
        ("anthropic_completion_error", "messages.0: Input does not match the expected shape."),
        ("dangling_local_root_ref", "tools.0.custom.input_schema.type: Field required"),
        ("nonexistent_model_error_preserves_status", "model: claude-nonexistent-rig-test"),
        ("responses_model_http_error", "Invalid 'temperature': decimal below minimum value."),
        ("nonexistent_model_streaming_error", "is not found for API version v1beta"),
    ],
)
def test_what_the_real_providers_refused_is_refused_in_the_same_words(name: str, message: str) -> None:
    """A request refused for what it says gets the same status, kind and message."""
    (recorded, *_) = [it for it in recordings() if name in it.file and it.status >= 400]
    reply = again(recorded)
    said, recalled = json.loads(reply.body)["error"], json.loads(recorded.answered)["error"]
    assert message in said["message"]
    assert message in recalled["message"]
    same = {key: said[key] for key in recalled if key not in ("message", "details")}
    assert (reply.status, same) == (
        recorded.status,
        {key: value for key, value in recalled.items() if key not in ("message", "details")},
    )
