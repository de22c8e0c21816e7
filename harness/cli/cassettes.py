"""`harness cassettes …`: a module for each thing that can be done with recordings."""

from __future__ import annotations

import click

from harness.cli.lazy_group import LazyGroup

__all__ = ["command"]

_COMMANDS = {
    "show": "Show what is in recordings.",
    "check": "Do recordings hold secrets, can they be read, are they too old?",
    "scrub": "Take the secrets out of recordings made by other tools.",
    "import": "Make scenarios of recorded requests.",
}


@click.command("cassettes", cls=LazyGroup, table=_COMMANDS, prefix="harness.cli.cassettes_")
def command() -> None:
    """Work with recordings of provider traffic (cassettes)."""
