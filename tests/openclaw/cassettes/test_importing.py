"""Recorded chat completions as scenarios of OpenClaw's contract."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from chat_recordings import record_awkward_requests

import harness
from harness.cassettes.importing import import_cassettes, write_suite
from harness.contracts import NotInvertible, named_contract
from harness.matchers import accepts, read_json
from harness.model import Request
from harness_openclaw import hooks
from harness_openclaw.reference import shape

EVIDENCE = Path(os.environ.get("HARNESS_EVIDENCE", Path(__file__).parents[4] / "shared" / "evidence"))
URL = "https://openrouter.ai/api/v1/chat/completions"
USER = {"role": "user", "content": "hi"}
CALL = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": '{"a": 1}'}}
RESULT = {"role": "tool", "tool_call_id": "c1", "content": "done"}
SCHEMA = {"type": "object", "properties": {"a": {"type": "string"}}}


def chat(url: str = URL, /, **body: Any) -> Request:
    stated = {"model": "openai/gpt-4o", "messages": [USER], "stream": True, **body}
    return Request("POST", url, (), json.dumps(stated).encode())


def shaped(request: Request) -> Any:
    """Return the body that the reference client makes of an inverted request; it is what is expected."""
    inverted = hooks.invert(request)
    built = shape({"operation": "chat", "api_key": "k", **inverted.input})
    assert (built.method, built.url) == (inverted.request["method"], inverted.request["url"])
    body = read_json(built.body)
    assert accepts(inverted.request["body"], body)
    return body


def expected_body(request: Request) -> Any:
    return hooks.invert(request).request["body"]


@pytest.mark.parametrize(
    ("body", "given"),
    [
        ({}, {"model": "openrouter/openai/gpt-4o"}),
        ({"model": "openrouter/auto"}, {"model": "openrouter/auto"}),
        ({"model": "a/b:free"}, {"model": "openrouter/a/b:free"}),
        ({"reasoning": {"effort": "high"}}, {"thinking": "high"}),
        (
            {"reasoning": {"effort": "low", "exclude": True}},
            {"thinking": "low", "body": {"reasoning": {"exclude": True}}},
        ),
        ({"reasoning": {"effort": "none"}}, {"thinking": "off", "model_meta": {"reasoning": True}}),
        ({"reasoning": {"max_tokens": 9}}, {"body": {"reasoning": {"max_tokens": 9}}}),
        (
            {"model": "x-ai/grok-4", "reasoning": {"effort": "low"}},
            {"model": "openrouter/x-ai/grok-4", "body": {"reasoning": {"effort": "low"}}},
        ),
        ({"temperature": 0, "max_tokens": 5}, {"options": {"temperature": 0, "max_tokens": 5}}),
        ({"max_completion_tokens": 7}, {"options": {"max_tokens": 7}}),
        ({"provider": {"only": ["a"]}}, {"params": {"provider": {"only": ["a"]}}}),
        ({"parallel_tool_calls": False}, {"params": {"parallel_tool_calls": False}}),
        ({"top_p": 0.5, "usage": {"include": True}}, {"body": {"top_p": 0.5, "usage": {"include": True}}}),
        ({"store": False, "service_tier": "flex"}, {}),
        ({"stream": False, "stream_options": {"include_usage": True}}, {}),
        (
            {
                "tools": [
                    {"type": "function", "function": {"name": "f", "parameters": SCHEMA, "strict": True}}
                ]
            },
            {"tools": [{"name": "f", "parameters": SCHEMA}]},
        ),
        ({"tools": [{"type": "web_search"}]}, {"body": {"tools": [{"type": "web_search"}]}}),
        ({"messages": [{"role": "system", "content": "s"}, USER]}, {"system": "s", "history": [USER]}),
        (
            {"messages": [{"role": "system", "content": [{"type": "text", "text": "s"}]}, USER]},
            {"system": "s", "history": [USER]},
        ),
        (
            {"messages": [USER, {"role": "assistant", "content": "t", "tool_calls": [CALL]}, RESULT]},
            {
                "history": [
                    USER,
                    {
                        "role": "assistant",
                        "content": [
                            {"type": "text", "text": "t"},
                            {"type": "tool_call", "id": "c1", "name": "f", "arguments": {"a": 1}},
                        ],
                    },
                    RESULT,
                ]
            },
        ),
        (
            {
                "messages": [
                    {
                        "role": "user",
                        "content": [
                            {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}},
                            {"type": "image_url", "image_url": {"url": "https://x.example/i.png"}},
                            {"type": "input_audio", "input_audio": {"data": "AA"}},
                        ],
                    }
                ]
            },
            {
                "history": [
                    {
                        "role": "user",
                        "content": [
                            {"type": "image", "mime_type": "image/png", "data": "AAAA"},
                            {"type": "image", "url": "https://x.example/i.png"},
                            {"type": "input_audio", "input_audio": {"data": "AA"}},
                        ],
                    }
                ],
                "model_meta": {"input": ["text", "image"]},
            },
        ),
    ],
)
def test_the_reference_client_makes_the_request_from_the_input(body: Any, given: Any) -> None:
    """Each field comes from the part of the input that is meant for it."""
    assert hooks.invert(chat(**body)).input == {
        "model": "openrouter/openai/gpt-4o",
        "history": [USER],
        **given,
    }
    shaped(chat(**body))


@pytest.mark.parametrize(
    ("url", "base", "model"),
    [
        ("https://proxy.example/v1/chat/completions", "https://proxy.example/v1", "proxy/openai/gpt-4o"),
        ("https://api.openai.com/v1/chat/completions", "https://api.openai.com/v1", "openai/openai/gpt-4o"),
        ("http://127.0.0.1:4000/chat/completions?k=1", "http://127.0.0.1:4000?k=1", "0/openai/gpt-4o"),
        (
            "https://eu.openrouter.ai/api/v1/chat/completions",
            "https://eu.openrouter.ai/api/v1",
            "openrouter/openai/gpt-4o",
        ),
    ],
)
def test_the_base_url_is_the_url_without_the_path(url: str, base: str, model: str) -> None:
    """The provider of the model ref is named after the host."""
    given = hooks.invert(chat(url)).input
    assert (given["base_url"], given["model"]) == (base, model)
    assert shaped(chat(url))["model"] == "openai/gpt-4o"


@pytest.mark.parametrize(
    ("request_", "reason"),
    [
        (
            Request("GET", "https://openrouter.ai/api/v1/models"),
            "GET /api/v1/models is not a chat completion",
        ),
        (Request("POST", URL, (), b"{"), "its body is not JSON"),
        (Request("POST", URL, (), b"[]"), "its body names no model"),
        (chat(messages="hi"), "no list of messages"),
        (chat(model="gpt-4o"), "'gpt-4o', which has no slash"),
        (chat(model="a/b@work"), "no model ref means the model id 'a/b@work'"),
        (chat(reasoning_effort="high"), "never sent (OR-RSN-01)"),
    ],
)
def test_a_request_that_the_contract_never_sends_is_refused_with_the_reason(
    request_: Request, reason: str
) -> None:
    """No input is made up for it."""
    with pytest.raises(NotInvertible) as caught:
        hooks.invert(request_)
    assert reason in str(caught.value)


@pytest.mark.parametrize(
    ("change", "accepted"),
    [
        ({"stream_options": {"include_usage": True}}, False),
        ({"max_tokens": 5}, False),
        ({"temperature": 1.5}, False),
        ({"tool_choice": "auto"}, True),
        ({"tools": []}, False),
        ({"store": True}, True),
    ],
)
def test_the_body_is_expected_as_it_was(change: Any, accepted: bool) -> None:
    """Only what means the same to the provider may differ."""
    tools = [{"type": "function", "function": {"name": "f"}}]
    recorded = chat(tools=tools, temperature=1, store=True)
    body = {"model": "openai/gpt-4o", "messages": [USER], "stream": True, "tools": tools, "temperature": 1}
    assert accepts(expected_body(recorded), body)
    assert accepts(expected_body(recorded), {**body, **change}) is accepted


def test_spellings_that_mean_the_same_are_accepted() -> None:
    """Tool arguments are compared by value; absent content may be written in any way; a message to Claude
    may have a cache marker."""
    calling = {"role": "assistant", "content": "", "tool_calls": [CALL]}
    system = {"role": "system", "content": "s"}
    expected = expected_body(chat(model="anthropic/claude", messages=[system, calling, RESULT]))["messages"]
    compact = {**CALL, "function": {"name": "f", "arguments": '{"a":1}'}}
    marked = [{"type": "text", "text": "s", "cache_control": {"type": "ephemeral"}}]
    other = [{**system, "content": marked}, {"role": "assistant", "tool_calls": [compact]}, RESULT]
    assert accepts(expected, [system, calling, RESULT])
    assert accepts(expected, other)
    assert not accepts(expected, [system, {**calling, "content": "x"}, RESULT])


def test_an_imported_suite_passes_with_the_reference_client(tmp_path: Path) -> None:
    """In each edition of OpenRouter's, with the recordings stored beside it."""
    recordings = record_awkward_requests(tmp_path / "recorded", URL)
    imported = import_cassettes(sorted(recordings.iterdir()), named_contract("openclaw"))
    assert [scenario.id for scenario in imported.scenarios] == ["a-b.0", "a-b.1"]
    suite = tmp_path / "suites" / "mine.yaml"
    suite.parent.mkdir()
    suite.write_text(write_suite(imported, "imported/mine", suite.parent), "utf-8")

    cases = list(harness.load(suite, contract=named_contract("openclaw")).cases("all"))
    assert {case.edition for case in cases} == {"2026-04", "2026-05", "latest"}
    verdicts = list(harness.run(cases, harness.connect(hooks.reference())))
    assert [verdict.status for verdict in verdicts] == ["passed"] * 6


def test_recorded_openrouter_requests_follow_from_their_inputs() -> None:
    """The reference client makes what is expected of all chat requests that OpenRouter accepted, but for a
    few for which the contract wants another body."""
    files = sorted((EVIDENCE / "cassettes").glob("*/openrouter.ai/*.yaml"))
    if not files:
        pytest.skip(f"no recorded traffic in {EVIDENCE} (set HARNESS_EVIDENCE)")
    imported = import_cassettes(files, named_contract("openclaw"))
    assert len(imported.scenarios) == 396
    unlike = []
    for scenario in imported.scenarios:
        inverted = scenario.inverted
        built = shape({"operation": "chat", "api_key": "a-key", **inverted.input})
        if built.url != inverted.request["url"] or not accepts(
            inverted.request["body"], read_json(built.body)
        ):
            unlike.append(scenario.id)
    assert len(unlike) <= 2, unlike
    chat = [
        each for each in imported.skipped if "not a chat" not in each.reason and "answered" not in each.reason
    ]
    assert len(chat) == 24
    assert all("names no model" in each.reason or "has no slash" in each.reason for each in chat)
