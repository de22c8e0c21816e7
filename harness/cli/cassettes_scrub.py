"""`harness cassettes scrub`: recordings of other tools, made fit to be committed."""

from __future__ import annotations

from pathlib import Path

import click

from harness.cassettes.files import cassettes_in
from harness.cassettes.reading import read
from harness.cassettes.writing import SOURCES, CassetteLeak, write_cassette
from harness.cli.options import count
from harness.cli.redaction_rules import rules_option
from harness.errors import LoadError, UsageError
from harness.redaction import RedactionRules, Redactor, Scrubber

__all__ = ["command"]


@click.command("scrub")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="PATH…")
@click.option("--in-place", is_flag=True, help="Replace the files.")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="FOLDER",
    help="Write scrubbed files here, in the same subfolders as below each PATH.",
)
@rules_option
def command(paths: tuple[Path, ...], in_place: bool, output: Path | None, rules: RedactionRules) -> int:
    """Remove secrets from cassettes, and save them in vcrpy's format.

    PATH is a cassette or a folder. Files that cannot be read, or in which a secret would remain, are
    reported and not written, and the exit code is 1.
    """
    if in_place == (output is not None):
        raise UsageError("use either --in-place or -o FOLDER")
    scrubber, mask = Scrubber(rules=rules), Redactor()
    targets = [
        (file, file if output is None else output / _below(path, file))
        for path in paths
        for file in cassettes_in([path])
    ]
    _refuse_collisions(targets)
    refused = 0
    for file, target in targets:
        try:
            click.echo(mask(_scrub(file, target, scrubber)))
        except (LoadError, CassetteLeak) as error:
            refused += 1
            click.echo(mask(str(error)), err=True)
    total = len(targets)
    click.echo(
        f"{total - refused} of {count(total, 'cassette')} scrubbed"
        if refused
        else f"{count(total, 'cassette')} scrubbed"
    )
    return 1 if refused else 0


def _below(path: Path, file: Path) -> Path:
    return file.relative_to(path) if path.is_dir() else Path(file.name)


def _refuse_collisions(targets: list[tuple[Path, Path]]) -> None:
    sources: dict[Path, Path] = {}
    for file, target in targets:
        other = sources.setdefault(target, file)
        if other != file:
            raise UsageError(f"{other} and {file} would both be written to {target}")


def _scrub(file: Path, target: Path, scrubber: Scrubber) -> str:
    interactions, metadata = read(file)
    if metadata.get("source") not in SOURCES:
        metadata = {**metadata, "source": "imported"}
    rules = write_cassette(target, interactions, metadata, scrubber).metadata["scrubbed"]
    return f"{target}: {', '.join(rules) if rules else 'nothing to scrub'}"
