"""A contract by data alone, written as a user would: every command works on it, whatever is tested."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest

Finished = subprocess.CompletedProcess[str]
Run = Callable[..., Finished]

FILES = {
    "scenarios/acme/contract.yaml": """\
contract: acme
about: Acme's gateway.
editions: [2026-03, {id: 2026-09, after: 2026-03}]
base_url: https://api.acme.example/v1
hosts: {api.acme.example: {key: ACME_KEY}}
operations:
  embeddings:
    input: {texts: {list: string}, dimensions: integer}
    outcome: {embeddings: {list: {list: number}}}
errors: [quota]
body_fields: [model, messages, input, dimensions]
""",
    "scenarios/acme/rules/acme.yaml": """\
rules:
  - id: ACME-01
    text: The conversation goes to Acme with the key as a bearer token.
    evidence: documented
    operation: [chat, embeddings]
    source: Acme API reference
    where: [Authorization, url]
  - id: ACME-02
    text: The dimensions are sent since September 2026.
    editions: {from: 2026-09}
    evidence: documented
    operation: embeddings
    source: Acme API reference
    where: [$.dimensions]
""",
    "scenarios/acme/acme.yaml": """\
suite: acme/basics
defaults:
  input:
    model: large
    api_key: ${canary.api_key}
    history: [{role: user, content: Hello}]
  request: {method: POST, headers: {Authorization: "Bearer ${canary.api_key}"}}
