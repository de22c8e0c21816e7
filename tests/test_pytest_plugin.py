"""Scenarios as pytest items, seen from outside: pytest as a child process in a folder of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest

Pytest = Callable[..., "subprocess.CompletedProcess[str]"]

GOOD = "--harness-implementation=python:shapers:good"
LEAKY = "--harness-implementation=python:shapers:leaky"


@pytest.fixture
def run_pytest(folder: Path) -> Pytest:
    """Run `pytest ARGUMENT…` in the folder with the suite and the shapers."""

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments],
            cwd=folder,
            capture_output=True,
            text=True,
            env={**os.environ, "PYTHONPATH": str(folder), "HARNESS_CACHE_DIR": str(folder / "cache")},
        )

    return run


def test_a_suite_given_by_name_is_collected_case_by_case(run_pytest: Pytest) -> None:
    """Each case is an item whose id is the case's name."""
    done = run_pytest("suite.yaml", "--collect-only", "-q", GOOD)
    assert done.stdout.splitlines()[:3] == [
        "suite.yaml::acme/chat/proxy/plain",
        "suite.yaml::acme/chat/proxy/gateway",
        "suite.yaml::acme/chat/model",
    ]


def test_a_folder_named_in_the_ini_file_is_collected(run_pytest: Pytest, folder: Path) -> None:
    """`harness_scenarios` makes suites of a folder part of the run, with defaults from the ini file."""
    (folder / "suites").mkdir()
    (folder / "suite.yaml").rename(folder / "suites/suite.yaml")
    (folder / "suites/other.yaml").write_text("services: {web: {image: x}}\n", "utf-8")
    assert run_pytest("-q").returncode == 5
    (folder / "pytest.ini").write_text(
        "[pytest]\nharness_scenarios = suites\nharness_implementation = python:shapers:good\n", "utf-8"
    )
    assert "3 passed" in run_pytest("-q").stdout


def test_a_failure_is_the_report_without_a_traceback(run_pytest: Pytest) -> None:
    """A failing case shows rule, sentence, line and difference, and no Python frames."""
    done = run_pytest("suite.yaml", LEAKY)
    assert done.returncode == 1
    assert "2 failed, 1 passed" in done.stdout
    assert "AC-HDR-02" in done.stdout
    assert "HTTP-Referer" in done.stdout
    assert "runtest" not in done.stdout
    assert "sk-acme-" not in done.stdout


def test_cases_are_chosen_by_keyword_marker_and_node_id(run_pytest: Pytest) -> None:
    """-k, -m (tags are markers) and node ids select cases, with strict markers too."""
    assert "1 passed" in run_pytest("suite.yaml", GOOD, "-k", "gateway").stdout
    assert "2 passed" in run_pytest("suite.yaml", GOOD, "-m", "custom_proxy", "--strict-markers").stdout
    assert "1 passed" in run_pytest("suite.yaml::acme/chat/model", GOOD).stdout


def test_last_failed_works(run_pytest: Pytest) -> None:
    """--lf runs the cases that failed before."""
    cache = ("-p", "cacheprovider", "suite.yaml", LEAKY)
    run_pytest(*cache)
    assert "2 failed" in run_pytest(*cache, "--lf").stdout.splitlines()[-1]


def test_it_works_under_xdist(run_pytest: Pytest) -> None:
    """Items are found again by the workers of pytest-xdist."""
    done = run_pytest("suite.yaml", LEAKY, "-n", "2")
    assert "2 failed, 1 passed" in done.stdout


def test_known_failures_are_expected_and_stale_ones_fail(run_pytest: Pytest, folder: Path) -> None:
    """A listed failure is an xfail; a listed case that passes fails."""
    (folder / "known.txt").write_text("acme/chat/proxy/*  # issue 7\n", "utf-8")
    assert (
        "1 passed, 2 xfailed" in run_pytest("suite.yaml", LEAKY, "--harness-known-failing=known.txt").stdout
    )
    stale = run_pytest("suite.yaml", GOOD, "--harness-known-failing=known.txt").stdout
    assert "2 failed, 1 passed" in stale
    assert "listed as known failing, but passed" in stale


def test_a_wrong_suite_is_a_collection_error_with_its_lines(run_pytest: Pytest, folder: Path) -> None:
    """Problems of a file are shown as file:line:column, without a traceback."""
    (folder / "suite.yaml").write_text("suite: a/b\nscenarios:\n  - id: x\n    interactons: []\n", "utf-8")
    done = run_pytest("suite.yaml", GOOD)
    assert done.returncode != 0
    assert "suite.yaml:4:5: " in done.stdout
    assert "Traceback" not in done.stdout


def test_an_unknown_edition_is_a_collection_error(run_pytest: Pytest) -> None:
    """The error lists the editions of the suites' contract."""
    done = run_pytest("suite.yaml", GOOD, "--harness-edition=2020")
    assert done.returncode == 2
    assert "unknown edition '2020'" in done.stdout
    assert "2026-05" in done.stdout


def test_an_address_that_leads_nowhere_is_one_collection_error(run_pytest: Pytest) -> None:
    """The error names what was looked for, without a traceback."""
    done = run_pytest("suite.yaml", "--harness-implementation=python:shapers:god")
    assert done.returncode == 2
    assert "god" in done.stdout
    assert "Traceback" not in done.stdout
    assert "_bench" not in done.stdout


def test_junit_properties_name_the_rules(run_pytest: Pytest, folder: Path) -> None:
    """pytest's own JUnit file says which rules a case is about."""
    run_pytest("suite.yaml", GOOD, "--junitxml=report.xml")
    properties = ElementTree.parse(folder / "report.xml").findall(".//property[@name='rule']")
    assert {each.get("value") for each in properties} == {"AC-HDR-02", "AC-REF-02"}


def test_the_shaper_fixture_gives_the_request_of_an_input(run_pytest: Pytest, folder: Path) -> None:
    """People who would rather write Python ask the implementation for its request."""
    (folder / "test_it.py").write_text(
        "def test_url(shaper):\n"
        "    request = shaper(model='acme/a/b', api_key='k', base_url='https://p.example')\n"
        "    assert request.url == 'https://p.example/chat/completions'\n"
        "    assert ('Authorization', 'Bearer k') in request.headers\n",
        "utf-8",
    )
    done = run_pytest("test_it.py", GOOD)
    assert "1 passed" in done.stdout, done.stdout


def test_installing_the_plugin_changes_nothing_else(run_pytest: Pytest, folder: Path) -> None:
    """A run without scenarios imports nothing of ours but the plugin, and collects no YAML file."""
    (folder / "test_it.py").write_text(
        "import sys\n"
        "def test_imports():\n"
        "    ours = {name for name in sys.modules if name.startswith('harness.')}\n"
        "    assert ours <= {'harness.pytest_plugin', 'harness._version'}\n"
        "    assert not {'vcr', 'deepdiff', 'httpx'} & set(sys.modules)\n",
        "utf-8",
    )
    done = run_pytest("-q")
    assert "1 passed" in done.stdout, done.stdout
