"""Recorded requests as scenarios of a contract of data alone, with a client that repeats them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from chat_recordings import KEY, record_awkward_requests

from harness.cassettes.importing import import_cassettes, invert_chat, write_suite
from harness.contracts import NO_CONTRACT, NotInvertible, load_contract
from harness.matchers import accepts
from harness.model import Request

URL = "https://api.acme.example/v1/chat/completions"
USER = {"role": "user", "content": "hi"}
CONTRACT = "contract: acme\neditions: [2026-03, 2026-09]\n"
CLIENT = """\
import json


def repeats(given):
    body = {"model": given["model"], "messages": given["history"], **given.get("body", {})}
    return {
        "method": "POST",
        "url": given["base_url"] + "/chat/completions",
        "headers": {"Authorization": "Bearer " + given["api_key"]},
        "body": json.dumps(body),
    }


def forgets(given):
    request = repeats(given)
    return {**request, "body": {"model": given["model"], "messages": []}}
"""

Command = Callable[..., "subprocess.CompletedProcess[str]"]


def chat(url: str = URL, /, *headers: tuple[str, str], **body: Any) -> Request:
    stated = {"model": "acme/large", "messages": [USER], **body}
    return Request("POST", url, headers, json.dumps(stated).encode())


@pytest.fixture
def recordings(tmp_path: Path) -> Path:
    (tmp_path / ".git").mkdir()
    return record_awkward_requests(tmp_path / "recorded", URL)


@pytest.fixture
def command(tmp_path: Path) -> Command:
    """Run `harness ARGUMENT…` in a folder with the module `client`."""
    (tmp_path / "client.py").write_text(CLIENT, "utf-8")

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        path = os.pathsep.join(filter(None, (str(tmp_path), os.environ.get("PYTHONPATH"))))
        return subprocess.run(
            [sys.executable, "-m", "harness", *arguments],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            encoding="utf-8",
            env={**os.environ, "PYTHONPATH": path},
        )

    return run


# ------------------------------------------------------------------ requests


def test_a_chat_completion_is_given_as_it_was_sent() -> None:
    """The model, the messages, and everything else as fields already in the body."""
    system = {"role": "system", "content": [{"type": "text", "text": "s"}]}
    body = {"messages": [system, USER], "stream": True, "max_tokens": 5, "tools": [{"type": "search"}]}
    inverted = invert_chat(chat(**body))
    assert inverted.input == {
        "model": "acme/large",
        "base_url": "https://api.acme.example/v1",
        "history": [system, USER],
        "body": {"stream": True, "max_tokens": 5, "tools": [{"type": "search"}]},
    }
    assert inverted.editions == ()


def test_exactly_the_recorded_request_is_expected() -> None:
    """Nothing may be added, left out or written differently, and `$` in it is text."""
    sent = {"model": "acme/large", "messages": [USER], "schema": {"$any": "object"}}
    expected = invert_chat(chat("HTTPS://API.acme.example:443/v1/chat/completions", **sent)).request
    assert (expected["method"], expected["url"]) == ("POST", URL)
    assert accepts(expected["body"], sent)
    assert not accepts(expected["body"], {**sent, "stream": False})
    assert not accepts(expected["body"], {**sent, "schema": {}})


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ((), {"Authorization": {"$optional": "Bearer ${canary.api_key}"}}),
        ((("api-key", "x"), ("accept", "*/*")), {"api-key": {"$optional": "${canary.api_key}"}}),
        ((("authorization", "Token x"),), {"authorization": {"$optional": "Token ${canary.api_key}"}}),
    ],
)
def test_the_key_may_be_where_the_recording_had_one(headers: Any, expected: Any) -> None:
    """It is in Authorization where the recording has no key at all."""
    assert invert_chat(chat(URL, *headers)).headers == expected


@pytest.mark.parametrize(
    ("request_", "reason"),
    [
        (Request("GET", "https://api.acme.example/models"), "GET /models is not a chat completion"),
        (Request("POST", URL, (), b"{"), "its body is not JSON"),
        (Request("POST", URL, (), b'{"a":1,"a":2}'), 'its body has the key "a" twice'),
        (Request("POST", URL, (), b"[]"), "its body names no model"),
        (chat(messages="hi"), "its body has no list of messages"),
    ],
)
def test_other_requests_are_refused_with_the_reason(request_: Request, reason: str) -> None:
    """No input is made up for them."""
    with pytest.raises(NotInvertible) as caught:
        invert_chat(request_)
    assert reason in str(caught.value)


# ------------------------------------------------------------------ cassettes and suites


def test_each_distinct_request_that_was_accepted_is_imported(recordings: Path) -> None:
    """What is left out has a reason; what was recorded before is counted."""
    imported = import_cassettes(sorted(recordings.iterdir()))
    assert [scenario.id for scenario in imported.scenarios] == ["a-b.0", "a-b.1"]
    assert imported.repeated == 2
    reasons = sorted(str(skipped).partition("recorded/")[2] for skipped in imported.skipped)
    assert reasons[0] == "a b.yaml, interaction 3: it was answered with 429; import it with --errors"
    assert reasons[1].startswith("broken.yaml: this is not a cassette")
    assert reasons[2] == "other.yaml, interaction 1: POST /v1/embeddings is not a chat completion"


def test_requests_that_were_refused_are_imported_if_asked(recordings: Path) -> None:
    """Each is answered with its error again."""
    imported = import_cassettes([recordings / "a b.yaml"], errors=True)
    assert imported.skipped == ()


@pytest.mark.parametrize(
    ("place", "contract", "named"),
    [
        ("cassettes/deep", "", "deep/other.yaml"),
        ("cassettes/acme/deep", CONTRACT, "deep/other.yaml"),
        ("cassettes/rival/deep", CONTRACT, "rival/deep/other.yaml"),
    ],
)
def test_recordings_that_the_suite_finds_stay_where_they_are(
    place: str, contract: str, named: str, recordings: Path, tmp_path: Path
) -> None:
    """They are named as a suite of that contract looks them up."""
    inside = tmp_path / place
    inside.mkdir(parents=True)
    (recordings / "other.yaml").rename(inside / "other.yaml")
    (tmp_path / "contract.yaml").write_text(contract or "contract: none", "utf-8")
    chosen = load_contract(tmp_path / "contract.yaml") if contract else NO_CONTRACT
    imported = import_cassettes([inside / "other.yaml"], chosen)
    assert f"cassette: {named}\n" in write_suite(imported, "imported/x", tmp_path / "suites")
    assert not (tmp_path / "suites").exists()


def test_recordings_of_another_contract_are_stored(
    recordings: Path, tmp_path: Path, command: Command
) -> None:
    """A suite looks into its own contract's subfolder only, so that is where they go."""
    (tmp_path / "contract.yaml").write_text(CONTRACT, "utf-8")
    (tmp_path / "cassettes" / "acme").mkdir(parents=True)
    (recordings).rename(tmp_path / "cassettes" / "rival")
    done = command("cassettes", "import", "cassettes/rival", "-o", "mine.yaml", "--suite", "acme")
    assert done.returncode == 0, done.stderr
    assert [file.name for file in (tmp_path / "cassettes" / "acme").rglob("*.yaml")] == ["a-b.yaml"]
    done = command("run", "mine.yaml", "-i", "python:client:repeats", "--edition", "all")
    assert "4 passed" in done.stdout, done.stdout + done.stderr


