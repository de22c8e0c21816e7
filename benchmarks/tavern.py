"""The harness against Tavern: the same cases in both formats, and how many each does per CPU second.

Tavern needs an older pytest than ours, so it has an environment of its own. It sends each input to a
loopback server which answers with the request that the reference makes of it; the server's CPU is not
counted against it.
"""

from __future__ import annotations

import subprocess
import venv
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks.corpus import PER_FILE, Sample, samples, write_suites, write_yaml
from benchmarks.measuring import (
    HARNESS,
    PYTHON,
    BenchmarkError,
    Table,
    at_least,
    cpu_of,
    environment,
    medians,
)

__all__ = ["run"]

_REQUIREMENTS = ("tavern>=3.7", "pytest<9")
_CASES = 2_000


def run(folder: Path, rounds: int) -> Iterator[Table]:
    """Cases per CPU second of both, after a proof that both fail what they should.

    Half the rounds: one of Tavern's takes about a minute.
    """
    python = _environment(folder / "venv")
    made = list(samples(_CASES))
    with _echo_server() as url:
        _refute(folder / "refuted", python, url, made[:4])
        yield _compare(folder / "compared", python, url, made, max(1, rounds // 2))


def _compare(folder: Path, python: str, url: str, made: Sequence[Sample], rounds: int) -> Table:
    ours, theirs, kept = folder / "ours", folder / "theirs", folder / "kept-cache"
    write_suites(ours, made)
    _write_tavern(theirs, url, made)
    fresh = (folder / f"cache-{number}" for number in range(1_000))
    passed = f"{len(made)} passed"

    def harness(cache: Path) -> float:
        return cpu_of([HARNESS, "run", str(ours)], cwd=folder, env=environment(cache), says=passed)

    seen = medians(
        {
            "harness, warm": lambda: harness(kept),
            "harness, cold": lambda: harness(next(fresh)),
            "Tavern": lambda: cpu_of(_pytest(python, theirs), cwd=folder, says=passed),
        },
        rounds,
    )
    speed = {name: len(made) / seconds for name, seconds in seen.items()}
    table = Table(
        f"Tavern: the same {len(made):,} cases", ("", "CPU s", "cases / CPU s", "times Tavern", "target")
    )
    targets = {"harness, warm": 150.0, "harness, cold": 25.0}
    for name in ("Tavern", "harness, cold", "harness, warm"):
        ratio = speed[name] / speed["Tavern"]
        target = at_least(ratio, targets[name]) if name in targets else ""
        table.row(name, f"{seen[name]:.2f}", f"{speed[name]:,.0f}", f"{ratio:.1f}", target)
    return table


def _refute(folder: Path, python: str, url: str, made: Sequence[Sample]) -> None:
    """One case as it is, and three that both must fail: another value, a key more, a key less."""
    right, other, more, less = made
    bodies = other.body | {"model": "some/other"}, more.body | {"seed": 1}, _without(less.body, "model")
    wrong = [replace(sample, body=body) for sample, body in zip((other, more, less), bodies, strict=True)]
    write_suites(folder / "ours", [right, *wrong])
    _write_tavern(folder / "theirs", url, [right, *wrong])
    command = [HARNESS, "run", str(folder / "ours")]
    cpu_of(command, cwd=folder, env=environment(folder / "cache"), status=1, says="1 passed, 3 failed")
    cpu_of(_pytest(python, folder / "theirs"), cwd=folder, status=1, says="3 failed, 1 passed")


def _without(body: Mapping[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in body.items() if name != key}


def _pytest(python: str, tests: Path) -> list[str]:
    return [python, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--tb=no", "-W", "ignore", str(tests)]


def _write_tavern(folder: Path, url: str, made: Sequence[Sample]) -> None:
    for start in range(0, len(made), PER_FILE):
        tests = [_tavern_test(url, sample) for sample in made[start : start + PER_FILE]]
        write_yaml(folder / f"test_part_{start // PER_FILE:03}.tavern.yaml", tests)


def _tavern_test(url: str, sample: Sample) -> Mapping[str, Any]:
    expected = {"url": sample.url, "headers": sample.headers, "body": sample.body}
    return {
        "test_name": sample.id,
        "stages": [
            {
                "name": "built",
                "request": {"url": url, "method": "POST", "json": sample.given},
                "response": {"status_code": 200, "strict": ["json:on"], "json": expected},
            }
        ],
    }


def _environment(folder: Path) -> str:
    """The Python of a new virtual environment with Tavern in it."""
    venv.create(folder, with_pip=True)
    python = str(folder / "bin" / "python")
    install = [python, "-m", "pip", "install", "--quiet", *_REQUIREMENTS]
    done = subprocess.run(install, capture_output=True, text=True)
    if done.returncode:
        raise BenchmarkError(f"Tavern cannot be installed:\n{done.stderr[-3000:]}")
    return python


@contextmanager
def _echo_server() -> Iterator[str]:
    command = [PYTHON, "-m", "benchmarks.echo_server"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        yield f"http://127.0.0.1:{int(server.stdout.readline())}/"
        server.stdin.close()
