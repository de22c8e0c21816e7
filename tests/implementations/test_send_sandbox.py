"""The sandbox: a network of its own, in which everything leads to the harness."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest
from obedient import broken_by, job_of, told

from harness.errors import UsageError
from harness.implementations import connect
from harness.implementations.send import sandbox
from harness.implementations.send.sandbox import Launcher
from harness.model import Observation, Reply, Request

PROGRAM = Path(__file__).with_name("children") / "program.py"


@pytest.fixture(autouse=True, scope="module")
def _where_namespaces_are_allowed() -> None:
    launcher = Launcher("auto")
    notes = launcher.notes
    launcher.close()
    if notes:
        pytest.skip(notes[0])


def seen_of(do: str, **given: Any) -> Observation:
    def say_url(step: int, request: Request) -> Reply:
        return Reply(200, (), (request.url.encode(),))

    address = f"exec:{shlex.join([sys.executable, str(PROGRAM)])}"
    with connect(address, sandbox="require") as connection:
        assert connection.about.notes == ()
        ((_, seen),) = connection.perform([job_of({"do": do, **given}, answers=say_url)])
    return seen


def test_a_client_that_ignores_proxies_is_caught() -> None:
    """Over TLS and in the clear, by name and by bare address; each answer comes from the harness."""
    urls = ["https://api.acme.example/past", "http://telemetry.example/past", "http://198.51.100.7/past"]
    seen = seen_of("past_the_proxy")
    assert [request.url for request in seen.steps[0].requests] == urls
    assert told(seen) == " ".join(urls)


_NODE = """
import { readFileSync } from "node:fs";
const input = JSON.parse(readFileSync(process.env.HARNESS_INPUT));
const response = await fetch(`${input.base_url}/chat/completions`, { method: "POST", body: "{}" });
console.log(JSON.stringify({ text: await response.text() }));
"""


@pytest.mark.parametrize("name", ["node", "curl"])
def test_clients_in_other_languages_are_caught_without_a_setting(name: str, tmp_path: Path) -> None:
    """Node.js of any age too, whose fetch knows no proxy: its own name resolution leads here."""
    if shutil.which(name) is None:
        pytest.skip(f"{name} is not on PATH")
    script = tmp_path / "client.mjs"
    script.write_text(_NODE, "utf-8")
    url = "https://proxy.example/v1/chat/completions"
    words = {"node": ["node", str(script)], "curl": ["curl", "-sS", "-d", "{}", url]}[name]
    with connect(f"exec:{shlex.join(words)}", sandbox="require") as connection:
        ((_, seen),) = connection.perform([job_of({"base_url": "https://proxy.example/v1"})])
    (request,) = seen.steps[0].requests
    assert (request.method, request.url, request.body) == ("POST", url, b"{}")
    assert seen.notes == ()


def test_nothing_else_can_be_reached() -> None:
    """Other ports are refused by the client's own machine: there is no device but the loopback. That a
    name was looked up for nothing is told."""
    seen = seen_of("other_ports")
    assert told(seen) == "ConnectionRefusedError ConnectionRefusedError"
    assert seen.notes == ("it looked up api.acme.example, but sent it no request",)


def test_the_client_keeps_its_user_and_sees_the_loopback_only() -> None:
    """It is not made root by being watched."""
    user, group, devices = json.loads(told(seen_of("who")))
    assert (user, group) == (os.geteuid(), os.getegid())
    assert "lo" in devices
    assert not [name for name in devices if name.startswith(("eth", "en", "wl"))]


def test_the_environment_names_no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """The client goes where it would go, by itself."""
    monkeypatch.setenv("HTTPS_PROXY", "http://corporate.example:3128")
    environment = json.loads(told(seen_of("environment")))
    assert [name for name in environment if name.lower().endswith("_proxy")] == []
    assert environment["SSL_CERT_FILE"].endswith("ca.pem")


def test_a_program_that_cannot_be_executed_errs(tmp_path: Path) -> None:
    """With the reason."""
    broken = tmp_path / "client"
    broken.write_bytes(b"\x00\x01 no program")
    broken.chmod(0o700)
    with connect(f"exec:{broken}", sandbox="require") as connection:
        ((_, seen),) = connection.perform([job_of({})])
    assert "it sent nothing" in broken_by(seen)
    assert seen.broken is not None
    assert "cannot start" in seen.broken.detail


def test_where_there_is_no_sandbox_it_falls_back_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """`auto` tells why, `require` refuses."""
    monkeypatch.setattr(sandbox, "_INIT", Path(__file__).with_name("no_such_script.py"))
    launcher = Launcher("auto")
    launcher.close()
    assert not launcher.sandboxed
    assert launcher.notes[0].startswith("observed through proxy variables only")
    with pytest.raises(UsageError, match="does not allow network namespaces"):
        Launcher("require")
