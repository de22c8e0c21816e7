"""`harness list`: the cases there are."""

from __future__ import annotations

import click
import orjson

from harness.cli.empty_selection import explain_empty_selection
from harness.cli.options import edition_option, open_suites, selecting, selection_of
from harness.model import DEFAULT_EDITION, EDITIONS

__all__ = ["command"]


@click.command("list")
@selecting
@edition_option
@click.option("--json", "as_json", is_flag=True, help="A JSON object a line.")
def command(
    patterns: tuple[str, ...],
    evidence: str,
    reading: str | None,
    tags: tuple[str, ...],
    shard: str | None,
    edition: str | None,
    as_json: bool,
) -> int:
    """List cases: their name, edition, and what they are about."""
    selection = selection_of(patterns, evidence, reading, tags, shard)
    suites = open_suites(patterns)
    chosen = edition or DEFAULT_EDITION
    count = 0
    for case in selection(suites.cases(chosen)):
        count += 1
        if as_json:
            line = {
                "case": case.name,
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
            click.echo(f"{case.name} [{case.edition}]  {case.about}")
    if not as_json:
        click.echo(f"{count} cases", err=True)
    if not count:
        tried = EDITIONS if chosen == "all" else (chosen,)
        click.echo(
            f"nothing was selected: {explain_empty_selection(suites, selection.patterns, tried)}", err=True
        )
    return 0 if count else 5
