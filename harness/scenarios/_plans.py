"""A suite prepared for expansion: layers merged, templates compiled, rows named.

Plans hold nothing but JSON values and tuples of them, so that they can be kept in the cache.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import orjson

from harness.contracts import Contract, Editions
from harness.model import JsonValue
from harness.scenarios._merge import DeferredMerge, merge
from harness.scenarios._templates import Template, compile_template
from harness.schema.raw_values import is_edition_choice

__all__ = [
    "RowPlan",
    "ScenarioPlan",
    "StepPlan",
    "SuitePlan",
    "plan_from_json",
    "plan_suite",
    "row_id",
    "variants_of",
]


class StepPlan(NamedTuple):
    input: Template
    interactions: Template
    order: str
    outcome: Template | None
    allow: Template
    forbid: Template


class RowPlan(NamedTuple):
    id: str
    editions: tuple[str, ...]  # none: those of the scenario
    expected: Template
    literal: Template


class ScenarioPlan(NamedTuple):
    """`editions` are those stated, by the scenario or (then only where one of its rules holds) by the
    suite; none: where all its rules hold. `rows` is None without `for_each`."""

    id: str
    line: int
    about: str
    rules: tuple[str, ...]
    editions: tuple[str, ...]
    of_suite: bool  # whether the suite stated the editions
    evidence: str | None
    reading: str | None
    tags: tuple[str, ...]
    requires: tuple[str, ...]
    rows: tuple[RowPlan, ...] | None
    steps: tuple[StepPlan, ...]
    in_steps: bool
    by_edition: bool  # whether $edition stands in it or in the suite's variables


class SuitePlan(NamedTuple):
    """`overridable` are the variables that may be set from outside, as written."""

    suite: str
    expected: Template
    literal: Template
    overridable: Mapping[str, JsonValue]
    scenarios: tuple[ScenarioPlan, ...]


# ------------------------------------------------------------------ making


def row_id(row: Mapping[str, JsonValue]) -> str:
    """The name of a row: its id, else its first value in letters, digits and `._-`; empty if none is left."""
    if "id" in row:
        return str(row["id"])
    value = next((value for key, value in row.items() if key != "editions"), "")
    if isinstance(value, (dict, list)):
        return ""
    if value is None or isinstance(value, bool):
        value = {None: "null", True: "true", False: "false"}[value]
    words = re.sub(r"[^A-Za-z0-9._-]+", "-", str(value)).strip("-.")
    return words[:80] if re.search(r"[A-Za-z0-9]", words) else ""


def variants_of(scenario: Mapping[str, JsonValue], by_id: Mapping[str, Any]) -> list[Any]:
    """The scenarios whose input it starts from, nearest first. Raises ValueError for a circle, KeyError for
    a scenario that is not there."""
    chain: list[Any] = []
    ids = [scenario.get("id")]
    current = scenario
    while (name := current.get("variant_of")) is not None:
        if name in ids:
            raise ValueError(" → ".join(map(str, [*ids, name])))
        current = by_id[name]
        ids.append(name)
        chain.append(current)
    return chain


def plan_suite(
    suite: Mapping[str, Any], every: Sequence[Any], lines: Sequence[int], contract: Contract
) -> SuitePlan:
    """Return the plan of a suite without flaws: `every` are all scenarios of its file, of which it may have
    fewer itself, and `lines` those that its own begin in."""
    by_id: dict[Any, Any] = {one.get("id"): one for one in every if isinstance(one, dict)}
    variables = suite.get("vars") or {}
    shared = _depends_on_edition(variables, suite.get("defaults"))
    return SuitePlan(
        suite["suite"],
        compile_template(variables, literal=False),
        compile_template(variables, literal=True),
        {name: variables[name] for name in contract.overridable if name in variables},
        tuple(
            _plan_scenario(suite, scenario, by_id, line, shared, contract.editions)
            for scenario, line in zip(suite["scenarios"], lines, strict=True)
        ),
    )


def _plan_scenario(
    suite: Mapping[str, Any],
    scenario: Mapping[str, Any],
    by_id: Mapping[str, Any],
    line: int,
    shared: bool,
    editions: Editions,
) -> ScenarioPlan:
    defaults = suite.get("defaults") or {}
    given: Any = {"operation": "chat"}
    chain = variants_of(scenario, by_id)
    for layer in (defaults, *reversed(chain), scenario):
        given = merge(given, layer.get("input") or {}, "input")
    rows = scenario.get("for_each")
    stated = scenario.get("editions", suite.get("editions"))
    steps = tuple(
        _plan_step(defaults, scenario, step, given)
        for step in scenario.get("steps") or [{"interactions": scenario.get("interactions")}]
    )
    row_plans = None if rows is None else tuple(_plan_row(row, editions) for row in rows)
    return ScenarioPlan(
        scenario["id"],
        line,
        scenario.get("about", ""),
        tuple(dict.fromkeys(scenario.get("rules", suite.get("rules", ())))),
        () if stated is None else editions.meant_by(stated),
        "editions" not in scenario,
        scenario.get("evidence", suite.get("evidence")),
        scenario.get("reading"),
        tuple(scenario.get("tags", suite.get("tags", ()))),
        tuple(scenario.get("requires", ())),
        row_plans,
        steps,
        "steps" in scenario,
        shared or _depends_on_edition(*chain, scenario),
    )


def _plan_row(row: Mapping[str, Any], editions: Editions) -> RowPlan:
    stated = row.get("editions")
    values = {"id": row_id(row), **row}
    return RowPlan(
        row_id(row),
        () if stated is None else editions.meant_by(stated),
        compile_template(values, literal=False),
        compile_template(values, literal=True),
    )


def _plan_step(
    defaults: Mapping[str, Any], scenario: Mapping[str, Any], step: Mapping[str, Any], given: Any
) -> StepPlan:
    outcome = step.get("outcome", scenario.get("outcome"))
    allowed = _added("allow_requests", defaults, scenario, step)
    forbidden = _added("forbid_requests", defaults, scenario, step)
    return StepPlan(
        compile_template(merge(given, step.get("input") or {}, "input"), literal=True),
        _compile_interactions(step.get("interactions"), defaults.get("request") or {}),
        step.get("order", scenario.get("order", "strict")),
        None if outcome is None else compile_template(outcome, literal=False),
        _compile_interactions(allowed, {}),
        compile_template(forbidden, literal=False),
    )


def _added(key: str, *layers: Mapping[str, Any]) -> JsonValue | DeferredMerge:
    added: JsonValue | DeferredMerge = []
    for layer in layers:
        if layer.get(key) is not None:
            added = merge(added, layer[key], "add")
    return added


def _compile_interactions(items: JsonValue | DeferredMerge, request: JsonValue) -> Template:
    """Interactions with the suite's request merged under each."""
    if isinstance(items, dict) and is_edition_choice(items):
        branches = items["$edition"].items()
        return ["edition", {key: _compile_interactions(branch, request) for key, branch in branches}]
    if isinstance(items, DeferredMerge):
        under = _compile_interactions(items.under, request)
        return ["merge", under, _compile_interactions(items.over, request), items.mode]
    if not isinstance(items, list):
        return compile_template(items, literal=False)
    templates = [_compile_interaction(item, request) for item in items]
    holes = [[index, template] for index, template in enumerate(templates) if template[0] != "const"]
    base = [template[1] if template[0] == "const" else None for template in templates]
    return ["list", base, holes] if holes else ["const", base]


