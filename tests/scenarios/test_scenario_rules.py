"""Rules files: what they hold, where they are found, what is wrong with them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from harness.errors import LoadError
from harness.model import RuleScope
from harness.scenarios import load

Write = Callable[..., Path]

RULE = """\
rules:
  - id: MY-01
    text: >-
      A rule of
      our own.
    editions: {from: 2026-05}
    evidence: observed
    operation: [chat, image]
    source: our handbook
    where: [X-Mine, X-My-*, $.reasoning.effort, $..x, "$.a[0]", "$.b[*]", url, outcome, requests]
"""
SUITE = "suite: s\nscenarios: [{id: a, rules: [MY-01], interactions: []}]\n"


def test_a_rule_is_read_whole(write: Write) -> None:
    """Every key of a rule comes through, its text on one line, its `where` sorted by kind."""
    path = write(RULE, "rules/mine.yaml")
    rule = load(write(SUITE)).rules["MY-01"]
    assert rule.text == "A rule of our own."
    assert (rule.editions, rule.evidence, rule.operations, rule.source) == (
        ("2026-05", "latest"),
        "observed",
        ("chat", "image"),
        "our handbook",
    )
    assert rule.where == RuleScope(
        headers=("X-Mine", "X-My-*"),
        body=("$.reasoning.effort", "$..x", "$.a[0]", "$.b[*]"),
        url=True,
        outcome=True,
        requests=True,
    )
    assert str(rule.location) == f"{path}:2:1"


@pytest.mark.parametrize("name", ["suite.yaml", "deep/down/suite.yaml"])
def test_rules_are_found_beside_or_above_the_suite(name: str, write: Write) -> None:
    """A `rules` folder beside the suite or above it counts, and so do those of the contract."""
    write(RULE, "rules/mine.yaml")
    suites = load(write(SUITE, name))
    assert {"MY-01", "AC-HDR-02"} <= set(suites.rules)
    assert next(suites.cases()).rules == (suites.rules["MY-01"],)


def test_rules_outside_the_repository_are_not_looked_for(write: Write, tmp_path: Path) -> None:
    """Looking upwards ends where the suite's repository ends."""
    write("rules: nonsense\n", "rules/other.yaml")
    (tmp_path / "repository" / ".git").mkdir(parents=True)
    path = write("suite: s\nscenarios: [{id: a, interactions: []}]\n", "repository/suite.yaml")
    assert load(path).rules == {}


def rule(**changes: str) -> str:
    keys = {"id": "MY-01", "text": "Mine.", "editions": "latest", "evidence": "documented", "source": "me"}
    return "rules:\n  - " + "\n    ".join(
        f"{key}: {value}" for key, value in {**keys, **changes}.items() if value
    )


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("- a\n", 1, "must be a mapping with rules, not a list"),
        ("rules: {}\n", 1, "must be a list, not a mapping"),
        (rule(evidence=""), 2, "evidence is missing"),
        (rule(evidence="guessed"), 5, 'unknown word "guessed"'),
        (rule(text="''"), 3, "must be a sentence"),
        (rule(editions="2027"), 4, "must be one of 2026-04, 2026-05, gateway, latest"),
        (rule(editions="{from: 2026-05, until: 2026-04}"), 4, "no edition is from 2026-05"),
        (rule(operation="chatt"), 7, "did you mean 'chat'?"),
        (rule(where="[outcom e]"), 7, "is not a header name or a JSONPath"),
        (rule(where="['$.a[?@.b]']"), 7, "where allows only names, [n], [*], .* and ..name"),
        (rule(where="['$.a[']"), 7, "is not a JSONPath"),
        (rule(wher="[url]"), 7, "unknown key \"wher\"; did you mean 'where'?"),
        (rule(id="AC-HDR-02"), 2, "the rule AC-HDR-02 is also in"),
        (rule() + "\n    id: MY-02\n", 7, 'the key "id" appears twice (first on line 2)'),
        ("rules: [\n", 2, "missing quote, bracket or space"),
    ],
)
def test_a_rule_that_is_wrong_does_not_load(text: str, line: int, message: str, write: Write) -> None:
    """What is wrong with a rules file is said at its place, and nothing runs."""
    path = write(text, "rules/mine.yaml")
    with pytest.raises(LoadError) as caught:
        load(write("suite: s\nscenarios: [{id: a, interactions: []}]\n"))
    assert any(
        str(problem).startswith(f"{path}:{line}:") and message in problem.message
        for problem in caught.value.problems
    ), str(caught.value)


def test_broken_rules_do_not_hide_broken_suites(write: Write) -> None:
    """Problems of suites are named beside those of the rules, without complaints about unread rules."""
    write("rules: [\n", "rules/mine.yaml")
    write("suite: t\nscenarios: [{id: a, rules: [MY-01]}]\n", "two.yaml")
    path = write(SUITE)
    with pytest.raises(LoadError) as caught:
        load(path.parent)
    places = [f"{Path(p.location.file).name}:{p.location.line}" for p in caught.value.problems]
    assert places == ["mine.yaml:2", "two.yaml:2"]
