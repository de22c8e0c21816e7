"""`harness mock` as a person starts it: a process that serves the mock provider of a contract on a port."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Callable
from pathlib import Path

Harness = Callable[..., "subprocess.CompletedProcess[str]"]


def test_the_hook_answers_and_remembers(folder: Path) -> None:
    """One balance, that of the option, for as long as the process runs; the lines lead each host to it."""
    command = [sys.executable, "-m", "harness", "mock", "--credits", "2.50"]
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=folder, env=environment) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline().strip() for _ in range(3)]
        try:
            base = lines[0].removeprefix("mock provider: ")
            plain = base.replace("https://", "http://")
            with urllib.request.urlopen(f"{plain}/chat/completions", b'{"model": "one"}') as answer:
                assert json.load(answer)["choices"][0]["message"]["content"] == "Hello from Acme."
            with urllib.request.urlopen(f"{plain}/balance") as answer:
                assert json.load(answer) == {"remaining": 2.0}
        finally:
            process.send_signal(signal.SIGINT)
            assert process.wait(20) == 0
    ca_file = lines[1].removeprefix("certificate authority: ")
    route = f"--upstream api.acme.example={base.removesuffix('/v1')}"
    assert lines[2] == (
        f"to record from it: harness record {route} --upstream-ca {ca_file} --source simulated"
    )


def test_a_port_in_use_is_an_error_that_says_what_to_do(harness: Harness) -> None:
    """With the exit status of wrong usage."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = harness("mock", "--port", str(port))

    assert done.returncode == 4
    assert done.stderr.strip() == f"port {port} is in use; choose another or omit --port"


def test_a_contract_without_a_mock_provider_is_an_error(tmp_path: Path) -> None:
    """A contract of data alone has none to serve."""
    (tmp_path / "scenarios" / "bolt").mkdir(parents=True)
    (tmp_path / "scenarios" / "bolt" / "contract.yaml").write_text("contract: bolt\n", "utf-8")
    command = [sys.executable, "-m", "harness", "mock", "--contract", "bolt"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)

    assert done.returncode == 4
    assert done.stderr.strip() == "the contract bolt has no mock provider (the hook `respond`)"
