"""`harness show`: one case as it is run, with everything filled in."""

from __future__ import annotations

from typing import Any

import click
import yaml

from harness.cli.empty_selection import explain_empty_selection
from harness.cli.options import contract_option, edition_option, names_among, open_suites
from harness.engine.selection import Selection
from harness.errors import UsageError
from harness.model import Case, Interaction, JsonValue, Step
from harness.redaction import Redactor

__all__ = ["command"]


@click.command("show")
@click.argument("patterns", nargs=-1, required=True, metavar="CASE [PATH]…")
@contract_option
@edition_option
def command(patterns: tuple[str, ...], contract: str | None, edition: str | None) -> int:
    """Show cases fully expanded: with defaults, variables, rows and edition filled in, and secrets masked."""
    suites = open_suites(patterns, contract)
    wanted = names_among(patterns)
    selection = Selection(patterns=tuple(wanted))
    cases = suites.cases(edition)
    shown = [case for case in cases if not wanted or selection.names_case(case.name)]
    if not shown:
        why = explain_empty_selection(suites, wanted, suites.editions(edition))
        raise UsageError(why, hint="`harness list --edition all` lists every case")
    click.echo("---\n".join(_as_yaml(case) for case in shown), nl=False)
    return 0


def _as_yaml(case: Case) -> str:
    document: dict[str, JsonValue] = {
        "case": case.name,
        **({"contract": case.contract} if case.contract else {}),
        **({"edition": case.edition} if case.edition else {}),
        "about": case.about,
        "at": f"{case.file}:{case.line}",
        "evidence": case.evidence,
    }
    if case.reading:
        document["reading"] = case.reading
    document["rules"] = {rule.id: rule.text for rule in case.rules}
    if case.tags:
        document["tags"] = list(case.tags)
    if case.requires:
        document["requires"] = list(case.requires)
    steps = [_step(step) for step in case.steps]
    document.update(steps[0] if len(steps) == 1 else {"steps": steps})
    text = yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100)
    return Redactor(case.canaries)(text)


def _step(step: Step) -> dict[str, JsonValue]:
    document: dict[str, JsonValue] = {"input": dict(step.input)}
    if step.order != "strict":
        document["order"] = step.order
    document["interactions"] = [_interaction(each) for each in step.interactions]
    if step.allow_requests:
        document["allow_requests"] = [_interaction(each) for each in step.allow_requests]
    if step.forbid_requests:
        document["forbid_requests"] = [dict(each) for each in step.forbid_requests]
    if step.outcome is not None:
        document["outcome"] = dict(step.outcome)
    return document


def _interaction(interaction: Interaction) -> dict[str, JsonValue]:
    document: dict[str, JsonValue] = {}
    if interaction.id:
        document["id"] = interaction.id
    document["request"] = dict(interaction.request)
    if (interaction.least, interaction.most) != (1, 1):
        document["repeat"] = {"min": interaction.least, "max": interaction.most}
    if interaction.after_ms:
        document["after_ms"] = list(interaction.after_ms)
    if interaction.replies:
        replies = [dict(each) for each in interaction.replies]
        document["reply"] = replies[0] if len(replies) == 1 else {"sequence": replies}
    return document


class _Dumper(yaml.SafeDumper):
    """Writes shared values out in full instead of as aliases."""

    def ignore_aliases(self, data: Any) -> bool:
        return True
