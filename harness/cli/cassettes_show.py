"""`harness cassettes show`: what is inside."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import click

from harness.cassettes import Cassette, Recorded, open_cassette
from harness.cassettes.files import cassettes_in
from harness.cassettes.request_key import model_of
from harness.cli.options import count
from harness.cli.redaction_rules import rules_option
from harness.errors import LoadError, UsageError
from harness.model import Headers
from harness.redaction import RedactionRules, Redactor

__all__ = ["command"]

_COLUMNS = ("#", "method", "status", "model", "answer", "bytes", "chunks", "URL")
_RIGHT = ("#", "bytes", "chunks")
_NOT_TOLD = ("chunks", "pauses_ms", "faults")
_LONGEST = 100_000


@click.command("show")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="PATH…")
@click.option(
    "--interaction",
    "number",
    type=click.IntRange(min=0),
    metavar="N",
    help="Print interaction N of a cassette in full, counted from 0.",
)
@rules_option
def command(paths: tuple[Path, ...], number: int | None, rules: RedactionRules) -> int:
    """Show the contents of cassettes: each request and answer, and what was repaired on reading.

    PATH is a cassette or a folder. Secrets are shown as placeholders. The exit code is 4 if a file cannot
    be read.
    """
    files = cassettes_in(paths)
    if number is not None:
        if len(files) != 1:
            raise UsageError(f"--interaction needs exactly one cassette, not {len(files)}")
        click.echo(_whole(open_cassette(files[0]).interaction(number), rules))
        return 0
    mask = Redactor()
    refused = 0
    for position, file in enumerate(files):
        if position:
            click.echo()
        try:
            cassette = open_cassette(file)
        except LoadError as error:
            refused += 1
            click.echo(mask(str(error)), err=True)
            continue
        for line in _overview(cassette, rules):
            click.echo(mask(line))
    return LoadError.exit_code if refused else 0


# ------------------------------------------------------------------ a cassette


def _overview(cassette: Cassette, rules: RedactionRules) -> Iterator[str]:
    dialects = "" if cassette.dialects == ("vcrpy",) else f" ({', '.join(cassette.dialects)})"
    yield f"{cassette.file}: {count(len(cassette.interactions), 'interaction')}{dialects}"
    for name, value in cassette.metadata.items():
        if name not in _NOT_TOLD:
            yield f"  {name}: {_on_one_line(value)}"
    yield from _table([_row(each) for each in _scrubbed(cassette.interactions, rules)])
    for repair in cassette.repairs:
        yield f"  repaired: {repair}"


def _row(recorded: Recorded) -> tuple[str, ...]:
    request, reply = recorded.request, recorded.reply
    model = model_of(request)
    return (
        str(recorded.number),
        request.method,
        str(reply.status) if reply.status else "-",
        model or "-",
        reply.fault or _kind(reply.headers),
        f"{len(reply.body):,}",
        str(len(reply.chunks)),
        request.url,
    )


def _kind(headers: Headers) -> str:
    kind = next((value for name, value in headers if name.lower() == "content-type"), "")
    kind = kind.partition(";")[0].strip().lower()
    return {"text/event-stream": "stream", "application/json": "JSON"}.get(kind, kind or "-")


def _table(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    if not rows:
        return
    lines = [_COLUMNS, *rows]
    widths = [max(len(line[at]) for line in lines) for at in range(len(_COLUMNS))]
    for line in lines:
        cells = [
            cell.rjust(width) if name in _RIGHT else cell.ljust(width)
            for name, cell, width in zip(_COLUMNS, line, widths, strict=True)
        ]
        yield ("  " + "  ".join(cells)).rstrip()


def _on_one_line(value: Any) -> str:
    import json

    return value if isinstance(value, str) else json.dumps(value, default=str)


# ------------------------------------------------------------------ an interaction


def _whole(recorded: Recorded, rules: RedactionRules) -> str:
    """One interaction as it would go over the wire, JSON laid out."""
    (shown,) = _scrubbed([recorded], rules)
    request, reply = shown.request, shown.reply
    answer = f"no answer: {reply.fault}" if reply.status == 0 else f"{reply.status}"
    if reply.status and reply.fault:
        answer += f", then {reply.fault}"
    lines = [
        f"{request.method} {request.url}",
        *(f"{name}: {value}" for name, value in request.headers),
        "",
        *([_laid_out(request.body), ""] if request.body else []),
        answer,
        *(f"{name}: {value}" for name, value in reply.headers),
        "",
        *([_laid_out(reply.body)] if reply.body else []),
    ]
    return Redactor()("\n".join(lines).rstrip("\n"))


def _laid_out(body: bytes) -> str:
    import json

    try:
        text = body.decode()
    except UnicodeDecodeError:
        return f"({len(body):,} bytes of binary data)"
    try:
        text = json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        text = text.rstrip("\n")
    more = len(text) - _LONGEST
    return f"{text[:_LONGEST]}\n({more:,} characters more)" if more > 0 else text


def _scrubbed(interactions: Sequence[Recorded], rules: RedactionRules) -> Sequence[Recorded]:
    from harness.redaction import Scrubber

    return Scrubber(rules=rules).scrub(interactions).interactions
