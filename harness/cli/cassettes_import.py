"""`harness cassettes import`: recorded requests made into scenarios."""

from __future__ import annotations

from pathlib import Path

import click

from harness.cassettes.files import cassettes_in
from harness.cli.redaction_rules import rules_option
from harness.errors import UsageError
from harness.redaction import RedactionRules, Redactor

__all__ = ["command"]

_MOST_BYTES = 8 * 1024 * 1024


@click.command("import")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="PATH…")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE.yaml",
    help="Write the suite here, and recordings it would not find into cassettes/ beside it.",
)
@click.option(
    "--suite", "name", metavar="NAME", help="The suite's name; else imported/ and that of the file."
)
@click.option("--errors", is_flag=True, help="Also requests that the provider refused.")
@rules_option
def command(
    paths: tuple[Path, ...], output: Path | None, name: str | None, errors: bool, rules: RedactionRules
) -> int:
    """Make scenarios of recorded chat requests: the input is guessed back from what was sent, and what the
    provider has accepted is expected.

    PATH is a cassette or a folder. Secrets are scrubbed. Without -o the suite is printed and nothing is
    written. What cannot be imported is told, with the reason; the exit code is 5 if nothing can.
    """
    from harness.cassettes.importing import import_cassettes, write_suite
    from harness.redaction import Scrubber

    if output is not None and output.suffix not in (".yaml", ".yml"):
        raise UsageError(f"{output} would not be found as a suite: give it a name that ends with .yaml")
    files, scrubber = cassettes_in(paths), Scrubber(rules=rules)
    imported = import_cassettes(files, errors=errors, scrubber=scrubber)
    mask = Redactor()
    for skipped in imported.skipped:
        click.echo(mask(f"not imported: {skipped}"), err=True)
    counts = (
        f"{len(imported.scenarios)} scenarios from {len(files)} cassettes;"
        f" {len(imported.skipped)} not imported, {imported.repeated} recorded before"
    )
    if not imported.scenarios:
        click.echo(counts, err=True)
        return 5
    stem = files[0].stem if output is None else output.stem
    suite = name or f"imported/{_as_name(stem)}"
    text = write_suite(imported, suite, None if output is None else output.parent, scrubber=scrubber)
    if output is None:
        click.echo(text, nl=False)
    else:
        _write(output, text)
        counts = f"{output}: {counts}"
    click.echo(counts, err=True)
    return 0


def _write(output: Path, text: str) -> None:
    size = len(text.encode())
    if size > _MOST_BYTES:
        raise UsageError(
            f"the suite would have {size // 1024**2} MiB, more than suites are read with",
            hint="Import fewer recordings at a time.",
        )
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(text, "utf-8")


def _as_name(stem: str) -> str:
    import re

    return re.sub(r"[^A-Za-z0-9._-]+", "-", stem).strip("-.") or "recorded"
