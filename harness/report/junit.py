"""The JUnit XML report, as CI servers read it: a test suite per suite file, a test case per case."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TextIO

from harness.engine.events import Begun, Ended
from harness.model import Verdict
from harness.redaction import Redactor
from harness.report.failure import describe

__all__ = ["JunitReport"]

_IN_TEXT = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"})
_IN_ATTRIBUTES = _IN_TEXT | str.maketrans({'"': "&quot;", "\n": "&#10;", "\t": "&#9;"})
_NOT_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


class JunitReport:
    """Keeps the cases' elements by suite and writes the document at the end."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._suites: defaultdict[tuple[str, str], list[tuple[Verdict, str]]] = defaultdict(list)
        self._started_at = ""
        self._several = False

    def begin(self, event: Begun) -> None:
        self._started_at = event.started_at.split("+")[0].removesuffix("Z")
        self._several = len(event.editions) > 1

    def verdict(self, verdict: Verdict) -> None:
        text = self._test_case(verdict)
        if verdict.status != "passed":
            text = Redactor(verdict.case.canaries)(text)
        slim = Verdict(verdict.case, verdict.status, verdict.implementation, duration_s=verdict.duration_s)
        self._suites[verdict.implementation, verdict.case.suite].append((slim, text))

    def end(self, event: Ended) -> None:
        every = [verdict for cases in self._suites.values() for verdict, _ in cases]
        self._stream.write('<?xml version="1.0" encoding="utf-8"?>\n')
        self._stream.write(f'<testsuites name="harness" {_counts(every)}>\n')
        for (implementation, suite), cases in self._suites.items():
            verdicts = [verdict for verdict, _ in cases]
            self._stream.write(
                f"  <testsuite name={_attribute(suite)} {_counts(verdicts)}"
                f" timestamp={_attribute(self._started_at)}>\n"
                f'    <properties><property name="implementation" value={_attribute(implementation)}/>'
                "</properties>\n"
            )
            self._stream.writelines(text for _, text in cases)
            self._stream.write("  </testsuite>\n")
        self._stream.write("</testsuites>\n")

    def _test_case(self, verdict: Verdict) -> str:
        case = verdict.case
        name = case.name.removeprefix(f"{case.suite}/")
        if self._several:
            name += f"[{case.edition}]"
        classname = f"{verdict.implementation}.{case.suite}" if verdict.implementation else case.suite
        start = (
            f"    <testcase classname={_attribute(classname)} name={_attribute(name)}"
            f' time="{verdict.duration_s:.6f}" file={_attribute(case.file)} line="{case.line}"'
        )
        inner = _result(verdict)
        return f"{start}>{inner}</testcase>\n" if inner else f"{start}/>\n"


def _result(verdict: Verdict) -> str:
    match verdict.status:
        case "failed":
            first = verdict.differences[0].message if verdict.differences else verdict.reason
            return f"<failure message={_attribute(first)}>{_text(describe(verdict))}</failure>"
        case "errored":
            return f"<error message={_attribute(verdict.reason)}>{_text(describe(verdict))}</error>"
        case "passed":
            return ""
    return f"<skipped message={_attribute(f'{verdict.status}: {verdict.reason}'.replace('_', ' '))}/>"


def _counts(verdicts: list[Verdict]) -> str:
    def number(*statuses: str) -> int:
        return sum(verdict.status in statuses for verdict in verdicts)

    skipped = number("known_failing", "not_applicable", "skipped")
    time = sum(verdict.duration_s for verdict in verdicts)
    return (
        f'tests="{len(verdicts)}" failures="{number("failed")}" errors="{number("errored")}"'
        f' skipped="{skipped}" time="{time:.6f}"'
    )


def _clean(text: str) -> str:
    return _NOT_XML.sub(lambda found: f"\\u{ord(found.group()):04x}", text)


def _attribute(text: str) -> str:
    return f'"{_clean(text).translate(_IN_ATTRIBUTES)}"'


def _text(text: str) -> str:
    return _clean(text).translate(_IN_TEXT)
