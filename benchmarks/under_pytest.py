"""The pytest plugin against the plain runner, and against a test that anybody would write without it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from pathlib import Path

from benchmarks.corpus import samples, write_suites
from benchmarks.measuring import HARNESS, PYTHON, Table, at_most, cpu_of, environment, medians

__all__ = ["run"]

_CASES = 1_000
_PARAMETRISED = """
from pathlib import Path

import orjson
import pytest
import yaml

from harness_openclaw import reference

SCENARIOS = [
    scenario
    for path in sorted(Path("suites").glob("*.yaml"))
    for scenario in yaml.load(path.read_text("utf-8"), yaml.CSafeLoader)["scenarios"]
]


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario["id"])
def test_the_body_is_as_expected(scenario):
    request = reference.shape(scenario["input"])
    assert orjson.loads(request.body) == scenario["interactions"][0]["request"]["body"]
"""


def run(folder: Path, rounds: int) -> Iterator[Table]:
    """One table: the plugin cold and warm, the runner cold and warm, and the parametrised test."""
    write_suites(folder / "suites", list(samples(_CASES)))
    (folder / "test_bodies.py").write_text(_PARAMETRISED, "utf-8")
    caches = (folder / f"cache-{number}" for number in count())
    kept = folder / "kept-cache"
    pytest = [PYTHON, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    passed = f"{_CASES} passed"

    def runner(cache: Path) -> float:
        return cpu_of([HARNESS, "run", "suites"], cwd=folder, env=environment(cache), says=passed)

    def plugin(cache: Path) -> float:
        command = [*pytest, "-o", "harness_scenarios=suites", "suites"]
        return cpu_of(command, cwd=folder, env=environment(cache), says=passed)

    seen = medians(
        {
            "runner, cold": lambda: runner(next(caches)),
            "plugin, cold": lambda: plugin(next(caches)),
            "runner, warm": lambda: runner(kept),
            "plugin, warm": lambda: plugin(kept),
            "parametrised, CSafeLoader": lambda: cpu_of([*pytest, "test_bodies.py"], cwd=folder, says=passed),
        },
        rounds,
    )
    table = Table(
        f"pytest: {_CASES:,} cases", ("", "CPU ms", "times the runner", "times parametrised", "target")
    )
    plain = seen["parametrised, CSafeLoader"]
    for name, seconds in seen.items():
        runner_s = seen["runner, warm" if name.endswith("warm") else "runner, cold"]
        target = at_most(seconds / runner_s, 3.5) if name == "plugin, cold" else ""
        table.row(name, f"{seconds * 1e3:.0f}", f"{seconds / runner_s:.2f}", f"{seconds / plain:.2f}", target)
    yield table
