"""`harness new` and `harness schema`: what they write runs and passes at once."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import jsonschema
import pytest
import yaml

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Run `python -m MODULE ARGUMENT…` in an empty repository, harness unless another module is named."""
    (tmp_path / ".git").mkdir()

    def command(*arguments: str, module: str = "harness") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", module, *arguments],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            encoding="utf-8",
            env={**os.environ, "HARNESS_CACHE_DIR": str(tmp_path / ".cache"), "PYTHONDONTWRITEBYTECODE": "1"},
        )

    return command


@pytest.mark.parametrize("name", ["acme", "My-gate.way2"])
def test_a_new_contract_passes_in_every_command(name: str, run: Run, tmp_path: Path) -> None:
    """Its client passes every case in every edition, its suites are valid, and its rules are its own."""
    made = run("new", "contract", name)
    assert made.returncode == 0, made.stderr
    command = made.stdout.splitlines()[-1].removeprefix("run it: harness ").split()
    done = run(*command, "--edition", "all")
    assert (done.returncode, done.stderr) == (0, "")
    assert "10 passed, 0 failed" in done.stdout
    assert run("validate", "--strict").stdout == "2 suites, 5 cases, 2 rules: valid\n"
    assert len(run("rules").stdout.splitlines()) == 2
    assert len(run("list").stdout.splitlines()) == 5
    assert run("run", "-i", f"{name}-client").returncode == 0  # the only contract here is the default
    assert run("run").stderr.startswith(f"the contract {name} has no reference client")
    assert "leaks nothing" in run("check-proxy", "https://p.example/v1", "-i", f"{name}-client").stdout
    assert run("schema").returncode == 0
    assert run("cassettes", "check", "--suites", "scenarios").returncode == 0


def test_a_new_contract_is_ready_for_ci(run: Run, tmp_path: Path) -> None:
    """Shards, known failures, reports and pytest."""
    run("new", "contract", "acme")
    client = ("-i", "acme-client")
    parts = [run("run", *client, "--shard", f"{part}/2").stdout for part in (1, 2)]
    assert sum(int(text.split()[-7]) for text in parts) == 5
    (tmp_path / "known.txt").write_text("acme/chat/hello  # issue 1\n", "utf-8")
    stale = run("run", *client, "--known-failing", "known.txt")
    assert (stale.returncode, "4 passed, 1 failed" in stale.stdout) == (1, True)
    run("run", *client, "--report", "json=report.json", "--report", "junit=report.xml")
    assert len(json.loads((tmp_path / "report.json").read_text("utf-8"))["verdicts"]) == 5
    assert (tmp_path / "report.xml").read_text("utf-8").count("<testcase") == 5
    assert "contract: acme\nedition: 2026-09" in run("show", "acme/chat/hello").stdout
    options = ("-o", "harness_scenarios=scenarios", "--harness-implementation=acme-client")
    assert "5 passed" in run(*options, module="pytest").stdout


def test_a_mistake_in_a_new_contract_is_reported_where_it_stands(run: Run, tmp_path: Path) -> None:
    """An edition, an operation, an input key and an outcome word, with what may be meant."""
    run("new", "contract", "acme")
    suite = tmp_path / "scenarios" / "acme" / "chat.yaml"
    text = suite.read_text("utf-8")
    for right, wrong, message in (
        ("{from: 2026-03}", "{from: 2026-3}", "unknown edition \"2026-3\"; did you mean '2026-03'?"),
        ("operation: embeddings", "operation: embedings", "did you mean 'embeddings'?"),
        ('dimensions: "', 'dimensons: "', "unknown key \"dimensons\"; did you mean 'dimensions'?"),
        ("{embeddings: [", "{embedings: [", "unknown key \"embedings\"; did you mean 'embeddings'?"),
        ("class: quota", "class: qouta", "did you mean 'quota'?"),
    ):
        suite.write_text(text.replace(right, wrong), "utf-8")
        line = text[: text.index(right)].count("\n") + 1
        found = run("validate")
        assert found.returncode == 4
        assert f"chat.yaml:{line}:" in found.stderr
        assert message in found.stderr
    suite.write_text(text, "utf-8")
    assert "did you mean '2026-09'?" in run("run", "-i", "acme-client", "--edition", "2026-9").stderr


@pytest.mark.parametrize("language", ["python", "node", "exec"])
def test_a_new_implementation_passes_a_new_suite(language: str, run: Run) -> None:
    """Outside any contract, and in one."""
    if language == "node" and shutil.which("node") is None:
        pytest.skip("needs Node.js")
    assert run("new", "suite", "first").returncode == 0
    assert run("new", "implementation", "mine", "--language", language).returncode == 0
    assert run("rules", "scenarios").stderr.startswith("no rules: ")
    done = run("run", "scenarios/first.yaml", "-i", "mine")
    assert (done.returncode, "2 passed, 0 failed" in done.stdout) == (0, True), done.stdout + done.stderr
    run("new", "contract", "acme")
    assert run("new", "suite", "acme/second").returncode == 0
    assert run("new", "implementation", "other", "--language", language).returncode == 0
    done = run("run", "scenarios/acme/second.yaml", "-i", "other")
    assert (done.returncode, "2 passed, 0 failed" in done.stdout) == (0, True), done.stdout + done.stderr


