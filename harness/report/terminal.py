"""The report people read: failures as they come, a line a suite, and the sum.

On a terminal a bar shows the progress; elsewhere each suite leaves one plain line.
"""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from harness.engine.events import Begun, Ended
from harness.model import Status, Verdict
from harness.report.failure import describe, headline
from harness.report.saved import save_observation

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

__all__ = ["TerminalReport", "sum_up"]

_STYLE: dict[Status, str] = {
    "failed": "31;1",
    "errored": "35;1",
    "known_failing": "33",
    "passed": "32",
}
_MOST_REASONS = 5
_ORDER: tuple[Status, ...] = ("passed", "failed", "errored", "known_failing", "not_applicable", "skipped")


def sum_up(counts: Mapping[Status, int]) -> str:
    """`12 passed, 0 failed` and whatever else there was."""
    shown = [status for status in _ORDER if counts.get(status) or status in ("passed", "failed")]
    return ", ".join(f"{counts.get(status, 0)} {status.replace('_', ' ')}" for status in shown)


class TerminalReport:
    """Writes to `stream`; what failing cases sent is saved under `saved` (None: not saved)."""

    def __init__(self, stream: TextIO, *, verbose: bool = False, saved: Path | None = None) -> None:
        self._stream = stream
        self._verbose = verbose
        self._saved = saved
        self._on_terminal = stream.isatty()
        self._coloured = _wants_colour(self._on_terminal)
        self._several = False
        self._suite = ""
        self._suite_counts: Counter[Status] = Counter()
        self._notes: Counter[str] = Counter()
        self._failed = 0
        self._broken: Counter[tuple[str, str]] = Counter()
        self._aside: Counter[str] = Counter()
        self._matrix: defaultdict[str, dict[str, Status]] = defaultdict(dict)
        self._progress: Progress | None = None
        self._task: TaskID | None = None

    def begin(self, event: Begun) -> None:
        self._several = len(event.implementations) > 1
        names = ", ".join(
            " ".join(filter(None, (about.name, about.version, f"({about.mode})")))
            for about in event.implementations
        )
        contracts = ", ".join(filter(None, event.contracts))
        editions = ", ".join(filter(None, event.editions))
        self._write(f"{names} against {contracts} {editions}".rstrip() if contracts else names)
        for about in event.implementations:
            for note in about.notes:
                self._write(f"{about.name}: {note}")
        if self._on_terminal:
            self._start_bar(event.total)

    def verdict(self, verdict: Verdict) -> None:
        if not self._on_terminal and verdict.case.suite != self._suite:
            self._close_suite()
            self._suite = verdict.case.suite
        self._suite_counts[verdict.status] += 1
        self._notes["unchecked"] += bool(verdict.unchecked)
        self._notes["unverified"] += bool(verdict.unverified)
        if self._several:
            name = verdict.case.title
            self._matrix[name][verdict.implementation] = verdict.status
        if verdict.status == "not_applicable":
            self._aside[verdict.reason] += 1
        if verdict.status in ("failed", "errored"):
            self._count_broken(verdict)
            self._failure(verdict)
        elif self._verbose:
            reason = f": {verdict.reason}" if verdict.reason else ""
            self._write(self._paint(headline(verdict), verdict.status) + reason)
            for note in (*verdict.unchecked, *verdict.unverified):
                self._write(f"  {note}")
        if self._progress is not None and self._task is not None:
            self._progress.advance(self._task)

    def end(self, event: Ended) -> None:
        if self._progress is not None:
            self._progress.stop()
            self._progress = None
        if not self._on_terminal:
            self._close_suite()
        self._side_by_side()
        self._rules_broken()
        summary = event.summary
        for line in summary.stale:
            self._write(self._paint(f"stale known failure: {line}", "failed"))
        for line in summary.unplayed:
            self._write(f"never played: {line}")
        for note, count in self._notes.items():
            if count:
                self._write(f"{_cases(count)} with {note} parts")
        for reason, count in self._reasons():
            self._write(f"{_cases(count)} not applicable: {reason}")
        status: Status = "passed" if summary.exit_code == 0 else "failed"
        text = sum_up(summary.counts)
        if summary.interrupted:
            text += " (interrupted)"
        self._write(self._paint(text, status) + f" in {summary.duration_s:.2f} s")

    def _reasons(self) -> list[tuple[str, int]]:
        """Why cases were not applicable, the commonest reasons first and the rare ones taken together."""
        found = self._aside.most_common()
        shown, others = found[:_MOST_REASONS], found[_MOST_REASONS:]
        if others:
            shown.append((f"{len(others)} other reasons (-v lists them)", sum(count for _, count in others)))
        return shown

    def _failure(self, verdict: Verdict) -> None:
        self._write("")
        self._write(self._paint(headline(verdict), verdict.status))
        for line in describe(verdict).splitlines():
            self._write(f"  {line}" if line else "")
        self._save(verdict)

    def _save(self, verdict: Verdict) -> None:
        """Keep what was sent; where that cannot be done, say so once and go on."""
        if self._saved is None:
            return
        try:
            path = save_observation(verdict, self._saved)
        except OSError as error:
            self._write(f"  cannot save what was sent: {error.strerror}: {self._saved}")
            self._saved = None
        else:
            if path is not None:
                self._write(f"  sent requests: {path}")

    def _count_broken(self, verdict: Verdict) -> None:
        self._failed += 1
        broken = {rule for difference in verdict.differences for rule in difference.rules}
        self._broken.update((rule.id, rule.text) for rule in verdict.case.rules if rule.id in broken)

    def _rules_broken(self) -> None:
        """Which rules several cases broke, and how many: the short answer after a long report."""
        if self._failed < 2 or not self._broken:
            return
        self._write("\nrules broken")
        for (name, text), count in sorted(self._broken.items(), key=lambda item: (-item[1], item[0])):
            self._write(f"  {name}  {_cases(count)}  {text}")
        self._write("")

    def _close_suite(self) -> None:
        if self._suite and self._suite_counts:
            self._write(f"{self._suite}: {sum_up(self._suite_counts)}")
        self._suite_counts.clear()

    def _side_by_side(self) -> None:
        apart = {name: row for name, row in self._matrix.items() if len(set(row.values())) > 1}
        if not apart:
            return
        who = list(dict.fromkeys(name for row in apart.values() for name in row))
        width = max(map(len, apart))
        columns = [max(len(name), len("not applicable")) for name in who]
        titles = "  ".join(name.ljust(size) for name, size in zip(who, columns, strict=True))
        self._write("")
        self._write(f"{'cases that differ'.ljust(width)}  {titles}".rstrip())
        for name, row in apart.items():
            cells = (
                row.get(each, "skipped").replace("_", " ").ljust(size)
                for each, size in zip(who, columns, strict=True)
            )
            self._write(f"{name.ljust(width)}  {'  '.join(cells)}".rstrip())
        self._write("")

    def _start_bar(self, total: int | None) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

        self._progress = Progress(
            TextColumn("cases"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=Console(file=self._stream),
            transient=True,
        )
        self._task = self._progress.add_task("cases", total=total)
        self._progress.start()

    def _write(self, text: str) -> None:
        if self._progress is not None:
            from rich.text import Text

            self._progress.console.print(Text.from_ansi(text), soft_wrap=True)
        else:
            self._stream.write(text + "\n")

    def _paint(self, text: str, status: Status) -> str:
        style = _STYLE.get(status)
        return f"\x1b[{style}m{text}\x1b[0m" if self._coloured and style else text


def _wants_colour(on_terminal: bool) -> bool:
    if os.environ.get("NO_COLOR"):
        return False
    return on_terminal or bool(os.environ.get("FORCE_COLOR"))


def _cases(count: int) -> str:
    return "1 case" if count == 1 else f"{count} cases"
