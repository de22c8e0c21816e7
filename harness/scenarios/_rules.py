"""Rules files: the numbered statements that scenarios name (docs/scenarios.md, Rules)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from harness.errors import Location, Problem
from harness.matchers import compile_path
from harness.model import JsonValue, Rule, Where
from harness.scenarios._contracts import versions_of
from harness.scenarios._format import RULES
from harness.scenarios._shapes import Flaw, check, did_you_mean
from harness.scenarios._yaml import Document, parse

__all__ = ["read_rules", "rule_from_json"]

_WORDS: Final = ("url", "outcome", "requests")
_HEADER = re.compile(r"[A-Za-z0-9!#%&'*+.^_`|~-][A-Za-z0-9!#$%&'*+.^_`|~-]*")
_PLAIN_PATH = re.compile(
    r"\$(?:\.\.?(?:[A-Za-z_\u0080-\U0010ffff][\w-]*|\*)|\[(?:-?\d+|\*|'[^']*'|\"[^\"]*\")\])*"
)


def read_rules(text: str, file: str) -> tuple[list[JsonValue], list[Problem]]:
    """The rules of a file as JSON, for `rule_from_json`, and what is wrong in it."""
    document = parse(text, file)
    if document.value is None and document.problems:
        return [], document.problems
    flaws = list(check(document.value, RULES)) or list(_flaws(document.value))
    if flaws or document.problems:
        placed = parse(text, file, places=True)
        found = [Problem(placed.find(at)[0], message) for at, message in flaws]
        return [], [*placed.problems, *found]
    return [_as_json(rule, document) for rule in document.value["rules"]], []


def _as_json(rule: Mapping[str, Any], document: Document) -> JsonValue:
    operations = rule.get("operation", "chat")
    return [
        rule["id"],
        " ".join(rule["text"].split()),
        versions_of(rule["contract"]),
        rule["evidence"],
        [operations] if isinstance(operations, str) else operations,
        rule["source"],
        rule.get("where", []),
        document.line_of(rule),
    ]


def rule_from_json(value: Any, file: str) -> Rule:
    """A rule as `read_rules` gives it."""
    id_, text, contracts, evidence, operations, source, where, line = value
    return Rule(
        id=id_,
        text=text,
        contracts=tuple(contracts),
        evidence=evidence,
        operations=tuple(operations),
        source=source,
        where=Where(
            headers=tuple(item for item in where if item not in _WORDS and not item.startswith("$")),
            body=tuple(item for item in where if item.startswith("$")),
            url="url" in where,
            outcome="outcome" in where,
            requests="requests" in where,
        ),
        location=Location(file, line, 1),
    )


def _flaws(document: Mapping[str, Any]) -> Iterator[Flaw]:
    for index, rule in enumerate(document["rules"]):
        try:
            versions_of(rule["contract"])
        except ValueError as error:
            yield ("rules", index, "contract"), str(error)
        for number, item in enumerate(rule.get("where", ())):
            message = _where_problem(item)
            if message:
                yield ("rules", index, "where", number), message


def _where_problem(item: str) -> str | None:
    if item.startswith("$"):
        try:
            compile_path(item)
        except ValueError as error:
            return str(error)
        if not _PLAIN_PATH.fullmatch(item):
            return f"{item}: only names, [n], [*], .* and ..name can say where"
        return None
    if item in _WORDS or _HEADER.fullmatch(item):
        return None
    return (
        f'"{item[:60]}" is no header name, no JSONPath (they begin with $) and none of {", ".join(_WORDS)}'
        + (did_you_mean(item, _WORDS))
    )
