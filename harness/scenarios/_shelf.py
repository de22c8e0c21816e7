"""The files of one loading: suites and rules."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from harness.errors import Problem
from harness.model import Rule
from harness.scenarios._folders import Cassettes
from harness.scenarios._plans import SuitePlan
from harness.scenarios._reading import read_suite
from harness.scenarios._rules import read_rules, rule_from_json
from harness.scenarios._yaml import ReadError, read_text

__all__ = ["Shelf"]


class Shelf:
    """Reads files once, and remembers in the cache what they hold."""

    def __init__(self, *, new_cassettes: bool) -> None:
        self._new_cassettes = new_cassettes

    def rules(self, folders: Iterable[Path]) -> tuple[dict[str, Rule], list[Problem]]:
        rules: dict[str, Rule] = {}
        problems: list[Problem] = []
        files = {file.resolve(): file for folder in folders for file in sorted(folder.glob("*.y*ml"))}
        for file in files.values():
            values, found = read_rules(file)
            problems.extend(found)
            for value in values:
                rule = rule_from_json(value, str(file))
                known = rules.setdefault(rule.id, rule)
                if known is not rule:
                    problems.append(
                        Problem(rule.location, f"the rule {rule.id} is also in {known.location}: remove one")
                    )
        return rules, problems

    def suite(
        self, file: Path, rules: Mapping[str, Rule] | None, cassettes: Cassettes
    ) -> tuple[SuitePlan | None, list[Problem]]:
        try:
            text = read_text(file)
        except ReadError as error:
            return None, [error.problem]
        return read_suite(text, str(file), rules, None if self._new_cassettes else cassettes)

    def tidy(self) -> None:
        pass
