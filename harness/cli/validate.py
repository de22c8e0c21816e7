"""`harness validate`: is everything that is written down usable, and can every check fail?"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from harness.cli.options import contract_option, count, open_suites
from harness.engine.known_failing import read_known_failing
from harness.errors import LoadError, Problem, UsageError
from harness.implementations.manifest import MANIFEST, read_manifest
from harness.model import Case
from harness.scenarios import Suites, locate, warnings

__all__ = ["command"]


@click.command("validate")
@click.argument("paths", nargs=-1, metavar="[PATH]…")
@click.option("--strict", is_flag=True, help="Exit with 1 if there are warnings.")
@contract_option
def command(paths: tuple[str, ...], strict: bool, contract: str | None) -> int:
    """Check suites, rules, cassettes, implementations and known-failure lists.

    PATH is a suite file or folder (default: the contract's suites and ./implementations). All problems are
    reported at once, with exit code 4; warnings are about checks that can hardly fail.
    """
    suites = open_suites(paths, contract)
    cases = list(suites.cases("all"))
    found = _check_recordings(cases)
    if not paths:
        found += _check_implementations(suites, cases)
    if found:
        raise LoadError(found)
    noted = warnings(suites)
    for problem in noted:
        click.echo(f"warning: {problem}")
    names = {case.name for case in cases}
    counts = ((len(suites.files), "suite"), (len(names), "case"), (len(suites.rules), "rule"))
    found_valid = f"valid, {count(len(noted), 'warning')}" if noted else "valid"
    click.echo(f"{', '.join(count(*each) for each in counts)}: {found_valid}")
    return 1 if strict and noted else 0


def _check_recordings(cases: Sequence[Case]) -> list[Problem]:
    """The replies that no recording can give: a cassette that cannot be read, a number that it lacks."""
    from harness.cassettes import open_cassette

    problems: dict[Problem, None] = {}
    for case in cases:
        for step in case.steps:
            for interaction in (*step.interactions, *step.allow_requests):
                for reply in interaction.replies:
                    if "cassette" not in reply:
                        continue
                    try:
                        cassette = open_cassette(Path(reply["cassette"]))
                        if reply.get("interaction") is not None:
                            cassette.interaction(reply["interaction"])
                    except LoadError as error:
                        problems.update(dict.fromkeys(error.problems))
                    except UsageError as error:
                        at = locate(case, (*interaction.at, "reply"))
                        problems[Problem(at, error.message)] = None
    return list(problems)


def _check_implementations(suites: Suites, cases: Sequence[Case]) -> list[Problem]:
    problems: list[Problem] = []
    for manifest in sorted(Path("implementations").glob(f"*/{MANIFEST}")):
        try:
            known_failing = read_manifest(manifest).known_failing
            if known_failing:
                known = read_known_failing(known_failing)
                problems += [
                    Problem(entry.location, f"`{entry}` matches no case that has its rule")
                    for entry in known.unmatched(cases)
                ]
        except LoadError as error:
            problems += error.problems
    return problems
