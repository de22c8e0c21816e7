"""The reference in docs/contracts.md says what is so."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import harness
from harness.contracts import NO_CONTRACT, ContractModule, Editions
from harness.contracts.reading import CONTRACT
from harness.contracts.vocabulary import error_classes, operations_of, outcome_shape
from harness.recording.protocol import ProviderHooks
from harness.scenarios import input_keys
from harness.scenarios._format import format_for
from harness.schema.type_language import _FORMS, _WORDS
from harness.schema.types import Items, Table
from harness.yaml_reader import parse

GUIDE = (Path(__file__).parents[2] / "docs" / "contracts.md").read_text(encoding="utf-8")


def public(protocol: type) -> set[str]:
    return {name for name in {*vars(protocol), *protocol.__annotations__} if not name.startswith("_")}


@pytest.fixture
def example(tmp_path: Path) -> Path:
    """A folder with the files of the example."""
    files = re.findall(r"^`([\w/.]+)`[^\n]*\n\n```\w+\n(.*?)```", GUIDE, re.DOTALL | re.MULTILINE)
    assert len(files) == 4
    for name, text in files:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path


def test_the_guide_names_every_key_type_and_hook() -> None:
    """In code, so that a word of the prose does not count."""
    words = set(re.findall(r"\w+", " ".join(re.findall(r"`([^`\n]+)`", GUIDE))))
    rules = format_for(NO_CONTRACT).rules.keys["rules"]
    assert isinstance(rules, Items)
    assert isinstance(rules.of, Table)
    redaction = CONTRACT.keys["redaction"]
    assert isinstance(redaction, Table)
    known = {*CONTRACT.keys, *redaction.keys, *rules.of.keys, *_WORDS, *_FORMS}
    known |= public(ContractModule) | public(ProviderHooks)
    assert known <= words


def test_the_guide_lists_the_common_vocabulary() -> None:
    """All that a suite outside any contract may say."""
    (chapter,) = re.findall(r"^## Outside any contract\n(.*?)^## ", GUIDE, re.DOTALL | re.MULTILINE)
    listed = {
        kind: set(re.findall(r"`(\w+)`", row))
        for kind, row in re.findall(r"^\| (\w[\w ]*) \| (.*) \|$", chapter, re.MULTILINE)
    }
    assert listed == {
        "operation": set(operations_of(NO_CONTRACT)),
        "input": set(input_keys(NO_CONTRACT)),
        "outcome": set(outcome_shape(NO_CONTRACT).keys),
        "error classes": set(error_classes(NO_CONTRACT)),
    }


def test_the_example_of_the_guide_passes_in_both_editions(
    example: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Contract, rules, suite and client, written to files as they stand there."""
    monkeypatch.chdir(example)
    suites = harness.load(example / "scenarios")
    assert [contract.name for contract in suites.contracts] == ["acme"]
    assert set(suites.rules) == {"ACME-KEY-01", "ACME-EMB-01"}
    with harness.connect("python:my_client:shape") as implementation:
        verdicts = list(harness.run(suites.cases("all"), implementation))
    assert [(v.case.name, v.case.edition, v.status) for v in verdicts] == [
        ("acme/basics/chat", "2026-03", "passed"),
        ("acme/basics/chat", "2026-09", "passed"),
        ("acme/basics/embeddings", "2026-03", "passed"),
        ("acme/basics/embeddings", "2026-09", "passed"),
    ]


def test_the_editions_of_the_guide_are_the_lines_that_it_names() -> None:
    """A name alone begins a line; `after` continues one, and may join several."""
    (listed,) = re.findall(r"```yaml\n(editions:\n.*?)```", GUIDE, re.DOTALL)
    stated = parse(listed, "contracts.md").value
    editions = Editions.of(stated["editions"], stated["default_edition"])
    for line in editions.lines:
        assert " < ".join(f"`{name}`" for name in line) in GUIDE
    assert editions.default == "2026-09"
