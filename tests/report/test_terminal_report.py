"""The report people read."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.model import Case, ImplementationInfo, Verdict
from harness.report import Begun, Ended, Summary, TerminalReport, sum_up

Make = Callable[..., Verdict]


def shown(
    verdicts: list[Verdict], saved: Path | None = None, who: tuple[str, ...] = ("acme",), **summary: object
) -> str:
    stream = io.StringIO()
    reporter = TerminalReport(stream, saved=saved)
    abouts = tuple(ImplementationInfo(name, f"python:{name}:shape") for name in who)
    reporter.begin(Begun(abouts, ("acme",), ("2026-05",), None, "0.1.0", "2026-11-20T10:00:00+00:00"))
    for verdict in verdicts:
        reporter.verdict(verdict)
    counts = {status: sum(v.status == status for v in verdicts) for status in {v.status for v in verdicts}}
    reporter.end(Ended(Summary(counts, 0.5, **summary)))  # type: ignore[arg-type]
    return stream.getvalue()


def test_without_a_terminal_there_is_a_plain_line_a_suite_and_the_sum(a_verdict: Make) -> None:
    """Elsewhere than on a terminal the report is plain text: no colours, no bar."""
    text = shown([a_verdict(), a_verdict()])
    assert text.splitlines() == [
        "acme (shape) against acme 2026-05",
        "acme/attribution: 2 passed, 0 failed",
        "2 passed, 0 failed in 0.50 s",
    ]


def test_a_failure_is_shown_and_what_was_sent_is_saved_masked(
    a_verdict: Make, tmp_path: Path, secret: str
) -> None:
    """A failure names the file that holds the observed request; no secret is in it."""
    text = shown([a_verdict("failed")], saved=tmp_path / "failures")
    (line,) = (line for line in text.splitlines() if "sent requests:" in line)
    path = Path(line.split("sent requests: ")[1])
    document = json.loads(path.read_text("utf-8"))
    assert document["steps"][0]["requests"][0]["body"] == {"model": "anthropic/claude-sonnet-4-6"}
    assert secret not in path.read_text("utf-8") + text
    assert (tmp_path / ".gitignore").read_text("utf-8") == "*\n"


def test_where_nothing_can_be_saved_the_report_goes_on(a_verdict: Make, tmp_path: Path) -> None:
    """It says so once, with the reason."""
    (tmp_path / "taken").write_text("", "utf-8")
    text = shown([a_verdict("failed"), a_verdict("failed")], saved=tmp_path / "taken/failures")
    assert text.count("cannot save what was sent: Not a directory: ") == 1
    assert "sent requests: " not in text
    assert "0 passed, 2 failed" in text


def test_why_cases_were_not_applicable_is_counted(a_verdict: Make) -> None:
    """What an implementation leaves out is told at the end, the commonest reasons by name."""
    reasons = ["does not declare the operation speech"] * 3 + [f"it says: no {n}" for n in "abcdef"]
    text = shown([a_verdict("not_applicable", reason=reason) for reason in reasons])
    assert "\n3 cases not applicable: does not declare the operation speech\n" in text
    assert "\n2 cases not applicable: 2 other reasons (-v lists them)\n" in text


def test_the_rules_broken_are_summed_up(a_verdict: Make) -> None:
    """After the failures each broken rule stands once, with its sentence and how many cases break it."""
    text = shown([a_verdict("failed"), a_verdict("failed"), a_verdict()])
    (line,) = (line for line in text.splitlines() if line.startswith("  AC-HDR-02  2 cases"))
    assert line.endswith("Acme is told which application calls.")


def test_colour_can_be_forced_and_refused(a_verdict: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """FORCE_COLOR paints a plain stream, NO_COLOR wins over it."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[" in shown([a_verdict()])
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[" not in shown([a_verdict()])


def test_implementations_stand_side_by_side_where_they_differ(
    a_verdict: Make, a_case: Callable[..., Case]
) -> None:
    """With several implementations a table lists the cases that tell them apart, and only those."""
    same, apart = a_case("acme/a/same"), a_case("acme/a/apart")
    text = shown(
        [
            a_verdict("passed", same, implementation="acme"),
            a_verdict("failed", apart, implementation="acme"),
            a_verdict("passed", same, implementation="bolt"),
            a_verdict("passed", apart, implementation="bolt"),
        ],
        who=("acme", "bolt"),
    )
    table = text[text.index("cases that differ") :]
    assert "acme/a/apart" in table
    assert "acme/a/same" not in table
    assert table.splitlines()[1].split()[-2:] == ["failed", "passed"]


def test_stale_entries_and_notes_are_told(a_verdict: Make) -> None:
    """Stale known failures, unchecked and unverified cases are never silent."""
    text = shown(
        [a_verdict(unchecked=("header order",)), a_verdict(unverified=("body differs",))], stale=("x:1 `y`",)
    )
    assert "stale known failure: x:1 `y`" in text
    assert "1 case with unchecked parts" in text
    assert "1 case with unverified parts" in text


def test_a_verbose_report_says_what_is_unchecked_and_unverified(a_verdict: Make) -> None:
    """Below the line of its case, where only the number is told otherwise."""
    stream = io.StringIO()
    TerminalReport(stream, verbose=True).verdict(
        a_verdict(unchecked=("header order",), unverified=("a body",))
    )
    assert stream.getvalue().splitlines()[1:] == ["  header order", "  a body"]


def test_the_sum_always_says_how_many_passed_and_failed() -> None:
    """Zero is said too: `0 failed` is what a reader looks for."""
    assert sum_up({}) == "0 passed, 0 failed"
    assert sum_up({"known_failing": 2, "passed": 1}) == "1 passed, 0 failed, 2 known failing"


@pytest.mark.parametrize(
    ("counts", "stale", "interrupted", "code"),
    [
        ({"passed": 1}, (), False, 0),
        ({"passed": 1, "known_failing": 1, "not_applicable": 4}, (), False, 0),
        ({"failed": 1}, (), False, 1),
        ({"passed": 1}, ("x",), False, 1),
        ({"failed": 1}, (), True, 2),
        ({"failed": 1, "errored": 1}, (), False, 3),
        ({}, (), False, 5),
    ],
)
def test_the_exit_code_is_pytests(
    counts: dict[str, int], stale: tuple[str, ...], interrupted: bool, code: int
) -> None:
    """0 as expected, 1 differences or stale, 2 interrupted, 3 something broke, 5 nothing was run."""
    assert Summary(counts, 0.1, stale, interrupted).exit_code == code  # type: ignore[arg-type]
