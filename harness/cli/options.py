"""What several commands share: where scenarios come from, and which of them are meant."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click

from harness.errors import UsageError, nearest
from harness.model import EDITIONS, EVIDENCE
from harness.scenarios import Suites, bundled_scenarios, kept_to_the_end, load
from harness.selection import Selection, parse_shard

__all__ = [
    "edition_option",
    "implementation_option",
    "open_suites",
    "sandbox_option",
    "selecting",
    "selection_of",
]

_Function = TypeVar("_Function", bound=Callable[..., Any])


implementation_option = click.option(
    "-i",
    "--implementation",
    "addresses",
    multiple=True,
    metavar="ADDRESS",
    help="reference (default), a folder or name under implementations/, python:module:callable, command:… or"
    " exec:…",
)

edition_option = click.option(
    "--edition",
    type=click.Choice([*EDITIONS, "all"]),
    help="Version of the documented behaviour; else the implementation's own, else 2026-05.",
)

sandbox_option = click.option(
    "--sandbox",
    type=click.Choice(["auto", "require", "off"]),
    help="A network of its own for a program in mode send; else as its implementation.yaml says, else auto.",
)

_SELECTING = (
    click.argument("patterns", nargs=-1, metavar="[PATTERN|PATH]…"),
    click.option(
        "--evidence",
        type=click.Choice(EVIDENCE),
        default="observed",
        show_default=True,
        help="The weakest evidence of a case that is taken.",
    ),
    click.option("--reading", type=click.Choice(["docs", "build"]), help="Of disputed cases, only these."),
    click.option("--tag", "tags", multiple=True, metavar="TAG", help="Only cases with one of these tags."),
    click.option("--shard", metavar="I/N", help="Only the I-th of N parts; the same parts everywhere."),
)


def selecting(function: _Function) -> _Function:
    """Add the arguments and options that choose cases."""
    for decorate in reversed(_SELECTING):
        function = decorate(function)
    return function


def selection_of(
    patterns: Sequence[str], evidence: str, reading: str | None, tags: Sequence[str], shard: str | None
) -> Selection:
    """The selection that the options of `selecting` ask for; paths among `patterns` are left out."""
    return Selection(
        patterns=tuple(pattern for pattern in patterns if not _is_path(pattern)),
        evidence=evidence,
        reading=reading,
        tags=tuple(tags),
        shard=parse_shard(shard) if shard else None,
    )


def open_suites(patterns: Sequence[str], *, new_cassettes: bool = False) -> Suites:
    """Load the files and folders among `patterns`, or the bundled suites if there are none.

    With `new_cassettes` a recording that a reply names need not exist yet.
    Raises UsageError for a file that is not there, LoadError for what cannot be used.
    """
    paths = [Path(pattern) for pattern in patterns if _is_path(pattern)]
    for path in paths:
        if not path.exists():
            raise UsageError(f"no such file: {path}{_nearest_file(path)}")
    with kept_to_the_end() as kept:
        suites = load(*(paths or [bundled_scenarios()]), new_cassettes=new_cassettes)
        kept.append(suites)
    return suites


def _is_path(pattern: str) -> bool:
    if pattern.endswith((".yaml", ".yml")) or pattern.startswith(("./", "../", "/", "~")):
        return True
    return Path(pattern).exists() and "*" not in pattern


def _nearest_file(path: Path) -> str:
    return nearest(path.name, [each.name for each in path.parent.glob("*.y*ml")])
