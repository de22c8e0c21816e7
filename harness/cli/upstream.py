"""What the commands that reach a provider share: where it is, the key, and how checks are shown."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, TypeVar

import click

from harness.errors import UsageError
from harness.recording import OPENROUTER, Check, Key, Upstream, parse_route
from harness.recording.upstream import host_of
from harness.redaction import Redactor
from harness_openclaw.reference.clawrouter.access import DEFAULT_ROOT

__all__ = ["dollars", "echo", "open_upstream", "reaching", "read_keys", "redactor_of", "show_checks"]

_Function = TypeVar("_Function", bound=Callable[..., Any])

_CLAWROUTER = host_of(DEFAULT_ROOT)
_MARKS = {"pass": "ok  ", "warn": "WARN", "fail": "FAIL", "unknown": "?   "}
_COLOURS = {"pass": "green", "warn": "yellow", "fail": "red", "unknown": "yellow"}


def dollars(text: str | Decimal) -> Decimal:
    """The amount that an option names, from nothing on."""
    try:
        amount = Decimal(text)
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or amount < 0:
        raise click.BadParameter(f"{text!r} is no amount of dollars, such as 0.10.")
    return amount


_REACHING = (
    click.option(
        "--upstream",
        "routes",
        multiple=True,
        metavar="HOST=URL",
        help="Send what is meant for HOST to URL instead; HOST may be reached at all.",
    ),
    click.option(
        "--upstream-ca",
        "ca_file",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        metavar="FILE",
        help="Certificate authority to believe at these URLs.",
    ),
    click.option(
        "--key-env",
        multiple=True,
        metavar="[HOST=]NAME",
        help="Environment variable that holds the key, or that of one host; else OPENROUTER_API_KEY, and"
        " CLAWROUTER_API_KEY for ClawRouter.",
    ),
    click.option(
        "--max-cost",
        type=dollars,
        default=Decimal("0.10"),
        metavar="USD",
        show_default=True,
        help="The most that may be spent.",
    ),
    click.option(
        "--silence",
        type=click.FloatRange(min=0.1),
        default=120.0,
        metavar="SECONDS",
        show_default=True,
        help="How long the provider may be silent.",
    ),
)


def reaching(function: _Function) -> _Function:
    """Add the options that say how the provider is reached, and what that may cost."""
    for decorate in reversed(_REACHING):
        function = decorate(function)
    return function


def open_upstream(
    hosts: Iterable[str], routes: Sequence[str], ca_file: Path | None, silence_s: float
) -> Upstream:
    """The way to the provider. Raises `UsageError` for a wrong route or certificate."""
    return Upstream(
        {OPENROUTER, *hosts}, dict(map(parse_route, routes)), ca_file=ca_file, timeout_s=silence_s
    )


def read_keys(stated: Sequence[str]) -> tuple[Key, dict[str, Key]]:
    """The key in the environment variable that `stated` names, and those of single hosts (HOST=NAME); empty
    where there is none. They are taken out of the environment, so that no implementation of this process or
    started by it has them.

    Unless one variable is stated for all, ClawRouter has its own: nobody's key goes to the other by mistake.
    Raises `UsageError` for several that are to be for all, and for what no header could carry.
    """
    names = [each for each in stated if "=" not in each]
    for each in stated:
        if not all(each.split("=", 1)):
            raise UsageError(f"--key-env {each!r} is neither NAME nor HOST=NAME")
    if len(names) > 1:
        raise UsageError(
            f"--key-env names {' and '.join(names)} for every host", hint="Say HOST=NAME for one."
        )
    hosts = {} if names else {_CLAWROUTER: "CLAWROUTER_API_KEY"}
    hosts |= {host.lower(): name for host, _, name in (each.partition("=") for each in stated) if name}
    main = names[0] if names else "OPENROUTER_API_KEY"
    keys = {name: Key(name, os.environ.pop(name, "").strip()) for name in {main, *hosts.values()}}
    for key in keys.values():
        if any(each.isspace() or not each.isprintable() for each in key.value):
            raise UsageError(f"{key.name} holds a blank or a line break in its midst: that is no key")
    return keys[main], {host: keys[name] for host, name in hosts.items()}


def redactor_of(keys: Iterable[Key]) -> Redactor:
    """Return what masks these keys in all that is shown or written."""
    return Redactor(secrets={key.name: key.value for key in keys})


def echo(text: str, redactor: Redactor, *, fg: str | None = None) -> None:
    """Write a line to standard output, masked, in a colour where one is wanted."""
    click.secho(redactor(text), fg=None if os.environ.get("NO_COLOR") else fg)


def show_checks(checks: Iterable[Check], redactor: Redactor) -> None:
    """Write a line for every check."""
    for check in checks:
        line = f"{_MARKS[check.standing]} {check.rule}  {check.sentence}"
        echo(line, redactor, fg=_COLOURS[check.standing])
