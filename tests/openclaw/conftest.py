"""What the tests of the contract `openclaw` start from."""

from __future__ import annotations

from pathlib import Path

import pytest

SHAPERS = """\
def good(given):
    base = given.get("base_url") or "https://openrouter.ai/api/v1"
    return {
        "method": "POST",
        "url": base + "/chat/completions",
        "headers": {"Authorization": "Bearer " + given["api_key"]},
        "body": {"model": given["model"].removeprefix("openrouter/"), "messages": given.get("history", [])},
    }


def leaky(given):
    request = good(given)
    request["headers"]["HTTP-Referer"] = "https://acme.example"
    return request
"""


@pytest.fixture
def secret() -> str:
    """The canary of the cases that these tests make."""
    return "sk-or-v1-" + "5e" * 24


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the module `shapers`, and no contract of its own."""
    (tmp_path / "shapers.py").write_text(SHAPERS, "utf-8")
    return tmp_path
