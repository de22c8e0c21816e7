"""The commands beside `run`, as child processes in a folder of their own."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

Harness = Callable[..., "subprocess.CompletedProcess[str]"]

INPUT = {
    "model": "acme/anthropic/claude-sonnet-4-6",
    "thinking": "high",
    "base_url": "https://proxy.example/v1",
    "api_key": "sk-acme-test",
    "history": [{"role": "user", "content": "hi"}],
}


def test_shape_prints_the_request_of_an_input(harness: Harness) -> None:
    """One line of input gives one line with method, URL, headers as pairs and the body as JSON."""
    done = harness("shape", stdin=json.dumps(INPUT) + "\n")
    assert (done.returncode, done.stderr) == (0, "")
    (line,) = done.stdout.splitlines()
    request = json.loads(line)
    assert request["method"] == "POST"
    assert request["url"] == "https://proxy.example/v1/chat/completions"
    assert {name.lower(): value for name, value in request["headers"]} == {
        "authorization": "Bearer sk-acme-test",
        "content-type": "application/json",
    }
    assert request["body"]["model"] == "anthropic/claude-sonnet-4-6"
    assert request["body"]["reasoning"] == {"effort": "high"}


def test_shape_answers_every_line_in_order_bad_ones_too(harness: Harness) -> None:
    """A line that cannot be read is answered with an error object on its own line."""
    lines = [
        json.dumps(INPUT | {"model": "acme/a/one"}),
        "{not json",
        json.dumps(["a", "list"]),
        json.dumps(INPUT | {"modle": "x"}),
        json.dumps(INPUT | {"model": ""}),
        json.dumps(INPUT | {"edition": "2020-01"}),
        json.dumps(INPUT | {"model": "acme/a/two"}),
    ]
    done = harness("shape", stdin="\n".join(lines) + "\n")
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [answer["body"]["model"] if "body" in answer else None for answer in answers] == [
        *("a/one", None, None, None, None, None, "a/two"),
    ]
    assert [answer.get("line") for answer in answers] == [None, 2, 3, 4, None, 6, None]
    assert "did you mean 'model'?" in answers[3]["error"]["message"]
    assert answers[4]["error"]["class"] == "format"
    assert done.returncode == 4


def test_shape_shows_what_any_implementation_sends(harness: Harness) -> None:
    """-i chooses whose request is shown; one that breaks gives an error line and exit code 3."""
    done = harness("shape", "-i", "python:shapers:leaky", stdin=json.dumps(INPUT))
    assert ["HTTP-Referer", "https://acme.example"] in json.loads(done.stdout)["headers"]
    broken = harness("shape", "-i", "python:shapers:broken", stdin=json.dumps(INPUT))
    assert broken.returncode == 3
    assert "no shaping today" in json.loads(broken.stdout)["error"]["message"]


def test_list_names_the_cases(harness: Harness) -> None:
    """A line a case, or a JSON object a line."""
    done = harness("list", "suite.yaml")
    assert [line.split()[0] for line in done.stdout.splitlines()] == [
        *("acme/chat/proxy/plain", "acme/chat/proxy/gateway", "acme/chat/model"),
    ]
    as_json = [json.loads(line) for line in harness("list", "suite.yaml", "--json").stdout.splitlines()]
    assert as_json[0]["rules"] == ["AC-HDR-02"]
    assert harness("list", "suite.yaml", "--tag", "none").returncode == 5


def test_show_fills_everything_in_but_the_secrets(harness: Harness) -> None:
    """A shown case is YAML with defaults and variables filled in, canaries under their names."""
    done = harness("show", "suite.yaml", "acme/chat/proxy/gateway")
    document = yaml.safe_load(done.stdout)
    assert document["input"]["base_url"] == "https://gateway.example/v1"
    assert document["input"]["api_key"] == "${canary.api_key}"
    assert document["interactions"][0]["request"]["method"] == "POST"
    assert "AC-HDR-02" in document["rules"]


def test_show_suggests_a_name(harness: Harness) -> None:
    """A name that is no case is answered with the nearest one."""
    done = harness("show", "suite.yaml", "acme/chat/modle")
    assert done.returncode == 4
    assert "did you mean 'acme/chat/model'?" in done.stderr


def test_rules_show_their_coverage(harness: Harness) -> None:
    """`harness rules` says how many scenarios name a rule; with an id, which."""
    listed = harness("rules", "suite.yaml").stdout
    (line,) = (line for line in listed.splitlines() if line.startswith("AC-HDR-02 "))
    assert "1 scenario" in line
    assert "acme/chat/proxy" in harness("rules", "suite.yaml", "AC-HDR-02").stdout
    unknown = harness("rules", "AC-HDR-002")
    assert unknown.returncode == 4
    assert "did you mean 'AC-HDR-02'?" in unknown.stderr


def test_validate_accepts_the_suites_of_the_default_contract_without_a_warning(harness: Harness) -> None:
    """Without arguments it looks at those, and strictly at checks that can hardly fail."""
    done = harness("validate", "--strict")
    assert done.returncode == 0, done.stdout
    assert done.stdout.rstrip().endswith("valid")


def test_validate_names_every_problem_at_once(harness: Harness, folder: Path) -> None:
    """Problems of all files come together as file:line:column with exit code 4."""
    (folder / "one.yaml").write_text("suite: a/b\nscenarios:\n  - id: x\n    interactons: []\n", "utf-8")
    (folder / "two.yaml").write_text("suite: [a\n", "utf-8")
    done = harness("validate", "one.yaml", "two.yaml")
    assert done.returncode == 4
    assert "one.yaml:4:5: " in done.stderr
    assert "did you mean 'interactions'?" in done.stderr
    assert "two.yaml:" in done.stderr


def test_validate_looks_into_the_recordings(harness: Harness, folder: Path) -> None:
    """A reply that asks for an interaction its cassette does not have is a problem with its line."""
    (folder / "cassettes").mkdir()
    (folder / "cassettes/one.yaml").write_text(
        "version: 1\ninteractions:\n"
        "- request: {method: GET, uri: 'https://a.example/', headers: {}, body: null}\n"
        "  response: {status: {code: 200, message: OK}, headers: {}, body: {string: 'x'}}\n",
        "utf-8",
    )
    text = (folder / "suite.yaml").read_text("utf-8")
    (folder / "suite.yaml").write_text(
        text + "        reply: {cassette: one.yaml, interaction: 3}\n", "utf-8"
    )
    done = harness("validate", "suite.yaml")
    assert done.returncode == 4
    line = len(text.splitlines()) + 1
    assert f"suite.yaml:{line}:" in done.stderr
    assert "one.yaml" in done.stderr


def test_check_proxy_finds_nothing_in_the_reference(harness: Harness, proxy_suite: Path) -> None:
    """The reference sends nothing of Acme's to a custom base URL."""
    done = harness("check-proxy", "https://gateway.acme.example/llm/v1")
    assert done.returncode == 0, done.stdout
    assert "reference leaks nothing to https://gateway.acme.example/llm/v1" in done.stdout


