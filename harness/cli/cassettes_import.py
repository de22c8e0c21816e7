"""`harness cassettes import`: make scenarios of recorded requests."""

from __future__ import annotations

from pathlib import Path

import click

from harness.cassettes.files import cassettes_in
from harness.cli.options import count
from harness.contracts import NO_CONTRACT, Contract, contract_of, pick_contract
from harness.errors import UsageError
from harness.redaction import Redactor
from harness.yaml_reader.limits import MAX_BYTES

__all__ = ["command"]


@click.command("import")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="PATH…")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE.yaml",
    help="Write the suite to this file, and copy recordings that it cannot reach to cassettes/ beside it"
    " (default: print the suite and write nothing).",
)
@click.option(
    "--contract",
    metavar="NAME",
    help="Contract of the scenarios (default: that of the output folder, else the default contract).",
)
@click.option(
    "--suite", "name", metavar="NAME", help="Name of the suite (default: imported/ and the file's name)."
)
@click.option(
    "--errors", is_flag=True, help="Include requests that were answered with an error (default: no)."
)
def command(
    paths: tuple[Path, ...], output: Path | None, contract: str | None, name: str | None, errors: bool
) -> int:
    """Turn each distinct recorded request into a scenario.

    Inputs are inferred from the requests, and the scenarios expect what the provider accepted.

    PATH is a cassette or a folder. The contract decides which requests can be imported (default: chat
    completions). Secrets are replaced by placeholders. What is not imported is listed with the reason.

    Exit codes: 0 a suite was made, 4 bad usage, 5 nothing to import.
    """
    from harness.cassettes.importing import as_name, import_cassettes, write_suite

    if output is not None and output.suffix not in (".yaml", ".yml"):
        raise UsageError(f"{output} is not a suite file; its name must end in .yaml")
    own = NO_CONTRACT if output is None else contract_of(output)
    chosen = _chosen(own, contract, output)
    files = cassettes_in(paths)
    imported = import_cassettes(files, chosen, errors=errors)
    redact = Redactor()
    for skipped in imported.skipped:
        click.echo(redact(f"not imported: {skipped}"), err=True)
    counts = (
        f"{count(len(imported.scenarios), 'scenario')} from {count(len(files), 'cassette')};"
        f" {len(imported.skipped)} not imported, {imported.repeated} recorded before"
    )
    if not imported.scenarios:
        click.echo(counts, err=True)
        return 5
    stem = files[0].stem if output is None else output.stem
    suite = name or f"imported/{as_name(stem)}"
    if output is None:
        click.echo(write_suite(imported, suite), nl=False)
        click.echo(counts, err=True)
        return 0
    try:
        _write(output, write_suite(imported, suite, output.parent))
    except OSError as error:
        raise UsageError(f"cannot write {error.filename or output}: {error.strerror}") from None
    click.echo(f"{output}: {counts}", err=True)
    if chosen.name and not own.name:
        click.echo(
            f"{output} is outside any contract; run it with: harness run {output} --contract {chosen.name}",
            err=True,
        )
    return 0


def _chosen(own: Contract, named: str | None, output: Path | None) -> Contract:
    """Return the contract to import for: that of the output folder, else the named or the default one."""
    if not own.name:
        return pick_contract(named)
    if named not in (None, own.name):
        raise UsageError(
            f"{output} belongs to the contract {own.name}, not to {named}",
            hint="omit --contract or write the suite to another folder",
        )
    return own


def _write(output: Path, text: str) -> None:
    size = len(text.encode())
    if size > MAX_BYTES:
        raise UsageError(
            f"the suite would have {size // 1024**2} MiB, but suites may have {MAX_BYTES // 1024**2}",
            hint="import fewer recordings at a time",
        )
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(text, "utf-8")
