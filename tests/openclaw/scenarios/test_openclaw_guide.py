"""The guide in docs/openclaw.md says what is so."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from harness.contracts import Contract, named_contract
from harness.contracts.vocabulary import error_classes, operations_of, outcome_shape
from harness.model import EVIDENCE, JsonValue
from harness.scenarios import input_keys, load

ROOT = Path(__file__).parents[3]
GUIDE = (ROOT / "docs" / "openclaw.md").read_text(encoding="utf-8")
COMMON = (ROOT / "docs" / "scenarios.md").read_text(encoding="utf-8")
CODE = set(re.findall(r"[\w.-]+", " ".join(re.findall(r"`([^`\n]+)`", GUIDE + COMMON))))


def openclaw() -> Contract:
    return named_contract("openclaw")


def keys_in(stated: JsonValue) -> Iterator[str]:
    """Yield the keys of the objects in a type as contract.yaml states it."""
    if not isinstance(stated, dict):
        return
    if isinstance(objects := stated.get("object"), dict):
        yield from objects
        for inner in objects.values():
            yield from keys_in(inner)
    yield from keys_in(stated.get("list"))
    yield from keys_in(stated.get("type"))


def test_the_guides_name_every_word_of_the_contract() -> None:
    """In code: operations, inputs, outcomes with their keys, classes of errors, editions."""
    contract = openclaw()
    assert set(operations_of(contract)) <= CODE
    assert set(input_keys(contract)) <= CODE
    assert set(outcome_shape(contract).keys) <= CODE
    outcomes = [stated for each in contract.operations.values() for stated in each.outcome.values()]
    assert {key for stated in outcomes for key in keys_in(stated)} <= CODE
    assert set(error_classes(contract)) <= CODE
    assert set(contract.editions.names) <= CODE


def test_the_guide_counts_and_orders_what_there_is() -> None:
    """Rules by their evidence, cases, and the lines of editions."""
    contract = openclaw()
    suites = load(contract=contract)
    names = {case.name for case in suites.cases("all")}
    assert f"{len(suites.rules):,} rules in {len(names):,} cases" in GUIDE
    counted = Counter(rule.evidence for rule in suites.rules.values())
    for evidence in EVIDENCE:
        assert f"| `{evidence}` | {counted[evidence]} |" in GUIDE
    for line in contract.editions.lines:
        assert " < ".join(f"`{name}`" for name in line) in GUIDE
    assert f"The default is `{contract.editions.default}`" in GUIDE
