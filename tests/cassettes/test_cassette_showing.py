"""`harness cassettes show`: what is in recordings."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from chat_recordings import KEY, record_awkward_requests

URL = "https://api.acme.example/v1/chat/completions"


@pytest.fixture
def recordings(tmp_path: Path) -> Path:
    return record_awkward_requests(tmp_path / "recorded", URL)


def show(*arguments: Any, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "harness", "cassettes", "show", *map(str, arguments)],
        cwd=cwd,
        capture_output=True,
        text=True,
        encoding="utf-8",
    )


def test_show_lists_what_is_inside(recordings: Path, tmp_path: Path) -> None:
    """A line for each interaction, what was put right, and what cannot be read."""
    text = (recordings / "a b.yaml").read_text().replace("method: POST", "method: post", 1)
    (recordings / "a b.yaml").write_text(text)
    done = show("recorded", cwd=tmp_path)
    assert done.returncode == 4
    assert "recorded/a b.yaml: 4 interactions" in done.stdout
    assert f"  0  POST    200     openai/gpt-4o  -           2       1  {URL}" in done.stdout
    assert "repaired: recorded/a b.yaml:" in done.stdout
    assert "recorded/broken.yaml:" in done.stderr
    assert KEY not in done.stdout + done.stderr


def test_show_prints_one_interaction_without_its_secrets(recordings: Path, tmp_path: Path) -> None:
    """The request and its answer, JSON laid out, placeholders where secrets were."""
    done = show("recorded/a b.yaml", "--interaction", "1", cwd=tmp_path)
    assert done.returncode == 0
    assert done.stdout.startswith(f"POST {URL}\nauthorization: Bearer ")
    assert '\n  "model": "openai/gpt-4o",\n' in done.stdout
    assert "\n200\n" in done.stdout
    assert KEY not in done.stdout
    missing = show("recorded/a b.yaml", "--interaction", "9", cwd=tmp_path)
    assert missing.returncode == 4
    assert "has no interaction 9" in missing.stderr
