"""`harness cassettes check`: may these recordings be committed?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from harness.cassettes.files import cassettes_in
from harness.cassettes.reading import read
from harness.cli.options import count
from harness.cli.redaction_rules import rules_option
from harness.errors import LoadError, UsageError
from harness.redaction import Known, RedactionRules, Redactor, scan

__all__ = ["command"]


@click.command("check")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path), metavar="[PATH]…")
@click.option(
    "--max-age",
    type=click.IntRange(min=0),
    metavar="DAYS",
    help="Report recordings older than this (default: any age).",
)
@click.option(
    "--suites",
    "suites",
    multiple=True,
    type=click.Path(exists=True),
    metavar="PATH",
    help="Report recordings that none of these suites uses (repeatable).",
)
@rules_option
def command(
    paths: tuple[Path, ...], max_age: int | None, suites: tuple[str, ...], rules: RedactionRules
) -> int:
    """Find secrets in recordings, files that cannot be read, and recordings that are old or unused.

    PATH is a cassette or a folder (default: ./cassettes). Secrets are found by the name of their header,
    parameter or key, by their shape, and by comparison with the credentials of the environment. Findings
    name the place, never the secret. The exit code is 1 if there are any.
    """
    import os

    from harness.redaction import credentials_in

    files = cassettes_in(paths or (_default(),))
    known = Known(credentials_in(os.environ))
    mask = Redactor()
    wrong = findings = 0
    for file in files:
        told = list(_findings(file, known, rules, max_age))
        for finding in told:
            click.echo(mask(finding))
        wrong += bool(told)
        findings += len(told)
    for finding in _unused(paths, suites):
        click.echo(finding)
        wrong += 1
        findings += 1
    if findings:
        click.echo(f"{count(len(files), 'cassette')}, {wrong} of them with findings ({findings} in all)")
        return 1
    click.echo(f"{count(len(files), 'cassette')}: no findings")
    return 0


def _default() -> Path:
    """The folder that is checked without a PATH. Raises UsageError if it does not exist."""
    folder = Path("cassettes")
    if not folder.is_dir():
        raise UsageError("no folder ./cassettes", hint="name the files or folders to check")
    return folder


def _unused(paths: tuple[Path, ...], suites: tuple[str, ...]) -> Iterator[str]:
    """What no suite names: whole files, and interactions beside those that are named by number."""
    from harness.cassettes.unused import unused_files, unused_interactions
    from harness.scenarios import load

    if not suites:
        return
    cases = list(load(*suites).cases("all"))
    for file in unused_files(cases, paths or (_default(),)):
        yield f"{file}:1:1: not used by any suite: remove it, or name it in a reply"
    for file, numbers in unused_interactions(cases).items():
        yield f"{file}:1:1: not used by any reply: interaction {', '.join(map(str, numbers))}"


def _findings(file: Path, known: Known, rules: RedactionRules, max_age: int | None) -> Iterator[str]:
    try:
        data = file.read_bytes()
    except OSError as error:
        yield f"{file}:1:1: cannot be read: {error.strerror}"
        return
    for finding in scan(data, known, rules=rules):
        yield f"{file}:{finding.line}:1: {finding.place}: {finding.rule}"
    try:
        _, metadata = read(file)
    except LoadError as error:
        yield from (str(problem) for problem in error.problems)
        return
    if max_age is not None:
        yield from _age(file, metadata.get("recorded_at"), timedelta(days=max_age))


def _age(file: Path, recorded_at: object, most: timedelta) -> Iterator[str]:
    try:
        recorded = datetime.fromisoformat(str(recorded_at))
    except ValueError:
        yield f"{file}:1:1: its age is unknown: its metadata have no `recorded_at`"
        return
    if recorded.tzinfo is None:
        recorded = recorded.replace(tzinfo=UTC)
    age = datetime.now(UTC) - recorded
    if age > most:
        yield f"{file}:1:1: recorded {age.days} days ago, more than {most.days}"
