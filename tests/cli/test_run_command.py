"""`harness run`, as a child process in a folder of its own."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest

Harness = Callable[..., "subprocess.CompletedProcess[str]"]


def test_a_right_shaper_passes(harness: Harness) -> None:
    """A shaper that keeps the rules gives exit code 0 and nothing on standard error."""
    done = harness("run", "suite.yaml", "-i", "python:shapers:good")
    assert (done.returncode, done.stderr) == (0, "")
    assert "3 passed, 0 failed" in done.stdout


def test_a_leak_is_told_with_rule_line_and_header(harness: Harness, folder: Path) -> None:
    """A failure quotes the rule's sentence and names the header and the line of the expectation."""
    done = harness("run", "suite.yaml", "-i", "python:shapers:leaky")
    assert done.returncode == 1
    assert "FAILED acme/chat/proxy/plain" in done.stdout
    assert "AC-HDR-02" in done.stdout
    line = 1 + (folder / "suite.yaml").read_text("utf-8").splitlines().index(
        "          forbid_headers: [HTTP-Referer]"
    )
    assert f"suite.yaml:{line}:" in done.stdout
    assert "https://acme.example" in done.stdout
    assert "1 passed, 2 failed" in done.stdout


def test_what_was_sent_is_saved_without_the_key(harness: Harness, folder: Path) -> None:
    """The observed request of a failure is a file, and the minted key is not in it."""
    harness("run", "suite.yaml", "-i", "python:shapers:leaky")
    (saved, *_) = sorted((folder / ".harness/failures").rglob("*.json"))
    document = json.loads(saved.read_text("utf-8"))
    headers = dict(document["steps"][0]["requests"][0]["headers"])
    assert headers["Authorization"] == "Bearer ${canary.api_key}"
    assert document["steps"][0]["input"]["api_key"] == "${canary.api_key}"


BIG_SUITE = """\
suite: acme/big
scenarios:
  - id: seed
    about: A seed beyond 64 bits goes out as it is.
    input:
      params: {seed: 123456789012345678901234567890}
    interactions:
      - request:
          method: POST
          url: https://api.acme.example/v1
          body: {seed: 123456789012345678901234567890}
"""

BIG_SHAPER = """\
def shape(given):
    return {
        "method": "POST",
        "url": "https://api.acme.example/v1",
        "headers": {},
        "body": {"seed": given["params"]["seed"] + 1, "text": "\\ud83d"},
    }
"""


@pytest.mark.parametrize("report", ["json", "junit"])
def test_values_that_few_encoders_take_break_no_report(harness: Harness, folder: Path, report: str) -> None:
    """An integer beyond 64 bits is sent, compared and reported with all its digits."""
    (folder / "big.yaml").write_text(BIG_SUITE, "utf-8")
    (folder / "big.py").write_text(BIG_SHAPER, "utf-8")
    done = harness("run", "big.yaml", "-i", "python:big:shape", "--report", f"{report}=-")
    assert done.returncode == 1
    for text in (done.stdout, done.stderr):
        assert "123456789012345678901234567890" in text
        assert "123456789012345678901234567891" in text
    (saved, *_) = sorted((folder / ".harness/failures").rglob("*.json"))
    (step,) = json.loads(saved.read_text("utf-8"))["steps"]
    assert step["input"]["params"]["seed"] == 123456789012345678901234567890
    assert step["requests"][0]["body"] == {"seed": 123456789012345678901234567891, "text": "\ud83d"}


def test_a_broken_shaper_is_no_difference(harness: Harness) -> None:
    """An exception errs the case with exit code 3, and the key in its text is masked."""
    done = harness("run", "suite.yaml", "-i", "python:shapers:broken")
    assert done.returncode == 3
    assert "3 errored" in done.stdout
    assert "no shaping today, key ${canary.api_key}" in done.stdout
    assert "sk-acme-" not in done.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["no-such.yaml"], "no such file: no-such.yaml"),
        (["suit.yaml"], "did you mean 'suite.yaml'?"),
        (["suite.yaml", "-i", "python:shapers:god"], "good"),
        (["suite.yaml", "--edition", "2025-01"], "2026-05"),
        (["suite.yaml", "--report", "junt=x"], "did you mean 'junit'?"),
        (["suite.yaml", "--shard", "3/2"], "--shard 2/4"),
        (["suite.yaml", "--evidnce", "x"], "--evidence"),
        (["suite.yaml", "--last-failed"], "no case failed last time"),
        (["suite.yaml", "--known-failing", "none.txt"], "none.txt"),
    ],
)
def test_bad_usage_is_exit_code_4_and_says_what_next(
    arguments: list[str], said: str, harness: Harness
) -> None:
    """A wrong argument runs nothing, and the message holds what should have been written."""
    done = harness("run", *arguments)
    assert done.returncode == 4
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert "passed" not in done.stdout


