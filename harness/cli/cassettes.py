"""`harness cassettes …`: a module for each thing that can be done with recordings, imported when called."""

from __future__ import annotations

from importlib import import_module

import click

__all__ = ["command"]

_COMMANDS = {
    "check": "Do recordings hold secrets, can they be read, are they too old?",
    "scrub": "Take the secrets out of recordings made by other tools.",
}


class _Commands(click.Group):
    """Knows its commands by name, so that `--help` imports none of them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        command: click.Command = import_module(f"harness.cli.cassettes_{cmd_name}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if name not in _COMMANDS and not name.startswith("-"):
            from harness.errors import nearest

            ctx.fail(f"No such command {name!r}{nearest(name, _COMMANDS)}.")
        return super().resolve_command(ctx, args)


@click.command("cassettes", cls=_Commands)
def command() -> None:
    """Work with recordings of provider traffic (cassettes)."""
