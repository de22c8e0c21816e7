"""Recorded traffic of many projects with OpenRouter.

`HARNESS_CORPUS=all` replays every cassette; otherwise a sample is taken.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from replaying import in_process

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def recordings() -> list[Path]:
    folder = Path(os.environ.get("HARNESS_EVIDENCE", ROOT / "../shared/evidence")) / "cassettes"
    if not (folder / "INDEX.json").is_file():
        pytest.skip(f"no recorded traffic in {folder} (set HARNESS_EVIDENCE)")
    return sorted(folder.glob("*/openrouter.ai/*.yaml"))


def test_openrouter_traffic_replays_in_process(recordings: list[Path]) -> None:
    """Status, headers and body bytes are those that the file holds, for all of it."""
    tally = in_process(recordings if os.environ.get("HARNESS_CORPUS") == "all" else recordings[::3])
    assert tally.interactions > 100
    assert not tally.failed
