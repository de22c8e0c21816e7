"""What several commands share: where scenarios come from, and which of them are meant."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click

from harness.contracts import Contract, named_contract
from harness.engine.selection import Selection, parse_shard
from harness.errors import UsageError, did_you_mean
from harness.implementations import Connection, SandboxMode, connect
from harness.model import EVIDENCE
from harness.scenarios import Suites, load
from harness.yaml_reader.collector import frozen_gc

__all__ = [
    "contract_option",
    "count",
    "edition_option",
    "implementation_option",
    "names_among",
    "open_implementation",
    "open_suites",
    "sandbox_option",
    "selecting",
    "selection_of",
    "timeout_option",
]

_Function = TypeVar("_Function", bound=Callable[..., Any])


implementation_option = click.option(
    "-i",
    "--implementation",
    "addresses",
    multiple=True,
    metavar="ADDRESS",
    help="Implementation to test: a folder or name under implementations/, python:MODULE:CALLABLE,"
    " command:… or exec:… (default: the contract's reference client).",
)

contract_option = click.option(
    "--contract",
    "contract",
    metavar="NAME",
    help="Contract to use (default: that of the given paths, else the default contract).",
)

edition_option = click.option(
    "--edition",
    metavar="EDITION",
    help="Edition to use, or all (default: the implementation's, else the contract's default).",
)

sandbox_option = click.option(
    "--sandbox",
    type=click.Choice(["auto", "require", "off"]),
    help="Run programs that send in a network namespace (default: as implementation.yaml says, else auto).",
)

timeout_option = click.option(
    "--timeout",
    type=click.FloatRange(min=0.1),
    default=20.0,
    metavar="SECONDS",
    show_default=True,
    help="Time limit per case.",
)

_SELECTING = (
    click.argument("patterns", nargs=-1, metavar="[PATTERN|PATH]…"),
    click.option(
        "--evidence",
        type=click.Choice(EVIDENCE),
        default="observed",
        show_default=True,
        help="Minimum evidence of a case.",
    ),
    click.option(
        "--reading", type=click.Choice(["docs", "build"]), help="Of disputed cases, select only this reading."
    ),
    click.option(
        "--tag", "tags", multiple=True, metavar="TAG", help="Select only cases with this tag (repeatable)."
    ),
    click.option(
        "--shard", metavar="I/N", help="Run only shard I of N; shards are the same on every machine."
    ),
)


def selecting(function: _Function) -> _Function:
    """Add the arguments and options that choose cases."""
    for decorate in reversed(_SELECTING):
        function = decorate(function)
    return function


def selection_of(
    patterns: Sequence[str], evidence: str, reading: str | None, tags: Sequence[str], shard: str | None
) -> Selection:
    """Return the selection that the options of `selecting` describe, without the paths among `patterns`."""
    return Selection(
        patterns=tuple(names_among(patterns)),
        evidence=evidence,
        reading=reading,
        tags=tuple(tags),
        shard=parse_shard(shard) if shard else None,
    )


def open_suites(
    patterns: Sequence[str], contract: str | None = None, *, new_cassettes: bool = False
) -> Suites:
    """Load the files and folders among `patterns`, or the suites of a contract if there are none.

    With `new_cassettes` a recording that a reply names need not exist yet. Raises UsageError for a file or
    contract that does not exist, LoadError for what cannot be used.
    """
    paths = [Path(pattern) for pattern in patterns if _is_path(pattern)]
    for path in paths:
        if not path.exists():
            raise UsageError(f"no such file: {path}{_nearest_file(path)}")
    chosen = None if contract is None else named_contract(contract)
    with frozen_gc() as kept:
        suites = load(*paths, contract=chosen, new_cassettes=new_cassettes)
        kept.append(suites)
    return suites


def open_implementation(
    address: str | None,
    contracts: Sequence[Contract],
    *,
    timeout_s: float,
    sandbox: SandboxMode | None = None,
) -> Connection:
    """Connect to an implementation, or to the reference client of the first of `contracts` that has one.

    Raises what `harness.implementations.connect` raises, and UsageError where there is no reference client.
    """
    contract = next(
        (each for each in contracts if each.hook("reference")), contracts[0] if contracts else None
    )
    return connect(address or "reference", timeout_s=timeout_s, sandbox=sandbox, contract=contract)


def count(number: int, what: str) -> str:
    """Return `1 case` or `2 cases`, `1 retry` or `2 retries`."""
    if number == 1:
        return f"1 {what}"
    return f"{number:,} {what[:-1]}ies" if what.endswith("y") else f"{number:,} {what}s"


def names_among(patterns: Sequence[str]) -> list[str]:
    """Return those of the arguments that are not paths."""
    return [pattern for pattern in patterns if not _is_path(pattern)]


def _is_path(pattern: str) -> bool:
    if pattern.endswith((".yaml", ".yml")) or pattern.startswith(("./", "../", "/", "~")):
        return True
    return Path(pattern).exists() and "*" not in pattern


def _nearest_file(path: Path) -> str:
    return did_you_mean(path.name, [each.name for each in path.parent.glob("*.y*ml")])