def test_check_proxy_names_what_leaks(harness: Harness, proxy_suite: Path) -> None:
    """A shaper that leaks is told which rules it breaks there."""
    done = harness("check-proxy", "https://gateway.acme.example/v1", "-i", "python:shapers:leaky")
    assert done.returncode == 1
    assert "broken  AC-HDR-02" in done.stdout
    assert "https://gateway.acme.example/v1/chat/completions" in done.stdout


@pytest.mark.parametrize(
    "url",
    [
        "https://api.acme.example/v1",
        "https://eu.api.acme.example/v1",
        "proxy",
        "https://p.example/v1?k=1",
        "https://me:hunter-two@p.example/v1",
    ],
)
def test_check_proxy_refuses_what_is_no_custom_base(url: str, harness: Harness) -> None:
    """A host of the contract, what is no URL, or one with a password, which is not shown, is bad usage."""
    done = harness("check-proxy", url)
    assert done.returncode == 4
    assert "hunter-two" not in done.stderr
    assert "https://proxy.example/v1" in done.stderr


def test_an_unknown_command_is_answered_with_the_nearest(harness: Harness) -> None:
    """A mistyped command is bad usage with a suggestion."""
    done = harness("rnu")
    assert done.returncode == 4
    assert "did you mean 'run'?" in done.stderr


def test_help_imports_no_part_of_the_harness(harness: Harness) -> None:
    """`harness --help` lists the commands without importing any of them."""
    done = harness("--help", PYTHONPROFILEIMPORTTIME="1")
    assert "check-proxy" in done.stdout
    imported = {line.split("|")[-1].strip() for line in done.stderr.splitlines()}
    assert not imported & {"harness.model", "harness.scenarios", "yaml", "orjson", "rich", "deepdiff"}
