"""The reference is the same behind the command protocol and over real sockets."""

from __future__ import annotations

import shlex
import sys
from collections import Counter
from pathlib import Path

import pytest

import harness
from harness.implementations import connect
from harness.model import Verdict
from harness.scenarios import Suites, load
from harness_openclaw import hooks

ADAPTER = Path(__file__).with_name("children") / "reference_adapter.py"


def verdicts_of(mode: str, suites: Suites) -> list[Verdict]:
    address = f"command:{shlex.join([sys.executable, str(ADAPTER), mode])}"
    cases = [case for case in suites.cases("latest") if case.evidence != "disputed"]
    with connect(address, mode="send" if mode == "send" else None) as implementation:
        return list(harness.run(cases, implementation))


@pytest.fixture(scope="module")
def suites() -> Suites:
    return load()


def test_the_protocol_carries_every_case(suites: Suites) -> None:
    """Requests, replies, faults, waits, steps and outcomes pass through a child as they are."""
    verdicts = verdicts_of("shape", suites)
    assert Counter(each.status for each in verdicts) == {"passed": len(verdicts)}
    assert len(verdicts) > 2000


@pytest.mark.parametrize(
    "suite", ["openrouter/video", "openrouter/images", "openrouter/errors", "clawrouter/security"]
)
def test_real_sockets_carry_what_is_asked_and_answered(suite: str) -> None:
    """What is expected of media, failures and keys holds for bytes on the wire, foreign hosts included."""
    verdicts = verdicts_of("send", load(hooks.scenarios / f"{suite}.yaml"))
    found = Counter(each.status for each in verdicts)
    assert set(found) <= {"passed", "not_applicable"}, [
        each.case.name for each in verdicts if each.differences
    ]
    assert found["passed"] > 20
    reasons = {each.reason for each in verdicts if each.status == "not_applicable"}
    assert reasons <= {
        "does not declare the feature clock",
        "it would wait for its own time limit, because this case never answers (feature clock)",
    }
