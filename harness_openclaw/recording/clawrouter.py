"""The checks before a recording through ClawRouter: what its key may call, and what that costs."""

from __future__ import annotations

from collections.abc import Collection, Generator, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from harness.errors import did_you_mean
from harness.model import Reply, Request
from harness.recording.pricing import ModelPrice, ModelPrices
from harness.recording.protocol import Check, Key, worst
from harness.redaction import Redactor
from harness_openclaw.recording.look_ups import look_ups
from harness_openclaw.reference import CallError, Failure
from harness_openclaw.reference.clawrouter.catalog import Catalogs, Model
from harness_openclaw.reference.clawrouter.usage import usage
from harness_openclaw.reference.client import Session
from harness_openclaw.reference.exchange import VirtualClock

__all__ = ["ProviderStatus", "check_router"]

_EDITION = "latest"
_MILLION = 1_000_000
_ALL = 100.0


@dataclass(frozen=True, slots=True)
class ProviderStatus:
    """What was learned of a ClawRouter: the `prices` of its models under the ids by which they are called,
    and the replies to the look-ups, by URL."""

    checks: tuple[Check, ...]
    prices: ModelPrices
    looked_up: Mapping[str, Reply]


def check_router(
    root: str, key: Key | None, models: Collection[str], *, assumed_output: int | None = None
) -> Generator[Request, Reply, ProviderStatus]:
    """Make every check that costs nothing, below `root`: whether there is a key that is accepted and has
    budget left, and whether the catalog has the `models`. Without a key, or over plain http, nothing is
    sent."""
    looked_up: dict[str, Reply] = {}
    prices = ModelPrices(assumed_output=assumed_output)
    checks = [*_at_hand(root, key)]
    if key is None or worst(checks) == "fail":
        return ProviderStatus(tuple(checks), prices, looked_up)
    redactor = Redactor(secrets={key.name: key.value})
    checks.append((yield from _budget(root, key)))
    try:
        load = Catalogs().load(root, key.value, edition=_EDITION, clock=VirtualClock())
        listed = yield from look_ups(load, looked_up)
    except CallError as error:
        checks.append(Check("CW-CAT-01", "fail", f"The catalog is not available: {_message(error)}"))
    else:
        checks += _listed(listed, models)
        prices = _prices(listed, assumed_output)
    masked = tuple(replace(check, sentence=redactor(check.sentence)) for check in checks)
    return ProviderStatus(masked, prices, looked_up)


def _at_hand(root: str, key: Key | None) -> Iterator[Check]:
    if urlsplit(root).scheme != "https":
        yield Check("CW-BASE-01", "fail", f"{root} is not https: the key would be sent unencrypted.")
    else:
        yield Check("CW-BASE-01", "pass", f"{root} is ClawRouter's root.")
    if key is None:
        yield Check("CW-AUTH-03", "fail", f"No key is allowed for {root}; name one with --key-env HOST=NAME.")
    elif not key.value:
        yield Check("CW-AUTH-03", "fail", f"The environment has no {key.name}.")
    else:
        yield Check("CW-AUTH-03", "pass", f"{key.name} is set.")


def _budget(root: str, key: Key) -> Generator[Request, Reply, Check]:
    """Check whether the key is accepted and has budget left."""
    given = {"base_url": root, "api_key": key.value, "edition": _EDITION}
    try:
        outcome = yield from look_ups(usage(given, Session(VirtualClock())))
    except CallError as error:
        refused = isinstance(error, Failure) and error.status in (401, 403)
        return Check("CW-USE-01", "fail" if refused else "unknown", f"The key's usage: {_message(error)}")
    budget: dict[str, Any] = outcome["budget"]
    used = [window["used_percent"] for window in budget["windows"]]
    if used and max(used) >= _ALL:
        return Check("CW-USE-02", "fail", "The key's monthly budget is used up.")
    left = f"{_ALL - max(used):.1f}% of its monthly budget left" if used else "no budget of its own"
    return Check("CW-USE-02", "pass", f"The key is accepted and has {left}.")


def _listed(listed: Collection[Model], models: Collection[str]) -> Iterator[Check]:
    ids = [model.id for model in listed]
    for name in sorted(models):
        if name in ids:
            yield Check("CW-CAT-06", "pass", f"{name} is in the catalog.")
            continue
        yield Check("CW-CAT-06", "fail", f"{name} is not in the catalog{did_you_mean(name, ids) or '.'}")


def _prices(listed: Collection[Model], assumed_output: int | None) -> ModelPrices:
    """Return the prices under the catalog's ids (shared endpoints) and the providers' (native ones)."""
    rows = {name: _priced(model) for model in listed for name in (model.upstream, model.id)}
    return ModelPrices(rows, assumed_output=assumed_output)


def _priced(model: Model) -> ModelPrice:
    """Return the model at the catalog's prices; where that states none, they are unknown."""
    known = any(model.cost.values())
    prompt, completion = (Decimal(str(model.cost[name])) / _MILLION for name in ("input", "output"))
    return ModelPrice(
        model.id, prompt if known else None, completion if known else None, most_output=model.max_tokens
    )


def _message(error: CallError) -> str:
    return f"{error.message.rstrip('.')}."
