"""What `harness record` shows: the plan, what became of each case, and the costs."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal
from typing import TYPE_CHECKING

from harness.cli.options import count
from harness.cli.upstream import echo
from harness.model import Verdict
from harness.recording.cost_log import Entry, Totals
from harness.recording.plan import Plan
from harness.recording.protocol import PlannedCall
from harness.recording.session import RecordingResult
from harness.redaction import Redactor
from harness.report.failure import describe

if TYPE_CHECKING:
    from rich.progress import Progress as Bar

__all__ = ["Display"]

_COLOURS = {"recorded": "green", "failed": "red", "skipped": None, "not_applicable": None}


class Display:
    """Writes to standard output, with every key masked."""

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor
        self._bar: Bar | None = None

    def plan(self, plan: Plan, most: Decimal) -> None:
        """Show what is going to be sent, a line for each model of each case."""
        lines = Counter((call.case.name, call.estimate.model or call.request.url) for call in plan.calls)
        shown = set()
        for call in plan.calls:
            key = (call.case.name, call.estimate.model or call.request.url)
            if key in shown:
                continue
            shown.add(key)
            self._line(f"  {lines[key]} x {key[0]}  {key[1]}  {_estimated(call, lines[key])}")
        for case, problem in plan.problems:
            self._line(f"  {case.name} {problem}", fg="yellow")
        where = f" to {', '.join(plan.hosts)}" if plan.hosts else ""
        self._line(f"plan: {count(len(plan.calls), 'call')}{where}, {_price(plan, most)}")

    @contextmanager
    def recording(self, count: int) -> Iterator[None]:
        """Show a progress bar while cases are recorded, on a terminal."""
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
        """Show a wait before a retry after this status or fault."""
        self._line(f"{why}; retrying in {seconds:.1f} s")

    def result(self, result: RecordingResult) -> None:
        """Show what became of a case."""
        if self._bar is not None:
            self._bar.advance(self._bar.task_ids[0])
        files = ", ".join(map(str, result.files))
        parts = [f"{result.status.replace('_', ' ')} {result.case.title}"]
        if result.status == "recorded":
            parts.append(f"-> {files}")
            parts.append("; ".join(_brief(entry) for entry in result.entries))
        if result.reason:
            parts.append(f"({result.reason})")
        if result.status == "failed" and files:
            parts.append(f"(responses saved to {files})")
        self._line(" ".join(filter(None, parts)), fg=_COLOURS[result.status])
        if result.differences:
            text = describe(Verdict(result.case, "failed", differences=result.differences))
            self._line("\n".join(f"  {line}" for line in text.splitlines()))

    def stopped(self, why: str) -> None:
        """Show why no further case is recorded."""
        self._line(
            f"stopped: {why} Continue with --resume." if why.endswith(".") else f"stopped: {why}", fg="yellow"
        )

    def end(self, counts: Mapping[str, int], sums: Totals, *, interrupted: bool) -> None:
        """Show the sums of a recording."""
        shown = [f"{counts[status]} {status.replace('_', ' ')}" for status in _COLOURS if counts.get(status)]
        if not counts.get("recorded"):
            shown.append("nothing was recorded")
        if interrupted:
            self._line("interrupted; completed cases are saved, continue with --resume", fg="yellow")
        self._line(", ".join(shown))
        statuses = ", ".join(f"{count} x {status}" for status, count in sums.statuses)
        estimated = f" of {_usd(sums.estimated_cost)} estimated" if sums.estimated_cost else ""
        self._line(
            f"{count(sums.calls, 'call')}, {count(sums.retries, 'retry')} ({statuses or 'no answers'}),"
            f" {sums.prompt_tokens}+{sums.completion_tokens} tokens, {_usd(sums.cost)}{estimated}"
        )

    def costs(self, entries: Sequence[Entry]) -> None:
        """Show a table of all calls, on a terminal."""
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
                _usd(entry.estimate.cost),
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


def _estimated(call: PlannedCall, count: int) -> str:
    """Return the tokens of a call, and what so many of it may cost."""
    if not call.request.body:
        return "free"
    tokens = f"{call.estimate.prompt_tokens} tokens in"
    if call.estimate.limited or call.estimate.output_tokens:
        tokens += f", up to {call.estimate.output_tokens} out"
    cost = "price unknown" if call.cost is None else f"up to ${call.cost * count:.6f}"
    return f"{tokens}  {cost}"


def _price(plan: Plan, most: Decimal) -> str:
    """Return what a plan may cost, and what limits that: of calls of unknown price only what is reported."""
    with_retries = f"${plan.cost_with_retries:.4f} with {count(plan.retries, 'retry')} each"
    known = f"up to ${plan.cost:.4f}, {with_retries}"
    if not plan.unpriced:
        return f"{known}; at most ${most} will be spent"
    known = f"{known}, plus calls of unknown price" if plan.cost else "price unknown"
    return f"{known}; no call is made once ${most} has been spent"


def _usd(amount: Decimal | None) -> str:
    return "-" if amount is None else f"${amount:.6f}"
