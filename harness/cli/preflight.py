"""`harness preflight`: is everything ready for a recording?"""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import click

from harness.cli.upstream import Veil, open_upstream, reaching, read_keys, show_checks
from harness.recording import (
    NO_PRICES,
    Budget,
    Caller,
    access_of,
    check_call,
    check_cost,
    look_ahead,
    worst,
)
from harness.recording.upstream import host_of
from harness.reference.openrouter.preflight import tiny_request
from harness.reference.openrouter.routes import CANONICAL

__all__ = ["command"]


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

    Each MODEL gets one call of a few tokens, which is paid for; without -m nothing is spent. The key comes
    from the environment and is never shown.

    Exit codes: 0 ready (perhaps with warnings), 1 a check failed, 4 bad usage.
    """
    key, keys = read_keys(key_env)
    veil = Veil(key, *keys.values())
    names = [model.removeprefix("openrouter/") if model.count("/") > 1 else model for model in models]
    with open_upstream([host_of(base_url)], routes, ca_file, silence) as upstream:
        caller = Caller(upstream, key, Budget(max_cost), keys=keys)
        outlook = look_ahead(caller, base_url, dict.fromkeys(names, ()))
        checks = list(outlook.checks)
        show_checks(checks, veil)
        if names and worst(checks) != "fail":
            caller.prices = outlook.prices or NO_PRICES
            access = access_of(caller, base_url)
            estimates = [caller.prices.estimate(tiny_request(access, name).body) for name in names]
            estimated = sum((each.cost or Decimal() for each in estimates), Decimal())
            unpriced = [each.model for each in estimates if each.cost is None]
            more = list(check_cost(outlook, estimated, max_cost, unpriced=unpriced))
            show_checks(more, veil)
            checks += more
            if worst(more) != "fail":
                calls = [check for name in names for check in check_call(caller, base_url, name)[0]]
                show_checks(calls, veil)
                checks += calls
    return 1 if worst(checks) == "fail" else 0
