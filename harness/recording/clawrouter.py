"""The checks before a recording through ClawRouter: what its key may call, and what that costs."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from difflib import get_close_matches
from typing import Any
from urllib.parse import urlsplit

from harness.model import Reply, Request
from harness.recording.preflight import drive
from harness.recording.provider_client import Key, ProviderClient
from harness.redaction import Redactor
from harness_openclaw.reference import CallError, Failure
from harness_openclaw.reference.clawrouter.catalog import Catalogs, Model
from harness_openclaw.reference.clawrouter.usage import usage
from harness_openclaw.reference.client import Session
from harness_openclaw.reference.exchange import VirtualClock
from harness_openclaw.reference.openrouter.checks import Check, worst
from harness_openclaw.reference.openrouter.pricing import NO_PRICES, Listed, Prices

__all__ = ["ProviderStatus", "look_ahead_at"]

_EDITION = "latest"
_MILLION = 1_000_000
_ALL = 100.0


@dataclass(frozen=True, slots=True)
class ProviderStatus:
    """What was learned of a ClawRouter: `prices` of its models under the ids by which they are called, and
    the answers that tell them, by URL."""

    checks: tuple[Check, ...]
    prices: Prices = NO_PRICES
    looked_up: Mapping[str, Reply] | None = None


def look_ahead_at(
    caller: ProviderClient, root: str, models: Collection[str], *, assumed_output: int | None = None
) -> ProviderStatus:
    """Make every check that costs nothing, below `root`: whether there is a key that is accepted and has
    something left, and whether the catalog has the `models`. Without a key, or over plain http, nothing is
    asked."""
    key = caller.key_to(root)
    checks = [*_at_hand(root, key)]
    if worst(checks) == "fail":
        return ProviderStatus(tuple(checks))
    redactor = Redactor(secrets={key.name: key.value})
    checks.append(_budget(caller, root, key))
    looked_up: dict[str, Reply] = {}

    def answer(request: Request) -> Reply:
        looked_up[request.url] = caller.look_up(request)
        return looked_up[request.url]

    prices = NO_PRICES
    load = Catalogs().load(root, key.value, edition=_EDITION, clock=VirtualClock())
    try:
        listed = drive(load, answer)
    except CallError as error:
        checks.append(Check("CW-CAT-01", "fail", f"There is no catalog: {_told(error)}"))
    else:
        checks += _listed(listed, models)
        prices = _prices(listed, assumed_output)
    told = tuple(replace(check, sentence=redactor(check.sentence)) for check in checks)
    return ProviderStatus(told, prices, looked_up)


def _at_hand(root: str, key: Key) -> Iterator[Check]:
    if urlsplit(root).scheme != "https":
        yield Check("CW-BASE-01", "fail", f"{root} is not https: the key would be readable on its way.")
    else:
        yield Check("CW-BASE-01", "pass", f"{root} is where ClawRouter is asked.")
    if not key.value:
        yield Check("CW-AUTH-03", "fail", f"The environment has no {key.name}.")
    else:
        yield Check("CW-AUTH-03", "pass", f"{key.name} is set.")


def _budget(caller: ProviderClient, root: str, key: Key) -> Check:
    """Whether the key is accepted, and has something left."""
    given = {"base_url": root, "api_key": key.value, "edition": _EDITION}
    try:
        budget: dict[str, Any] = drive(usage(given, Session(VirtualClock())), caller.look_up)["budget"]
    except CallError as error:
        refused = isinstance(error, Failure) and error.status in (401, 403)
        return Check("CW-USE-01", "fail" if refused else "unknown", f"The key's use: {_told(error)}")
    used = [window["used_percent"] for window in budget["windows"]]
    if used and max(used) >= _ALL:
        return Check("CW-USE-02", "fail", "The key has nothing left of its monthly budget.")
    left = f"{_ALL - max(used):.1f}% of its monthly budget left" if used else "no budget of its own"
    return Check("CW-USE-02", "pass", f"The key is accepted and has {left}.")


def _listed(listed: Collection[Model], models: Collection[str]) -> Iterator[Check]:
    ids = [model.id for model in listed]
    for name in sorted(models):
        if name in ids:
            yield Check("CW-CAT-06", "pass", f"{name} is in the catalog.")
            continue
        near = get_close_matches(name, ids, n=3, cutoff=0.6)
        hint = f" Near it: {', '.join(near)}." if near else ""
        yield Check("CW-CAT-06", "fail", f"{name} is not in the catalog.{hint}")


def _prices(listed: Collection[Model], assumed_output: int | None) -> Prices:
    """The shared endpoints are asked with the catalog's id, the native ones with the provider's."""
    rows = {name: _priced(model) for model in listed for name in (model.upstream, model.id)}
    return Prices(rows, assumed_output=assumed_output)


def _priced(model: Model) -> Listed:
    """The model at the catalog's prices; where that states none, they are not known."""
    known = any(model.cost.values())
    prompt, completion = (Decimal(str(model.cost[name])) / _MILLION for name in ("input", "output"))
    return Listed(
        model.id, prompt if known else None, completion if known else None, most_output=model.max_tokens
    )


def _told(error: CallError) -> str:
    return f"{error.message.rstrip('.')}."
