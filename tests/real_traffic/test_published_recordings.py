"""Provider traffic that other projects have recorded and published, replayed byte for byte."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from replaying import Tally, in_process, over_the_wire

PUBLISHED = {
    "chatlas-0.23.0": (192, 0, 472),
    "mirascope-2.8.2": (826, 158, 1269),
    "openinference_instrumentation_litellm-0.1.51": (12, 0, 13),
    "opentelemetry_instrumentation_openai-0.62.4": (192, 0, 686),
}
"""By archive: files, how many of them are recordings of an SDK and not of HTTP, and interactions."""


def cassettes_of(recordings: Path, archive: str) -> list[Path]:
    return sorted((recordings / archive).rglob("*.y*ml"))


@pytest.mark.parametrize("replay", [in_process, over_the_wire])
@pytest.mark.parametrize("archive", PUBLISHED)
def test_every_recording_replays(
    recordings: Path,
    archive: str,
    replay: Callable[[list[Path]], Tally],
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Through httpx in this process and through the server, or it is refused for what it is."""
    tally = replay(cassettes_of(recordings, archive))
    with capsys.disabled():
        sys.stdout.write(f"\n{archive}, {replay.__name__}: {tally}\n")
    assert (tally.files, len(tally.refused), tally.interactions) == PUBLISHED[archive]
    assert all("a recording of an SDK's calls" in reason for reason in tally.refused.values())
    assert not tally.failed
    assert not tally.nameless


@pytest.mark.parametrize("archive", PUBLISHED)
def test_what_their_authors_left_in_is_found(
    recordings: Path, archive: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """`harness cassettes check` tells each place and rule."""
    done = subprocess.run(
        [sys.executable, "-m", "harness", "cassettes", "check", str(recordings / archive)],
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    *findings, summary = done.stdout.splitlines()
    rules = Counter(
        finding.rpartition(": ")[2] for finding in findings if "this is a recording" not in finding
    )
    with capsys.disabled():
        told = "".join(f"\n  {count:6,} {rule}" for rule, count in rules.most_common())
        sys.stdout.write(f"\n{archive}: {summary}{told}\n")
    assert not done.stderr
    assert done.returncode == (1 if findings else 0)
