"""Whether a request is the one that its reply was recorded for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest

import harness
from harness.cassettes import find_drift
from harness.cassettes.unused import unplayed_interactions
from harness.model import Assigned, Interaction, Request
from harness.redaction import Redactor
from harness.wire.replies import render

URL = "https://openrouter.ai/api/v1/chat/completions"
KEY = "sk-or-v1-" + "ef56" * 12
RECORDED = """\
version: 1
interactions:
- request:
    method: POST
    uri: https://openrouter.ai/api/v1/chat/completions
    body: '{"model": "m", "tools": [{"$ref": "#/x"}], "reasoning": {"effort": "high"}}'
    headers: {}
  response: {status: {code: 200, message: OK}, headers: {}, body: {string: '{}'}}
"""
BODY = b'{"reasoning":{"effort":"high"},"model":"m","tools":[{"$ref":"#/x"}]}'

JOB = "https://openrouter.ai/api/v1/videos/job-1"
LOOKS = """\
version: 1
interactions:
""" + "".join(
    f"- request: {{method: GET, uri: '{JOB}', body: '', headers: {{}}}}\n"
    f"  response: {{status: {{code: 200, message: OK}}, headers: {{}}, body: {{string: '{status}'}}}}\n"
    for status in ('{"status":"pending"}', '{"status":"in_progress"}', '{"status":"failed"}')
)
LOOKING = """\
suite: acme/looks
defaults: {request: {headers: {Authorization: "Bearer ${canary.api_key}"}}}
scenarios:
  - id: looks
    rules: [OR-VID-08]
    input: {operation: video, api_key: "${canary.api_key}", prompt: A cat}
    interactions:
      - request: {method: POST}
        reply: {json: {id: job-1, polling_url: /api/v1/videos/job-1, status: pending}}
      - {request: {method: GET}, reply: {cassette: looks.yaml}, repeat: {max: 120}}
    outcome: {error: {class: null}}
