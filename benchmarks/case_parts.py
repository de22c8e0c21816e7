"""Where the time of a passing case goes, in this process: from a loaded suite to a line of the report."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path

from benchmarks.corpus import samples, write_suites
from benchmarks.measuring import BenchmarkError, Table, at_most, medians, repeated
from harness.engine.runner import run as run_cases
from harness.implementations import connect
from harness.judge import judge
from harness.model import CaseRun, Reply, Request, Verdict
from harness.report import Begun, JsonReport, JunitReport, Reporter, TerminalReport
from harness.scenarios import load
from harness.wire import render
from harness_openclaw import reference

__all__ = ["run"]

_CASES = 500
_TARGET_US = 100.0


def run(folder: Path, rounds: int) -> Iterator[Table]:
    """One table: each part alone, then the pipeline that is made of them."""
    write_suites(folder / "suites", list(samples(_CASES)))
    suites = load(folder / "suites")
    cases = list(suites.cases())
    with connect("python:harness_openclaw.reference:implementation") as implementation:
        jobs = [CaseRun(case, _answer) for case in cases]
        seen = list(implementation.perform(jobs))
        verdicts = list(run_cases(cases, implementation))
        _check(verdicts)
        parts: dict[str, Callable[[], object]] = {
            "expand": lambda: list(suites.cases()),
            "shape": lambda: [reference.shape(case.steps[0].input) for case in cases],
            "perform: shape, and read a default reply, within a time limit": lambda: list(
                implementation.perform(jobs)
            ),
            "judge": lambda: [judge(case, observation) for case, observation in seen],
            "report: terminal": lambda: _report(TerminalReport(io.StringIO()), verdicts),
            "report: JSON": lambda: _report(JsonReport(io.StringIO()), verdicts),
            "report: JUnit": lambda: _report(JunitReport(io.StringIO()), verdicts),
            "run: perform and judge": lambda: list(run_cases(cases, implementation)),
            "expand, run and report: terminal": lambda: _report(
                TerminalReport(io.StringIO()), run_cases(suites.cases(), implementation)
            ),
        }
        figures = medians({name: partial(repeated, part) for name, part in parts.items()}, rounds)
    table = Table(f"A passing case, part by part ({_CASES} cases)", ("part", "CPU µs a case", "target"))
    for name, seconds in figures.items():
        case_us = seconds / len(cases) * 1e6
        whole = name.startswith("expand,")
        table.row(name, f"{case_us:.1f}", at_most(case_us, _TARGET_US) if whole else "")
    yield table


def _answer(step: int, request: Request) -> Reply:
    return render(None, request)


def _check(verdicts: list[Verdict]) -> None:
    unlike = [verdict for verdict in verdicts if verdict.status != "passed"]
    if unlike or len(verdicts) != _CASES:
        raise BenchmarkError(f"{len(verdicts) - len(unlike)} of {_CASES} cases passed; {unlike[:1]}")


def _report(reporter: Reporter, verdicts: Iterable[Verdict]) -> None:
    reporter.begin(Begun((), (), (), None, "", "2026-01-01T00:00:00+00:00"))
    for verdict in verdicts:
        reporter.verdict(verdict)
