"""The contract by whose rules recordings are scrubbed, searched and shown."""

from __future__ import annotations

import click

from harness.contracts import pick_contract
from harness.redaction import RedactionRules

__all__ = ["rules_option"]


def _rules(context: click.Context, parameter: click.Parameter, name: str | None) -> RedactionRules:
    return RedactionRules(**pick_contract(name).redaction)


rules_option = click.option(
    "--contract",
    "rules",
    metavar="NAME",
    callback=_rules,
    help="Contract that lists which headers to keep (default: the default contract).",
)