def test_nothing_is_overwritten(run: Run, tmp_path: Path) -> None:
    """If one file exists, none is written, and the error names it."""
    existing = tmp_path / "scenarios" / "acme" / "chat.yaml"
    existing.parent.mkdir(parents=True)
    existing.write_text("mine", "utf-8")
    refused = run("new", "contract", "acme")
    assert refused.returncode == 4
    assert "scenarios/acme/chat.yaml already exists; nothing was written" in refused.stderr
    assert existing.read_text("utf-8") == "mine"
    assert [file for file in tmp_path.rglob("*.*") if file.is_file()] == [existing]


@pytest.mark.parametrize("name", ["../acme", "a/b", "", "1", "a b", "null", "True"])
def test_a_name_that_cannot_be_one_is_refused(name: str, run: Run, tmp_path: Path) -> None:
    """Before anything is written."""
    assert run("new", "contract", name).returncode == 4
    assert not (tmp_path / "scenarios").exists()


@pytest.mark.parametrize("name", ["a/..", ".hidden", "a/.hidden", "a//b", "true", "contract", "a/contract"])
def test_a_suite_that_would_not_be_found_is_refused(name: str, run: Run, tmp_path: Path) -> None:
    """Hidden files are passed by, contract.yaml is a contract, and `true` is no text in YAML."""
    refused = run("new", "suite", name)
    assert (refused.returncode, refused.stdout) == (4, "")
    assert not (tmp_path / "scenarios").exists()


def test_a_suite_says_which_contract_it_is_run_with(run: Run) -> None:
    """If it lies outside the contract's folder, --contract is part of the command."""
    run("new", "contract", "acme")
    inside, outside = (
        run("new", "suite", "one"),
        run("new", "suite", "two", "--contract", "acme", "--into", "x"),
    )
    assert "run it: harness run scenarios/acme/one.yaml -i IMPLEMENTATION" in inside.stdout
    assert "run it: harness run x/two.yaml --contract acme -i IMPLEMENTATION" in outside.stdout
    done = run("run", "x/two.yaml", "--contract", "acme", "-i", "acme-client")
    assert (done.returncode, done.stderr) == (0, "")


def test_a_url_that_would_not_be_checked_is_an_error(run: Run, tmp_path: Path) -> None:
    """Without `overridable: [proxy]` the suite would be run with a URL of its own, and find no leak there."""
    run("new", "contract", "acme")
    contract = tmp_path / "scenarios" / "acme" / "contract.yaml"
    contract.write_text(contract.read_text("utf-8").replace("overridable: [proxy]\n", ""), "utf-8")
    refused = run("check-proxy", "https://p.example/v1", "-i", "acme-client")
    assert (refused.returncode, refused.stdout) == (4, "")
    assert "add it in contract.yaml: overridable: [proxy]" in refused.stderr


def test_several_contracts_are_chosen_from_by_name(run: Run) -> None:
    """The error lists those that are here; a misspelt name gets the one that is meant."""
    for name in ("acme", "beta"):
        run("new", "contract", name)
    assert run("list").stderr.startswith(
        "there are several contracts, acme, beta, and none of them has `default"
    )
    assert run("list", "--contract", "beta").returncode == 0
    assert "unknown contract 'betta'; did you mean 'beta'?" in run("list", "--contract", "betta").stderr
    assert "here: acme, beta; installed: " in run("list", "--contract", "x").stderr


def test_schemas_are_written_again_when_the_contract_changes(run: Run, tmp_path: Path) -> None:
    """`harness schema` says which are outdated; `--write` writes them; they know the contract's words."""
    run("new", "contract", "acme")
    home = tmp_path / "scenarios" / "acme"
    contract = home / "contract.yaml"
    contract.write_text(contract.read_text("utf-8").replace("dimensions: integer", "size: integer"), "utf-8")
    stale = run("schema")
    assert stale.returncode == 1
    assert f"{home / 'suite.schema.json'}  (outdated)" in stale.stdout
    assert run("schema", "--write").returncode == 0
    validator = jsonschema.Draft7Validator(json.loads((home / "suite.schema.json").read_text("utf-8")))
    suite = yaml.safe_load((home / "chat.yaml").read_text("utf-8"))
    assert "dimensions" in str(next(validator.iter_errors(suite)).message)
    suite["scenarios"][1]["input"]["size"] = suite["scenarios"][1]["input"].pop("dimensions")
    validator.validate(suite)
