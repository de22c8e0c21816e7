"""What the tests of implementations share: jobs, and the real child in children/adapter.py."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from harness.implementations import Connection, connect
from harness.model import Case, CaseRun, Observation, Reply, Request, Responder, Step

ADAPTER = Path(__file__).with_name("children") / "adapter.py"


def reply_ok(step: int, request: Request) -> Reply:
    return Reply(200, (("content-type", "text/plain"),), (b"ok",))


def job_of(
    *inputs: Mapping[str, Any],
    name: str = "suite/case",
    answers: Responder = reply_ok,
    canaries: Mapping[str, str] | None = None,
    base_url: str = "",
) -> CaseRun:
    """A job with a step for each input; nothing is expected of it."""
    steps = tuple(Step(given, ()) for given in inputs)
    secrets = canaries or {}
    case = Case(name, "suite", "2026-05", steps, "suite.yaml", 1, canaries=secrets, base_url=base_url)
    return CaseRun(case, answers)


def adapter(*arguments: str, timeout_s: float = 20.0) -> Connection:
    """A connection to children/adapter.py, started with these arguments."""
    line = shlex.join([sys.executable, str(ADAPTER), *arguments])
    return connect(f"command:{line}", timeout_s=timeout_s)


def perform(*jobs: CaseRun, at_once: int = 1, timeout_s: float = 20.0) -> dict[str, Observation]:
    """What children/adapter.py does in these jobs, by the names of the cases."""
    with adapter(timeout_s=timeout_s) as connection:
        done = [(case.name, seen) for case, seen in connection.perform(jobs, at_once=at_once)]
    observations = dict(done)
    assert len(done) == len(observations) == len(jobs)
    return observations


def perform_one(job: CaseRun, *, timeout_s: float = 20.0) -> Observation:
    return perform(job, timeout_s=timeout_s)[job.case.name]


def told(observation: Observation) -> Any:
    """The text that the last step reported."""
    assert observation.broken is None, observation.broken
    outcome = observation.steps[-1].outcome
    assert outcome is not None
    return outcome["text"]


def broken_by(observation: Observation) -> str:
    """Why the case erred."""
    assert observation.broken is not None, observation
    return observation.broken.message
