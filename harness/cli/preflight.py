"""`harness preflight`: is everything ready for a recording?"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

import click

from harness.cli.upstream import echo, open_upstream, reaching, read_keys, redactor_of, show_checks
from harness.recording import (
    NO_PRICES,
    Budget,
    Check,
    ProviderClient,
    access_of,
    check_call,
    check_cost,
    look_ahead,
    look_ahead_at,
    worst,
)
from harness.recording.upstream import host_of
from harness.redaction import Redactor
from harness_openclaw.reference.clawrouter.access import DEFAULT_ROOT
from harness_openclaw.reference.openrouter.preflight import tiny_request
from harness_openclaw.reference.openrouter.routes import CANONICAL

__all__ = ["command"]

_THROUGH = "clawrouter/"
_AT_HAND = frozenset({"OR-PRE-01", "OR-PRE-02", "CW-BASE-01", "CW-AUTH-03"})
"""The rules whose checks ask nobody."""


@click.command("preflight")
@click.option(
    "-m",
    "--model",
    "models",
    multiple=True,
    metavar="MODEL",
    help="Model id to check and to call; repeatable.",
)
@click.option("--base-url", default=CANONICAL, metavar="URL", show_default=True)
@reaching
def command(
    models: tuple[str, ...],
    base_url: str,
    routes: tuple[str, ...],
    ca_file: Path | None,
    key_env: tuple[str, ...],
    max_cost: Decimal,
    silence: float,
) -> int:
    """Check the route, the key, the credits, the models and the cost of a recording (OR-PRE).

    Each MODEL gets one call of a few tokens, which is paid for; without -m nothing is spent. One that begins
    with clawrouter/ is looked for in ClawRouter's catalog, and not called. Keys come from the environment
    and are never shown.

    Exit codes: 0 ready (perhaps with warnings), 1 a check failed or nobody answered, 4 bad usage.
    """
    key, keys = read_keys(key_env)
    redactor = redactor_of([key, *keys.values()])
    names = [model.removeprefix("openrouter/") if model.count("/") > 1 else model for model in models]
    routed = [name.removeprefix(_THROUGH) for name in names if name.startswith(_THROUGH)]
    named = [name for name in names if not name.startswith(_THROUGH)]
    hosts = [host_of(base_url), *([host_of(DEFAULT_ROOT)] if routed else ())]
    with open_upstream(hosts, routes, ca_file, silence) as upstream:
        caller = ProviderClient(upstream, key, Budget(max_cost), keys=keys)
        checks = [*look_ahead_at(caller, DEFAULT_ROOT, routed).checks] if routed else []
        show_checks(checks, redactor)
        if named or not routed:
            checks += _checked(caller, base_url, named, redactor)
    asked = {check.standing for check in checks if check.rule not in _AT_HAND}
    if asked == {"unknown"}:
        echo("nothing that was asked has been answered: whether it is ready is not known", redactor, fg="red")
        return 1
    return 1 if worst(checks) == "fail" else 0


def _checked(caller: ProviderClient, base_url: str, names: Sequence[str], redactor: Redactor) -> list[Check]:
    """OpenRouter's checks, shown as they are made: look-ups, the cost, and a call of each model."""
    outlook = look_ahead(caller, base_url, dict.fromkeys(names, ()))
    checks = [*outlook.checks]
    show_checks(checks, redactor)
    if not names or worst(checks) == "fail":
        return checks
    caller.prices = outlook.prices or NO_PRICES
    access = access_of(caller, base_url)
    estimates = [caller.prices.estimate(tiny_request(access, name).body) for name in names]
    estimated = sum((each.cost or Decimal() for each in estimates), Decimal())
    unpriced = [each.model for each in estimates if each.cost is None]
    more = list(check_cost(outlook, estimated, caller.budget.most, unpriced=unpriced))
    show_checks(more, redactor)
    checks += more
    if worst(more) != "fail":
        calls = [check for name in names for check in check_call(caller, base_url, name)[0]]
        show_checks(calls, redactor)
        checks += calls
    return checks
