"""The command line: one module per command, imported on demand."""

from __future__ import annotations

import sys

import click

from harness._version import __version__
from harness.cli.lazy_group import LazyGroup

__all__ = ["main"]

_COMMANDS = {
    "run": "Run scenarios against an implementation.",
    "shape": "Show the requests that an implementation sends for inputs (JSON lines).",
    "check-proxy": "Check that a client leaks nothing to a custom base URL.",
    "list": "List cases.",
    "show": "Show one case fully expanded.",
    "rules": "List rules and the scenarios that cover them.",
    "serve": "Serve fixed or recorded replies to any client.",
    "preflight": "Check key, credits, models and cost before recording.",
    "record": "Record cassettes against a live API.",
    "mock": "Serve a mock provider, to try things without an account.",
    "new": "Start a contract, a suite or an implementation.",
    "schema": "Print where the JSON Schemas are.",
    "validate": "Check suites, implementations and known failures.",
    "cassettes": "Show, check, scrub and import recordings of provider traffic.",
}


@click.command(
    cls=LazyGroup,
    table=_COMMANDS,
    prefix="harness.cli.",
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(__version__, prog_name="harness")
def _harness() -> None:
    """Test LLM provider integrations against their documented contract."""


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and exit: 0 as expected, 1 differences, 2 interrupted, 3 something broke,
    4 bad usage or files, 5 nothing selected."""
    sys.exit(_main(arguments))


def _main(arguments: list[str] | None) -> int:
    try:
        status = _harness.main(arguments, prog_name="harness", standalone_mode=False)
    except click.Abort:
        return 2
    except click.ClickException as error:
        error.show()
        return 4
    except BrokenPipeError:
        sys.stdout = None
        return 0
    except Exception as error:
        return _fail(error)
    return status if isinstance(status, int) else 0


def _fail(error: Exception) -> int:
    from harness.errors import HarnessError
    from harness.redaction import Redactor

    if not isinstance(error, HarnessError):
        raise error
    click.echo(Redactor()(str(error)), err=True)
    return error.exit_code
