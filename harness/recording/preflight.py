"""The checks before a recording, made over its own way to the provider (OR-PRE).

What is checked, and how, is the reference's own operation `preflight`; here it is only driven.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import TypeVar

from harness.errors import HarnessError
from harness.model import Reply, Request
from harness.recording.provider_client import Call, ProviderClient
from harness.recording.upstream import UntrustedError
from harness_openclaw.reference.exchange import Exchange
from harness_openclaw.reference.openrouter import preflight
from harness_openclaw.reference.openrouter.checks import Check, PreflightReport
from harness_openclaw.reference.refusal import Refusal

__all__ = ["access_of", "check_call", "drive", "look_ahead"]

T = TypeVar("T")


def access_of(caller: ProviderClient, base_url: str) -> preflight.Access:
    """The way to the provider at `base_url` with the caller's key."""
    key = caller.key_to(base_url)
    return preflight.Access(base_url, key.value, key.name)


def look_ahead(
    caller: ProviderClient,
    base_url: str,
    models: Mapping[str, Collection[str]],
    *,
    may_be_missing: Collection[str] = (),
    now: datetime | None = None,
    assumed_output: int | None = None,
) -> PreflightReport:
    """Make every check that costs nothing.

    `models` are the ids that will be asked for, each with the fields of the body that its requests use;
    those in `may_be_missing` are expected to be refused.
    """
    exchange = preflight.look_ahead(
        access_of(caller, base_url),
        models,
        may_be_missing=may_be_missing,
        now=now,
        assumed_output=assumed_output,
    )
    return drive(exchange, caller.look_up)


def check_call(caller: ProviderClient, base_url: str, model: str) -> tuple[tuple[Check, ...], Call | None]:
    """Make one tiny call, which costs money; gives the call, too, if it was made (OR-PRE-08, OR-PRE-09)."""
    made: list[Call] = []

    def answer(request: Request) -> Reply:
        made.append(caller.call(request))
        return made[-1].finish()

    checks = drive(preflight.call_once(access_of(caller, base_url), model), answer)
    return checks, made[-1] if made else None


def drive(exchange: Exchange[T], answer: Callable[[Request], Reply]) -> T:
    """Make an exchange of requests alone. One that may not be sent is refused within it; `UntrustedError`
    ends it, since the same would come of every other."""
    try:
        step = next(exchange)
        while True:
            assert isinstance(step, Request)
            try:
                reply = answer(step)
            except UntrustedError:
                raise
            except HarnessError as error:
                step = exchange.throw(Refusal(error.message))
            else:
                step = exchange.send(reply)
    except StopIteration as end:
        result: T = end.value
        return result
