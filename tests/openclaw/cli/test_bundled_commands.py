"""Commands on the bundled suites and recordings."""

from __future__ import annotations

import subprocess
from collections.abc import Callable

import pytest

from harness_openclaw import hooks

Harness = Callable[..., "subprocess.CompletedProcess[str]"]

SHOWN = ("clawrouter/gemini/hello.yaml", "openrouter/speech/mp3.yaml", "openrouter/video/video.yaml")


def test_without_arguments_the_reference_passes_the_bundled_suites(harness: Harness) -> None:
    """`harness run` in any folder holds the reference to the bundled suites, and it keeps them all."""
    done = harness("run")
    assert done.returncode == 0, done.stdout[-3000:]
    assert "reference" in done.stdout.splitlines()[0]


def test_no_chat_rule_is_uncovered(harness: Harness) -> None:
    """Every rule of a chat call, errors and retries aside, is named by a bundled scenario."""
    uncovered = harness("rules", "--uncovered", "--operation", "chat").stdout.splitlines()
    later = ("OR-ERR-", "OR-RETRY-", "OR-PRE-", "CW-")
    assert [line for line in uncovered if not line.startswith(later)] == []


def test_validate_accepts_the_bundled_suites_without_a_warning(harness: Harness) -> None:
    """The bundled suites are valid, and each of their checks can fail."""
    done = harness("validate", "--strict")
    assert done.returncode == 0, done.stdout
    assert done.stdout.rstrip().endswith("valid")


def test_check_proxy_finds_nothing_in_the_reference(harness: Harness) -> None:
    """The reference sends nothing OpenRouter-only to a custom base URL."""
    done = harness("check-proxy", "https://gateway.acme.example/llm/v1")
    assert done.returncode == 0, done.stdout
    assert "leaks nothing to https://gateway.acme.example/llm/v1" in done.stdout


def test_check_proxy_names_what_leaks(harness: Harness) -> None:
    """The rules that a shaper breaks there are named."""
    done = harness("check-proxy", "https://gateway.acme.example/v1", "-i", "python:shapers:leaky")
    assert done.returncode == 1
    assert "broken  OR-HDR-02" in done.stdout
    assert "https://gateway.acme.example/v1/chat/completions" in done.stdout


def test_check_proxy_looks_at_images_and_video_too(harness: Harness) -> None:
    """What a client that makes media sends to a proxy is seen, although the published builds send it too."""
    client = "python:harness_openclaw.mutants:leaks_attribution_to_media_proxies"
    done = harness("check-proxy", "https://gateway.acme.example/v1", "-i", client)
    assert done.returncode == 1
    assert "broken  OR-HDR-11" in done.stdout
    assert "https://gateway.acme.example/v1/videos" in done.stdout


@pytest.mark.parametrize("url", ["https://openrouter.ai/api/v1", "https://eu.openrouter.ai/api/v1"])
def test_check_proxy_refuses_openrouter_itself(url: str, harness: Harness) -> None:
    """It is no custom base URL."""
    done = harness("check-proxy", url)
    assert done.returncode == 4
    assert "https://proxy.example/v1" in done.stderr


def test_show_tells_the_model_of_any_recording(harness: Harness) -> None:
    """Named in the body, or in the path; sound and video by their type and size."""
    shown = harness("cassettes", "show", *(str(hooks.cassettes / name) for name in SHOWN)).stdout
    rows = [line.split() for line in shown.splitlines() if line.startswith(("  0", "  4"))]
    assert [row[3:6] for row in rows] == [
        ["gemini-2.5-flash", "stream", rows[0][5]],
        ["hexgrad/kokoro-82m", "audio/mpeg", "168"],
        ["google/veo-3.1-fast", "JSON", "100"],
        ["-", "video/mp4", "717"],
    ]
    assert harness("cassettes", "check", str(hooks.cassettes)).stdout.endswith(" cassettes: no findings\n")
