"""Recorded traffic with OpenRouter, read with no part of the harness: just the YAML."""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]


@dataclass(frozen=True)
class Recorded:
    """One request and its answer, bodies as text."""

    file: str
    method: str
    path: str  # below the base: /chat/completions
    headers: frozenset[str]
    asked: str
    status: int
    answered: str

    @property
    def streamed(self) -> bool:
        return self.answered.startswith(("data:", ": OPENROUTER"))


def recordings() -> tuple[Recorded, ...]:
    """All of them; the test is skipped where there are none."""
    folder = Path(os.environ.get("HARNESS_EVIDENCE", ROOT / "../shared/evidence")) / "cassettes"
    if not folder.is_dir():
        pytest.skip(f"no recorded traffic in {folder} (set HARNESS_EVIDENCE)")
    return _read(folder)


@cache
def _read(folder: Path) -> tuple[Recorded, ...]:
    return tuple(
        recorded
        for file in sorted(folder.glob("*/openrouter.ai/**/*.y*ml"))
        for recorded in _interactions(file)
    )


def _interactions(file: Path) -> Iterator[Recorded]:
    content = yaml.load(file.read_bytes(), Loader=yaml.CSafeLoader)
    for interaction in content.get("interactions") or ():
        request, response = interaction["request"], interaction["response"]
        parts = urlsplit(request["uri"])
        if parts.hostname != "openrouter.ai":
            continue
        status = response.get("status") or {"code": response.get("status_code")}
        yield Recorded(
            str(file),
            request["method"].upper(),
            parts.path.removeprefix("/api/v1"),
            frozenset(name.lower() for name in response.get("headers") or ()),
            text_of(request),
            status["code"],
            text_of(response),
        )


def text_of(message: dict[str, Any]) -> str:
    """The body of a request or a response, whatever way it is kept in."""
    if message.get("parsed_body") is not None:
        return json.dumps(message["parsed_body"])
    body = message.get("body", message.get("content"))
    if isinstance(body, dict):
        body = body.get("string")
    if isinstance(body, bytes):
        body = gzip.decompress(body) if body.startswith(b"\x1f\x8b") else body
        return body.decode(errors="replace")
    return body or ""
