"""Unused recordings: files and interactions that no reply names, and what a run did not play."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import harness
from harness.cassettes.unused import unplayed_interactions, unused_files, unused_interactions
from harness.model import Case

INTERACTION = """\
- request: {method: POST, uri: 'https://api.acme.example/v1/chat/completions', body: '{BODY}', headers: {}}
  response: {status: {code: 200, message: OK}, headers: {}, body: {string: '{}'}}
"""
SUITE = """\
suite: acme/chat
defaults:
  input: {model: acme/one, api_key: "${canary.api_key}", history: [{role: user, content: hi}]}
scenarios:
  - id: by-number
    interactions: [{request: {method: POST}, reply: {cassette: numbered.yaml, interaction: 1}}]
  - id: by-request
    interactions: [{request: {method: POST}, reply: {cassette: asked.yaml}}]
"""
SENT = '{"model": "one", "messages": [{"role": "user", "content": "hi"}]}'

JOB = "https://api.acme.example/v1/videos/job-1"
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
    rules: [AC-VID-08]
    input: {operation: video, api_key: "${canary.api_key}", prompt: A cat}
    interactions:
      - request: {method: POST}
        reply: {json: {id: job-1, polling_url: /v1/videos/job-1, status: pending}}
      - {request: {method: GET}, reply: {cassette: polls.yaml}, repeat: {max: 120}}
    outcome: {error: {class: null}}
"""


POLLER = """\
import json


def poll(given):
    def asked(method, path):
        url = "https://api.acme.example" + path
        return {"method": method, "url": url, "headers": {"Authorization": "Bearer " + given["api_key"]}}

    job = json.loads((yield asked("POST", "/v1/videos")).body)
    path = job["polling_url"]
    while job["status"] not in ("completed", "failed"):
        yield {"sleep_ms": 5000}
        job = json.loads((yield asked("GET", path)).body)
    return {"error": {"class": None, "message": job["status"]}}


poll.harness = {"operations": ["video"], "features": ["replies", "outcome", "clock"]}
"""


@pytest.fixture
def cases(acme_installed: Path) -> Callable[[], list[Case]]:
    """The cases of a suite with two cassettes, beside which there is a third."""
    folder = acme_installed / "cassettes"
    folder.mkdir()
    bodies = {"numbered": ["{}", "{}", "{}"], "asked": ['{"a": 1}', SENT], "unnamed": ["{}"]}
    for name, each in bodies.items():
        recorded = "".join(INTERACTION.replace("{BODY}", body) for body in each)
        (folder / f"{name}.yaml").write_text(f"version: 1\ninteractions:\n{recorded}")
    (acme_installed / "suite.yaml").write_text(SUITE)
    return lambda: list(harness.load(acme_installed / "suite.yaml").cases())


def test_a_file_that_no_reply_names_is_unused(cases: Callable[[], list[Case]], tmp_path: Path) -> None:
    """Whatever it holds."""
    assert unused_files(cases(), [tmp_path / "cassettes"]) == [tmp_path / "cassettes" / "unnamed.yaml"]


def test_numbers_that_no_reply_names_are_found(cases: Callable[[], list[Case]], tmp_path: Path) -> None:
    """Only where all replies give numbers: a reply by request may need any."""
    assert unused_interactions(cases()) == {tmp_path / "cassettes" / "numbered.yaml": (0, 2)}


def test_a_run_shows_what_it_did_not_play(cases: Callable[[], list[Case]], tmp_path: Path) -> None:
    """By number or by request."""
    verdicts = list(harness.run(cases(), harness.connect("python:acme_contract:shape")))
    folder = tmp_path / "cassettes"
    assert unplayed_interactions(verdicts) == {folder / "numbered.yaml": (0, 2), folder / "asked.yaml": (0,)}


def test_what_polling_has_played_is_used(
    tmp_path: Path, with_acme: Callable[[Path], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three requests for a job play all three answers."""
    with_acme(tmp_path)
    (tmp_path / "poller.py").write_text(POLLER)
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "cassettes").mkdir()
    (tmp_path / "cassettes" / "polls.yaml").write_text(POLLS)
    (tmp_path / "suite.yaml").write_text(POLLING)
    cases = list(harness.load(tmp_path / "suite.yaml").cases())
    (verdict,) = harness.run(cases, harness.connect("python:poller:poll"))
    assert (verdict.status, verdict.unverified) == ("passed", ())
    assert unplayed_interactions([verdict]) == {}
