"""The JSON report: one document with the run, every verdict and the sum."""

from __future__ import annotations

from typing import TextIO

from harness.engine.events import Begun, Ended
from harness.json_encoding import encode_json
from harness.model import Difference, JsonValue, Verdict
from harness.redaction import Redactor

__all__ = ["FORMAT", "JsonReport", "verdict_as_json"]

FORMAT = 1
"""Version of the document's layout, in its key `format`."""


class JsonReport:
    """Writes an object with `format`, `harness`, `started_at`, `implementations`, `contracts`, `editions`,
    `verdicts` and `summary`."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._separator = ""

    def begin(self, event: Begun) -> None:
        head = {
            "format": FORMAT,
            "harness": event.harness_version,
            "started_at": event.started_at,
            "contracts": event.contracts,
            "editions": event.editions,
            "implementations": [
                {"name": about.name, "version": about.version, "language": about.language, "mode": about.mode}
                for about in event.implementations
            ],
        }
        self._stream.write(_dumps(head)[:-1] + ',"verdicts":[')

    def verdict(self, verdict: Verdict) -> None:
        text = _dumps(verdict_as_json(verdict))
        if verdict.status != "passed" or verdict.unverified:
            text = Redactor(verdict.case.canaries)(text)
        self._stream.write(f"{self._separator}\n{text}")
        self._separator = ","

    def end(self, event: Ended) -> None:
        summary = event.summary._asdict() | {"exit_code": event.summary.exit_code}
        self._stream.write(f'\n],"summary":{_dumps(summary)}}}\n')


def verdict_as_json(verdict: Verdict) -> dict[str, JsonValue]:
    """A verdict as plain data, secrets not yet masked."""
    case = verdict.case
    return {
        "case": case.name,
        "suite": case.suite,
        "contract": case.contract,
        "edition": case.edition,
        "implementation": verdict.implementation,
        "status": verdict.status,
        "evidence": case.evidence,
        "rules": [rule.id for rule in case.rules],
        "tags": case.tags,
        "file": case.file,
        "line": case.line,
        "duration_s": round(verdict.duration_s, 6),
        "reason": verdict.reason,
        "detail": verdict.detail,
        "unchecked": verdict.unchecked,
        "unverified": verdict.unverified,
        "differences": [_difference(difference) for difference in verdict.differences],
    }


def _difference(difference: Difference) -> dict[str, JsonValue]:
    return {
        "kind": difference.kind,
        "path": difference.path,
        "message": difference.message,
        "rules": difference.rules,
        "step": difference.step,
        "request": difference.request,
        "expected": difference.expected,
        "actual": difference.actual,
        "location": None if difference.location is None else str(difference.location),
    }


def _dumps(document: JsonValue) -> str:
    return encode_json(document, default=str).decode()
