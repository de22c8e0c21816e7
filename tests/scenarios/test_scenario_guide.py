"""The reference in docs/scenarios.md says what is so."""

from __future__ import annotations

import re
from collections.abc import Callable
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
    """No key, matcher, feature or class of the common vocabulary is missing from the reference."""
    words = set(re.findall(r"[a-z_$0-9]+", GUIDE.read_text(encoding="utf-8")))
    common = format_for(NO_CONTRACT)
    suite, rules = common.suite.keys, common.rules.keys
    known = {*suite, *keys_of(suite["scenarios"]), *keys_of(rules["rules"])}
    known |= {*common.step.keys, *INTERACTION.keys, *REQUEST.keys, *common.input.keys}
    known |= {*MATCHERS, *FEATURES, *EVIDENCE, *error_classes(NO_CONTRACT), *FAULTS}
    assert known <= words


def test_the_rules_example_of_the_guide_loads(write: Callable[..., Path]) -> None:
    """What the reference shows as a rules file is one."""
    examples = re.findall(r"```yaml\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    (rules,) = (example for example in examples if "\nrules:\n" in example and "suite:" not in example)
    write(rules, "rules/acme.yaml")
    path = write("suite: s\nscenarios: [{id: a, rules: [MY-HDR-01], interactions: []}]\n")
    assert load(path).rules["MY-HDR-01"].operations == ("chat", "image")