scenarios:
  - id: chat
    rules: [ACME-01]
    tags: [smoke]
    interactions:
      - request: {url: https://api.acme.example/v1/chat/completions, body_includes: {model: large}}
        reply: {cassette: chat.yaml}
    outcome: {text: Hello!}
  - id: embeddings
    rules: [ACME-01, ACME-02]
    editions: {from: 2026-03}
    input: {operation: embeddings, history: null, texts: [Hello], dimensions: 2}
    interactions:
      - request:
          url: https://api.acme.example/v1/embeddings
          body_at: {$.input: [Hello]}
          body: {$edition: {2026-03: {$any: object}, 2026-09: {model: large, input: [Hello], dimensions: 2}}}
        reply: {json: {data: [{embedding: [0.5, -0.5]}]}}
    outcome: {embeddings: [[0.5, -0.5]]}
  - id: quota
    rules: [ACME-01]
    interactions:
      - request: {url: https://api.acme.example/v1/chat/completions}
        reply: {status: 429, json: {error: quota}}
    outcome: {error: {class: quota}}
""",
    "cassettes/acme/chat.yaml": """\
version: 1
metadata: {source: simulated, host: api.acme.example, recorded_at: '2026-01-01T00:00:00+00:00'}
interactions:
- request:
    method: POST
    uri: https://api.acme.example/v1/chat/completions
    headers: {}
    body: '{"model":"large","messages":[{"role":"user","content":"Hello"}]}'
  response:
    status: {code: 200, message: OK}
    headers: {Content-Type: [application/json]}
    body: {string: '{"choices":[{"message":{"role":"assistant","content":"Hello!"}}]}'}
""",
    "client.py": """\
import json


def parts(given):
    chat = given["operation"] == "chat"
    embedded = {} if chat else {"input": given["texts"], "dimensions": given["dimensions"]}
    body = {"model": given["model"], **({"messages": given["history"]} if chat else embedded)}
    url = "https://api.acme.example/v1/" + ("chat/completions" if chat else "embeddings")
    return url, {"Authorization": "Bearer " + given["api_key"], "Content-Type": "application/json"}, body


def outcome(given, status, text):
    if status == 429:
        return {"error": {"class": "quota"}}
    answer = json.loads(text)
    if given["operation"] == "chat":
        return {"text": answer["choices"][0]["message"]["content"]}
    return {"embeddings": [item["embedding"] for item in answer["data"]]}


def shape(given):
    url, headers, body = parts(given)
    reply = yield {"method": "POST", "url": url, "headers": headers, "body": body}
    return outcome(given, reply.status, reply.body)


shape.harness = {"operations": ["chat", "embeddings"], "features": ["outcome", "replies"]}


def leaky(given):
    url, headers, body = parts(given)
    headers["Authorization"] = "Basic x"
    reply = yield {"method": "POST", "url": url, "headers": headers, "body": body}
    return outcome(given, reply.status, reply.body)


leaky.harness = shape.harness


def misspelt(given):
    url, headers, body = parts(given)
    yield {"method": "POST", "url": url, "headers": headers, "body": body}
    return {"embeddngs": []}


misspelt.harness = shape.harness
""",
    "implementations/program/implementation.yaml": """\
address: 'exec:PYTHON program.py'
operations: [chat, embeddings]
features: [outcome, replies]
""",
    "implementations/program/program.py": """\
import json, sys, urllib.error, urllib.request

sys.path.insert(0, "../..")
from client import outcome, parts

given = json.load(sys.stdin)
url, headers, body = parts(given)
request = urllib.request.Request(url, json.dumps(body).encode(), headers)
try:
    with urllib.request.urlopen(request) as reply:
        said = reply.status, reply.read()
except urllib.error.HTTPError as error:
    said = error.code, error.read()
print(json.dumps(outcome(given, *said)))
""",
    "implementations/node/implementation.yaml": "address: command:node adapter.mjs\n",
    "implementations/node/adapter.mjs": """\
import { createInterface } from "node:readline";
const say = (message) => process.stdout.write(JSON.stringify(message) + "\\n");
let given;
for await (const line of createInterface({ input: process.stdin })) {
  const { cmd, seq, input, response } = JSON.parse(line);
  if (cmd === "start") {
    const capabilities = { operations: ["chat", "embeddings"], inputs: [], features: ["outcome", "replies"] };
    say({ version: 1, implementation: { name: "node" }, capabilities });
  } else if (cmd === "run") {
    given = input;
    const chat = input.operation === "chat";
    const words = { input: input.texts, dimensions: input.dimensions };
    const body = { model: input.model, ...(chat ? { messages: input.history } : words) };
    const url = "https://api.acme.example/v1/" + (chat ? "chat/completions" : "embeddings");
    const headers = [["Authorization", `Bearer ${input.api_key}`]];
    say({ seq, n: 1, request: { method: "POST", url, headers, body: JSON.stringify(body) } });
  } else if (cmd === "reply") {
    const answer = JSON.parse(response.chunks.join(""));
    const outcome = response.status === 429 ? { error: { class: "quota" } }
      : given.operation === "chat" ? { text: answer.choices[0].message.content }
      : { embeddings: answer.data.map((item) => item.embedding) };
    say({ seq, done: true, outcome });
  } else if (cmd === "stop") {
    break;
  }
}
""",
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A repository with the contract, a client in three languages, and nothing of ours."""
    (tmp_path / ".git").mkdir()
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.replace("PYTHON", sys.executable), "utf-8")
    return tmp_path


@pytest.fixture
def run(project: Path) -> Run:
    """Run `python -m MODULE ARGUMENT…` in the project, harness unless another module is named."""

    def module(*arguments: str, module: str = "harness") -> Finished:
        path = os.pathsep.join(filter(None, [str(project), os.environ.get("PYTHONPATH", "")]))
        return subprocess.run(
            [sys.executable, "-m", module, *arguments],
            cwd=project,
            capture_output=True,
            text=True,
            encoding="utf-8",
            env={**os.environ, "PYTHONPATH": path, "HARNESS_CACHE_DIR": str(project / ".cache")},
        )

    return module


def test_it_is_valid_and_lists_its_own_cases_and_rules_only(run: Run) -> None:
    """No path needs to be named: it is the contract of this folder."""
    assert run("validate", "--strict").stdout == "1 suite, 3 cases, 2 rules: valid\n"
    assert [line.split()[0] for line in run("rules").stdout.splitlines()] == ["ACME-01", "ACME-02"]
    assert run("list", "--edition", "all").stdout.count("\n") == 6
    shown = run("show", "acme/basics/embeddings", "--edition", "2026-09").stdout
    assert "contract: acme\nedition: 2026-09" in shown
    assert "ACME-02: The dimensions" in shown


@pytest.mark.parametrize("address", ["python:client:shape", "node", "program"])
def test_it_runs_against_clients_of_every_kind(address: str, run: Run) -> None:
    """A Python generator, a Node.js child, and a program that really sends; in both editions."""
    if address == "node" and shutil.which("node") is None:
        pytest.skip("needs Node.js")
    done = run("run", "-i", address, "--edition", "all")
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert "6 passed, 0 failed" in done.stdout


def test_a_wrong_client_breaks_its_rule_at_its_line(run: Run) -> None:
    """By the ids and sentences of the contract's own rules."""
    done = run("run", "-i", "python:client:leaky", "acme/basics/chat")
    assert done.returncode == 1
    assert "ACME-01 (documented; Acme API reference): The conversation goes to Acme" in done.stdout
    assert "(acme.yaml:7:37)" in done.stdout, done.stdout


def test_an_outcome_has_the_words_of_the_contract(run: Run) -> None:
    """Its own beside the common ones, and those of no other contract."""
    done = run("run", "-i", "python:client:misspelt", "acme/basics/embeddings")
    assert done.returncode == 3
    words = "text, tool_calls, usage, finish_reason, error, artifacts, embeddings"
    assert "a mapping with 'embeddngs'" in done.stdout
    assert f"nor an outcome ({words})" in done.stdout


def test_an_edition_that_does_not_exist_is_refused(run: Run) -> None:
    """With the one that is meant."""
    done = run("run", "-i", "python:client:shape", "--edition", "2026-9")
    assert done.returncode == 4
    assert "unknown edition '2026-9'; did you mean '2026-09'?" in done.stderr


def test_known_failures_shards_and_reports_work(run: Run, project: Path) -> None:
    """The lists, parts and files that CI uses."""
    (project / "known.txt").write_text("acme/basics/*  # issue 1\n", "utf-8")
    known = run("run", "-i", "python:client:leaky", "--known-failing", "known.txt")
    assert known.returncode == 0, known.stdout
    parts = [run("run", "-i", "python:client:shape", "--shard", f"{part}/2").stdout for part in (1, 2)]
    assert sum(int(text.split()[-7]) for text in parts) == 3
    reports = ("--report", "json=report.json", "--report", "junit=report.xml")
    assert run("run", "-i", "python:client:shape", *reports).returncode == 0
    report = json.loads((project / "report.json").read_text("utf-8"))
    assert (report["contracts"], report["editions"]) == (["acme"], ["2026-09"])
    assert {each["contract"] for each in report["verdicts"]} == {"acme"}
    assert len(ElementTree.parse(project / "report.xml").findall(".//testcase")) == 3


def test_pytest_collects_its_cases(run: Run) -> None:
    """As items, with tags as markers."""
    arguments = ("scenarios/acme/acme.yaml", "--harness-implementation=python:client:shape")
    assert "3 passed" in run(*arguments, module="pytest").stdout
    assert "1 passed, 2 deselected" in run(*arguments, "-m", "smoke", module="pytest").stdout


@pytest.mark.parametrize(
    ("right", "wrong", "message"),
    [
        ("editions: {from: 2026-03}", "editions: {from: 2026-3}", "did you mean '2026-03'?"),
        ("operation: embeddings", "operation: embeding", "did you mean 'embeddings'?"),
        ("dimensions: 2}\n", "dimension: 2}\n", "did you mean 'dimensions'?"),
        ("{embeddings: [[", "{embeddngs: [[", "did you mean 'embeddings'?"),
        ("{class: quota}", "{class: quotta}", "did you mean 'quota'?"),
        ("{$edition: {2026-03:", "{$edition: {2026-3:", "did you mean '2026-03'?"),
    ],
)
def test_a_misspelt_word_is_reported_with_its_line(
    right: str, wrong: str, message: str, run: Run, project: Path
) -> None:
    """Editions, operations, input keys, outcome words and error classes are the contract's own."""
    suite = project / "scenarios" / "acme" / "acme.yaml"
    text = suite.read_text("utf-8")
    suite.write_text(text.replace(right, wrong), "utf-8")
    found = run("validate")
    assert found.returncode == 4
    assert f"acme.yaml:{text[: text.index(right)].count(chr(10)) + 1}:" in found.stderr
    assert message in found.stderr
