"""Scenarios expanded into cases: a row, an edition, and every variable filled in."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal, TypeAlias, cast

from harness.contracts import Contract
from harness.model import EVIDENCE, Case, Interaction, JsonValue, Rule, Step
from harness.scenarios._plans import RowPlan, ScenarioPlan, StepPlan, SuitePlan
from harness.scenarios._render import Scope, fill
from harness.scenarios._templates import Template

_Order: TypeAlias = Literal["strict", "any"]

__all__ = ["CaseMaker", "case_name", "editions_of", "interactions_from", "rules_in_force"]


def case_name(suite: str, scenario: str, row: str | None) -> str:
    return f"{suite}/{scenario}" if row is None else f"{suite}/{scenario}/{row}"


def rules_in_force(ids: tuple[str, ...], edition: str, rules: Mapping[str, Rule]) -> tuple[Rule, ...]:
    """Return the rules among `ids` that hold in an edition."""
    return tuple(rules[id_] for id_ in ids if edition in rules[id_].editions)


def editions_of(
    scenario: ScenarioPlan, row: RowPlan | None, rules: Mapping[str, Rule], contract: Contract
) -> tuple[str, ...]:
    """The editions a scenario's row is run in: as it states, or as the suite states where one of its rules
    holds, else those in which all its rules hold."""
    if row and row.editions:
        return row.editions
    held = [set(rules[id_].editions) for id_ in scenario.rules]
    if not scenario.editions:
        return contract.editions.in_order(set(contract.editions.run).intersection(*held))
    if scenario.of_suite and held:
        return contract.editions.in_order(set(scenario.editions).intersection(set().union(*held)))
    return scenario.editions


class CaseMaker:
    """Makes the cases of one suite."""

    def __init__(
        self,
        plan: SuitePlan,
        file: str,
        contract: Contract,
        rules: Mapping[str, Rule],
        variables: dict[bool, Template],
        cassette: Callable[[str], str],
    ) -> None:
        self._plan = plan
        self._file = file
        self._contract = contract
        self._required_operations = contract.hook("required_operations")
        self._respond = contract.hook("respond")
        self._outcome_words = contract.outcome_words
        self._rules = rules
        self._variables = variables
        self._cassette = cassette
        self._editions: dict[object, tuple[str, ...]] = {}
        self._in_force: dict[tuple[tuple[str, ...], str], tuple[tuple[Rule, ...], str]] = {}

    def cases(self, scenario: ScenarioPlan, editions: tuple[str, ...]) -> Iterator[Case]:
        """The cases of a scenario in these editions, row by row. Raises UnfillableError."""
        for row in scenario.rows if scenario.rows is not None else (None,):
            for edition in self._editions_of(scenario, row):
                if edition in editions:
                    yield self.case(scenario, row, edition)

    def _editions_of(self, scenario: ScenarioPlan, row: RowPlan | None) -> tuple[str, ...]:
        key = (row and row.editions, scenario.rules, scenario.editions, scenario.of_suite)
        known = self._editions.get(key)
        if known is None:
            known = self._editions[key] = editions_of(scenario, row, self._rules, self._contract)
        return known

    def case(self, scenario: ScenarioPlan, row: RowPlan | None, edition: str) -> Case:
        """One case. Raises UnfillableError."""
        canaries: dict[str, str] = {}
        steps = self.steps(scenario, row, edition, canaries)
        in_force, weakest = self._rules_in_force(scenario.rules, edition)
        return Case(
            name=case_name(self._plan.suite, scenario.id, row and row.id),
            suite=self._plan.suite,
            edition=edition,
            steps=steps,
            file=self._file,
            line=scenario.line,
            about=scenario.about,
            evidence=scenario.evidence or weakest,
            reading=scenario.reading,
            rules=in_force,
            tags=scenario.tags,
            requires=_features(scenario.requires, steps),
            canaries=canaries,
            contract=self._contract.name,
            base_url=self._contract.base_url,
            required_operations=self._operations_for(steps),
            outcome_words=self._outcome_words,
            respond=self._respond,
        )

    def _operations_for(self, steps: tuple[Step, ...]) -> frozenset[str]:
        """The operations that the contract says these inputs need, beyond those of the steps."""
        if self._required_operations is None:
            return frozenset()
        if len(steps) == 1:
            return frozenset(self._required_operations(steps[0].input))
        return frozenset().union(*(self._required_operations(step.input) for step in steps))

    def _rules_in_force(self, ids: tuple[str, ...], edition: str) -> tuple[tuple[Rule, ...], str]:
        """The rules that hold, and the weakest evidence of one."""
        known = self._in_force.get((ids, edition))
        if known is None:
            rules = rules_in_force(ids, edition, self._rules)
            weakest = max((rule.evidence for rule in rules), key=EVIDENCE.index, default=EVIDENCE[0])
            known = self._in_force[ids, edition] = rules, weakest
        return known

    def steps(
        self, scenario: ScenarioPlan, row: RowPlan | None, edition: str, canaries: dict[str, str]
    ) -> tuple[Step, ...]:
        """The steps of a case; secrets are put into `canaries`. Raises UnfillableError."""
        return tuple(
            self._step(step, ("steps", number) if scenario.in_steps else (), scope)
            for number, (step, scope) in enumerate(self.scopes(scenario, row, edition, canaries))
        )

    def scopes(
        self,
        scenario: ScenarioPlan,
        row: RowPlan | None,
        edition: str,
        canaries: dict[str, str],
    ) -> Iterator[tuple[StepPlan, Scope]]:
        """Each step of a case with what its variables stand for; secrets are put into `canaries`."""
        name = case_name(self._plan.suite, scenario.id, row and row.id)
        values = row and {False: row.expected, True: row.literal}
        for step in scenario.steps:
            yield step, Scope(name, self._contract, edition, self._variables, values, step.input, canaries)

    def _step(self, step: StepPlan, at: tuple[str | int, ...], scope: Scope) -> Step:
        given = dict(fill(step.input, scope))
        if None in given.values():
            given = {key: value for key, value in given.items() if value is not None}
        if scope.edition:
            given.setdefault("edition", scope.edition)
        outcome = None if step.outcome is None else fill(step.outcome, scope)
        return Step(
            input=given,
            interactions=interactions_from(
                fill(step.interactions, scope), (*at, "interactions"), self._cassette
            ),
            at=at,
            order=cast("_Order", step.order),
            outcome=outcome,
            allow_requests=interactions_from(
                fill(step.allow, scope), (*at, "allow_requests"), self._cassette, optional=True
            ),
            forbid_requests=tuple(fill(step.forbid, scope)),
        )


def interactions_from(
    items: list[dict[str, Any]],
    at: tuple[str | int, ...],
    cassette: Callable[[str], str],
    *,
    optional: bool = False,
) -> tuple[Interaction, ...]:
    """Interactions as written and filled in; with `optional` they may come any number of times."""
    return tuple(_interaction(item, (*at, index), cassette, optional) for index, item in enumerate(items))


def _interaction(
    item: dict[str, Any], at: tuple[str | int, ...], cassette: Callable[[str], str], optional: bool
) -> Interaction:
    reply = item.get("reply")
    replies: tuple[Mapping[str, JsonValue], ...] = ()
    check_request = False
    if reply:
        written = reply.get("sequence") or (reply,)
        check_request = any(one.get("check_request", False) for one in written)
        replies = tuple(_reply(one, cassette) for one in written)
    if optional:
        least, most = 0, None
    elif repeat := item.get("repeat"):
        least, most = repeat.get("min", 0), repeat.get("max")
    else:
        least = most = max(1, len(replies))
    after = item.get("after_ms")
    if after is None:
        waits: tuple[JsonValue, ...] = ()
    else:
        waits = tuple(after) if isinstance(after, list) else (after,) * max(1, most or least)
    return Interaction(
        request=item.get("request") or {},
        at=at,
        id=item.get("id"),
        replies=replies,
        check_request=check_request,
        least=least,
        most=most,
        after_ms=waits,
    )


def _reply(reply: dict[str, Any], cassette: Callable[[str], str]) -> dict[str, Any]:
    if "cassette" not in reply and "check_request" not in reply:
        return reply
    plain = {key: value for key, value in reply.items() if key != "check_request"}
    if "cassette" in plain:
        plain["cassette"] = cassette(plain["cassette"])
    return plain


def _features(stated: tuple[str, ...], steps: tuple[Step, ...]) -> tuple[str, ...]:
    """The features a case needs: those stated, and those its keys imply."""
    needed = set(stated)
    if len(steps) > 1:
        needed.add("steps")
    for step in steps:
        several = len(step.interactions) > 1
        for interaction in step.interactions:
            if several or interaction.least > 1 or step.outcome:
                needed.add("replies")
            if any(wait != 0 for wait in interaction.after_ms):
                needed.add("clock")
        if step.input.get("elapsed_ms"):
            needed.add("clock")
    return tuple(sorted(needed))
