"""Lists of known failures are enforced both ways."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from harness.engine.known_failing import KnownFailing, read_known_failing
from harness.errors import LoadError
from harness.model import Case, Difference, Rule, Verdict

Make = Callable[..., Verdict]


@pytest.fixture
def listed(tmp_path: Path) -> Callable[[str], KnownFailing]:
    """Read a list with this text."""

    def read(text: str) -> KnownFailing:
        path = tmp_path / "known_failing.txt"
        path.write_text(text, "utf-8")
        return read_known_failing(path)

    return read


def test_a_line_is_a_pattern_a_rule_and_a_reason(listed: Callable[[str], KnownFailing]) -> None:
    """Rule and reason may be left out; comments and blank lines are skipped."""
    entries = listed("# list\n\na/*/c [AC-HDR-02]  # not yet # really\na/**\n").entries
    assert [(entry.pattern, entry.rule, entry.reason) for entry in entries] == [
        ("a/*/c", "AC-HDR-02", "not yet # really"),
        ("a/**", None, ""),
    ]
    assert str(entries[0].location).endswith("known_failing.txt:3:1")


def test_every_unreadable_line_is_named(listed: Callable[[str], KnownFailing]) -> None:
    """A list with mistakes is refused whole, with the line of each mistake."""
    with pytest.raises(LoadError) as error:
        listed("a/b [AC-HDR-02\nfine/**\na b c\n")
    assert [problem.location.line for problem in error.value.problems] == [1, 3]


def test_a_covered_failure_is_known(a_verdict: Make, listed: Callable[[str], KnownFailing]) -> None:
    """A failure whose differences are all covered does not fail the run, and says why."""
    known = listed("acme/** [AC-HDR-02]  # upstream issue 12\n").apply(a_verdict("failed"))
    assert (known.status, known.reason) == ("known_failing", "upstream issue 12")


def test_an_uncovered_difference_still_fails(
    a_verdict: Make,
    a_case: Callable[..., Case],
    a_rule: Callable[..., Rule],
    listed: Callable[[str], KnownFailing],
) -> None:
    """A case that fails for another rule than the listed one still fails, for the other one alone."""
    case = a_case(rules=(a_rule(), a_rule("AC-CC-01")))
    differences = (
        Difference("headers", "HTTP-Referer", "missing", rules=("AC-HDR-02",)),
        Difference("body", "$.messages", "a marker", rules=("AC-CC-01",)),
    )
    verdict = listed("acme/** [AC-HDR-02]\n").apply(a_verdict("failed", case, differences=differences))
    assert verdict.status == "failed"
    assert [difference.rules for difference in verdict.differences] == [("AC-CC-01",)]


@pytest.mark.parametrize("line", ["acme/attribution/*/plain", "acme/** [AC-HDR-02]"])
def test_a_listed_case_that_passes_fails(
    line: str, a_verdict: Make, listed: Callable[[str], KnownFailing]
) -> None:
    """An entry that has become untrue fails the run and names itself."""
    verdict = listed(f"{line}\n").apply(a_verdict("passed"))
    assert verdict.status == "failed"
    assert "known_failing.txt:1" in verdict.reason


def test_an_entry_for_a_rule_that_is_kept_is_stale(
    a_verdict: Make,
    a_case: Callable[..., Case],
    a_rule: Callable[..., Rule],
    listed: Callable[[str], KnownFailing],
) -> None:
    """A case that fails for one rule does not excuse an entry for another rule that it keeps."""
    case = a_case(rules=(a_rule(), a_rule("AC-CC-01")))
    verdict = listed("acme/** [AC-HDR-02]\nacme/** [AC-CC-01]\n").apply(a_verdict("failed", case))
    assert verdict.status == "failed"
    assert "[AC-CC-01]" in verdict.reason


def test_a_rule_that_is_not_in_force_is_not_what_the_case_is_listed_for(
    a_verdict: Make, listed: Callable[[str], KnownFailing]
) -> None:
    """A wide pattern with a rule is about the cases that name the rule, and no others."""
    assert listed("acme/** [AC-DS-01]\n").apply(a_verdict("passed")).status == "passed"


def test_an_entry_about_no_case_is_found(
    a_case: Callable[..., Case], listed: Callable[[str], KnownFailing]
) -> None:
    """What matches no case at all, by name or by rule, is reported."""
    known = listed("acme/**\nnowhere/**\nacme/** [AC-DS-01]\n")
    assert [entry.location.line for entry in known.unmatched([a_case()])] == [2, 3]


def test_what_broke_is_not_excused(a_verdict: Make, listed: Callable[[str], KnownFailing]) -> None:
    """A crash says nothing about conformance, so no list makes it a known failure."""
    assert listed("acme/**\n").apply(a_verdict("errored")).status == "errored"
