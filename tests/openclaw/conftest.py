"""What the tests of the contract `openclaw` start from."""

from __future__ import annotations

from pathlib import Path

import pytest

SUITE = """\
suite: acme/chat
about: What Acme's proxy may see.
defaults:
  input:
    operation: chat
    model: openrouter/acme/one
    api_key: ${canary.api_key}
    history: [{role: user, content: hi}]
  request:
    method: POST
    headers: {Authorization: "Bearer ${canary.api_key}"}
scenarios:
  - id: proxy
    about: A proxy gets the key and nothing of OpenRouter's.
    rules: [OR-HDR-02]
    tags: [custom-proxy]
    for_each:
      - {base: https://proxy.example/v1, id: plain}
      - {base: https://gateway.example/v1, id: gateway}
    input: {base_url: "${each.base}"}
    interactions:
      - request:
          url: ${each.base}/chat/completions
          forbid_headers: [HTTP-Referer]
  - id: model
    about: The model id goes out without the provider.
    rules: [OR-REF-02]
    interactions:
      - request:
          url: https://openrouter.ai/api/v1/chat/completions
          body_includes: {model: acme/one}
"""

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
    """A folder with a contract that extends `openclaw`, `suite.yaml` and the module `shapers`."""
    (tmp_path / "contract.yaml").write_text("contract: acme\nextends: openclaw\nrules: inherit\n", "utf-8")
    (tmp_path / "suite.yaml").write_text(SUITE, "utf-8")
    (tmp_path / "shapers.py").write_text(SHAPERS, "utf-8")
    return tmp_path
