"""The command, run as a child process in a folder with a suite and shapers."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Harness = Callable[..., "subprocess.CompletedProcess[str]"]


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