"""


@pytest.fixture
def cassettes(tmp_path: Path) -> Path:
    (tmp_path / "chat.yaml").write_text(RECORDED)
    return tmp_path


def assigned(request: Request, *replies: Any, repetition: int = 0) -> Assigned:
    replies = replies or ({"cassette": "chat.yaml"},)
    return Assigned(request, Interaction({}, ("interactions", 0), replies=replies), repetition)


def test_a_request_as_recorded_is_proven(cassettes: Path) -> None:
    """URLs are normalised, bodies compared by value; keys such as `$ref` mean themselves."""
    request = Request("POST", "HTTPS://openrouter.ai:443/api/v1/chat/completions", (), BODY)
    assert find_drift(assigned(request), cassettes) == []


def test_a_body_unlike_the_recorded_one_is_told_by_its_paths(cassettes: Path) -> None:
    """Each difference is a sentence."""
    body = BODY.replace(b'"high"', b'"max"').replace(b'"m"', b'"n"')
    told = find_drift(assigned(Request("POST", URL, (), body)), cassettes)
    assert len(told) == 2
    assert all(sentence.startswith("unlike chat.yaml, interaction 0: body $.") for sentence in told)
    assert any('$.reasoning.effort: expected "high", got "max"' in sentence for sentence in told)


def test_many_differences_are_counted(cassettes: Path) -> None:
    """The first few are told, the rest is a number."""
    body = BODY[:-1] + b"".join(b',"x%d":1' % number for number in range(9)) + b"}"
    told = find_drift(assigned(Request("POST", URL, (), body)), cassettes)
    assert len(told) == 6
    assert told[-1].endswith("body has 4 more differences")


def test_method_and_url_are_compared_with_a_named_interaction(cassettes: Path) -> None:
    """A reply named by number serves any request, and proves only its own."""
    reply = {"cassette": "chat.yaml", "interaction": 0}
    told = find_drift(assigned(Request("PUT", f"{URL}?a=1", (), BODY), reply), cassettes)
    assert [sentence.split(": ", 1)[1].split(" ")[0] for sentence in told] == ["method", "URL"]


def test_a_body_that_is_no_json_is_compared_by_its_bytes(cassettes: Path) -> None:
    """Without paths, the sizes are told."""
    (told,) = find_drift(assigned(Request("POST", URL, (), b"--form")), cassettes)
    assert told.endswith("bytes was recorded, another of 6 bytes is sent")


def test_a_request_that_was_never_recorded_is_unverified(cassettes: Path) -> None:
    """The cassette says nothing about it, and what is nearest in it is told."""
    told = find_drift(assigned(Request("GET", "https://x.example/")), cassettes)
    assert told[0].endswith("chat.yaml has no answer to GET https://x.example/")
    assert told[1] == "none of its requests has this method and path"


@pytest.mark.parametrize("replies", [(), ({"json": {}},)])
def test_a_reply_that_is_written_proves_nothing_and_needs_no_proof(
    cassettes: Path, replies: tuple[Any, ...]
) -> None:
    """Only recordings can be held against a request."""
    one = Assigned(Request("GET", URL), Interaction({}, (), replies=replies))
    assert find_drift(one, cassettes) == []
    assert find_drift(Assigned(Request("GET", URL), None), cassettes) == []


def test_in_a_sequence_the_reply_of_the_repetition_counts(cassettes: Path) -> None:
    """The last one stays."""
    request = Request("POST", URL, (), b"{}")
    replies: Any = ({"json": {}}, {"cassette": "chat.yaml"})
    assert find_drift(assigned(request, *replies, repetition=0), cassettes) == []
    assert find_drift(assigned(request, *replies, repetition=1), cassettes) != []
    assert find_drift(assigned(request, *replies, repetition=5), cassettes) != []


def test_secrets_are_masked(cassettes: Path) -> None:
    """The sentences go into reports."""
    body = BODY.replace(b'"m"', f'"{KEY}"'.encode())
    told = find_drift(assigned(Request("POST", f"{URL}?k={KEY}", (), body)), cassettes)
    assert told
    reply = {"cassette": "chat.yaml", "interaction": 0}
    told += find_drift(
        assigned(Request("POST", f"{URL}?k={KEY}", (), body), reply), cassettes, Redactor({"k": KEY})
    )
    assert not any(KEY in sentence for sentence in told)
    assert any("${canary.k}" in sentence for sentence in told)


def test_repeated_requests_take_what_was_recorded_for_them_in_turn(tmp_path: Path) -> None:
    """As looks at a job do; the last answer stays, and a reply before the last of several is the first."""
    (tmp_path / "looks.yaml").write_text(LOOKS)
    look = Request("GET", JOB)
    reply = {"cassette": "looks.yaml"}
    turns = [assigned(look, reply, repetition=number).turn for number in range(5)]
    said = [render(reply, look, tmp_path, turn=turn).body for turn in turns]
    assert [orjson.loads(body)["status"] for body in said] == ["pending", "in_progress", *["failed"] * 3]
    assert [assigned(look, reply, reply, repetition=number).turn for number in range(4)] == [0, 0, 1, 2]
    assert find_drift(assigned(look, reply, repetition=9), tmp_path) == []


def test_what_repeats_have_played_is_not_unused(tmp_path: Path) -> None:
    """Three looks play all three answers."""
    (tmp_path / "cassettes").mkdir()
    (tmp_path / "cassettes" / "looks.yaml").write_text(LOOKS)
    (tmp_path / "contract.yaml").write_text("contract: acme\nextends: openclaw\nrules: inherit\n")
    (tmp_path / "suite.yaml").write_text(LOOKING)
    cases = list(harness.load(tmp_path / "suite.yaml").cases())
    (verdict,) = harness.run(cases, harness.connect("python:harness_openclaw.reference:implementation"))
    assert (verdict.status, verdict.unverified) == ("passed", ())
    assert unplayed_interactions([verdict]) == {}
