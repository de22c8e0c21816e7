"""What the commands that reach a provider share: where it is, the key, and how checks are shown."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

import click

from harness.cassettes.scrubbing import Known
from harness.masking import Mask
from harness.recording import OPENROUTER, Check, Key, Upstream, parse_route

__all__ = ["Veil", "open_upstream", "reaching", "read_key", "show_checks"]

_Function = TypeVar("_Function", bound=Callable[..., Any])

_MARKS = {"pass": "ok  ", "warn": "WARN", "fail": "FAIL", "unknown": "?   "}
_COLOURS = {"pass": "green", "warn": "yellow", "fail": "red", "unknown": "yellow"}

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
        default="OPENROUTER_API_KEY",
        metavar="NAME",
        show_default=True,
        help="Environment variable that holds the key.",
    ),
    click.option(
        "--max-cost",
        type=Decimal,
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


def read_key(name: str) -> Key:
    """The key in the environment variable `name`, empty if there is none. It is taken out of the
    environment, so that no implementation of this process or started by it has it."""
    return Key(name, os.environ.pop(name, "").strip())


class Veil:
    """Takes the key out of what is shown or written, however it is spelt."""

    def __init__(self, key: Key) -> None:
        self._key = key
        self._known = Known({key.name: key.value})
        self._mask = Mask()

    def __call__(self, text: str) -> str:
        if len(self._key.value) >= 8:
            text = text.replace(self._key.value, f"[{self._key.name} masked]")
        if self._known.hidden_in(text.encode("utf-8", "surrogatepass")):
            return f"[a text that holds {self._key.name} in some spelling]"
        return self._mask(text)

    def echo(self, text: str, *, fg: str | None = None) -> None:
        """Write a line to standard output, in a colour where one is wanted."""
        click.secho(self(text), fg=None if os.environ.get("NO_COLOR") else fg)


def show_checks(checks: Iterable[Check], veil: Veil) -> None:
    """A line for every check."""
    for check in checks:
        veil.echo(f"{_MARKS[check.standing]} {check.rule}  {check.sentence}", fg=_COLOURS[check.standing])
