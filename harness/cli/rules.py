"""`harness rules`: every rule, and the scenarios that hold an implementation to it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import click
import orjson

from harness.cli.options import contract_option, count, names_among, open_suites
from harness.contracts.vocabulary import operations_of
from harness.errors import UsageError, did_you_mean

__all__ = ["command"]


@click.command("rules")
@click.argument("patterns", nargs=-1, metavar="[RULE|PATH]…")
@click.option("--uncovered", is_flag=True, help="List only rules that no scenario names.")
@contract_option
@click.option("--operation", metavar="OPERATION", help="List only rules of this operation.")
@click.option("--edition", metavar="EDITION", help="List only rules of this edition.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object per line.")
def command(
    patterns: tuple[str, ...],
    uncovered: bool,
    contract: str | None,
    operation: str | None,
    edition: str | None,
    as_json: bool,
) -> int:
    """List rules with their evidence, editions, number of scenarios and text.

    With rule ids, show the source of these rules and the scenarios that name them.
    """
    suites = open_suites(patterns, contract)
    _check("operation", operation, [each for one in suites.contracts for each in operations_of(one)])
    _check("edition", edition, suites.editions("all"))
    covering: defaultdict[str, set[str]] = defaultdict(set)
    for case in suites.cases("all"):
        scenario = "/".join(case.name.removeprefix(f"{case.suite}/").split("/")[:1])
        for rule in case.rules:
            covering[rule.id].add(f"{case.suite}/{scenario}")
    if not suites.rules:
        click.echo("no rules: these suites belong to no contract that has any", err=True)
    wanted = set(names_among(patterns))
    for unknown in wanted - set(suites.rules):
        raise UsageError(f"unknown rule {unknown!r}{did_you_mean(unknown, suites.rules)}")
    for rule in sorted(suites.rules.values(), key=lambda each: each.id):
        scenarios = sorted(covering[rule.id])
        if (wanted and rule.id not in wanted) or (operation and operation not in rule.operations):
            continue
        if (edition and edition not in rule.editions) or (uncovered and scenarios):
            continue
        if as_json:
            line = {
                "id": rule.id,
                "text": rule.text,
                "editions": rule.editions,
                "evidence": rule.evidence,
                "operations": rule.operations,
                "source": rule.source,
                "location": str(rule.location),
                "scenarios": scenarios,
            }
            click.echo(orjson.dumps(line).decode())
            continue
        editions = ", ".join(rule.editions)
        click.echo(
            f"{rule.id}  {rule.evidence}  [{editions}]  {count(len(scenarios), 'scenario')}  {rule.text}"
        )
        if wanted:
            click.echo(f"  from {rule.source or 'no stated source'}; {rule.location}")
            for scenario in scenarios:
                click.echo(f"  {scenario}")
    return 0


def _check(kind: str, word: str | None, known: Sequence[str]) -> None:
    if word is not None and word not in known:
        raise UsageError(f"unknown {kind} {word!r}{did_you_mean(word, known, list_known=True)}")
