"""The files of one loading, read once each or taken from the cache.

What reads and checks is imported with the first file that the cache does not have.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from harness.cache import Cache, digest_of
from harness.contracts import Contract
from harness.errors import Location, Problem
from harness.model import JsonValue, Rule, RuleScope
from harness.scenarios._folders import Cassettes
from harness.scenarios._plans import SuitePlan, plan_from_json
from harness.yaml_reader import ReadError, decode, read_bytes

__all__ = ["FileLoader"]


class FileLoader:
    """Rules and suites by their files. With `new_cassettes` recordings need not be there."""

    def __init__(self, *, new_cassettes: bool) -> None:
        self._new_cassettes = new_cassettes
        self._cache = Cache()
        self._digests: dict[Contract, bytes] = {}

    def rules(self, contract: Contract) -> tuple[dict[str, Rule], list[Problem]]:
        """Return the rules of a contract by their ids, and what is wrong with them."""
        files = [
            file.resolve() for folder in _rules_folders(contract) for file in sorted(folder.glob("*.y*ml"))
        ]
        raw: dict[str, bytes] = {}
        problems: list[Problem] = []
        for file in files:
            try:
                raw[str(file)] = read_bytes(file)
            except ReadError as error:
                problems.append(error.problem)
        stated = [Path(each.file).read_bytes() for each in contract.lineage if each.file]
        digest = digest_of((*stated, *(part for name, text in raw.items() for part in (name.encode(), text))))
        self._digests[contract] = digest.encode()
        name = f"rules:{contract.file}\n" + "\n".join(raw)
        values = None if problems else self._cache.get(name, digest)
        if values is None:
            values, found = _read_all(raw, contract)
            problems += found
            if not problems:
                self._cache.put(name, digest, values)
        rules: dict[str, Rule] = {}
        for file_name, of_file in values:
            for value in of_file:
                rule = _rule_from_json(value, file_name)
                known = rules.setdefault(rule.id, rule)
                if known is not rule:
                    problems.append(
                        Problem(rule.location, f"the rule {rule.id} is also in {known.location}: remove one")
                    )
        return rules, problems

    def suite(
        self, file: Path, contract: Contract, rules: Mapping[str, Rule] | None, cassettes: Cassettes
    ) -> tuple[SuitePlan | None, list[Problem]]:
        """The plan of a suite, or what is wrong with it."""
        try:
            raw = read_bytes(file)
            digest = digest_of((self._digests[contract], raw))
            name = f"{file.resolve()}\n{contract.file}"
            if rules is not None:
                plan = self._known(name, digest, cassettes)
                if plan is not None:
                    return plan, []
            text = decode(raw, str(file))
        except ReadError as error:
            return None, [error.problem]
        from harness.scenarios._reading import read_suite

        plan, problems = read_suite(
            text, str(file), rules, None if self._new_cassettes else cassettes, contract
        )
        if plan is not None and rules is not None and not self._new_cassettes:
            self._cache.put(name, digest, [plan, cassettes.named])
        return plan, problems

    def tidy(self) -> None:
        """Keep the cache small."""
        self._cache.tidy()

    def _known(self, name: str, digest: str, cassettes: Cassettes) -> SuitePlan | None:
        """The plan from the cache, if the recordings it names are still there."""
        value: Any = self._cache.get(name, digest)
        try:
            if not self._new_cassettes:
                for cassette in value[1]:
                    cassettes.find(cassette)
            return plan_from_json(value[0])
        except (ValueError, TypeError, LookupError):
            return None


def _rules_folders(contract: Contract) -> Iterator[Path]:
    """Yield the folders of a contract's rules, those of the contract it inherits from first."""
    if contract.extends is not None and contract.inherits_rules:
        yield from _rules_folders(contract.extends)
    if contract.file:
        yield contract.folder / "rules"


def _read_all(raw: Mapping[str, bytes], contract: Contract) -> tuple[list[JsonValue], list[Problem]]:
    from harness.scenarios._rules import read_rules

    values: list[JsonValue] = []
    problems: list[Problem] = []
    for name, text in raw.items():
        try:
            of_file, found = read_rules(decode(text, name), name, contract)
        except ReadError as error:
            problems.append(error.problem)
        else:
            values.append([name, of_file])
            problems += found
    return values, problems


def _rule_from_json(value: Any, file: str) -> Rule:
    """A rule as `read_rules` gives it."""
    id_, text, editions, evidence, operations, source, (headers, body, *words), line = value
    where = RuleScope(tuple(headers), tuple(body), *words)
    at = Location(file, line, 1)
    return Rule(id_, text, tuple(editions), evidence, tuple(operations), source, where, at)
