"""What is checked before a recording, each check by itself (OR-PRE-01 to OR-PRE-09)."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from harness.errors import did_you_mean
from harness.model import Reply
from harness.recording.pricing import ModelPrices
from harness.recording.protocol import Check, Standing
from harness_openclaw.reference.answers.chat import read
from harness_openclaw.reference.answers.failures import header
from harness_openclaw.reference.openrouter.lookups import figure
from harness_openclaw.reference.openrouter.media import Endpoint
from harness_openclaw.reference.openrouter.pricing import canonical_id
from harness_openclaw.reference.openrouter.receipt import DONE, ends_well, generation_of, usage_of
from harness_openclaw.reference.openrouter.routes import CANONICAL
from harness_openclaw.reference.refusal import Failure

__all__ = [
    "AccountStatus",
    "check_account",
    "check_answer",
    "check_balance",
    "check_cost",
    "check_key",
    "check_model",
    "check_parameters",
    "check_route",
    "time_in",
    "unfit",
]

_PREFIX = "sk-or-"
_PARAMETERS: Mapping[str, tuple[str, ...]] = {
    "tools": ("tools",),
    "tool_choice": ("tool_choice",),
    "reasoning": ("reasoning", "include_reasoning"),
    "reasoning_effort": ("reasoning_effort", "reasoning"),
    "temperature": ("temperature",),
    "response_format": ("response_format", "structured_outputs"),
}
"""The fields of a request that not every model supports, and how the list of models names each."""


@dataclass(frozen=True, slots=True)
class AccountStatus:
    """What was learned of the provider. `prices` is None where it lists no models; `key_left` is what the key
    may still spend and `balance` what is left of the credits, None where there is no limit or none known."""

    checks: tuple[Check, ...]
    prices: ModelPrices | None = None
    key_left: Decimal | None = None
    balance: Decimal | None = None


# ------------------------------------------------------------------ route and key


def check_route(place: Endpoint) -> Check:
    """OR-PRE-01. Over plain http nothing may be asked, since every look-up would show the key."""
    base = place.root
    if urlsplit(base).scheme != "https":
        return Check("OR-PRE-01", "fail", f"{base} is not https: the key would be sent unencrypted.")
    if place.exact:
        return Check("OR-PRE-01", "pass", f"{base} is OpenRouter's own URL.")
    if place.host:
        return Check("OR-PRE-01", "warn", f"{base} is on OpenRouter's host, but is not {CANONICAL}.")
    return Check("OR-PRE-01", "warn", f"{base} is a custom URL: features of OpenRouter alone are off there.")


def check_key(key: str, variable: str | None = None) -> Check:
    """OR-PRE-02, of a key out of the environment's `variable`, if that is where it comes from."""
    if not key:
        missing = "There is no API key" if variable is None else f"The environment has no {variable}"
        return Check("OR-PRE-02", "fail", f"{missing}.")
    called = variable or "The API key"
    if not key.startswith(_PREFIX):
        return Check("OR-PRE-02", "warn", f"{called} does not begin with {_PREFIX}, as OpenRouter's keys do.")
    return Check("OR-PRE-02", "pass", f"{called} is set.")


def check_account(data: Mapping[str, Any], now: datetime) -> tuple[Check, Decimal | None]:
    """OR-PRE-03, of what the provider says of the key; and what that may still spend, None for no limit."""
    rule = "OR-PRE-03"
    left = figure(data.get("limit_remaining")) if data.get("limit", 0) is not None else None
    remaining = None if left is None else Decimal(str(left))
    expires = time_in(data.get("expires_at"))
    if expires is not None and expires <= now:
        return Check(rule, "fail", f"The key expired at {expires.isoformat()}."), remaining
    if remaining is not None and remaining <= 0:
        return Check(rule, "fail", "The key's limit is used up."), remaining
    may = "has no limit" if remaining is None else f"may spend ${remaining:.4f} more"
    if data.get("is_free_tier") is True:
        return Check(rule, "warn", f"The key {may}; a free tier allows 20 requests a minute."), remaining
    return Check(rule, "pass", f"The key is accepted and {may}."), remaining


def check_balance(balance: Decimal) -> Check:
    """OR-PRE-04."""
    return Check("OR-PRE-04", "pass" if balance > 0 else "fail", f"${balance:.4f} of credits left.")


