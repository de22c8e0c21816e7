"""`harness preflight`: is everything ready for a recording?"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path

import click

from harness.cli.upstream import echo, open_upstream, reaching, read_keys, redactor_of, show_check
from harness.contracts import Contract, default_contract, named_contract
from harness.recording.preflight import make_trial, run_checks
from harness.recording.protocol import Check, Preflight, PreflightReport, worst
from harness.recording.provider import Provider
from harness.recording.provider_client import Budget, ProviderClient
from harness.redaction import Redactor

__all__ = ["command"]


@click.command("preflight")
@click.option(
    "--contract", metavar="NAME", help="Contract whose checks are run (default: the default contract)."
)
@click.option(
    "-m",
    "--model",
    "models",
    multiple=True,
    metavar="MODEL",
    help="Model to check and call (repeatable).",
)
@click.option("--base-url", default="", metavar="URL", help="Base URL to check (default: the contract's).")
@reaching
def command(
    contract: str | None,
    models: tuple[str, ...],
    base_url: str,
    routes: tuple[str, ...],
    ca_file: Path | None,
    key_env: tuple[str, ...],
    max_cost: Decimal,
    allow_unpriced: bool,
    silence: float,
) -> int:
    """Run a contract's checks of its provider: key, credits, models and cost, for example.

    Each MODEL is checked and, if the contract supports it, called with a few tokens, which costs money;
    without -m nothing is spent. Keys come from the environment and are never shown.

    Exit codes: 0 ready, perhaps with warnings, 1 a check failed or none was answered, 4 bad usage, 5 no
    checks.
    """
    chosen = default_contract() if contract is None else named_contract(contract)
    provider = Provider.of(chosen)
    if not provider.has_checks:
        click.echo(f"the contract {chosen.name} has no checks")
        return 5
    keys = read_keys(chosen, key_env)
    with open_upstream(chosen, keys, routes, ca_file, silence, base_url=base_url) as upstream:
        client = ProviderClient(
            upstream, keys, Budget(max_cost, allow_unpriced=allow_unpriced), provider=provider
        )
        return _run(client, chosen, models, base_url, redactor_of(keys))


def _run(
    client: ProviderClient, contract: Contract, models: tuple[str, ...], base_url: str, redactor: Redactor
) -> int:
    preflight = Preflight((), models, base_url or contract.base_url, client.keys.key_for)
    checked = run_checks(client.provider.checks(preflight), client, lambda check: show_check(check, redactor))
    for host, problem in client.unreachable.items():
        echo(f"{host}: {problem}", redactor, fg="red")
    if checked.unanswered:
        echo("no check was answered; readiness unknown", redactor, fg="red")
        return 1
    if worst(checked.checks) == "fail":
        return 1
    client.prices.update(checked.report.prices)
    return 0 if _make_trials(client, preflight, checked.report, redactor) else 1


def _make_trials(
    client: ProviderClient, preflight: Preflight, report: PreflightReport, redactor: Redactor
) -> bool:
    """Make the trial calls if they are affordable; return whether nothing failed."""
    requests = client.provider.trials(preflight)
    if not requests:
        return True
    estimates = [client.estimate(request) for request in requests]
    cost = sum((each.cost or Decimal() for each in estimates), Decimal())
    unpriced = [each.model for each in estimates if each.cost is None]
    checks = _shown(report.check_cost(cost, client.budget.most, unpriced), redactor)
    objection = client.budget.objection(cost, unpriced)
    if objection:
        echo(objection, redactor, fg="red")
    if objection or worst(checks) == "fail":
        return False
    answered = [_shown(make_trial(request, client)[0], redactor) for request in requests]
    return all(worst(each) != "fail" for each in answered)


def _shown(checks: Iterable[Check], redactor: Redactor) -> tuple[Check, ...]:
    shown = tuple(checks)
    for check in shown:
        show_check(check, redactor)
    return shown
