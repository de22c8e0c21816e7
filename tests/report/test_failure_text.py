"""A verdict as text."""

from __future__ import annotations

from collections.abc import Callable

from harness.errors import Location
from harness.model import Difference, Verdict
from harness.report import describe, headline

Make = Callable[..., Verdict]


def test_the_text_has_the_case_the_rules_sentence_and_the_line(a_verdict: Make) -> None:
    """A failure says what the case is about, which sentence is broken and at which lines."""
    text = describe(a_verdict("failed"))
    assert "A verified route carries the attribution headers." in text
    assert "at scenarios/acme/attribution.yaml:41" in text
    assert "AC-HDR-02 (documented; Acme provider page): Acme is told which application calls." in text
    assert "(attribution.yaml:52:13)" in text


def test_differences_are_grouped_headers_before_body(a_verdict: Make) -> None:
    """Differences of one request stand under its headers and its body, in this order."""
    lines = [line.strip() for line in describe(a_verdict("failed")).splitlines()]
    assert lines.index("headers") < lines.index("body")
    assert lines[lines.index("headers") + 1].startswith("- HTTP-Referer")
    assert lines[lines.index("body") + 1].startswith("- $.model")


def test_the_text_never_shows_a_canary(a_verdict: Make, secret: str) -> None:
    """A secret in a difference shows under its name."""
    text = describe(a_verdict("failed"))
    assert secret not in text
    assert "${canary.api_key}" in text


def test_a_request_never_sent_has_no_request_line(a_verdict: Make) -> None:
    """A difference about no observed request is told as one of the whole exchange."""
    missing = Difference("request", "", "interaction 1 was never sent", location=Location("s.yaml", 9))
    text = describe(a_verdict("failed", differences=(missing,)))
    assert "the whole exchange" in text
    assert "interaction 1 was never sent" in text


def test_the_headline_is_one_line_with_status_case_edition_and_implementation(a_verdict: Make) -> None:
    """The first line says all that a list of failures needs."""
    assert (
        headline(a_verdict("known_failing"))
        == "KNOWN FAILING acme/attribution/verified-route/plain [2026-05] (acme)"
    )


def test_an_error_that_its_stack_begins_with_is_said_once(a_verdict: Make) -> None:
    """JavaScript's stacks begin with the error itself."""
    stack = "TypeError: no url\n    at video (media.mjs:18:16)"
    text = describe(a_verdict("errored", reason="TypeError: no url", detail=stack, differences=()))
    assert text.count("TypeError: no url") == 1
    assert "at video (media.mjs:18:16)" in text