def test_recordings_are_stored_where_the_suite_finds_them_whatever_its_name(
    recordings: Path, tmp_path: Path, command: Command
) -> None:
    """Also if the suite has the name of its contract."""
    (tmp_path / "contract.yaml").write_text(CONTRACT, "utf-8")
    done = command("cassettes", "import", "recorded", "-o", "mine.yaml", "--suite", "acme")
    assert done.returncode == 0, done.stderr
    done = command("run", "mine.yaml", "-i", "python:client:repeats")
    assert "2 passed" in done.stdout, done.stdout + done.stderr


# ------------------------------------------------------------------ the command


def test_an_imported_suite_passes_with_a_client_that_repeats_the_requests(
    recordings: Path, tmp_path: Path, command: Command
) -> None:
    """In every edition, and without any secret; a client that leaves something out fails."""
    (tmp_path / "contract.yaml").write_text(CONTRACT, "utf-8")
    done = command("cassettes", "import", "recorded", "-o", "suites/mine.yaml")
    assert done.returncode == 0, done.stderr
    assert "suites/mine.yaml: 2 scenarios from 3 cassettes; 3 not imported, 2 recorded before" in done.stderr
    assert "not imported: recorded/other.yaml, interaction 1: POST /v1/embeddings is not" in done.stderr
    assert "--contract" not in done.stderr
    suite = tmp_path / "suites" / "mine.yaml"
    assert yaml.safe_load(suite.read_text())["about"].endswith("for the contract acme.")
    stored = list((tmp_path / "suites" / "cassettes").rglob("*.yaml"))
    assert [file.name for file in stored] == ["a-b.yaml"]
    assert all(KEY not in file.read_text() for file in (suite, *stored))

    done = command("run", "suites/mine.yaml", "-i", "python:client:repeats", "--edition", "all")
    assert (done.returncode, "4 passed" in done.stdout) == (0, True), done.stdout + done.stderr
    done = command("run", "suites/mine.yaml", "imported/mine/a-b.1", "-i", "python:client:forgets")
    assert (done.returncode, "1 failed" in done.stdout) == (1, True), done.stdout + done.stderr


