"""Recording for a contract of data alone: `harness record` as a child process, from loopback providers."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from harness.model import Reply, Request
from harness.wire.server import CaptureServer, Listener

KEY = "acme-key-" + "7d3f" * 8
OTHER_KEY = "sk-or-v1-" + "a1b2c3d4" * 8
CONTRACT = """\
contract: acme
about: Acme's gateway.
base_url: https://api.acme.example/v1
hosts:
  api.acme.example: {key: ACME_API_KEY}
"""
SUITE = """\
suite: acme/chat
about: Talks with Acme.
defaults:
  input: {api_key: "${canary.api_key}", model: acme/large}
scenarios:
  - id: hello
    about: A question and its answer.
    for_each: [{id: one}, {id: two}]
    input: {history: [{role: user, content: "Hello ${each.id}"}]}
    interactions:
      - request:
          method: POST
          url: https://api.acme.example/v1/chat/completions
          headers: {Authorization: "Bearer ${canary.api_key}"}
        reply: {cassette: "${each.id}.yaml"}
"""
CLIENT = """\
def send(given):
    if given["history"][0]["content"] == "Hello declined":
        return {"unsupported": "no such talk"}
    base = given.get("base_url") or "https://api.acme.example/v1"
    return {
        "method": "POST",
        "url": base + "/chat/completions",
        "headers": {"Authorization": "Bearer " + given["api_key"], "Content-Type": "application/json"},
        "body": {"model": "acme-large-2026", "messages": given["history"], "max_tokens": 32},
    }


def broken(given):
    raise RuntimeError("no request today")
"""
ANSWER = {
    "id": "acme-1",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "Hi."}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 5, "completion_tokens": 2},
}


def answer(request: Request) -> Reply:
    return Reply(200, (("content-type", "application/json"),), (json.dumps(ANSWER).encode(),))


@dataclass
class Project:
    """A folder with a contract, a suite and a client, and two providers: Acme, and a stranger."""

    folder: Path
    acme: Listener
    stranger: Listener

    def record(self, *more: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run `harness record` with Acme's host, and many others, leading to the two providers."""
        given = ("suite.yaml", "-i", "python:client:send", "--yes", "--source", "simulated")
        return self.run("record", *given, *self.routes, *more, **environment)

    @property
    def routes(self) -> tuple[str, ...]:
        ca_file = str(self.acme.authority.ca_file)
        acme, stranger = self.url(self.acme), self.url(self.stranger)
        to_stranger = ("api.bolt.example", "api.openai.com", "api.anthropic.com")
        routes = [f"api.acme.example={acme}", *(f"{host}={stranger}" for host in to_stranger)]
        return (*(part for route in routes for part in ("--upstream", route)), "--upstream-ca", ca_file)

    def url(self, listener: Listener) -> str:
        return f"https://127.0.0.1:{listener.port}"

    def run(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        kept = {name: value for name, value in os.environ.items() if name != "CI"}
        keys = {
            "ACME_API_KEY": KEY,
            "BOLT_API_KEY": OTHER_KEY,
            "OPENAI_API_KEY": OTHER_KEY,
            "ANTHROPIC_API_KEY": OTHER_KEY,
        }
        return subprocess.run(
            [sys.executable, "-m", "harness", *arguments],
            cwd=self.folder,
            env=kept | keys | environment,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
        )

    @property
    def cassettes(self) -> list[str]:
        return sorted(file.name for file in (self.folder / "cassettes").glob("*.yaml"))


@pytest.fixture
def project(tmp_path: Path, server: CaptureServer) -> Iterator[Project]:
    folder = tmp_path / "project"
    (folder / "cassettes").mkdir(parents=True)
    (folder / "pyproject.toml").write_text("", "utf-8")
    (folder / "contract.yaml").write_text(CONTRACT, "utf-8")
    (folder / "suite.yaml").write_text(SUITE, "utf-8")
    (folder / "client.py").write_text(CLIENT, "utf-8")
    with server.listen(answer) as acme, server.listen(answer) as stranger:
        yield Project(folder, acme, stranger)


def bearers(listener: Listener) -> list[str | None]:
    return [dict(request.headers).get("Authorization") for request in listener.requests]


def test_exactly_the_planned_calls_arrive_with_the_contract_s_key(project: Project) -> None:
    """No look-up, no trial call, and nothing at any other host, whatever keys are in the environment."""
    done = project.record("--allow-unpriced")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "plan: 2 calls to api.acme.example, price unknown" in done.stdout
    assert [request.method for request in project.acme.requests] == ["POST", "POST"]
    assert bearers(project.acme) == [f"Bearer {KEY}"] * 2
    assert project.stranger.requests == ()
    assert project.cassettes == ["one.yaml", "two.yaml"]
    assert project.run("run", "suite.yaml", "-i", "python:client:send").returncode == 0


def test_no_key_is_in_what_is_shown_or_written(project: Project) -> None:
    """Messages, cassettes, the ledger and what is remembered for --resume."""
    done = project.record("--allow-unpriced", "--ledger", "ledger.json")
    texts = [done.stdout, done.stderr]
    written = [file for file in project.folder.rglob("*") if file.suffix in (".yaml", ".json")]
    assert project.folder / "ledger.json" in written
    texts += [file.read_text("utf-8") for file in written]
    assert all(KEY not in text for text in texts)


@pytest.mark.parametrize(
    ("hosts", "environment"),
    [("{api.acme.example: {key: ACME_API_KEY}}", {"ACME_API_KEY": ""}), ("{api.acme.example: {}}", {})],
)
def test_a_host_without_a_key_is_called_without_one(
    project: Project, hosts: str, environment: dict[str, str]
) -> None:
    """Neither the canary nor another host's key is sent."""
    contract = CONTRACT.partition("hosts:")[0] + f"hosts: {hosts}\n"
    (project.folder / "contract.yaml").write_text(contract, "utf-8")
    done = project.record("--allow-unpriced", **environment)
    assert done.returncode == 0, done.stdout + done.stderr
    assert bearers(project.acme) == [None, None]


def test_a_key_may_be_named_for_the_base_url_s_host_or_any(project: Project) -> None:
    """NAME alone is for the host of the contract's base URL, HOST=NAME for that host."""
    done = project.record("--allow-unpriced", "--key-env", "MINE", MINE="my-own-key-1234")
    assert done.returncode == 0, done.stdout + done.stderr
    done = project.record(
        "--allow-unpriced", "--again", "--key-env", "api.acme.example=MINE", MINE="my-own-key-5678"
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert bearers(project.acme) == ["Bearer my-own-key-1234"] * 2 + ["Bearer my-own-key-5678"] * 2


def test_a_key_without_a_host_needs_a_base_url(project: Project) -> None:
    """A suite outside any contract has none, and the error says what to write."""
    (project.folder / "contract.yaml").unlink()
    refused = project.record("--allow-unpriced", "--key-env", "MINE", MINE=KEY)
    assert refused.returncode == 4
    assert "--key-env HOST=MINE" in refused.stderr
    assert project.acme.requests == ()


def test_the_plan_names_the_model_that_the_implementation_sends(project: Project) -> None:
    """Not the one that the input names."""
    done = project.record("--allow-unpriced")
    assert "1 x acme/chat/hello/one  acme-large-2026  " in done.stdout


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("python:client:broken", "acme/chat/hello/one failed: it raised RuntimeError: no request today"),
        ("python:client:send", "acme/chat/hello/one declined: no such talk"),
    ],
)
def test_the_plan_says_which_client_fails_or_declines(project: Project, address: str, said: str) -> None:
    """And nothing is sent."""
    suite = SUITE.replace("Hello ${each.id}", "Hello declined")
    (project.folder / "suite.yaml").write_text(suite, "utf-8")
    done = project.run("record", "suite.yaml", "-i", address, "--yes", "--allow-unpriced", *project.routes)
    assert done.returncode == 1
    assert said in done.stdout
    assert "plan: 0 calls" in done.stdout
    assert "nothing was recorded" in done.stdout
    assert project.acme.requests == ()