def test_nothing_selected_is_exit_code_5(harness: Harness) -> None:
    """A pattern that fits no case is not a success, and the nearest name is told."""
    done = harness("run", "suite.yaml", "acme/chat/modle")
    assert done.returncode == 5
    assert "no case matches 'acme/chat/modle'; did you mean 'acme/chat/model'?" in done.stderr
    tagged = harness("run", "suite.yaml", "--tag", "none")
    assert tagged.returncode == 5
    assert "no case has this evidence, tag" in tagged.stderr


@pytest.mark.parametrize("command", ["run", "list", "show"])
def test_a_case_of_another_edition_is_told_with_the_edition(
    harness: Harness, folder: Path, command: str
) -> None:
    """The editions that a case has are named, and one of them to ask for."""
    (folder / "catalog.yaml").write_text(
        "suite: acme/catalog\neditions: {from: gateway}\n"
        "scenarios: [{id: sorted, input: {operation: models}, interactions: [{request: {method: GET}}]}]\n",
        "utf-8",
    )
    done = harness(command, "acme/catalog/sorted")
    assert done.returncode == (4 if command == "show" else 5)
    said = "'acme/catalog/sorted' matches cases only in edition gateway and latest; use --edition latest"
    assert said in done.stderr


def test_show_takes_a_scenario_with_all_its_rows(harness: Harness) -> None:
    """The name of a scenario stands for its cases, as it does in a run."""
    done = harness("show", "acme/chat/proxy", "suite.yaml")
    assert done.returncode == 0
    assert "case: acme/chat/proxy/plain" in done.stdout
    assert "case: acme/chat/proxy/gateway" in done.stdout


def test_patterns_choose_cases(harness: Harness) -> None:
    """`*` stands for a part of the name."""
    done = harness("run", "suite.yaml", "acme/chat/proxy/*", "-i", "python:shapers:good")
    assert "2 passed, 0 failed" in done.stdout


def test_shards_together_run_every_case_once(harness: Harness) -> None:
    """The parts of a sharded run add up to the whole."""
    names: list[str] = []
    for number in (1, 2, 3):
        done = harness(
            "run", "suite.yaml", "-i", "python:shapers:good", "--shard", f"{number}/3", "--report", "json=-"
        )
        names += [verdict["case"] for verdict in json.loads(done.stdout)["verdicts"]]
    assert sorted(names) == ["acme/chat/model", "acme/chat/proxy/gateway", "acme/chat/proxy/plain"]


def test_last_failed_runs_what_failed(harness: Harness) -> None:
    """--last-failed runs the failures of before, and forgets one once it passes."""
    harness("run", "suite.yaml", "-i", "python:shapers:leaky")
    again = harness("run", "suite.yaml", "-i", "python:shapers:good", "--last-failed")
    assert "2 passed, 0 failed" in again.stdout
    assert harness("run", "suite.yaml", "-i", "python:shapers:good", "--last-failed").returncode == 4


def test_the_first_failure_can_end_the_run(harness: Harness) -> None:
    """-x stops after one failure."""
    done = harness("run", "suite.yaml", "-i", "python:shapers:leaky", "-x")
    assert done.returncode == 1
    assert done.stdout.count("FAILED") == 1


def test_reports_are_written_as_asked(harness: Harness, folder: Path) -> None:
    """JSON on standard output is clean and the people's report moves to standard error."""
    done = harness(
        *("run", "suite.yaml", "-i", "python:shapers:leaky", "--report", "json=-"),
        *("--report", "junit=out/report.xml"),
    )
    assert json.loads(done.stdout)["summary"]["counts"] == {"failed": 2, "passed": 1}
    assert "1 passed, 2 failed" in done.stderr
    root = ElementTree.parse(folder / "out/report.xml").getroot()
    assert root.get("failures") == "2"
    assert not list((folder / "out").glob(".*"))


def test_a_folder_that_cannot_be_written_does_not_end_the_run(harness: Harness, folder: Path) -> None:
    """What would be kept in it is told; a report that was asked for is an error of usage."""
    (folder / ".harness").write_text("", "utf-8")
    done = harness("run", "-i", "python:shapers:leaky", "suite.yaml")
    assert done.returncode == 1
    assert "cannot save what was sent: Not a directory" in done.stdout
    assert "cannot save this run for --last-failed" in done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    done = harness("run", "suite.yaml", "--report", "json=.harness/report.json")
    assert done.returncode == 4
    assert "cannot write the report .harness/report.json" in done.stderr


def test_implementations_run_side_by_side(harness: Harness) -> None:
    """Two implementations in one run show cases that differ."""
    done = harness("run", "suite.yaml", "-i", "python:shapers:good", "-i", "python:shapers:leaky")
    assert done.returncode == 1
    assert "4 passed, 2 failed" in done.stdout
    table = done.stdout[done.stdout.index("cases that differ") :]
    assert "acme/chat/proxy/plain" in table
    assert "acme/chat/model" not in table


