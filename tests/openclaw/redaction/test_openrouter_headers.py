"""Headers of OpenRouter that a recording keeps."""

from __future__ import annotations

import pytest

from harness.cassettes import Recorded
from harness.contracts import named_contract
from harness.model import Reply, Request
from harness.redaction import RedactionRules, Scrubber

URL = "https://openrouter.ai/api/v1/chat/completions"
RULES = RedactionRules(**named_contract("openclaw").redaction)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HTTP-Referer", "https://openclaw.ai"),
        ("X-OpenRouter-Title", "OpenClaw"),
        ("X-OpenRouter-Categories", "cli-agent"),
        ("X-OpenRouter-Cache", "true"),
    ],
)
def test_the_attribution_headers_are_kept(name: str, value: str) -> None:
    """Attribution and cache headers are stored as they were sent (OR-HDR-02)."""
    recorded = Recorded(0, Request("POST", URL, ((name, value),), b"{}"), Reply(200, (), (b"{}",)))
    (stored,) = Scrubber(environment={}, rules=RULES).scrub([recorded]).interactions
    assert stored.request.headers == ((name, value),)


def test_whether_a_response_came_from_the_cache_is_kept() -> None:
    """It is one of the listed response headers."""
    status = ("X-OpenRouter-Cache-Status", "MISS")
    recorded = Recorded(0, Request("POST", URL, (), b"{}"), Reply(200, (status,), (b"{}",)))
    (stored,) = Scrubber(environment={}, rules=RULES).scrub([recorded]).interactions
    assert stored.reply.headers == (status,)
