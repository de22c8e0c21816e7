"""The adapters and conversations in docs/ work as they stand there."""

from __future__ import annotations

import json
import re
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest
from obedient import job_of

from harness.implementations import connect
from harness.implementations.manifest import read_manifest
from harness.model import Observation, Reply, Request

DOCS = Path(__file__).parents[2] / "docs"
INPUT = {
    "operation": "chat",
    "model": "acme/auto",
    "api_key": "k",
    "base_url": "https://proxy.example/v1",
    "history": [{"role": "user", "content": "line\u2028separator"}],
}


def blocks(document: str, language: str) -> list[str]:
    """The code blocks of a language in a document."""
    text = (DOCS / document).read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


def assert_shapes(address: str) -> None:
    """The adapter sends one chat request, survives a broken input, and can be closed."""
    with connect(address) as connection:
        assert connection.about.name == "mine"
        jobs = [job_of(INPUT, name="good"), job_of({}, name="broken"), job_of(INPUT, name="again")]
        seen: dict[str, Observation] = {case.name: each for case, each in connection.perform(jobs, at_once=4)}
    assert seen["broken"].broken is not None
    for name in ("good", "again"):
        (request,) = seen[name].steps[0].requests
        assert (request.method, request.url) == ("POST", "https://proxy.example/v1/chat/completions")
        assert dict(request.headers)["Authorization"] == "Bearer k"
        assert json.loads(request.body) == {"model": "auto", "messages": INPUT["history"]}


def test_the_python_adapter_works(tmp_path: Path) -> None:
    """It is complete, in thirty lines."""
    (source,) = blocks("protocol.md", "python")
    assert len(source.splitlines()) <= 32
    (tmp_path / "adapter.py").write_text(source)
    assert_shapes(f"command:{sys.executable} {tmp_path / 'adapter.py'}")


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")
def test_the_node_adapter_works(tmp_path: Path) -> None:
    """So is this one."""
    (source,) = blocks("protocol.md", "js")
    assert len(source.splitlines()) <= 32
    (tmp_path / "adapter.mjs").write_text(source)
    assert_shapes(f"command:node {tmp_path / 'adapter.mjs'}")


def test_every_line_of_the_protocol_s_conversations_is_json() -> None:
    """They can be copied."""
    lines = re.findall(r"^[→←] (.*)$", (DOCS / "protocol.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert len(lines) >= 10
    assert all(isinstance(json.loads(line), dict) for line in lines)


def test_the_documented_callables_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A function, a generator and a declaration, as they stand in the guide."""
    source = "\n\n".join(block for block in blocks("implementations.md", "python") if "import" not in block)
    (tmp_path / "documented.py").write_text(source)
    monkeypatch.syspath_prepend(str(tmp_path))
    replies = iter([Reply(429), Reply(200, (), (b"Hi",))])

    def answers(step: int, request: Request) -> Reply:
        return next(replies)

    with connect("python:documented:shape") as connection:
        assert connection.about.inputs == ("tools", "params", "headers")
        seen: list[Any] = [each for _, each in connection.perform([job_of(INPUT), job_of({})])]
    assert json.loads(seen[0].steps[0].requests[0].body)["model"] == "acme/auto"
    assert seen[1].steps[0].outcome["error"]["class"] == "auth"
    with connect("python:documented:chat") as connection:
        ((_, talked),) = connection.perform([job_of(INPUT, answers=answers)])
    assert talked.steps[0].outcome == {"text": "Hi"}
    assert [request.after_ms for request in talked.steps[0].requests] == [0.0, 2000.0]


def test_the_documented_implementation_file_loads(tmp_path: Path) -> None:
    """Every key of the guide's example is known."""
    (source,) = blocks("implementations.md", "yaml")
    file = tmp_path / "implementation.yaml"
    file.write_text(source)
    manifest = read_manifest(file)
    assert manifest.edition == "2026-05"
    assert manifest.vars == {"app": {"referer": "https://my-client.example", "title": "My Client"}}
