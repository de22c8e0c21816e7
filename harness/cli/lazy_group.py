"""Groups of commands: one module per command, imported on demand."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

import click

__all__ = ["LazyGroup"]


class LazyGroup(click.Group):
    """Knows its commands by name and purpose (`table`), so that `--help` imports none of them.

    The command `check-proxy` is `command` in the module whose name is `prefix` and `check_proxy`.
    """

    def __init__(self, *arguments: Any, table: Mapping[str, str], prefix: str, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._table = table
        self._prefix = prefix

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self._table)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self._table:
            return None
        command: click.Command = import_module(self._prefix + cmd_name.replace("-", "_")).command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(self._table.items()))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if name not in self._table and not name.startswith("-"):
            from harness.errors import did_you_mean

            ctx.fail(f"No such command {name!r}{did_you_mean(name, self._table)}.")
        return super().resolve_command(ctx, args)
