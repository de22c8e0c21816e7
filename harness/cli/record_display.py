"""What `harness record` shows: the plan, what becomes of each case, and the ledger."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal
from typing import TYPE_CHECKING

from harness.cli.upstream import echo
from harness.model import Verdict
from harness.recording import Entry, Plan, RecordingResult, Totals
from harness.redaction import Redactor
from harness.report.failure import describe

if TYPE_CHECKING:
    from rich.progress import Progress as Bar

__all__ = ["Display"]

_COLOURS = {"recorded": "green", "failed": "red", "skipped": None, "not_applicable": None}


class Display:
    """Writes to standard output, everything masked."""

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor
        self._bar: Bar | None = None

    def plan(self, plan: Plan, most: Decimal) -> None:
        """What is going to be done."""
        by_case = Counter((call.case.name, call.estimate.model) for call in plan.calls)
        told = set()
        for call in plan.calls:
            key = (call.case.name, call.estimate.model)
            if key in told:
                continue
            told.add(key)
            cost = "price unknown" if call.cost is None else f"up to ${call.cost * by_case[key]:.6f}"
            self._line(
                f"  {by_case[key]} x {call.case.name}  {call.estimate.model or call.request.url}"
                f"  {call.estimate.prompt_tokens} in, {call.estimate.output_tokens} out at most  {cost}"
            )
        self._line(
            f"plan: {_count(len(plan.calls), 'call')} to {', '.join(plan.hosts)}, {_price(plan, most)}"
        )

    @contextmanager
    def recording(self, count: int) -> Iterator[None]:
        """A bar while cases are recorded, on a terminal."""
        if not sys.stdout.isatty():
            yield
            return
        from rich.progress import Progress

        with Progress(transient=True) as self._bar:
            self._bar.add_task("recording", total=count)
            try:
                yield
            finally:
                self._bar = None

    def waiting(self, seconds: float, why: str) -> None:
        """The provider asked for patience."""
        self._line(f"waiting {seconds:.1f} s after {why}")

    def take(self, take: RecordingResult) -> None:
        """What became of a case."""
        if self._bar is not None:
            self._bar.advance(self._bar.task_ids[0])
        files = ", ".join(map(str, take.files))
        said = [f"{take.status.replace('_', ' ')} {take.case.name} [{take.case.edition}]"]
        if take.status == "recorded":
            said.append(f"-> {files}")
            said.append("; ".join(_brief(entry) for entry in take.entries))
        if take.reason:
            said.append(f"({take.reason})")
        if take.status == "failed" and files:
            said.append(f"(what came is in {files})")
        self._line(" ".join(filter(None, said)), fg=_COLOURS[take.status])
        if take.differences:
            text = describe(Verdict(take.case, "failed", differences=take.differences))
            self._line("\n".join(f"  {line}" for line in text.splitlines()))

    def stopped(self, take: RecordingResult) -> None:
        self._line(
            "stopped: the next call could pass --max-cost; raise it and go on with --resume", fg="yellow"
        )

    def end(self, takes: Mapping[str, int], sums: Totals, *, interrupted: bool) -> None:
        """The sum of it all."""
        counts = ", ".join(
            f"{takes[status]} {status.replace('_', ' ')}" for status in _COLOURS if takes.get(status)
        )
        if interrupted:
            self._line("interrupted; what is complete is kept, go on with --resume", fg="yellow")
        met = ", ".join(f"{count} x {status}" for status, count in sums.statuses)
        estimated = f" of {_usd(sums.estimated_cost)} estimated" if sums.estimated_cost else ""
        self._line(counts or "nothing was recorded")
        self._line(
            f"{_count(sums.calls, 'call')}, {_count(sums.retries, 'retry')} ({met or 'no answers'}),"
            f" {sums.prompt_tokens}+{sums.completion_tokens} tokens, {_usd(sums.cost)}{estimated}"
        )

    def ledger(self, entries: Sequence[Entry]) -> None:
        """A table of all calls, on a terminal."""
        if not entries or not sys.stdout.isatty():
            return
        from rich.box import SIMPLE
        from rich.console import Console
        from rich.table import Table

        table = Table(box=SIMPLE, padding=(0, 1, 0, 0))
        table.add_column("case, id", overflow="fold")
        table.add_column("model", overflow="fold")
        for title in ("status", "tokens", "USD", "estimate"):
            table.add_column(title, no_wrap=True, justify="right")
        for entry in entries:
            cells = (
                f"{entry.case}\n{entry.id}".rstrip(),
                entry.model,
                " ".join(map(str, (*entry.tried, entry.status))),
                f"{entry.usage.prompt_tokens or 0}+{entry.usage.completion_tokens or 0}",
                _usd(entry.usage.cost),
                _usd(entry.estimated_cost),
            )
            table.add_row(*map(self._redactor, cells))
        Console().print(table)

    def _line(self, text: str, *, fg: str | None = None) -> None:
        if self._bar is not None:
            self._bar.console.print(self._redactor(text), style=fg, markup=False, highlight=False)
        else:
            echo(text, self._redactor, fg=fg)


def _brief(entry: Entry) -> str:
    tokens = f"{entry.usage.prompt_tokens or 0}+{entry.usage.completion_tokens or 0} tokens"
    tried = f" after {', '.join(map(str, entry.tried))}" if entry.tried else ""
    return f"{entry.status}{tried}, {tokens}, {_usd(entry.usage.cost)}"


def _price(plan: Plan, most: Decimal) -> str:
    """What a plan may cost, and what bounds it: of what has no known price only reports can be counted."""
    with_retries = f"${plan.cost_with_retries:.4f} with {_count(plan.retries, 'retry')} each"
    known = f"up to ${plan.cost:.4f}, {with_retries}"
    if not plan.unpriced:
        return f"{known}; at most ${most} will be spent"
    known = f"{known}, beside calls of unknown price" if plan.cost else "price unknown"
    return f"{known}; none is made once ${most} is spent"


def _count(number: int, what: str) -> str:
    several = f"{what[:-1]}ies" if what.endswith("y") else f"{what}s"
    return f"{number} {what if number == 1 else several}"


def _usd(amount: Decimal | None) -> str:
    return "-" if amount is None else f"${amount:.6f}"
