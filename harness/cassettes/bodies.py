"""How the body of a request differs from a recorded one."""

from __future__ import annotations

from collections.abc import Callable

import orjson

from harness.cassettes.request_key import canonical_body
from harness.matchers import escape

__all__ = ["body_changes"]


def body_changes(recorded: bytes, sent: bytes, mask: Callable[[str], str]) -> list[str]:
    """Return how the body that is sent differs from the recorded one, a sentence for each difference."""
    from harness.judge import explain

    if canonical_body(recorded) == canonical_body(sent):
        return []
    try:
        changes = explain(escape(orjson.loads(recorded)), orjson.loads(sent))
    except orjson.JSONDecodeError:
        return [f"body: recorded {len(recorded)} bytes, sent {len(sent)} different bytes"]
    lines = [f"body {change.describe(mask)}" for change in changes]
    return lines or ["body has integers that differ beyond 64 bits"]
