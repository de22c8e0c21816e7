"""The round trip of the command protocol: one long-lived child against a process for each case, and
against a bare loop over the same pipes, which is the least that a child in that language takes.

Wall-clock time, as what is waited for is another process; the best of the rounds, as other load on the
machine can only add to it.
"""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson

from benchmarks.corpus import samples
from benchmarks.measuring import PYTHON, BenchmarkError, Table, at_least, at_most
from harness.implementations import connect
from harness.model import Case, CaseRun, Implementation, Reply, Request, Step

__all__ = ["run"]

_ADAPTERS = Path(__file__).with_name("adapters")
_TRIPS = 2_000
_TARGET_US = 80.0
_TARGET_TIMES = 200.0


def run(folder: Path, rounds: int) -> Iterator[Table]:
    """One table: a round trip and a process per case, for Python and, where there is one, Node.js."""
    given = [sample.given for sample in samples(_TRIPS)]
    jobs = [_job(number, each) for number, each in enumerate(given)]
    size_kb = sum(len(orjson.dumps(each)) for each in given) / len(given) / 1e3
    table = Table(
        f"Command protocol: {_TRIPS:,} round trips, inputs of {size_kb:.1f} kB",
        ("child", "bare pipe µs", "round trip µs", "target", "process per case µs", "times", "target"),
    )
    for name, command in _children():
        with connect(f"command:{' '.join(command)}") as child:
            measured = [(_bare_s(command, given), _trip_s(child, jobs)) for _ in range(rounds)]
        bare, trip = (min(figures) for figures in zip(*measured, strict=True))
        alone = min(_alone_s(command, given[0], folder) for _ in range(3 * rounds))
        times = alone / trip
        table.row(
            name,
            f"{bare * 1e6:.0f}",
            f"{trip * 1e6:.0f}",
            at_most(trip * 1e6, _TARGET_US) if name == "Python" else "",
            f"{alone * 1e6:,.0f}",
            f"{times:.0f}",
            at_least(times, _TARGET_TIMES),
        )
    yield table


def _children() -> Iterator[tuple[str, list[str]]]:
    yield "Python", [PYTHON, str(_ADAPTERS / "echo.py")]
    node = shutil.which("node")
    if node is not None:
        yield "Node.js", [node, str(_ADAPTERS / "echo.mjs")]


def _job(number: int, given: Mapping[str, Any]) -> CaseRun:
    step = Step(given, ())
    return CaseRun(Case(f"trips/trip-{number}", "trips", "", (step,), "", 1), _refuse)


def _refuse(step: int, request: Request) -> Reply:
    raise BenchmarkError("a request that ends its run wants no reply")


def _trip_s(child: Implementation, jobs: Sequence[CaseRun]) -> float:
    started = time.perf_counter()
    answered = sum(len(seen.steps[0].requests) for _, seen in child.perform(jobs) if seen.steps)
    elapsed = time.perf_counter() - started
    if answered != len(jobs):
        raise BenchmarkError(f"{answered} of {len(jobs)} round trips brought a request back")
    return elapsed / len(jobs)


def _bare_s(command: Sequence[str], given: Sequence[Mapping[str, Any]]) -> float:
    """A line out, a line in, both read as JSON, and nothing else."""
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        pipe_in, pipe_out = child.stdin, child.stdout
        assert pipe_in is not None
        assert pipe_out is not None

        def ask(line: Mapping[str, Any]) -> None:
            pipe_in.write(orjson.dumps(line) + b"\n")
            pipe_in.flush()
            orjson.loads(pipe_out.readline())

        ask({"cmd": "start", "version": 1})
        started = time.perf_counter()
        for seq, each in enumerate(given):
            ask({"cmd": "run", "seq": seq, "input": each})
        elapsed = time.perf_counter() - started
        pipe_in.close()
    return elapsed / len(given)


def _alone_s(command: Sequence[str], given: Mapping[str, Any], folder: Path) -> float:
    lines = ({"cmd": "start", "version": 1}, {"cmd": "run", "seq": 1, "input": given})
    asked = b"".join(orjson.dumps(line) + b"\n" for line in lines)
    started = time.perf_counter()
    done = subprocess.run(command, input=asked, capture_output=True, cwd=folder, check=True)
    elapsed = time.perf_counter() - started
    if done.stdout.count(b"\n") != len(lines):
        raise BenchmarkError(f"{' '.join(command)} gave {done.stdout!r}")
    return elapsed
