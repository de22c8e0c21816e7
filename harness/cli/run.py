"""`harness run`: hold implementations to scenarios."""

from __future__ import annotations

import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import TextIO

import click
import orjson

from harness._version import __version__
from harness.bundled import REFERENCE
from harness.cli.empty_selection import explain_empty_selection
from harness.cli.options import (
    edition_option,
    implementation_option,
    open_suites,
    sandbox_option,
    selecting,
    selection_of,
)
from harness.errors import ImplementationError, UsageError, nearest
from harness.implementations import SandboxMode, connect
from harness.known_failing import KnownFailing, read_known_failing
from harness.model import DEFAULT_EDITION, EDITIONS, Case, Implementation, Status, Verdict
from harness.pipeline import run
from harness.report import (
    Begun,
    Ended,
    JsonReport,
    JunitReport,
    Reporter,
    Summary,
    TerminalReport,
)
from harness.scenarios import Suites
from harness.selection import Selection

__all__ = ["command"]

_STATE = Path(".harness")
_LAST_FAILED = _STATE / "last-failed.json"
_FORMATS: dict[str, Callable[[TextIO], Reporter]] = {"json": JsonReport, "junit": JunitReport}


@click.command("run")
@selecting
@implementation_option
@edition_option
@click.option("-x", "exit_first", is_flag=True, help="Stop at the first failure.")
@click.option("--max-failures", type=click.IntRange(min=1), metavar="N", help="Stop after N failures.")
@click.option("-j", "at_once", type=click.IntRange(min=1), default=1, metavar="N", help="Cases in flight.")
@click.option("--timeout", type=click.FloatRange(min=0.1), default=20.0, metavar="SECONDS", show_default=True)
@sandbox_option
@click.option(
    "--known-failing",
    type=click.Path(exists=True, dir_okay=False),
    help="List of known failures; else the implementation's known_failing.txt.",
)
@click.option(
    "--report", "reports", multiple=True, metavar="FORMAT=PATH", help="json or junit; `-` is standard output."
)
@click.option("--last-failed", is_flag=True, help="Only what did not come out as expected last time.")
@click.option("-v", "--verbose", is_flag=True, help="A line for every case.")
def command(
    patterns: tuple[str, ...],
    evidence: str,
    reading: str | None,
    tags: tuple[str, ...],
    shard: str | None,
    addresses: tuple[str, ...],
    edition: str | None,
    exit_first: bool,
    max_failures: int | None,
    at_once: int,
    timeout: float,
    sandbox: SandboxMode | None,
    known_failing: str | None,
    reports: tuple[str, ...],
    last_failed: bool,
    verbose: bool,
) -> int:
    """Run scenarios against an implementation, and say which documented rule it breaks, at which line.

    PATTERN names cases by the beginning or all of their name (`openrouter/attribution`; `*` stands for what
    is within a part, `**` for parts); PATH is a suite file or a folder of them. Without a path the bundled
    suites are run. With several -i the results stand side by side.

    Exit codes: 0 as expected, 1 differences or a stale known failure, 2 interrupted, 3 something broke,
    4 bad usage or files, 5 nothing selected.
    """
    selection = selection_of(patterns, evidence, reading, tags, shard)
    if last_failed:
        selection = _only_last_failed(selection)
    suites = open_suites(patterns)
    with ExitStack() as stack:
        implementations = [
            stack.enter_context(
                closing(connect(address, timeout_s=timeout, sandbox=sandbox, reference=REFERENCE))
            )
            for address in addresses or ("reference",)
        ]
        reporters = _open_reports(stack, reports, verbose)
        session = _Session(
            suites, selection, edition, known_failing, at_once, 1 if exit_first else max_failures
        )
        summary = session.run(implementations, reporters)
        if summary.exit_code == 5:
            why = explain_empty_selection(suites, selection.patterns, session.editions(implementations))
            click.echo(f"nothing was selected: {why}", err=True)
    session.remember()
    return summary.exit_code


