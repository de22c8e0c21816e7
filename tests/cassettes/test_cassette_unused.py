"""Unused recordings: files and interactions that no reply names, and what a run did not play."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import harness
from harness.cassettes.unused import unplayed_interactions, unused_files, unused_interactions
from harness.model import Case

INTERACTION = """\
- request: {method: POST, uri: 'https://openrouter.ai/api/v1/chat/completions', body: '{BODY}', headers: {}}
  response: {status: {code: 200, message: OK}, headers: {}, body: {string: '{}'}}
"""
SUITE = """\
suite: acme/chat
defaults:
  input: {model: openrouter/acme/one, api_key: "${canary.api_key}", history: [{role: user, content: hi}]}
scenarios:
  - id: by-number
    interactions: [{request: {method: POST}, reply: {cassette: numbered.yaml, interaction: 1}}]
  - id: by-request
    interactions: [{request: {method: POST}, reply: {cassette: asked.yaml}}]
"""
SENT = '{"model": "acme/one", "messages": [{"role": "user", "content": "hi"}], "stream": true}'

JOB = "https://openrouter.ai/api/v1/videos/job-1"
POLLS = """\
version: 1
interactions:
""" + "".join(
    f"- request: {{method: GET, uri: '{JOB}', body: '', headers: {{}}}}\n"
    f"  response: {{status: {{code: 200, message: OK}}, headers: {{}}, body: {{string: '{status}'}}}}\n"
    for status in ('{"status":"pending"}', '{"status":"in_progress"}', '{"status":"failed"}')
)
POLLING = """\
suite: acme/polls
defaults: {request: {headers: {Authorization: "Bearer ${canary.api_key}"}}}
scenarios:
  - id: polls
    rules: [OR-VID-08]
    input: {operation: video, api_key: "${canary.api_key}", prompt: A cat}
    interactions:
      - request: {method: POST}
        reply: {json: {id: job-1, polling_url: /api/v1/videos/job-1, status: pending}}
      - {request: {method: GET}, reply: {cassette: polls.yaml}, repeat: {max: 120}}
    outcome: {error: {class: null}}
"""


@pytest.fixture
def cases(tmp_path: Path) -> Callable[[], list[Case]]:
    """The cases of a suite with two cassettes, beside which there is a third."""
    folder = tmp_path / "cassettes"
    folder.mkdir()
    bodies = {"numbered": ["{}", "{}", "{}"], "asked": ['{"a": 1}', SENT], "unnamed": ["{}"]}
    for name, each in bodies.items():
        recorded = "".join(INTERACTION.replace("{BODY}", body) for body in each)
        (folder / f"{name}.yaml").write_text(f"version: 1\ninteractions:\n{recorded}")
    (tmp_path / "contract.yaml").write_text("contract: acme\nextends: openclaw\nrules: inherit\n")
    (tmp_path / "suite.yaml").write_text(SUITE)
    return lambda: list(harness.load(tmp_path / "suite.yaml").cases())


def test_a_file_that_no_reply_names_is_unused(cases: Callable[[], list[Case]], tmp_path: Path) -> None:
    """Whatever it holds."""
    assert unused_files(cases(), [tmp_path / "cassettes"]) == [tmp_path / "cassettes" / "unnamed.yaml"]


def test_numbers_that_no_reply_names_are_found(cases: Callable[[], list[Case]], tmp_path: Path) -> None:
    """Only where all replies give numbers: a reply by request may need any."""
    assert unused_interactions(cases()) == {tmp_path / "cassettes" / "numbered.yaml": (0, 2)}


def test_a_run_shows_what_it_did_not_play(cases: Callable[[], list[Case]], tmp_path: Path) -> None:
    """By number or by request."""
    verdicts = list(harness.run(cases(), harness.connect("python:harness_openclaw.reference:implementation")))
    folder = tmp_path / "cassettes"
    assert unplayed_interactions(verdicts) == {folder / "numbered.yaml": (0, 2), folder / "asked.yaml": (0,)}


def test_what_polling_has_played_is_used(tmp_path: Path) -> None:
    """Three requests for a job play all three answers."""
    (tmp_path / "cassettes").mkdir()
    (tmp_path / "cassettes" / "polls.yaml").write_text(POLLS)
    (tmp_path / "contract.yaml").write_text("contract: acme\nextends: openclaw\nrules: inherit\n")
    (tmp_path / "suite.yaml").write_text(POLLING)
    cases = list(harness.load(tmp_path / "suite.yaml").cases())
    (verdict,) = harness.run(cases, harness.connect("python:harness_openclaw.reference:implementation"))
    assert (verdict.status, verdict.unverified) == ("passed", ())
    assert unplayed_interactions([verdict]) == {}
