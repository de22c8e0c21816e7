"""The reference in docs/scenarios.md says what is so."""

from __future__ import annotations

import re
from pathlib import Path

from harness.contracts import NO_CONTRACT
from harness.contracts.vocabulary import error_classes
from harness.matchers import MATCHERS
from harness.model import EVIDENCE, FEATURES
from harness.scenarios import load
from harness.scenarios._format import FAULTS, INTERACTION, REQUEST, format_for
from harness.schema.types import Items, Table

GUIDE = Path(__file__).parents[2] / "docs" / "scenarios.md"


def keys_of(items: object) -> set[str]:
    assert isinstance(items, Items)
    assert isinstance(items.of, Table)
    return set(items.of.keys)


def test_the_guide_names_every_word_of_the_format() -> None:
    """No key, matcher, feature or class of the common vocabulary is missing from the reference. The keys of a
    rule are in docs/contracts.md (tests/contracts/test_contract_guide.py)."""
    words = set(re.findall(r"[a-z_$0-9]+", GUIDE.read_text(encoding="utf-8")))
    common = format_for(NO_CONTRACT)
    known = {*common.suite.keys, *keys_of(common.suite.keys["scenarios"])}
    known |= {*common.step.keys, *INTERACTION.keys, *REQUEST.keys, *common.input.keys}
    known |= {*MATCHERS, *FEATURES, *EVIDENCE, *error_classes(NO_CONTRACT), *FAULTS}
    assert known <= words


def test_the_first_example_of_the_guide_loads_outside_any_contract(tmp_path: Path) -> None:
    """It needs no contract.yaml."""
    (example, *_) = re.findall(r"```yaml\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    (tmp_path / ".git").mkdir()
    (tmp_path / "suite.yaml").write_text(example, encoding="utf-8")
    suites = load(tmp_path / "suite.yaml")
    assert suites.contracts == (NO_CONTRACT,)
    assert [case.name for case in suites] == [
        "acme/attribution/own-route",
        "acme/attribution/custom-proxy/plain",
        "acme/attribution/custom-proxy/look-alike",
    ]
