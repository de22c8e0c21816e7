"""Ready-made values that several tests start from."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.contracts.installed import installed
from harness.errors import Location
from harness.model import (
    Case,
    Difference,
    Interaction,
    Observation,
    Request,
    Rule,
    RuleScope,
    Step,
    StepObservation,
    Verdict,
)

with contextlib.suppress(ImportError):  # not in every environment
    import hypothesis

    # Under tox the random examples are the same each time; by hand they look for what nobody thought of.
    hypothesis.settings.register_profile("tox", derandomize=True)
    if "TOX_ENV_NAME" in os.environ:
        hypothesis.settings.load_profile("tox")

Harness = Callable[..., "subprocess.CompletedProcess[str]"]

SECRET = "sk-acme-" + "5e" * 24

SUITE = """\
suite: acme/chat
about: What Acme's proxy may see.
defaults:
  input:
    operation: chat
    model: acme/one
    api_key: ${canary.api_key}
    history: [{role: user, content: hi}]
  request:
    method: POST
    headers: {Authorization: "Bearer ${canary.api_key}"}
scenarios:
  - id: proxy
    about: A proxy gets the key and nothing of Acme's.
    rules: [AC-HDR-02]
    tags: [custom-proxy]
    for_each:
      - {base: https://proxy.example/v1, id: plain}
      - {base: https://gateway.example/v1, id: gateway}
    input: {base_url: "${each.base}"}
    interactions:
      - request:
          url: ${each.base}/chat/completions
          forbid_headers: [HTTP-Referer]
  - id: model
    about: The model id goes out without the provider.
    rules: [AC-REF-02]
    interactions:
      - request:
          url: https://api.acme.example/v1/chat/completions
          body_includes: {model: one}
"""

PROXY_SUITE = """\
suite: acme/proxies
vars: {proxy: {base: https://proxy.example/v1}}
defaults:
  input:
    base_url: ${proxy.base}
    model: acme/one
    api_key: ${canary.api_key}
    history: [{role: user, content: hi}]
  request:
    method: POST
    url: ${proxy.base}/chat/completions
    headers: {Authorization: {$optional: "Bearer ${canary.api_key}"}}
scenarios:
  - id: headers
    rules: [AC-HDR-02]
    interactions: [{request: {forbid_headers: [HTTP-Referer, X-Acme-*]}}]
"""

ACME = Path(__file__).with_name("acme")

SHAPERS = """\
import json


def good(given):
    base = given.get("base_url") or "https://api.acme.example/v1"
    return {
        "method": "POST",
        "url": base + "/chat/completions",
        "headers": {"Authorization": "Bearer " + given["api_key"]},
        "body": {"model": given["model"].removeprefix("acme/"), "messages": given.get("history", [])},
    }


def leaky(given):
    request = good(given)
    request["headers"]["HTTP-Referer"] = "https://acme.example"
    return request


def broken(given):
    raise RuntimeError("no shaping today, key " + given["api_key"])
"""


@pytest.fixture(scope="session", autouse=True)
def cache_of_the_tests(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Parsed suites are kept in a folder of the session's own, never in the user's."""
    before = os.environ.get("HARNESS_CACHE_DIR")
    os.environ["HARNESS_CACHE_DIR"] = str(tmp_path_factory.mktemp("cache"))
    yield
    if before is None:
        del os.environ["HARNESS_CACHE_DIR"]
    else:
        os.environ["HARNESS_CACHE_DIR"] = before


@pytest.fixture
def secret() -> str:
    """The canary of the cases that `a_case` makes."""
    return SECRET


@pytest.fixture
def a_rule() -> Callable[..., Rule]:
    """Make a rule; anything may be given."""

    def make(name: str = "AC-HDR-02", **given: Any) -> Rule:
        values: dict[str, Any] = {
            "text": "Acme is told which application calls.",
            "editions": ("2026-05",),
            "evidence": "documented",
            "operations": ("chat",),
            "source": "Acme provider page",
            "where": RuleScope(headers=("HTTP-Referer",)),
            "location": Location("scenarios/rules/headers.yaml", 3),
        }
        return Rule(name, **values | given)

    return make


@pytest.fixture
def a_case(a_rule: Callable[..., Rule]) -> Callable[..., Case]:
    """Make a case with one interaction and one canary; anything may be given."""

    def make(name: str = "acme/attribution/verified-route/plain", **given: Any) -> Case:
        interaction = Interaction(
            {"url": "https://api.acme.example/v1/chat/completions"}, ("interactions", 0)
        )
        values: dict[str, Any] = {
            "suite": name.rpartition("/")[0].rpartition("/")[0],
            "edition": "2026-05",
            "steps": (Step({"operation": "chat", "api_key": SECRET}, (interaction,)),),
            "file": "scenarios/acme/attribution.yaml",
            "line": 41,
            "about": "A verified route carries the attribution headers.",
            "rules": (a_rule(),),
            "canaries": {"api_key": SECRET},
        }
        return Case(name, **values | given)

    return make


@pytest.fixture
def a_verdict(a_case: Callable[..., Case]) -> Callable[..., Verdict]:
    """Make a verdict of a status; a failed one has a header and a body difference, and shows a secret."""

    def make(status: Any = "passed", case: Case | None = None, **given: Any) -> Verdict:
        request = Request(
            "POST",
            "https://api.acme.example/v1/chat/completions",
            (("authorization", f"Bearer {SECRET}"),),
            b'{"model":"anthropic/claude-sonnet-4-6"}',
        )
        differences = (
            Difference("body", "$.model", f"$.model: expected {SECRET}", request=0, rules=("AC-HDR-02",)),
            Difference(
                "headers",
                "HTTP-Referer",
                "HTTP-Referer: expected once, was not sent",
                request=0,
                rules=("AC-HDR-02",),
                location=Location("scenarios/acme/attribution.yaml", 52, 13),
            ),
        )
        values: dict[str, Any] = {
            "implementation": "acme",
            "differences": differences if status == "failed" else (),
            "observation": Observation((StepObservation((request,)),)),
            "duration_s": 0.001,
        }
        if status not in ("passed", "failed"):
            values["reason"] = "because"
        return Verdict(case or a_case(), status, **values | given)

    return make


@pytest.fixture
def with_acme() -> Callable[[Path], None]:
    """Put the contract acme into a folder: its contract.yaml, rules and Python, installed for those who have
    the folder on their path."""

    def put(folder: Path) -> None:
        shutil.copytree(ACME, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))

    return put


@pytest.fixture
def acme_installed(
    tmp_path: Path, with_acme: Callable[[Path], None], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Path]:
    """The test's folder with the contract acme, which is installed in this process."""
    with_acme(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    installed.cache_clear()
    yield tmp_path
    installed.cache_clear()


@pytest.fixture
def folder(tmp_path: Path, with_acme: Callable[[Path], None]) -> Path:
    """A folder with the contract acme, `suite.yaml` and the module `shapers`."""
    with_acme(tmp_path)
    (tmp_path / "suite.yaml").write_text(SUITE, "utf-8")
    (tmp_path / "shapers.py").write_text(SHAPERS, "utf-8")
    return tmp_path


@pytest.fixture
def proxy_suite(folder: Path) -> Path:
    """The suite that `harness check-proxy` runs, named in the contract of the folder."""
    with (folder / "contract.yaml").open("a", encoding="utf-8") as contract:
        contract.write("check_proxy: proxies.yaml\n")
    (folder / "proxies.yaml").write_text(PROXY_SUITE, "utf-8")
    return folder / "proxies.yaml"


@pytest.fixture
def harness(folder: Path) -> Harness:
    """Run `harness ARGUMENT…` in the folder; `stdin` and environment variables by keyword."""

    def run(*arguments: str, stdin: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "harness", *arguments],
            cwd=folder,
            input=stdin,
            capture_output=True,
            text=True,
            encoding="utf-8",
            env={**os.environ, "PYTHONPATH": str(folder), "HARNESS_CACHE_DIR": str(folder / "cache")}
            | environment,
        )

    return run