def _compile_interaction(item: JsonValue, request: JsonValue) -> Template:
    merged = merge({"request": request}, item, "interaction")
    if not isinstance(merged, dict):
        return ["interaction", compile_template(merged, literal=False)]
    base = {}
    holes = {}
    for key, value in merged.items():
        template = compile_template(value, literal=key == "reply")
        base[key] = template[1] if template[0] == "const" else None
        if template[0] != "const":
            holes[key] = template
    return ["map", base, holes] if holes else ["const", base]


def _depends_on_edition(*parts: JsonValue) -> bool:
    """Whether `$edition` or `${input.edition}` stands anywhere in these."""
    try:
        text = orjson.dumps(parts)
    except TypeError:  # an integer beyond 64 bits
        return True
    return b'"$edition"' in text or b"input.edition" in text


# ------------------------------------------------------------------ from the cache


def plan_from_json(value: Any) -> SuitePlan:
    """The plan that was written as JSON."""
    suite, expected, literal, overridable, scenarios = value
    return SuitePlan(suite, expected, literal, overridable, tuple(map(_scenario_from_json, scenarios)))


def _scenario_from_json(value: Any) -> ScenarioPlan:
    id_, line, about, rules, editions, of_suite, evidence, reading, tags, requires, *rest = value
    rows, steps, in_steps, by_edition = rest
    return ScenarioPlan(
        id_,
        line,
        about,
        tuple(rules),
        tuple(editions),
        of_suite,
        evidence,
        reading,
        tuple(tags),
        tuple(requires),
        None if rows is None else tuple(map(_row_from_json, rows)),
        tuple(map(StepPlan._make, steps)),
        in_steps,
        by_edition,
    )


def _row_from_json(value: Any) -> RowPlan:
    id_, editions, expected, literal = value
    return RowPlan(id_, tuple(editions), expected, literal)
