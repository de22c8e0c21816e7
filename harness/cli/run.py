"""`harness run`: run scenarios against implementations."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path
from typing import TextIO

import click
import orjson

from harness.cli.empty_selection import explain_empty_selection
from harness.cli.options import (
    contract_option,
    edition_option,
    implementation_option,
    open_implementation,
    open_suites,
    sandbox_option,
    selecting,
    selection_of,
    timeout_option,
)
from harness.engine import Begun, Ended, Reporter, Selection, Session, report
from harness.errors import UsageError, did_you_mean
from harness.implementations import SandboxMode
from harness.model import Verdict
from harness.report import JsonReport, JunitReport, TerminalReport

__all__ = ["command"]

_STATE = Path(".harness")
_LAST_FAILED = _STATE / "last-failed.json"
_FORMATS: dict[str, Callable[[TextIO], Reporter]] = {"json": JsonReport, "junit": JunitReport}


@click.command("run")
@selecting
@implementation_option
@contract_option
@edition_option
@click.option("-x", "exit_first", is_flag=True, help="Stop at the first failure.")
@click.option("--max-failures", type=click.IntRange(min=1), metavar="N", help="Stop after N failures.")
@click.option(
    "-j",
    "at_once",
    type=click.IntRange(min=1),
    default=1,
    metavar="N",
    show_default=True,
    help="Number of cases to run at once.",
)
@timeout_option
@sandbox_option
@click.option(
    "--known-failing",
    type=click.Path(exists=True, dir_okay=False),
    help="List of known failures (default: the implementation's known_failing.txt).",
)
@click.option(
    "--report",
    "reports",
    multiple=True,
    metavar="FORMAT=PATH",
    help="Write a report: json or junit, to a file or - for standard output (repeatable).",
)
@click.option("--last-failed", is_flag=True, help="Run only the cases that failed last time.")
@click.option("-v", "--verbose", is_flag=True, help="Show a line for every case.")
def command(
    patterns: tuple[str, ...],
    evidence: str,
    reading: str | None,
    tags: tuple[str, ...],
    shard: str | None,
    addresses: tuple[str, ...],
    contract: str | None,
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
    """Run scenarios against an implementation, and report which rules it breaks and where.

    PATTERN selects cases by name or leading parts of it (`acme/chat`; `*` matches within a part, `**`
    across parts). PATH is a suite file or a folder (default: the contract's suites). Several -i compare
    implementations.

    Exit codes: 0 as expected, 1 differences or a stale known failure, 2 interrupted, 3 something broke,
    4 bad usage or files, 5 nothing selected.
    """
    selection = selection_of(patterns, evidence, reading, tags, shard)
    if last_failed:
        selection = _only_last_failed(selection)
    suites = open_suites(patterns, contract)
    session = Session(
        suites,
        edition=edition,
        selection=selection,
        known_failing=known_failing,
        at_once=at_once,
        max_failures=1 if exit_first else max_failures,
    )
    with ExitStack() as stack:
        implementations = [
            stack.enter_context(
                closing(open_implementation(address, suites.contracts, timeout_s=timeout, sandbox=sandbox))
            )
            for address in addresses or (None,)
        ]
        reporters = [*_open_reports(stack, reports, verbose), _LastFailed()]
        summary = report(session.run(implementations, count=sys.stdout.isatty()), reporters)
        if summary.exit_code == 5:
            tried = {each for implementation in implementations for each in session.editions(implementation)}
            click.echo(
                f"no case selected: {explain_empty_selection(suites, selection.patterns, tried)}", err=True
            )
    return summary.exit_code


class _LastFailed:
    """A reporter that keeps the cases that did not pass, for --last-failed."""

    def __init__(self) -> None:
        self._ran: set[tuple[str, str]] = set()
        self._failed: set[tuple[str, str]] = set()

    def begin(self, event: Begun) -> None: ...

    def verdict(self, verdict: Verdict) -> None:
        key = (verdict.case.name, verdict.case.edition)
        self._ran.add(key)
        if verdict.status in ("failed", "errored"):
            self._failed.add(key)

    def end(self, event: Ended) -> None:
        kept = _read_last_failed() - self._ran | self._failed
        if not kept and not _LAST_FAILED.exists():
            return
        try:
            _STATE.mkdir(exist_ok=True)
            (_STATE / ".gitignore").write_text("*\n", "utf-8")
            _LAST_FAILED.write_bytes(orjson.dumps(sorted(kept)))
        except OSError as error:
            click.echo(f"cannot save this run for --last-failed: {error.strerror}: {_LAST_FAILED}", err=True)


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
        name, _, path = text.partition("=")
        if not path:
            raise UsageError(f"--report {text!r} must be FORMAT=PATH, for example --report junit=report.xml")
        if name not in _FORMATS:
            raise UsageError(f"unknown report format {name!r}{did_you_mean(name, _FORMATS, list_known=True)}")
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