def test_known_failures_are_enforced_both_ways(harness: Harness, folder: Path) -> None:
    """What is listed and fails is fine; what is listed and passes, or matches nothing, is not."""
    (folder / "known.txt").write_text("acme/chat/proxy/* [AC-HDR-02]  # issue 7\n", "utf-8")
    listed = ("run", "suite.yaml", "--known-failing", "known.txt", "-i")
    expected = harness(*listed, "python:shapers:leaky")
    assert expected.returncode == 0
    assert "1 passed, 0 failed, 2 known failing" in expected.stdout
    fixed = harness(*listed, "python:shapers:good")
    assert fixed.returncode == 1
    assert "listed as known failing, but passed: known.txt:1" in fixed.stdout
    (folder / "known.txt").write_text("acme/chat/proxy/* [AC-HDR-02]\nacme/elsewhere/**\n", "utf-8")
    stale = harness(*listed, "python:shapers:leaky")
    assert stale.returncode == 1
    assert "known.txt:2" in stale.stdout


def test_on_a_terminal_there_is_a_bar_and_colour(folder: Path) -> None:
    """A real terminal gets the bar and colours; the sum is still the last line."""
    parent, child = pty.openpty()
    environment = {**os.environ, "PYTHONPATH": str(folder), "TERM": "xterm-256color", "COLUMNS": "120"}
    environment.pop("NO_COLOR", None)
    with subprocess.Popen(
        [sys.executable, "-m", "harness", "run", "suite.yaml", "-i", "python:shapers:leaky"],
        cwd=folder,
        env=environment,
        stdin=child,
        stdout=child,
        stderr=child,
    ) as process:
        os.close(child)
        text = b""
        try:
            while chunk := os.read(parent, 65536):
                text += chunk
        except OSError:  # Linux reports the closed terminal so
            pass
    os.close(parent)
    assert process.returncode == 1
    assert b"\x1b[31;1mFAILED" in text or b"FAILED" in text
    assert b"cases" in text
    assert b"1 passed, 2 failed" in text.splitlines()[-1]


def test_without_arguments_the_reference_runs_the_suites_of_the_default_contract(harness: Harness) -> None:
    """`harness run` in any folder takes suites and implementation from the contract marked as the default."""
    done = harness("run")
    assert done.returncode == 0, done.stdout
    assert "reference (shape) against acme" in done.stdout.splitlines()[0]
    assert "3 passed, 0 failed" in done.stdout


def test_a_folder_called_harness_hides_nothing(harness: Harness, folder: Path) -> None:
    """What lies in the working directory never takes the place of the harness's own modules."""
    (folder / "harness").mkdir()
    done = harness("run", "acme/chat/**")
    assert done.returncode == 0, done.stdout[-2000:]


def test_a_program_that_is_no_adapter_ends_the_run_at_once(harness: Harness) -> None:
    """A command that merely echoes is told apart from an adapter before the first case."""
    done = harness("run", "suite.yaml", "-i", "command:cat")
    assert done.returncode == 3
    assert "this program is not an adapter" in done.stderr
    assert "FAILED" not in done.stdout


RECORDED = """\
version: 1
interactions:
- request: {method: POST, uri: 'https://api.acme.example/v1/chat/completions', headers: {}, body: '{"n":1}'}
  response: {status: {code: 200, message: OK}, headers: {}, body: {string: 'one'}}
- request: {method: POST, uri: 'https://api.acme.example/v1/chat/completions', headers: {}, body: '{"n":2}'}
  response: {status: {code: 200, message: OK}, headers: {}, body: {string: 'two'}}
"""


def test_recorded_interactions_that_nothing_played_are_told(harness: Harness, folder: Path) -> None:
    """A whole run says which part of a recording no request asked for; a part of a run cannot know."""
    (folder / "cassettes").mkdir()
    (folder / "cassettes/two.yaml").write_text(RECORDED, "utf-8")
    text = (folder / "suite.yaml").read_text("utf-8")
    (folder / "suite.yaml").write_text(
        text + "        reply: {cassette: two.yaml, interaction: 0}\n", "utf-8"
    )
    whole = harness("run", "suite.yaml", "-i", "python:shapers:good")
    assert "never played: " in whole.stdout, whole.stdout
    assert "two.yaml, interaction 1" in whole.stdout
    assert "1 case with unverified parts" in whole.stdout
    part = harness("run", "suite.yaml", "acme/chat/model", "-i", "python:shapers:good")
    assert "never played" not in part.stdout
    check = harness("cassettes", "check", "--suites", "suite.yaml")
    assert check.returncode == 1
    assert "not used by any reply: interaction 1" in check.stdout
    (folder / "cassettes/two.yaml").rename(folder / "cassettes/three.yaml")
    (folder / "suite.yaml").write_text(text, "utf-8")
    assert "not used by any suite" in harness("cassettes", "check", "--suites", "suite.yaml").stdout
