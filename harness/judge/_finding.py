"""A difference before it is charged to rules and its secrets are masked."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Literal, NamedTuple, TypeAlias

from harness.judge._explain import Change, expected_and_got
from harness.judge._text import one_line
from harness.matchers import MISSING, Place, compile_path, header_pattern
from harness.model import DifferenceKind, Rule, RuleScope

__all__ = ["Area", "Finding", "charged_to", "from_change"]

Area: TypeAlias = Literal["url", "headers", "body", "outcome", "requests", "timing"]
"""The part of an exchange that a finding is about, for charging it to rules."""


class Finding(NamedTuple):
    """One way in which a request or outcome departs from its expectation.

    `at` is the address below the expectation (a request mapping, or the outcome). `words` are the message
    without its values, or None for "expected …, got …".
    """

    kind: DifferenceKind
    area: Area
    path: str
    at: tuple[str | int, ...]
    expected: Any = MISSING
    actual: Any = MISSING
    words: str | None = None
    why: str = ""  # after the values
    place: Place = ()  # in the body, for charging
    change: Change | None = None

    def describe(self, mask: Callable[[str], str]) -> str:
        """The message, one line, every value as `mask` shows it."""
        if self.change is not None and self.area != "outcome":
            return self.change.describe(mask)
        if self.change is not None:
            return f"outcome {self.change.describe(mask)}"
        start = f"{mask(self.path)}: " if self.path else ""
        if self.words is not None:
            return f"{start}{one_line(mask(self.words))}"
        why = f" ({mask(self.why)})" if self.why else ""
        return f"{start}{expected_and_got(self.expected, self.actual, mask)}{why}"


def from_change(change: Change, at: tuple[str | int, ...], area: Literal["body", "outcome"]) -> Finding:
    """A change that `explain` found, as a finding about the body or the outcome."""
    return Finding(
        area,
        area,
        change.path,
        (*at, *change.at),
        change.expected,
        change.actual,
        place=change.place,
        change=change,
    )


def charged_to(rules: Iterable[Rule], finding: Finding) -> tuple[str, ...]:
    """The ids of the rules that claim the finding's place; of all rules if none does.

    Where no rule claims the very place in a body, one that speaks of something inside it does: a missing
    `reasoning` is charged to a rule about `$.reasoning.effort`.
    """
    rules = tuple(rules)
    claiming = tuple(rule.id for rule in rules if _claims(rule.where, finding))
    if not claiming and finding.area == "body" and finding.place:
        claiming = tuple(
            rule.id
            for rule in rules
            if any(compile_path(path).reaches(finding.place) for path in rule.where.body)
        )
    return claiming or tuple(rule.id for rule in rules)


def _claims(where: RuleScope, finding: Finding) -> bool:
    if finding.area == "headers":
        return any(header_pattern(name).matches(finding.path) for name in where.headers)
    if finding.area == "body":
        return any(compile_path(path).covers(finding.place) for path in where.body)
    if finding.area == "url":
        return where.url
    if finding.area == "outcome":
        return where.outcome
    if finding.area == "timing":
        return where.timing
    return finding.area == "requests" and where.requests
