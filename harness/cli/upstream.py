"""What the commands that reach a provider share: hosts, keys, and how checks are shown."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, TypeVar

import click

from harness.contracts import Contract
from harness.errors import UsageError
from harness.recording.hosts import host_of
from harness.recording.keys import Keys
from harness.recording.protocol import Check, Key
from harness.recording.upstream import Upstream, parse_route
from harness.redaction import Redactor

__all__ = [
    "dollars",
    "echo",
    "open_upstream",
    "reaching",
    "read_keys",
    "redactor_of",
    "show_check",
]

_Function = TypeVar("_Function", bound=Callable[..., Any])

_MARKS = {"pass": "ok  ", "warn": "WARN", "fail": "FAIL", "unknown": "?   "}
_COLOURS = {"pass": "green", "warn": "yellow", "fail": "red", "unknown": "yellow"}


def dollars(text: str | Decimal) -> Decimal:
    """Return the amount that an option states, zero or more."""
    try:
        amount = Decimal(text)
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or amount < 0:
        raise click.BadParameter(f"{text!r} is not an amount in dollars, such as 0.10.")
    return amount


_REACHING = (
    click.option(
        "--upstream",
        "routes",
        multiple=True,
        metavar="HOST=URL",
        help="Redirect requests for HOST to URL, and allow HOST (repeatable).",
    ),
    click.option(
        "--upstream-ca",
        "ca_file",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        metavar="FILE",
        help="Certificate authority to trust for --upstream URLs.",
    ),
    click.option(
        "--key-env",
        multiple=True,
        metavar="[HOST=]NAME",
        help="Environment variable with the key for HOST (repeatable; default: those in the contract). HOST"
        " defaults to the host of the contract's base URL.",
    ),
    click.option(
        "--max-cost",
        type=dollars,
        default=Decimal("0.10"),
        metavar="USD",
        show_default=True,
        help="Maximum amount to spend.",
    ),
    click.option(
        "--allow-unpriced",
        is_flag=True,
        help="Allow calls of unknown price, and count only costs that the provider reports.",
    ),
    click.option(
        "--silence",
        type=click.FloatRange(min=0.1),
        default=120.0,
        metavar="SECONDS",
        show_default=True,
        help="Seconds to wait for the provider's next byte.",
    ),
)


def reaching(function: _Function) -> _Function:
    """Add the options that say how the provider is reached, and what that may cost."""
    for decorate in reversed(_REACHING):
        function = decorate(function)
    return function


def open_upstream(
    contract: Contract,
    keys: Keys,
    routes: Sequence[str],
    ca_file: Path | None,
    silence_s: float,
    *,
    base_url: str = "",
) -> Upstream:
    """Return the way to the hosts that may be reached: those of the contract, of `base_url`, of --upstream
    and of --key-env. Raises `UsageError` for a wrong route or certificate."""
    hosts = {*contract.hosts, *keys.hosts, host_of(contract.base_url), host_of(base_url)} - {""}
    return Upstream(hosts, dict(map(parse_route, routes)), ca_file=ca_file, timeout_s=silence_s)


def read_keys(contract: Contract, stated: Sequence[str]) -> Keys:
    """Return the keys by host: those of the contract, and those that --key-env states instead.

    Their variables are removed from the environment, so that no implementation in this process or started
    by it has them. A key whose variable is not set is empty. Raises `UsageError` for a NAME without HOST
    where the contract has no base URL, for several, and for a key that no header can carry.
    """
    names = {host.lower(): name for host, name in contract.hosts.items() if name}
    names |= _stated_names(contract, stated)
    every = {*contract.hosts.values(), *names.values()} - {""}
    values = {name: os.environ.pop(name, "").strip() for name in every}
    keys = {host: Key(name, values[name]) for host, name in names.items()}
    for key in keys.values():
        if any(each.isspace() or not each.isprintable() for each in key.value):
            raise UsageError(f"{key.name} is not a valid key: it contains whitespace or control characters")
    return Keys(keys)


def _stated_names(contract: Contract, stated: Sequence[str]) -> Mapping[str, str]:
    """Return the variables that --key-env states, by host."""
    found: dict[str, str] = {}
    for each in stated:
        host, equals, name = each.rpartition("=")
        if not name or (equals and not host):
            raise UsageError(f"--key-env {each!r} must be NAME or HOST=NAME")
        host = host.lower() if equals else host_of(contract.base_url)
        if not host:
            whose = f"the contract {contract.name} has" if contract.name else "without a contract there is"
            raise UsageError(
                f"--key-env {name} needs a host, because {whose} no base URL",
                hint=f"Use --key-env HOST={name}.",
            )
        if found.get(host, name) != name:
            raise UsageError(
                f"--key-env names {found[host]} and {name} for {host}", hint="Use HOST=NAME for other hosts."
            )
        found[host] = name
    return found


def redactor_of(keys: Iterable[Key]) -> Redactor:
    """Return what masks these keys in all that is shown or written."""
    return Redactor(secrets={key.name: key.value for key in keys})


def echo(text: str, redactor: Redactor, *, fg: str | None = None) -> None:
    """Write a line to standard output, masked, in colour unless NO_COLOR is set."""
    click.secho(redactor(text), fg=None if os.environ.get("NO_COLOR") else fg)


def show_check(check: Check, redactor: Redactor) -> None:
    """Show a check on a line of its own."""
    rule = f"{check.rule}  " if check.rule else ""
    echo(f"{_MARKS[check.standing]} {rule}{check.sentence}", redactor, fg=_COLOURS[check.standing])
