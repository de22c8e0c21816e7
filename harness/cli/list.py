"""`harness list`: the cases there are."""

from __future__ import annotations

import click
import orjson

from harness.cli.empty_selection import explain_empty_selection
from harness.cli.options import contract_option, count, edition_option, open_suites, selecting, selection_of

__all__ = ["command"]


@click.command("list")
@selecting
@contract_option
@edition_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object per line.")
def command(
    patterns: tuple[str, ...],
    evidence: str,
    reading: str | None,
    tags: tuple[str, ...],
    shard: str | None,
    contract: str | None,
    edition: str | None,
    as_json: bool,
) -> int:
    """List cases with their edition and what they are about."""
    selection = selection_of(patterns, evidence, reading, tags, shard)
    suites = open_suites(patterns, contract)
    listed = 0
    for case in selection(suites.cases(edition)):
        listed += 1
        if as_json:
            line = {
                "case": case.name,
                "contract": case.contract,
                "edition": case.edition,
                "about": case.about,
                "evidence": case.evidence,
                "rules": [rule.id for rule in case.rules],
                "tags": case.tags,
                "file": case.file,
                "line": case.line,
            }
            click.echo(orjson.dumps(line).decode())
        else:
            click.echo(f"{case.title}  {case.about}")
    if not as_json:
        click.echo(count(listed, "case"), err=True)
    if not listed:
        why = explain_empty_selection(suites, selection.patterns, suites.editions(edition))
        click.echo(f"no case selected: {why}", err=True)
    return 0 if listed else 5