# ------------------------------------------------------------------ models and cost


def check_model(prices: ModelPrices, model: str) -> Check:
    """OR-PRE-05."""
    name = canonical_id(model)
    if name in prices.models:
        return Check("OR-PRE-05", "pass", f"{name} is listed.")
    hint = did_you_mean(name, prices.models) or "."
    return Check("OR-PRE-05", "fail", f"{name or 'No model'} is not listed{hint}")


def check_parameters(prices: ModelPrices, model: str, fields: Collection[str]) -> Iterator[Check]:
    """OR-PRE-06, of a model whose requests have these `fields`: no check where it is not known."""
    listed = prices.models.get(canonical_id(model))
    asked = [field for field in _PARAMETERS if field in fields]
    if listed is None or not listed.parameters or not asked:
        return
    missing = [field for field in asked if not set(_PARAMETERS[field]).intersection(listed.parameters)]
    for field in missing:
        yield Check("OR-PRE-06", "warn", f"{listed.id} does not list {field}, which its requests have.")
    if not missing:
        yield Check("OR-PRE-06", "pass", f"{listed.id} lists {', '.join(asked)}, which its requests have.")


def check_cost(
    account: AccountStatus, estimated: Decimal, most: Decimal, *, unpriced: Sequence[str] = ()
) -> Iterator[Check]:
    """OR-PRE-07, and whether the key's limit and the balance bear it (OR-PRE-03, OR-PRE-04).

    `estimated` is what the planned calls may cost with their retries, but for those to the models of no
    known price, `unpriced`.
    """
    said = f"The calls may cost {_usd(estimated)} with retries"
    if estimated > most:
        yield Check("OR-PRE-07", "fail", f"{said}, more than the limit of ${most}.")
    elif unpriced:
        beside = f"{said}, and the" if estimated else "The"
        names = ", ".join(sorted(set(unpriced)))
        yield Check("OR-PRE-07", "warn", f"{beside} price of {names} is unknown.")
    else:
        yield Check("OR-PRE-07", "pass", f"{said}, within the limit of ${most}.")
    if account.key_left is not None and account.key_left <= estimated:
        yield Check("OR-PRE-03", "fail", f"{said}; the key may spend ${account.key_left:.4f}.")
    if account.balance is not None and account.balance < estimated:
        yield Check("OR-PRE-04", "warn", f"{said}; ${account.balance:.4f} of credits left.")


def _usd(amount: Decimal) -> str:
    """With as many places as it takes to see that it is something."""
    return f"${amount:.4f}" if not amount or amount >= Decimal("0.001") else f"${amount:.6f}"


# ------------------------------------------------------------------ the answer to a tiny call


def check_answer(reply: Reply, model: str) -> Iterator[Check]:
    """OR-PRE-08, and whether such an answer could be recorded (OR-PRE-09)."""
    try:
        read(reply)
    except Failure as failure:
        kind = failure.error_class or "of no class"
        yield Check("OR-PRE-08", "fail", f"A trial call to {model} failed ({kind}): {failure.message}.")
        return
    usage, name = usage_of(reply), generation_of(reply)
    cost = "no cost reported" if usage.cost is None else f"${usage.cost:.6f}"
    standing: Standing = "warn" if usage.cost is None or not name else "pass"
    said = f"A trial call to {model} was answered: {name or 'no id'}, {cost}."
    yield Check("OR-PRE-08", standing, said)
    wrong = unfit(reply)
    if wrong is None:
        yield Check("OR-PRE-09", "pass", "Such an answer can be recorded.")
    else:
        yield Check("OR-PRE-09", "fail", f"Such an answer is not recorded: it was {wrong}.")


def unfit(reply: Reply, *, cache_hits: bool = False) -> str | None:
    """Why an answer that did not fail is not fit to be recorded, None if it is (OR-PRE-09). With
    `cache_hits` one out of the provider's response cache is."""
    if not ends_well(reply):
        return f"a stream that does not end with {DONE}"
    status = header(reply.headers, "x-openrouter-cache-status") or ""
    if status.upper() == "HIT" and not cache_hits:
        return "one from the provider's response cache, without usage"
    return None


def time_in(value: object) -> datetime | None:
    """The moment that a text names, in UTC unless it says otherwise; None if it names none."""
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