class _Session:
    """One run of the command: what is asked for, and what came of it."""

    def __init__(
        self,
        suites: Suites,
        selection: Selection,
        edition: str | None,
        known_failing: str | None,
        at_once: int,
        max_failures: int | None,
    ) -> None:
        self._suites = suites
        self._selection = selection
        self._edition = edition
        self._known_failing = known_failing
        self._at_once = at_once
        self._max_failures = max_failures
        self._counts: Counter[Status] = Counter()
        self._ran: set[tuple[str, str]] = set()
        self._failed: set[tuple[str, str]] = set()
        self._recorded: list[Verdict] = []

    def run(self, implementations: Sequence[Implementation], reporters: Sequence[Reporter]) -> Summary:
        started = time.perf_counter()
        begun = Begun(
            implementations=tuple(each.about for each in implementations),
            editions=tuple(dict.fromkeys(chain.from_iterable(map(self._editions, implementations)))),
            total=self._count(implementations) if sys.stdout.isatty() else None,
            harness_version=__version__,
            started_at=datetime.now(UTC).isoformat(timespec="seconds"),
        )
        for reporter in reporters:
            reporter.begin(begun)
        stale: list[str] = []
        interrupted = False
        failure: ImplementationError | None = None
        try:
            for implementation in implementations:
                known = self._known(implementation)
                stale += self._stale(implementation, known)
                self._hold(implementation, known, reporters)
        except KeyboardInterrupt:
            interrupted = True
        except ImplementationError as error:
            failure = error
        whole = not (interrupted or failure or self._selection.is_narrow or self._max_failures)
        summary = Summary(
            dict(self._counts),
            time.perf_counter() - started,
            tuple(stale),
            interrupted=interrupted,
            unplayed=_unplayed(self._recorded) if whole else (),
        )
        for reporter in reporters:
            reporter.end(Ended(summary))
        if failure is not None:
            raise failure
        return summary

    def remember(self) -> None:
        """Write the cases that did not come out as expected, for --last-failed, where that can be done."""
        kept = _read_last_failed() - self._ran | self._failed
        if not kept and not _LAST_FAILED.exists():
            return
        try:
            _STATE.mkdir(exist_ok=True)
            (_STATE / ".gitignore").write_text("*\n", "utf-8")
            _LAST_FAILED.write_bytes(orjson.dumps(sorted(kept)))
        except OSError as error:
            click.echo(f"--last-failed will not know of this run: {error.strerror}: {_LAST_FAILED}", err=True)

    def editions(self, implementations: Sequence[Implementation]) -> set[str]:
        """The editions that these implementations are held to."""
        return {each for implementation in implementations for each in self._editions(implementation)}

    def _hold(
        self, implementation: Implementation, known: KnownFailing, reporters: Sequence[Reporter]
    ) -> None:
        cases = self._selection(self._cases(implementation))
        verdicts = run(cases, implementation, at_once=self._at_once, known=known)
        for verdict in self._until_enough(verdicts):
            self._counts[verdict.status] += 1
            key = (verdict.case.name, verdict.case.edition)
            self._ran.add(key)
            if verdict.status in ("failed", "errored"):
                self._failed.add(key)
            if _names_a_recording(verdict.case):
                self._recorded.append(verdict)
            for reporter in reporters:
                reporter.verdict(verdict)

    def _until_enough(self, verdicts: Iterator[Verdict]) -> Iterator[Verdict]:
        for verdict in verdicts:
            yield verdict
            if (
                self._max_failures is not None
                and self._counts["failed"] + self._counts["errored"] >= self._max_failures
            ):
                return

    def _editions(self, implementation: Implementation) -> tuple[str, ...]:
        if self._edition == "all":
            return EDITIONS
        return (self._edition or implementation.about.edition or DEFAULT_EDITION,)

    def _cases(self, implementation: Implementation) -> Iterator[Case]:
        for edition in self._editions(implementation):
            yield from self._suites.cases(edition, vars=implementation.about.vars)

    def _count(self, implementations: Sequence[Implementation]) -> int:
        return sum(1 for each in implementations for _ in self._selection(self._cases(each)))

    def _known(self, implementation: Implementation) -> KnownFailing:
        path = self._known_failing or implementation.about.known_failing
        return read_known_failing(path) if path else KnownFailing()

    def _stale(self, implementation: Implementation, known: KnownFailing) -> Iterator[str]:
        for entry in known.unmatched(self._cases(implementation)) if known.entries else ():
            yield f"{entry.location} `{entry}` names no case in which its rule is in force"


def _names_a_recording(case: Case) -> bool:
    for step in case.steps:
        for interaction in step.interactions:
            if interaction.replies and any("cassette" in reply for reply in interaction.replies):
                return True
    return False


def _unplayed(verdicts: Sequence[Verdict]) -> tuple[str, ...]:
    if not verdicts:
        return ()
    from harness.cassettes.unused import unplayed_interactions

    left = unplayed_interactions(verdicts)
    return tuple(f"{path}, interaction {', '.join(map(str, numbers))}" for path, numbers in left.items())


def _only_last_failed(selection: Selection) -> Selection:
    failed = _read_last_failed()
    if not failed:
        raise UsageError(
            f"no case failed last time (nothing in {_LAST_FAILED})", hint="run once without --last-failed"
        )
    return selection._replace(names=frozenset(failed))


def _read_last_failed() -> set[tuple[str, str]]:
    try:
        return {(name, edition) for name, edition in orjson.loads(_LAST_FAILED.read_bytes())}
    except (OSError, ValueError):
        return set()


def _open_reports(stack: ExitStack, wanted: Sequence[str], verbose: bool) -> list[Reporter]:
    reporters: list[Reporter] = []
    people: TextIO = sys.stdout
    for text in wanted:
        name, equals, path = text.partition("=")
        if name not in _FORMATS or not path:
            raise UsageError(
                f"--report {text!r} is not FORMAT=PATH{nearest(name, _FORMATS) if equals else ''}",
                hint=f"formats: {', '.join(_FORMATS)}; for example --report junit=report.xml",
            )
        if path == "-":
            people = sys.stderr
            reporters.append(_FORMATS[name](sys.stdout))
        else:
            reporters.append(_FORMATS[name](stack.enter_context(_replacing(Path(path)))))
    return [TerminalReport(people, verbose=verbose, saved=_STATE / "failures"), *reporters]


@contextmanager
def _replacing(path: Path) -> Iterator[TextIO]:
    """A file that takes the place of `path` once it is whole."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with draft.open("w", encoding="utf-8") as stream:
            yield stream
        draft.replace(path)
    except OSError as error:
        raise UsageError(f"cannot write the report {path}: {error.strerror}") from None
    finally:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
