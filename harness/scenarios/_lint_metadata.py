"""What scenarios state about themselves: names, rules, editions, evidence, variants, steps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from harness.contracts import Contract, Editions
from harness.errors import did_you_mean
from harness.model import EVIDENCE, Rule
from harness.scenarios._plans import row_id, variants_of
from harness.scenarios._templates import is_variable_name
from harness.schema.raw_values import Flaw, is_edition_choice, is_plain

__all__ = ["statement_flaws"]

_RESERVED = ("each", "input", "canary")
_OF_STEPS = ("interactions", "outcome")
_NO_RULES = {
    True: "; its contract has no rules (rules/*.yaml beside contract.yaml)",
    False: "; the suite belongs to no contract: put it below a folder with a contract.yaml and rules/*.yaml",
}


def statement_flaws(
    suite: Mapping[str, Any], sound: list[int], rules: Mapping[str, Rule] | None, contract: Contract
) -> Iterator[Flaw]:
    """What is wrong in what the suite and its scenarios number `sound` state; rules that cannot be read
    (None) are not looked at."""
    editions = contract.editions
    yield from _choice_flaws(suite, (), editions)
    yield from _variable_flaws(suite.get("vars") or {})
    if rules is not None:
        yield from _rule_flaws(suite, (), rules, contract)
    by_id = {scenario.get("id"): scenario for scenario in suite["scenarios"] if isinstance(scenario, dict)}
    first: dict[str, int] = {}
    for index in sound:
        scenario = suite["scenarios"][index]
        at = ("scenarios", index)
        if first.setdefault(scenario["id"], index) != index:
            yield (*at, "id"), f'another scenario of this file is called "{scenario["id"]}": rename one'
        yield from _choice_flaws(scenario, at, editions)
        yield from _variant_flaws(scenario, at, by_id)
        yield from _step_flaws(scenario, at)
        rows = _rows(scenario)
        yield from _row_flaws(rows, at)
        if rules is not None:
            unknown = list(_rule_flaws(scenario, at, rules, contract))
            yield from unknown
            ids = scenario.get("rules", suite.get("rules", ()))
            if not unknown and all(id_ in rules for id_ in ids):
                yield from _edition_flaws(suite, scenario, at, [rules[id_] for id_ in ids], editions)


def _variable_flaws(variables: Mapping[str, Any]) -> Iterator[Flaw]:
    for name in variables:
        if name in _RESERVED:
            yield ("vars", name), f"{name} is reserved by the harness: rename the variable"
        elif not is_variable_name(name):
            yield ("vars", name), f'"{name[:60]}" is not a variable name: use letters, digits, _ and -'


def _rows(scenario: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return scenario.get("for_each") or []


def _choice_flaws(
    statement: Mapping[str, Any], at: tuple[str | int, ...], editions: Editions
) -> Iterator[Flaw]:
    """Yield `{$edition: …}` with unknown editions, and statements of editions that leave none."""
    try:
        editions.meant_by(statement.get("editions", ""))
    except ValueError as error:
        yield (*at, "editions"), str(error)
    for index, row in enumerate(_rows(statement)):
        try:
            editions.meant_by(row.get("editions", ""))
        except ValueError as error:
            yield (*at, "for_each", index, "editions"), str(error)
    for key, value in statement.items():
        if key != "scenarios":
            yield from _unknown_editions(value, (*at, key), editions)


def _unknown_editions(value: Any, at: tuple[str | int, ...], editions: Editions) -> Iterator[Flaw]:
    if not isinstance(value, (dict, list)) or is_plain(value):
        return
    if isinstance(value, dict):
        if is_edition_choice(value):
            branches = value["$edition"]
            if not isinstance(branches, dict) or not branches:
                yield at, "$edition takes a mapping from editions to values"
                return
            for version in branches:
                if version not in editions.names:
                    hint = did_you_mean(version, editions.names, list_known=True)
                    yield (*at, "$edition", version), f'unknown edition "{version}"{hint}'
        elif "$edition" in value:
            yield (
                (*at, "$edition"),
                "$edition must be the only key of its mapping; write $$edition for a literal key",
            )
        for key, item in value.items():
            yield from _unknown_editions(item, (*at, key), editions)
    else:
        for index, item in enumerate(value):
            yield from _unknown_editions(item, (*at, index), editions)


def _rule_flaws(
    statement: Mapping[str, Any], at: tuple[str | int, ...], rules: Mapping[str, Rule], contract: Contract
) -> Iterator[Flaw]:
    for index, id_ in enumerate(statement.get("rules") or ()):
        if id_ not in rules:
            hint = did_you_mean(id_, rules, list_known=True) if rules else _NO_RULES[bool(contract.name)]
            yield (*at, "rules", index), f'unknown rule "{id_[:60]}"{hint}'


def _variant_flaws(
    scenario: Mapping[str, Any], at: tuple[str | int, ...], by_id: Mapping[Any, Any]
) -> Iterator[Flaw]:
    try:
        variants_of(scenario, by_id)
    except ValueError as circle:
        yield (*at, "variant_of"), f"variant_of is circular: {circle}"
    except KeyError as missing:
        name = missing.args[0]
        known = [str(id_) for id_ in by_id if id_ != scenario["id"]]
        if name == scenario.get("variant_of"):
            yield (
                (*at, "variant_of"),
                f'no scenario of this file is called "{name}"{did_you_mean(name, known, list_known=True)}',
            )
        else:
            yield (
                (*at, "variant_of"),
                f'it extends a variant of "{name}", which is not in this file',
            )


def _step_flaws(scenario: Mapping[str, Any], at: tuple[str | int, ...]) -> Iterator[Flaw]:
    if "steps" not in scenario:
        if "interactions" not in scenario:
            yield at, "interactions is missing; write [] if nothing may be sent"
        return
    for key in _OF_STEPS:
        if key in scenario:
            yield (*at, key), f"with steps, {key} belongs in the steps"


def _row_flaws(rows: list[Mapping[str, Any]], at: tuple[str | int, ...]) -> Iterator[Flaw]:
    first: dict[str, int] = {}
    for index, row in enumerate(rows):
        name = row_id(row)
        here = (*at, "for_each", index)
        if not name:
            yield here, "the first value of this row cannot be a name: give the row an id"
        elif first.setdefault(name, index) != index:
            yield here, f'another row is called "{name}" too: give the rows ids'


def _edition_flaws(
    suite: Mapping[str, Any],
    scenario: Mapping[str, Any],
    at: tuple[str | int, ...],
    rules: list[Rule],
    editions: Editions,
) -> Iterator[Flaw]:
    """Yield editions in which none of the rules holds, or none at all; and evidence that is not enough."""
    versions: list[str] = []
    for place, statement in _own_statements(scenario, at):
        try:
            meant = editions.meant_by(statement)
        except ValueError:
            continue  # said elsewhere
        versions.extend(meant)
        for version in meant if rules else ():
            if not any(version in rule.editions for rule in rules):
                ids = ", ".join(rule.id for rule in rules)
                yield (
                    place,
                    f"none of its rules ({ids}) applies in {version}: omit it, or name one that does",
                )
    rows = _rows(scenario)
    if "editions" not in scenario and not (rows and all("editions" in row for row in rows)):
        inherited = _inherited(suite.get("editions"), rules, editions)
        versions.extend(inherited)
        if not inherited:
            held = "; ".join(f"{rule.id} in {', '.join(rule.editions)}" for rule in rules)
            whose = "of the suite's editions has any" if "editions" in suite else "edition has all"
            yield (*at, "rules"), f"no {whose} of these rules ({held}): state editions"
    yield from _evidence_flaws(suite, scenario, at, rules, versions)


def _own_statements(
    scenario: Mapping[str, Any], at: tuple[str | int, ...]
) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    """The editions that the scenario and its rows state, each with its place."""
    if "editions" in scenario:
        yield (*at, "editions"), scenario["editions"]
    for index, row in enumerate(_rows(scenario)):
        if "editions" in row:
            yield (*at, "for_each", index, "editions"), row["editions"]


def _inherited(stated: Any, rules: list[Rule], editions: Editions) -> tuple[str, ...]:
    """The editions of a scenario that states none: the suite's in which a rule holds, else those in which
    all do."""
    held = [set(rule.editions) for rule in rules]
    if stated is None:
        return editions.in_order(set(editions.run).intersection(*held))
    try:
        meant = editions.meant_by(stated)
    except ValueError:
        return editions.run  # said elsewhere
    return editions.in_order(set(meant).intersection(set().union(*held))) if held else meant


def _evidence_flaws(
    suite: Mapping[str, Any],
    scenario: Mapping[str, Any],
    at: tuple[str | int, ...],
    rules: list[Rule],
    versions: list[str],
) -> Iterator[Flaw]:
    evidence = scenario.get("evidence", suite.get("evidence"))
    if evidence is None:
        in_force = [rule for rule in rules if set(versions).intersection(rule.editions)]
        evidence = max((rule.evidence for rule in in_force), key=EVIDENCE.index, default=EVIDENCE[0])
    if evidence == "disputed" and "reading" not in scenario:
        weakest = ", ".join(rule.id for rule in rules if rule.evidence == "disputed")
        why = f" ({weakest})" if weakest else ""
        yield at, f"a disputed scenario{why} needs reading: docs or reading: build"
    elif evidence != "disputed" and "reading" in scenario:
        yield (*at, "reading"), f"reading is for disputed scenarios; this one is {evidence}"
