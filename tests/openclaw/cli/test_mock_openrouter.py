"""`harness mock` for OpenClaw's providers: one account, its models, and the hosts to record from."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

KEY = {"Authorization": "Bearer sk-or-v1-" + "5e" * 24}


@contextmanager
def mock(*options: str) -> Iterator[tuple[str, list[str]]]:
    """Start the command; give the base URL with http in place of https, and the lines that it printed."""
    command = [sys.executable, "-m", "harness", "mock", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline().strip() for _ in range(3)]
        try:
            yield lines[0].removeprefix("mock provider: ").replace("https://", "http://"), lines
        finally:
            process.send_signal(signal.SIGINT)
            assert process.wait(20) == 0


def get(url: str) -> Any:
    with urllib.request.urlopen(urllib.request.Request(url, headers=KEY)) as answer:
        return json.load(answer)


def chat(base: str, model: str) -> Any:
    body = {"model": model, "messages": [{"role": "user", "content": "Hello"}]}
    headers = {**KEY, "Content-Type": "application/json"}
    request = urllib.request.Request(f"{base}/chat/completions", json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def test_what_is_called_is_charged_to_the_balance_of_the_option() -> None:
    """One account for as long as the process runs."""
    with mock("--credits", "2.50") as (base, _):
        assert chat(base, "openai/gpt-4o")["choices"][0]["message"]["content"]
        credits = get(f"{base}/credits")["data"]  # noqa: A001

    assert credits["total_credits"] == 2.5
    assert credits["total_usage"] > 0


def test_a_model_that_is_not_listed_is_refused() -> None:
    """Unlike in a run, where a suite says which models there are."""
    with mock() as (base, _), pytest.raises(urllib.error.HTTPError) as refused:
        chat(base, "acme/unheard-of")

    with refused.value as error:
        assert error.code == 400
        assert "acme/unheard-of is not a valid model ID" in error.read().decode()


def test_the_lines_say_how_to_record_from_it() -> None:
    """With the options that lead each host of the contract to it."""
    with mock() as (_, lines):
        url = lines[0].removeprefix("mock provider: ").removesuffix("/api/v1")
        ca_file = lines[1].removeprefix("certificate authority: ")

    routes = f"--upstream openrouter.ai={url} --upstream clawrouter.openclaw.ai={url}"
    assert lines[2] == (
        f"to record from it: harness record {routes} --upstream-ca {ca_file} --source simulated"
    )
