"""`harness validate`: is everything that is written down usable, and can every check fail?"""

from __future__ import annotations

from pathlib import Path

import click

from harness.cli.options import open_suites
from harness.errors import LoadError, Problem
from harness.implementations.folder import MANIFEST, read_manifest
from harness.known_failing import read_known_failing
from harness.model import CONTRACTS, Case
from harness.scenarios import Suites, warnings

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
    cases = {contract: list(suites.cases(contract)) for contract in CONTRACTS}
    found = [] if paths else _check_implementations(suites, cases)
    if found:
        raise LoadError(found)
    noted = warnings(suites)
    for problem in noted:
        click.echo(f"warning: {problem}")
    names = {case.name for of_contract in cases.values() for case in of_contract}
    click.echo(
        f"{len(suites.files)} suites, {len(names)} cases, {len(suites.rules)} rules: "
        f"{'valid' if not noted else f'valid, {len(noted)} warnings'}"
    )
    return 1 if strict and noted else 0


def _check_implementations(suites: Suites, cases: dict[str, list[Case]]) -> list[Problem]:
    problems: list[Problem] = []
    every = [case for of_contract in cases.values() for case in of_contract]
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
