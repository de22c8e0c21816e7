"""Recorded traffic with Anthropic, Google and OpenAI's Responses, read with no part of the harness."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml
from openrouter_recordings import ROOT, text_of
from provider_requests import events_in

_FORMS = {
    "messages": ("api.anthropic.com", re.compile(r"/v1/messages$")),
    "responses": ("api.openai.com", re.compile(r"/v1/responses$")),
    "gemini": ("generativelanguage.googleapis.com", re.compile(r":(streamGenerateContent|generateContent)$")),
}


@dataclass(frozen=True)
class Recorded:
    """One request and its answer, bodies as text."""

    file: str
    form: str  # messages, responses or gemini
    url: str
    asked: str
    status: int
    answered: str

    @property
    def streamed(self) -> bool:
        return self.answered.startswith(("data:", "event:"))


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
        for host in sorted({host for host, _ in _FORMS.values()})
        for file in sorted(folder.glob(f"*/{host}/**/*.y*ml"))
        for recorded in _interactions(file)
    )


def _interactions(file: Path) -> Iterator[Recorded]:
    content = yaml.load(file.read_bytes(), Loader=yaml.CSafeLoader)
    for interaction in content.get("interactions") or ():
        request, response = interaction["request"], interaction["response"]
        parts = urlsplit(request["uri"])
        for form, (host, path) in _FORMS.items():
            if parts.hostname == host and path.search(parts.path) and request["method"].upper() == "POST":
                status = response.get("status") or {"code": response.get("status_code")}
                answered = text_of(response).replace("\r\n", "\n").lstrip()
                url = request["uri"]
                yield Recorded(str(file), form, url, text_of(request), status["code"], answered)


def objects_in(body: str) -> Iterator[dict[str, Any]]:
    """The JSON objects of an answer: one, those of a list, or the data of events."""
    if body.startswith(("data:", "event:")):
        for data in events_in(body.encode()):
            yield from _object(data)
    else:
        yield from _object(body)


def _object(text: str) -> Iterator[dict[str, Any]]:
    try:
        found = json.loads(text)
    except json.JSONDecodeError:
        return
    yield from found if isinstance(found, list) else (found,)
