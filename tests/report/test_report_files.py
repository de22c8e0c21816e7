"""JSON and JUnit reports."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from xml.etree import ElementTree

import pytest

from harness.model import ImplementationInfo, Verdict
from harness.report import Begun, Ended, JsonReport, JunitReport, Summary

Make = Callable[..., Verdict]
BEGUN = Begun(
    (ImplementationInfo("acme", "python:acme:shape"),),
    ("acme",),
    ("2026-05",),
    None,
    "0.1.0",
    "2026-11-20T10:00:00+00:00",
)
STATUSES = ("passed", "failed", "errored", "known_failing", "not_applicable", "skipped")


def report(kind: type[JsonReport] | type[JunitReport], verdicts: list[Verdict]) -> str:
    stream = io.StringIO()
    reporter = kind(stream)
    reporter.begin(BEGUN)
    for verdict in verdicts:
        reporter.verdict(verdict)
    reporter.end(Ended(Summary({"passed": 1}, 1.5)))
    return stream.getvalue()


def test_the_json_report_is_one_document_with_every_verdict(a_verdict: Make) -> None:
    """The JSON report parses, and has a verdict for each case in the order they came."""
    document = json.loads(report(JsonReport, [a_verdict(status) for status in STATUSES]))
    assert [verdict["status"] for verdict in document["verdicts"]] == list(STATUSES)
    assert document["summary"]["exit_code"] == 0
    assert document["implementations"][0]["name"] == "acme"
    difference = document["verdicts"][1]["differences"][1]
    assert difference["location"] == "scenarios/acme/attribution.yaml:52:13"
    assert difference["rules"] == ["AC-HDR-02"]


def test_an_empty_run_is_valid_json_too() -> None:
    """A run without a case still leaves a document."""
    assert json.loads(report(JsonReport, []))["verdicts"] == []


@pytest.mark.parametrize("kind", [JsonReport, JunitReport])
def test_no_report_file_shows_a_canary(
    kind: type[JsonReport] | type[JunitReport], a_verdict: Make, secret: str
) -> None:
    """Secrets are masked in files as on the terminal."""
    text = report(kind, [a_verdict("failed")])
    assert secret not in text
    assert "${canary.api_key}" in text


def test_the_junit_report_counts_what_it_holds(a_verdict: Make) -> None:
    """Each suite's counts are those of its test cases, and each status has the element CI servers read."""
    root = ElementTree.fromstring(report(JunitReport, [a_verdict(status) for status in STATUSES]))
    assert root.tag == "testsuites"
    (suite,) = root
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors"), suite.get("skipped")) == (
        *("6", "1", "1", "3"),
    )
    cases = suite.findall("testcase")
    assert [[child.tag for child in case] for case in cases] == [
        *([], ["failure"], ["error"], ["skipped"], ["skipped"], ["skipped"]),
    ]
    assert cases[0].get("classname") == "acme.acme/attribution"
    assert cases[0].get("name") == "verified-route/plain"
    assert "HTTP-Referer" in (cases[1][0].text or "")


def test_characters_that_xml_lacks_do_not_break_the_junit_report(a_verdict: Make) -> None:
    """Control characters and markup in a message stay readable and the document well-formed."""
    text = report(JunitReport, [a_verdict("errored", reason='a\x00b <c> & "d" \ud800')])
    error = ElementTree.fromstring(text).find(".//error")
    assert error is not None
    assert error.get("message") == 'a\\u0000b <c> & "d" \\ud800'
