"""The whole observed requests of a case that failed, kept as a file for a closer look."""

from __future__ import annotations

import json
import re
from pathlib import Path

from harness.matchers import read_json
from harness.model import JsonValue, Request, Verdict
from harness.redaction import Redactor

__all__ = ["save_observation"]


def save_observation(verdict: Verdict, folder: Path) -> Path | None:
    """Write what was observed to `folder/<case>[@edition][.implementation].json`; None if nothing was.

    Canaries and credentials are masked. A `.gitignore` keeps the folder out of version control.
    """
    observation = verdict.observation
    if observation is None or not any(step.requests or step.outcome for step in observation.steps):
        return None
    case = verdict.case
    document = {
        "case": case.name,
        "edition": case.edition,
        "implementation": verdict.implementation,
        "steps": [
            {
                "input": case.steps[number].input,
                "requests": [request_as_json(request) for request in step.requests],
                "outcome": step.outcome,
            }
            for number, step in enumerate(observation.steps)
        ],
    }
    who = re.sub(r"[^A-Za-z0-9._-]+", "-", verdict.implementation)
    edition = f"@{case.edition}" if case.edition else ""
    path = folder / f"{case.name}{edition}.{who}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    ignore = folder.parent / ".gitignore"
    if not ignore.exists():
        ignore.write_text("*\n", "utf-8")
    text = json.dumps(document, default=str, indent=2, ensure_ascii=False)
    path.write_text(Redactor(case.canaries)(text) + "\n", "utf-8", errors="backslashreplace")
    return path


def request_as_json(request: Request) -> dict[str, JsonValue]:
    """A request with its body as JSON where that loses nothing, as text, else as base64."""
    document: dict[str, JsonValue] = {
        "method": request.method,
        "url": request.url,
        "headers": [list(pair) for pair in request.headers],
    }
    document.update(_body(request.body))
    if request.timeout_ms is not None:
        document["timeout_ms"] = request.timeout_ms
    return document


def _body(body: bytes) -> dict[str, JsonValue]:
    if not body:
        return {"body": None}
    try:
        return {"body": read_json(body)}
    except ValueError:
        pass
    try:
        return {"body_text": body.decode("utf-8")}
    except UnicodeDecodeError:
        from base64 import b64encode

        return {"body_base64": b64encode(body).decode("ascii")}
