"""`harness schema`: where the JSON Schemas of suites, rules and contracts are."""

from __future__ import annotations

from pathlib import Path

import click

from harness.cli.options import contract_option
from harness.cli.writable import ensure_in_project
from harness.contracts import NO_CONTRACT, local_contracts, named_contract
from harness.errors import UsageError
from harness.scenarios import SCHEMA_KINDS, schema_file, schema_text

__all__ = ["command"]


@click.command("schema")
@contract_option
@click.option("--write", is_flag=True, help="Write the schemas that are missing or outdated.")
def command(contract: str | None, write: bool) -> int:
    """Print the paths of the JSON Schemas for editors: those of the contracts in this folder, with their
    editions, operations and words, and those for suites outside any contract.

    A suite names its schema in its first line: `# yaml-language-server: $schema=suite.schema.json`. The
    exit code is 1 if one is missing or outdated.
    """
    stale = 0
    for held in [named_contract(contract)] if contract else [*local_contracts(), NO_CONTRACT]:
        for kind in SCHEMA_KINDS if held.file else ("suite", "contract"):
            file, text = schema_file(kind, held), schema_text(kind, held)
            state = _state(file, text)
            if state and write:
                _write(file, text)
                state = ""
            stale += bool(state)
            click.echo(f"{kind:<10}{held.name or '(no contract)':<16}{file}{f'  ({state})' if state else ''}")
    if stale:
        click.echo("harness schema --write brings them up to date", err=True)
    return 1 if stale else 0


def _state(file: Path, text: str) -> str:
    try:
        return "" if file.read_text("utf-8") == text else "outdated"
    except OSError:
        return "missing"


def _write(file: Path, text: str) -> None:
    ensure_in_project([file])
    try:
        file.write_text(text, "utf-8")
    except OSError as error:
        raise UsageError(f"cannot write {file}: {error.strerror}") from None
