"""Rules files: the numbered statements that scenarios name (docs/contracts.md, Rules)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from harness.contracts import Contract
from harness.errors import Problem, did_you_mean
from harness.matchers import compile_path
from harness.model import JsonValue
from harness.scenarios._format import format_for
from harness.schema.raw_values import Flaw
from harness.schema.types import check
from harness.yaml_reader import Document, parse

__all__ = ["read_rules"]

_WORDS: Final = ("url", "outcome", "requests", "timing")
_HEADER = re.compile(r"[A-Za-z0-9!#%&'*+.^_`|~-][A-Za-z0-9!#$%&'*+.^_`|~-]*")
_PLAIN_PATH = re.compile(
    r"\$(?:\.\.?(?:[A-Za-z_\u0080-\U0010ffff][\w-]*|\*)|\[(?:-?\d+|\*|'[^']*'|\"[^\"]*\")\])*"
)


def read_rules(text: str, file: str, contract: Contract) -> tuple[list[JsonValue], list[Problem]]:
    """The rules of a file as JSON, for the loader, and what is wrong in it."""
    document = parse(text, file)
    if document.value is None and document.problems:
        return [], document.problems
    flaws = list(check(document.value, format_for(contract).rules)) or list(_flaws(document.value, contract))
    if flaws or document.problems:
        placed = parse(text, file, places=True)
        found = [Problem(placed.find(at)[0], message) for at, message in flaws]
        return [], [*placed.problems, *found]
    return [_as_json(rule, document, contract) for rule in document.value["rules"]], []


def _as_json(rule: Mapping[str, Any], document: Document, contract: Contract) -> JsonValue:
    operations = rule.get("operation", "chat")
    return [
        rule["id"],
        " ".join(rule["text"].split()),
        contract.editions.meant_by(rule["editions"]) if "editions" in rule else contract.editions.run,
        rule["evidence"],
        [operations] if isinstance(operations, str) else operations,
        rule["source"],
        _where_as_json(rule.get("where", [])),
        document.line_of(rule),
    ]


def _where_as_json(items: list[str]) -> JsonValue:
    return [
        [item for item in items if item not in _WORDS and not item.startswith("$")],
        [item for item in items if item.startswith("$")],
        *(word in items for word in _WORDS),
    ]


def _flaws(document: Mapping[str, Any], contract: Contract) -> Iterator[Flaw]:
    for index, rule in enumerate(document["rules"]):
        try:
            contract.editions.meant_by(rule.get("editions", list(contract.editions.run)))
        except ValueError as error:
            yield ("rules", index, "editions"), str(error)
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
            return f"{item}: where allows only names, [n], [*], .* and ..name"
        return None
    if item in _WORDS or _HEADER.fullmatch(item):
        return None
    return (
        f'"{item[:60]}" is not a header name or a JSONPath (which begins with $)'
        f"{did_you_mean(item, _WORDS, list_known=True)}"
    )
