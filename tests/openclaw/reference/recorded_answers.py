"""Answers to read: streams written out by hand, and those that real providers were recorded to give."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from harness.cassettes import open_cassette
from harness.model import Reply
from harness_openclaw.reference import Failure

REPOSITORY = Path(__file__).resolve().parents[3]
_STREAM = (("Content-Type", "text/event-stream"),)


def stream(*events: dict[str, Any] | str, fault: str | None = None) -> Reply:
    """A reply of these events; a mapping is the data of one, a text stands as it is."""
    text = "".join(
        event
        if isinstance(event, str)
        else f"event: {event.get('type', 'message')}\ndata: {json.dumps(event)}\n\n"
        for event in events
    )
    return Reply(200, _STREAM, (text.encode(),), fault)


def whole(answer: Any, status: int = 200) -> Reply:
    return Reply(status, (("Content-Type", "application/json"),), (json.dumps(answer).encode(),))


def kind_of(failure: Failure) -> tuple[str | None, bool]:
    return failure.error_class, failure.retryable


def recorded(operation: str) -> tuple[Reply, ...]:
    """The recorded answers with status 200 to requests whose path ends in `operation`. The test is skipped
    where there are no recordings."""
    folder = Path(os.environ.get("HARNESS_EVIDENCE") or REPOSITORY.parent / "shared" / "evidence")
    if not (folder / "cassettes").is_dir():
        pytest.skip(f"no recorded traffic in {folder} (set HARNESS_EVIDENCE)")
    return tuple(_recorded(folder / "cassettes", operation))


def _recorded(folder: Path, operation: str) -> Iterator[Reply]:
    for file, content in _files(folder):
        if operation.encode() in content:
            for interaction in open_cassette(file).interactions:
                path = urlsplit(interaction.request.url).path
                if path.endswith(operation) and interaction.reply.status == 200:
                    yield interaction.reply


@cache
def _files(folder: Path) -> tuple[tuple[Path, bytes], ...]:
    read = ((file, file.read_bytes()) for file in sorted(folder.rglob("*.y*ml")))
    words = (b"/messages", b"/responses", b"GenerateContent")
    return tuple((file, content) for file, content in read if any(word in content for word in words))


def data_lines(reply: Reply) -> list[dict[str, Any]]:
    """The JSON behind each `data:` of a stream, found line by line."""
    lines = reply.body.decode().splitlines()
    return [json.loads(line[5:]) for line in lines if line.startswith("data:") and "{" in line]


def is_stream(reply: Reply) -> bool:
    return reply.body.lstrip().startswith((b"data:", b"event:", b":"))