def test_a_suite_outside_any_contract_is_run_with_the_contract_that_it_was_imported_for(
    recordings: Path, tmp_path: Path, command: Command
) -> None:
    """The command says how, and it works."""
    (tmp_path / "acme").mkdir()
    (tmp_path / "acme" / "contract.yaml").write_text(CONTRACT, "utf-8")
    done = command("cassettes", "import", "recorded", "-o", "out/mine.yaml", "--contract", "acme")
    assert done.returncode == 0, done.stderr
    advice = done.stderr.splitlines()[-1]
    assert advice.endswith("run it with: harness run out/mine.yaml --contract acme")
    arguments = advice.partition("run it with: harness ")[2].split()
    done = command(*arguments, "-i", "python:client:repeats", "--edition", "2026-03")
    assert (done.returncode, "2 passed" in done.stdout) == (0, True), done.stdout + done.stderr


def test_a_suite_is_not_imported_for_another_contract_than_its_folder(
    recordings: Path, tmp_path: Path, command: Command
) -> None:
    """It could not be run: nothing is written."""
    (tmp_path / "contract.yaml").write_text(CONTRACT, "utf-8")
    (tmp_path / "rival").mkdir()
    (tmp_path / "rival" / "contract.yaml").write_text("contract: rival\n", "utf-8")
    done = command("cassettes", "import", "recorded", "-o", "mine.yaml", "--contract", "rival")
    assert done.returncode == 4
    assert "mine.yaml belongs to the contract acme, not to rival" in done.stderr
    assert not (tmp_path / "mine.yaml").exists()


def test_import_without_a_file_prints_the_suite(recordings: Path, tmp_path: Path, command: Command) -> None:
    """And writes nothing."""
    before = sorted(tmp_path.rglob("*"))
    done = command("cassettes", "import", "recorded/a b.yaml", "--errors")
    assert done.returncode == 0
    assert yaml.safe_load(done.stdout)["suite"] == "imported/a-b"
    assert KEY not in done.stdout + done.stderr
    assert sorted(tmp_path.rglob("*")) == before
    assert command("cassettes", "import", "recorded/broken.yaml").returncode == 5


def test_a_suite_that_cannot_be_written_is_reported(
    recordings: Path, tmp_path: Path, command: Command
) -> None:
    """A file stands where its folder should be."""
    (tmp_path / "suites").write_text("", "utf-8")
    done = command("cassettes", "import", "recorded", "-o", "suites/mine.yaml")
    assert done.returncode == 4
    assert "cannot write" in done.stderr
