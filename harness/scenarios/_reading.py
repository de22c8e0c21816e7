"""Reading one suite: its text, its shape, what it means, and its plan."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from harness.contracts import Contract
from harness.errors import Location, Problem
from harness.model import JsonValue, Rule
from harness.scenarios._cases import CaseMaker
from harness.scenarios._expectations import expectation_flaws
from harness.scenarios._folders import Cassettes
from harness.scenarios._format import format_for
from harness.scenarios._lint_metadata import statement_flaws
from harness.scenarios._locate import place_of
from harness.scenarios._plans import SuitePlan, plan_suite
from harness.scenarios._templates import parts_of
from harness.schema.raw_values import Address, Flaw, is_plain
from harness.schema.types import check
from harness.yaml_reader import Document, parse

__all__ = ["read_suite"]


def read_suite(
    text: str,
    file: str,
    rules: Mapping[str, Rule] | None,
    cassettes: Cassettes | None,
    contract: Contract,
) -> tuple[SuitePlan | None, list[Problem]]:
    """Return the plan of a suite, or what is wrong with it.

    `rules` is None when they cannot be read, so that nothing is said about them; without `cassettes`
    recordings need not be there.
    """
    document = parse(text, file)
    if document.problems and document.value is None:
        return None, document.problems
    flaws = list(check(document.value, format_for(contract).suite))
    sound = _sound_indices(document.value, flaws)
    plan = None
    if sound:
        plan, more = _understand(document, sound, rules, cassettes, contract)
        flaws += more
    if not flaws and not document.problems:
        return plan, []
    placed = parse(text, file, places=True)
    unread = {problem.location.line for problem in placed.problems}
    found = [Problem(_place(placed, at), message) for at, message in flaws]
    follow_up = [one for one in found if one.location.line in unread and one.message.endswith("not null")]
    return None, [one for one in dict.fromkeys([*placed.problems, *found]) if one not in follow_up]


def _sound_indices(suite: JsonValue, flaws: list[Flaw]) -> list[int]:
    """The scenarios that have the shape of one, so that more can be said about them."""
    broken = {at[:2] for at, _ in flaws}
    if not isinstance(suite, dict) or any(len(at) < 2 or at[0] != "scenarios" for at in broken):
        return []
    return [index for index in range(len(suite["scenarios"])) if ("scenarios", index) not in broken]


def _place(document: Document, at: Address) -> Location:
    match at:
        case ("scenarios", int(index), *rest):
            return place_of(document, index, tuple(rest))
    return document.find(at)[0]


def _understand(
    document: Document,
    sound: list[int],
    rules: Mapping[str, Rule] | None,
    cassettes: Cassettes | None,
    contract: Contract,
) -> tuple[SuitePlan | None, list[Flaw]]:
    """The plan of the sound scenarios, and all that is wrong with what they mean."""
    whole: dict[str, Any] = document.value
    flaws = list(statement_flaws(whole, sound, rules, contract))
    flaws += _miswritten(whole, ())
    if any(at[0] != "scenarios" for at, _ in flaws):
        return None, flaws
    spoilt = {at[1] for at, _ in flaws if len(at) > 1}
    sound = [index for index in sound if index not in spoilt]
    scenarios = [whole["scenarios"][index] for index in sound]
    lines = [document.line_of(scenario) for scenario in scenarios]
    plan = plan_suite({**whole, "scenarios": scenarios}, whole["scenarios"], lines, contract)
    variables = {False: plan.expected, True: plan.literal}
    place = cassettes.place if cassettes else str
    maker = CaseMaker(plan, document.file, contract, rules or {}, variables, place)
    for index, scenario in zip(sound, plan.scenarios, strict=True):
        for at, message in expectation_flaws(maker, scenario, rules, cassettes, contract):
            flaws.append((("scenarios", index, *at), message))
    return plan, flaws


def _miswritten(value: JsonValue, at: Address) -> Iterator[Flaw]:
    """Variables that are not well written."""
    if isinstance(value, str):
        if "${" in value:
            try:
                parts_of(value)
            except ValueError as error:
                yield at, str(error)
    elif not isinstance(value, (dict, list)) or is_plain(value):
        return
    elif isinstance(value, dict):
        for key, item in value.items():
            if "${" in key:
                yield from _miswritten(key, (*at, key))
            yield from _miswritten(item, (*at, key))
    else:
        for index, item in enumerate(value):
            yield from _miswritten(item, (*at, index))