def test_an_unknown_price_is_refused_before_anything_is_sent(project: Project) -> None:
    """With the model, and what allows it."""
    refused = project.record("--max-cost", "0.0000001")
    assert refused.returncode == 1
    assert "the price of acme-large-2026 is unknown" in refused.stdout
    assert "--allow-unpriced" in refused.stdout
    assert "nothing was recorded" in refused.stdout
    assert project.acme.requests == ()
    assert project.cassettes == []


def test_nothing_is_written_outside_the_project(project: Project, tmp_path: Path) -> None:
    """Neither a cassette nor a folder that --into names, and nothing is sent."""
    refused = project.record("--allow-unpriced", "--into", str(tmp_path / "elsewhere"))
    assert refused.returncode == 4
    assert f"is outside the project {project.folder}" in refused.stderr
    assert project.acme.requests == ()
    assert not (tmp_path / "elsewhere").exists()


def test_a_folder_of_cassettes_above_the_project_is_not_used(project: Project, tmp_path: Path) -> None:
    """A recording goes beside the suite instead."""
    (tmp_path / "cassettes").mkdir()
    (project.folder / "cassettes").rmdir()
    done = project.record("--allow-unpriced")
    assert done.returncode == 0, done.stdout + done.stderr
    assert project.cassettes == ["one.yaml", "two.yaml"]
    assert list((tmp_path / "cassettes").iterdir()) == []


def test_no_connection_ends_the_recording_at_once(project: Project) -> None:
    """It is said to be that, and not retried case by case."""
    project.acme.close()
    done = project.record("--allow-unpriced")
    assert done.returncode == 1
    assert "stopped: api.acme.example: no connection" in done.stdout
    assert "retrying" not in done.stdout
    assert "1 failed, nothing was recorded" in done.stdout


def test_a_file_that_is_not_there_is_the_first_complaint(project: Project) -> None:
    """Not the terminal that is missing."""
    refused = project.run("record", "nope.yaml")
    assert refused.returncode == 4
    assert refused.stderr.startswith("no such file: nope.yaml")


def test_preflight_says_that_a_contract_has_no_checks(project: Project) -> None:
    """Instead of making those of another."""
    (project.folder / "acme").mkdir()
    (project.folder / "contract.yaml").rename(project.folder / "acme" / "contract.yaml")
    done = project.run("preflight", "--contract", "acme", *project.routes)
    assert (done.returncode, done.stdout) == (5, "the contract acme has no checks\n")
    assert project.stranger.requests == ()
