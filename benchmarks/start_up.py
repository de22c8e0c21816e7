"""What it costs to begin, and what a case costs after that: whole processes, cold and warm.

Cold is without a cache of parsed suites, warm with one. The slope between two sizes is the cost of one
case more, free of what a process costs to start.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

from benchmarks.corpus import samples, write_suites
from benchmarks.measuring import HARNESS, PYTHON, Table, at_most, cpu_of, environment, medians

__all__ = ["run"]

_READ = """
import sys, yaml
for path in sys.argv[1:]:
    with open(path, encoding="utf-8") as file:
        yaml.load(file, yaml.CSafeLoader)
"""


def run(folder: Path, rounds: int) -> Iterator[Table]:
    """Two tables: the start of a process, and many cases."""
    made = list(samples(2_000))
    suites = {size: folder / f"suites-{size}" for size in (100, 1_000, 2_000)}
    files = {size: write_suites(path, made[:size]) for size, path in suites.items()}
    caches = (folder / f"cache-{number}" for number in count())

    def python(*arguments: str) -> Callable[[], float]:
        return lambda: cpu_of([PYTHON, *arguments], cwd=folder)

    def harness(size: int, cache: Path | None = None) -> Callable[[], float]:
        command = [HARNESS, "run", str(suites[size])]
        says = f"{size} passed"
        return lambda: cpu_of(command, cwd=folder, env=environment(cache or next(caches)), says=says)

    def reading(size: int) -> Callable[[], float]:
        return python("-c", _READ, *map(str, files[size]))

    start = medians(
        {
            "python -c pass": python("-c", "pass"),
            "import yaml": python("-c", "import yaml"),
            "harness --help": lambda: cpu_of([HARNESS, "--help"], cwd=folder),
            "harness run, 100 cases, cold": harness(100),
            "harness run, 100 cases, warm": harness(100, folder / "warm"),
        },
        2 * rounds,
    )
    many = medians(
        {
            "CSafeLoader, 1,000 cases": reading(1_000),
            "CSafeLoader, 2,000 cases": reading(2_000),
            "harness run, 1,000 cases, cold": harness(1_000),
            "harness run, 2,000 cases, cold": harness(2_000),
            "harness run, 1,000 cases, warm": harness(1_000, folder / "warm"),
            "harness run, 2,000 cases, warm": harness(2_000, folder / "warm"),
        },
        rounds,
    )
    yield _starting(start)
    yield _running(many)


def _starting(seen: dict[str, float]) -> Table:
    table = Table("Start-up", ("process", "CPU ms", "times bare Python", "times import yaml", "target"))
    bare, with_yaml = seen["python -c pass"], seen["import yaml"]
    for name, seconds in seen.items():
        target = ""
        if name == "harness --help":
            target = at_most(seconds / bare, 3)
        elif name.endswith("cold"):
            target = f"{at_most(seconds / bare, 17)}; {at_most(seconds / with_yaml, 3)}"
        table.row(name, f"{seconds * 1e3:.1f}", f"{seconds / bare:.1f}", f"{seconds / with_yaml:.2f}", target)
    return table


def _running(seen: dict[str, float]) -> Table:
    table = Table(
        "Many cases", ("process", "CPU ms", "times CSafeLoader", "times its first run", "µs a case", "target")
    )
    for size in ("1,000", "2,000"):
        reading, cold = seen[f"CSafeLoader, {size} cases"], seen[f"harness run, {size} cases, cold"]
        for name, seconds in seen.items():
            if size not in name:
                continue
            target = ""
            if name.endswith("cold"):
                target = at_most(seconds / reading, 0.7)
            elif name.endswith("warm"):
                target = at_most(seconds / cold, 0.2)
            case_us = _slope_us(seen, name.replace(size, "{}")) if size == "2,000" else ""
            of_first = f"{seconds / cold:.2f}" if name.endswith("warm") else ""
            table.row(name, f"{seconds * 1e3:.0f}", f"{seconds / reading:.2f}", of_first, case_us, target)
    table.note("µs a case: the slope between 1,000 and 2,000 cases.")
    return table


def _slope_us(seen: dict[str, float], name: str) -> str:
    return f"{(seen[name.format('2,000')] - seen[name.format('1,000')]) * 1e3:.0f}"
