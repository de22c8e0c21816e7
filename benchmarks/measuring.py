"""CPU time of whole processes, medians of interleaved rounds, and the tables they are shown in."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from tempfile import TemporaryFile

__all__ = [
    "HARNESS",
    "PYTHON",
    "BenchmarkError",
    "Table",
    "at_least",
    "at_most",
    "cpu_of",
    "environment",
    "medians",
    "repeated",
]

PYTHON = sys.executable
HARNESS = str(Path(sys.executable).with_name("harness"))


class BenchmarkError(Exception):
    """A measured program did not do what it is measured for; a figure would say nothing."""


def environment(cache: Path | None = None) -> dict[str, str]:
    """The environment of a measured process, with its own cache of parsed suites."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    return kept if cache is None else {**kept, "HARNESS_CACHE_DIR": str(cache)}


def cpu_of(
    command: Sequence[str],
    *,
    cwd: Path,
    env: Mapping[str, str] | None = None,
    status: int = 0,
    says: str = "",
) -> float:
    """Seconds of CPU, user and system, that a command and the children it waited for have used.

    Raises BenchmarkError unless it ends with `status` and its output has `says` in it.
    """
    with TemporaryFile() as output:
        process = subprocess.Popen(
            command, cwd=cwd, env=env or environment(), stdin=subprocess.DEVNULL, stdout=output, stderr=output
        )
        _, wait_status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(wait_status)
        output.seek(0)
        text = output.read().decode("utf-8", "replace")
    if process.returncode != status or says not in text:
        raise BenchmarkError(
            f"{' '.join(command)}\nended with {process.returncode} where {status} was expected"
            f"{f', and with {says!r} in its output' if says else ''}; it said:\n{text[-3000:]}"
        )
    return used.ru_utime + used.ru_stime


def medians(measured: Mapping[str, Callable[[], float]], rounds: int) -> dict[str, float]:
    """The median of each measurement; they take turns, so that a noisy moment hits all alike.

    One more round goes before, uncounted: it compiles bytecode and fills the file cache.
    """
    seen: dict[str, list[float]] = {name: [] for name in measured}
    for number in range(rounds + 1):
        for name, measure in measured.items():
            figure = measure()
            if number:
                seen[name].append(figure)
    return {name: median(figures) for name, figures in seen.items()}


def repeated(function: Callable[[], object], *, seconds: float = 0.2) -> float:
    """Seconds of this process's CPU per call, over as many calls as fit into `seconds`, at least one."""
    calls = 0
    started = time.process_time()
    while True:
        function()
        calls += 1
        used = time.process_time() - started
        if used >= seconds:
            return used / calls


def at_most(figure: float, target: float) -> str:
    """A target as a cell of a table: a figure above it is a miss."""
    return f"≤ {target:g}: {'met' if figure <= target else 'MISSED'}"


def at_least(figure: float, target: float) -> str:
    """A target as a cell of a table: a figure below it is a miss."""
    return f"≥ {target:g}: {'met' if figure >= target else 'MISSED'}"


@dataclass
class Table:
    """Figures of one benchmark, printed as Markdown with columns in line."""

    title: str
    columns: Sequence[str]
    rows: list[Sequence[str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def row(self, *cells: str) -> None:
        self.rows.append(cells)

    def note(self, text: str) -> None:
        self.notes.append(text)

    def __str__(self) -> str:
        lines = [self.columns, *self.rows]
        widths = [max(len(line[number]) for line in lines) for number in range(len(self.columns))]
        shown = [
            "| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |"
            for line in lines
        ]
        shown.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
        return "\n".join([f"### {self.title}", "", *shown, *([""] if self.notes else []), *self.notes, ""])
