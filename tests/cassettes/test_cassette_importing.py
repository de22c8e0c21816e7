"""Recorded requests made into scenarios: the input guessed back, and what the provider accepted."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

import harness
from harness.cassettes.importing import import_cassettes, write_suite
from harness.matchers import accepts, read_json
from harness.model import Request
from harness_openclaw.importing import NotInvertible, expect, invert
from harness_openclaw.reference import shape

URL = "https://openrouter.ai/api/v1/chat/completions"
USER = {"role": "user", "content": "hi"}
CALL = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": '{"a": 1}'}}
RESULT = {"role": "tool", "tool_call_id": "c1", "content": "done"}
SCHEMA = {"type": "object", "properties": {"a": {"type": "string"}}}
KEY = "sk-or-v1-" + "7b" * 24


def chat(url: str = URL, /, **body: Any) -> Request:
    stated = {"model": "openai/gpt-4o", "messages": [USER], "stream": True, **body}
    return Request("POST", url, (), json.dumps(stated).encode())


def shaped(request: Request) -> Any:
    """The body that the reference builds of the input guessed from a request; it is what is expected."""
    built = shape({"operation": "chat", "api_key": "k", **invert(request)})
    expected = expect(request)
    assert built.url == expected["url"]
    body = read_json(built.body)
    assert accepts(expected["body"], body)
    return body


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
def test_an_input_is_guessed_of_which_the_request_follows(body: Any, given: Any) -> None:
    """Field by field, and the reference builds what is expected of it."""
    guessed = invert(chat(**body))
    assert guessed == {"model": "openrouter/openai/gpt-4o", "history": [USER], **given}
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
def test_the_base_url_is_what_the_path_was_put_below(url: str, base: str, model: str) -> None:
    """With a ref of the provider that the host names."""
    guessed = invert(chat(url))
    assert (guessed["base_url"], guessed["model"]) == (base, model)
    assert shaped(chat(url))["model"] == "openai/gpt-4o"


@pytest.mark.parametrize(
    ("request_", "reason"),
    [
        (Request("GET", "https://openrouter.ai/api/v1/models"), "GET /api/v1/models is no chat completion"),
        (Request("POST", URL, (), b"{"), "its body is no JSON"),
        (Request("POST", URL, (), b"[]"), "its body names no model"),
        (chat(messages="hi"), "no list of messages"),
        (chat(model="gpt-4o"), "has no slash"),
        (chat(model="a/b@work"), "no model ref stands for"),
        (chat(reasoning_effort="high"), "never sent (OR-RSN-01)"),
    ],
)
def test_a_request_that_follows_of_no_input_is_told_why(request_: Request, reason: str) -> None:
    """None is bent into shape."""
    with pytest.raises(NotInvertible) as caught:
        invert(request_)
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
    """Exactly, but for what says the same to the provider."""
    tools = [{"type": "function", "function": {"name": "f"}}]
    recorded = chat(tools=tools, temperature=1, store=True)
    body = {"model": "openai/gpt-4o", "messages": [USER], "stream": True, "tools": tools, "temperature": 1}
    assert accepts(expect(recorded)["body"], body)
    assert accepts(expect(recorded)["body"], {**body, **change}) is accepted


def test_spellings_that_say_the_same_are_expected_alike() -> None:
    """Tool arguments by value, no content in any way, cache markers of Claude or none."""
    calling = {"role": "assistant", "content": "", "tool_calls": [CALL]}
    system = {"role": "system", "content": "s"}
    expected = expect(chat(model="anthropic/claude", messages=[system, calling, RESULT]))["body"]["messages"]
    compact = {**CALL, "function": {"name": "f", "arguments": '{"a":1}'}}
    marked = [{"type": "text", "text": "s", "cache_control": {"type": "ephemeral"}}]
    other = [{**system, "content": marked}, {"role": "assistant", "tool_calls": [compact]}, RESULT]
    assert accepts(expected, [system, calling, RESULT])
    assert accepts(expected, other)
    assert not accepts(expected, [system, {**calling, "content": "x"}, RESULT])


# ------------------------------------------------------------------ suites


def exchange(body: Any, status: int = 200, uri: str = URL) -> Any:
    return {
        "request": {
            "method": "POST",
            "uri": uri,
            "body": json.dumps(body),
            "headers": {"authorization": [f"Bearer {KEY}"]},
        },
        "response": {"status": {"code": status, "message": ""}, "headers": {}, "body": {"string": "{}"}},
    }


@pytest.fixture
def recordings(tmp_path: Path) -> Path:
    """A folder with two cassettes of awkward requests."""
    tricky = {
        "model": "openai/gpt-4o",
        "messages": [{"role": "user", "content": "${each.x} $${y}\n: no 012 \u2028 'q' \"d\" 🙂"}],
        "metadata": {"$ref": "x", "012": "1e5", "no": "0x10", "a": "True", "b": ".5", "c": "~", "d": ""},
        "response_format": {"schema": {"$one_of": [1]}},
    }
    plain = {"model": "openai/gpt-4o", "messages": [{"role": "user", "content": f"my key is {KEY}"}]}
    folder = tmp_path / "recorded"
    folder.mkdir()
    for name, exchanges in {
        "a b.yaml": [exchange(tricky), exchange(plain), exchange(plain), exchange(plain, 429)],
        "other.yaml": [
            exchange(tricky),
            exchange({"input": "x"}, uri="https://openrouter.ai/api/v1/embeddings"),
        ],
    }.items():
        (folder / name).write_text(yaml.safe_dump({"version": 1, "interactions": exchanges}))
    (folder / "broken.yaml").write_text("a: [")
    return folder


def test_a_suite_of_them_loads_and_passes(recordings: Path, tmp_path: Path) -> None:
    """Whatever their texts look like; each distinct request once, answered by its recording, scrubbed."""
    imported = import_cassettes(sorted(recordings.iterdir()))
    assert [scenario.id for scenario in imported.scenarios] == ["a-b.0", "a-b.1"]
    assert imported.repeated == 2
    reasons = sorted(str(skipped).partition("recorded/")[2] for skipped in imported.skipped)
    assert reasons[0] == (
        "a b.yaml, interaction 3: it was answered with 429; --errors imports it all the same"
    )
    assert reasons[1].startswith("broken.yaml: this is no cassette")
    assert reasons[2] == "other.yaml, interaction 1: POST /api/v1/embeddings is no chat completion"
    (tmp_path / "contract.yaml").write_text("contract: acme\nextends: openclaw\n", "utf-8")
    suite = tmp_path / "suites" / "mine.yaml"
    suite.parent.mkdir()
    suite.write_text(write_suite(imported, "imported/mine", suite.parent), "utf-8")
    verdicts = list(
        harness.run(
            harness.load(suite).cases("all"),
            harness.connect("python:harness_openclaw.reference:implementation"),
        )
    )
    assert {verdict.status for verdict in verdicts} == {"passed"}
    assert len(verdicts) == 6
    stored = list((suite.parent / "cassettes").rglob("*.yaml"))
    assert [file.relative_to(suite.parent).as_posix() for file in stored] == [
        "cassettes/imported-mine/a-b.yaml"
    ]
    assert all(KEY not in file.read_text() for file in (suite, *stored))


def test_a_request_that_was_refused_is_imported_if_asked(recordings: Path) -> None:
    """With its refusal."""
    imported = import_cassettes([recordings / "a b.yaml"], errors=True)
    assert [skipped.number for skipped in imported.skipped] == []


def test_recordings_that_the_suite_finds_stay_where_they_are(recordings: Path, tmp_path: Path) -> None:
    """Those in a `cassettes` folder beside or above it."""
    inside = tmp_path / "cassettes" / "deep"
    inside.mkdir(parents=True)
    (recordings / "other.yaml").rename(inside / "other.yaml")
    text = write_suite(import_cassettes([inside / "other.yaml"]), "imported/x", tmp_path / "suites")
    assert "cassette: deep/other.yaml" in text
    assert not (tmp_path / "suites").exists()


# ------------------------------------------------------------------ commands


def cassettes(*arguments: Any, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "harness", "cassettes", *map(str, arguments)],
        cwd=cwd,
        capture_output=True,
        text=True,
        encoding="utf-8",
    )


def test_import_writes_a_suite_that_runs(recordings: Path, tmp_path: Path) -> None:
    """And tells what it could not import, with the reason."""
    (tmp_path / "contract.yaml").write_text("contract: acme\nextends: openclaw\n", "utf-8")
    done = cassettes("import", "recorded", "-o", "suites/mine.yaml", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "suites/mine.yaml: 2 scenarios from 3 cassettes; 3 not imported, 2 recorded before" in done.stderr
    assert "not imported: recorded/other.yaml, interaction 1: POST /api/v1/embeddings is no" in done.stderr
    assert len(list(harness.load(tmp_path / "suites" / "mine.yaml"))) == 2


def test_import_without_a_file_prints_the_suite(recordings: Path, tmp_path: Path) -> None:
    """And writes nothing."""
    before = sorted(tmp_path.rglob("*"))
    done = cassettes("import", "recorded/a b.yaml", "--errors", cwd=tmp_path)
    assert done.returncode == 0
    assert yaml.safe_load(done.stdout)["suite"] == "imported/a-b"
    assert KEY not in done.stdout + done.stderr
    assert sorted(tmp_path.rglob("*")) == before
    assert cassettes("import", "recorded/broken.yaml", cwd=tmp_path).returncode == 5


def test_show_tells_what_is_inside(recordings: Path, tmp_path: Path) -> None:
    """A line for each interaction, what was put right, and what cannot be read."""
    text = (recordings / "a b.yaml").read_text().replace("method: POST", "method: post", 1)
    (recordings / "a b.yaml").write_text(text)
    done = cassettes("show", "recorded", cwd=tmp_path)
    assert done.returncode == 4
    assert "recorded/a b.yaml: 4 interactions" in done.stdout
    assert f"  0  POST    200     openai/gpt-4o  -           2       1  {URL}" in done.stdout
    assert "put right: recorded/a b.yaml:" in done.stdout
    assert "recorded/broken.yaml:" in done.stderr
    assert KEY not in done.stdout + done.stderr


def test_show_prints_one_interaction_without_its_secrets(recordings: Path, tmp_path: Path) -> None:
    """The request and its answer, JSON laid out, placeholders where secrets were."""
    done = cassettes("show", "recorded/a b.yaml", "--interaction", "1", cwd=tmp_path)
    assert done.returncode == 0
    assert done.stdout.startswith(f"POST {URL}\nauthorization: Bearer ")
    assert '\n  "model": "openai/gpt-4o",\n' in done.stdout
    assert "\n200\n" in done.stdout
    assert KEY not in done.stdout
    missing = cassettes("show", "recorded/a b.yaml", "--interaction", "9", cwd=tmp_path)
    assert missing.returncode == 4
    assert "has no interaction 9" in missing.stderr
