"""`harness cassettes …`: a module for each thing that can be done with recordings."""

from __future__ import annotations

import click

from harness.cli.lazy_group import LazyGroup

__all__ = ["command"]

_COMMANDS = {
    "show": "Show the contents of cassettes.",
    "check": "Find secrets, unreadable files and old or unused recordings.",
    "scrub": "Remove secrets from cassettes made by other tools.",
    "import": "Turn recorded requests into scenarios.",
}


@click.command("cassettes", cls=LazyGroup, table=_COMMANDS, prefix="harness.cli.cassettes_")
def command() -> None:
    """Show, check, scrub and import recordings of provider traffic."""
