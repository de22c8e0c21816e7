"""Recordings of chat completions that are hard to write as scenarios."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml

__all__ = ["KEY", "record_awkward_requests"]

KEY = "sk-or-v1-" + "7b" * 24
"""The secret in the recordings."""


def record_awkward_requests(folder: Path, url: str) -> Path:
    """Write cassettes of requests to `url`, which ends in `/chat/completions`, and return their folder.

    `a b.yaml` has a request full of syntax, one with a secret in its text, the same again, and the same
    answered with 429; `other.yaml` has the first again and a request that is not a chat completion;
    `broken.yaml` is not a cassette.
    """
    tricky = {
        "model": "openai/gpt-4o",
        "messages": [{"role": "user", "content": "${each.x} $${y}\n: no 012 \u2028 'q' \"d\" 🙂"}],
        "metadata": {"$ref": "x", "012": "1e5", "no": "0x10", "a": "True", "b": ".5", "c": "~", "d": ""},
        "response_format": {"schema": {"$one_of": [1]}},
        "seed": 123456789012345678901234567890,
        "temperature": 1e-7,
    }
    plain = {"model": "openai/gpt-4o", "messages": [{"role": "user", "content": f"my key is {KEY}"}]}
    embeddings = url.replace("/chat/completions", "/embeddings")
    folder.mkdir()
    for name, exchanges in {
        "a b.yaml": [_exchange(tricky, url), *[_exchange(plain, url)] * 2, _exchange(plain, url, 429)],
        "other.yaml": [_exchange(tricky, url), _exchange({"input": "x"}, embeddings)],
    }.items():
        (folder / name).write_text(yaml.safe_dump({"version": 1, "interactions": exchanges}))
    (folder / "broken.yaml").write_text("a: [")
    return folder


def _exchange(body: Any, url: str, status: int = 200) -> Any:
    return {
        "request": {
            "method": "POST",
            "uri": url,
            "body": json.dumps(body),
            "headers": {"authorization": [f"Bearer {KEY}"]},
        },
        "response": {"status": {"code": status, "message": ""}, "headers": {}, "body": {"string": "{}"}},
    }
