"""`harness validate`: is everything that is written down usable, and can every check fail?"""

from __future__ import annotations

from itertools import chain
from pathlib import Path

import click

from harness.cli.options import open_suites
from harness.errors import LoadError, Problem, UsageError
from harness.implementations.manifest import MANIFEST, read_manifest
from harness.known_failing import read_known_failing
from harness.model import EDITIONS, Case
from harness.scenarios import Suites, locate, warnings

__all__ = ["command"]


@click.command("validate")
@click.argument("paths", nargs=-1, metavar="[PATH]…")
@click.option("--strict", is_flag=True, help="Warnings make the exit code 1.")
def command(paths: tuple[str, ...], strict: bool) -> int:
    """Check scenario files and their rules, the implementations beside them, and known-failure lists.

    PATH is a suite file or folder; without one the bundled suites and ./implementations are checked.
    Problems are all reported at once (exit code 4); warnings name checks that can hardly fail.
    """
    suites = open_suites(paths)
    cases = {edition: list(suites.cases(edition)) for edition in EDITIONS}
    found = _check_recordings(cases)
    if not paths:
        found += _check_implementations(suites, cases)
    if found:
        raise LoadError(found)
    noted = warnings(suites)
    for problem in noted:
        click.echo(f"warning: {problem}")
    names = {case.name for of_edition in cases.values() for case in of_edition}
    click.echo(
        f"{len(suites.files)} suites, {len(names)} cases, {len(suites.rules)} rules: "
        f"{'valid' if not noted else f'valid, {len(noted)} warnings'}"
    )
    return 1 if strict and noted else 0


def _check_recordings(cases: dict[str, list[Case]]) -> list[Problem]:
    """The replies that no recording can give: a cassette that cannot be read, a number that it lacks."""
    from harness.cassettes import open_cassette

    problems: dict[Problem, None] = {}
    for case in chain.from_iterable(cases.values()):
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


def _check_implementations(suites: Suites, cases: dict[str, list[Case]]) -> list[Problem]:
    problems: list[Problem] = []
    every = [case for of_edition in cases.values() for case in of_edition]
    for manifest in sorted(Path("implementations").glob(f"*/{MANIFEST}")):
        try:
            known_failing = read_manifest(manifest).known_failing
            if known_failing:
                known = read_known_failing(known_failing)
                problems += [
                    Problem(entry.location, f"`{entry}` names no case in which its rule is in force")
                    for entry in known.unmatched(every)
                ]
        except LoadError as error:
            problems += error.problems
    return problems
