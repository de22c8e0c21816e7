"""The reference may be given the input itself and not a copy of it."""

from __future__ import annotations

import copy

import pytest

import harness
from harness.scenarios import load


@pytest.mark.parametrize("edition", ["2026-05", "latest"])
def test_no_input_is_changed_by_a_call(edition: str) -> None:
    """After every bundled case its input is what it was before."""
    cases = list(load().cases(edition))
    before = [copy.deepcopy([step.input for step in case.steps]) for case in cases]
    with harness.connect("python:harness_openclaw.reference:implementation") as reference:
        performed = sum(1 for _ in harness.run(cases, reference))
    assert performed == len(cases) > 1000
    changed = [
        case.name
        for case, inputs in zip(cases, before, strict=True)
        if [step.input for step in case.steps] != inputs
    ]
    assert changed == []
