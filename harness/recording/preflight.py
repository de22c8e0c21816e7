"""What is checked before anything is recorded (OR-PRE-01 to OR-PRE-08)."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from difflib import get_close_matches
from typing import Any, Literal, TypeAlias
from urllib.parse import urlsplit

import orjson

from harness.errors import HarnessError
from harness.model import JsonValue, Reply, Request
from harness.recording.calling import Call, Caller, Key, OverBudgetError
from harness.recording.failures import failure_of
from harness.recording.pricing import Prices, canonical_id, usage_of
from harness.recording.upstream import NotPlannedError

__all__ = [
    "CANONICAL",
    "Check",
    "Outlook",
    "Standing",
    "check_call",
    "check_cost",
    "look_ahead",
    "tiny_request",
    "worst",
]

Standing: TypeAlias = Literal["pass", "warn", "fail", "unknown"]

CANONICAL = "https://openrouter.ai/api/v1"
_OPENROUTER = "openrouter.ai"
_TINY = 16
_PARAMETERS: Mapping[str, tuple[str, ...]] = {
    "tools": ("tools",),
    "tool_choice": ("tool_choice",),
    "reasoning": ("reasoning", "include_reasoning"),
    "reasoning_effort": ("reasoning_effort", "reasoning"),
    "temperature": ("temperature",),
    "response_format": ("response_format", "structured_outputs"),
}


@dataclass(frozen=True, slots=True)
class Check:
    """One check, how it came out, and a sentence about it."""

    rule: str
    standing: Standing
    sentence: str


@dataclass(frozen=True, slots=True)
class Outlook:
    """What was learned of the provider. `prices` is None where it lists no models; `key_left` is what the key
    may still spend and `balance` what is left of the credits, None where there is no limit or none known."""

    checks: tuple[Check, ...]
    prices: Prices | None = None
    key_left: Decimal | None = None
    balance: Decimal | None = None


def worst(checks: Collection[Check]) -> Standing:
    """The standing of them all together."""
    for standing in ("fail", "warn", "unknown"):
        if any(check.standing == standing for check in checks):
            return standing
    return "pass"


def look_ahead(
    caller: Caller,
    base_url: str,
    models: Mapping[str, Collection[str]],
    *,
    may_be_missing: Collection[str] = (),
    now: datetime | None = None,
    assumed_output: int | None = None,
) -> Outlook:
    """Make every check that costs nothing.

    `models` are the ids that will be asked for, each with the fields of the body that its requests use;
    those in `may_be_missing` are expected to be refused.
    """
    base = base_url.rstrip("/")
    checks = [_route(base), _key(caller.key)]
    if worst(checks) == "fail":
        return Outlook(tuple(checks))
    key_check, key_left = _key_at_provider(caller, base, now or datetime.now(UTC))
    credit_check, balance = _credits(caller, base)
    found = _models(caller, base, assumed_output)
    checks += [key_check, credit_check]
    if isinstance(found, Check):
        return Outlook((*checks, found), None, key_left, balance)
    unlisted = [model for model in may_be_missing if canonical_id(model) not in found.models]
    for model, fields in models.items():
        if model not in unlisted:
            checks.append(_listed(found, model))
            checks += _parameters(found, model, fields)
    if unlisted:
        checks.append(_expected_to_be_missing(unlisted))
    return Outlook(tuple(checks), found, key_left, balance)


# ------------------------------------------------------------------ route and key


def _route(base: str) -> Check:
    """OR-PRE-01."""
    parts = urlsplit(base)
    host = (parts.hostname or "").lower()
    if parts.scheme != "https":
        return Check("OR-PRE-01", "fail", f"{base} is not https: the key would be readable on its way.")
    if base in (CANONICAL, f"https://{_OPENROUTER}/v1"):
        return Check("OR-PRE-01", "pass", f"{base} is OpenRouter's own URL.")
    if host == _OPENROUTER or host.endswith(f".{_OPENROUTER}"):
        return Check("OR-PRE-01", "warn", f"{base} is on OpenRouter's host, but is not {CANONICAL}.")
    return Check("OR-PRE-01", "warn", f"{base} is a custom URL: what is OpenRouter's only is off there.")


def _key(key: Key) -> Check:
    """OR-PRE-02."""
    if not key.value:
        return Check("OR-PRE-02", "fail", f"The environment has no {key.name}.")
    if not key.value.startswith("sk-or-"):
        return Check("OR-PRE-02", "warn", f"{key.name} does not begin with sk-or-, as OpenRouter's keys do.")
    return Check("OR-PRE-02", "pass", f"{key.name} is set.")


def _key_at_provider(caller: Caller, base: str, now: datetime) -> tuple[Check, Decimal | None]:
    """OR-PRE-03, and what the key may still spend."""
    rule = "OR-PRE-03"
    reply = _get(caller, f"{base}/key")
    if reply is None or reply.fault is not None or reply.status >= 400:
        standing: Standing = "fail" if reply is not None and reply.status in (401, 403) else "unknown"
        return Check(rule, standing, f"The key could not be looked up: {_why(reply)}."), None
    data = _data(reply)
    expires = _time(data.get("expires_at"))
    if expires is not None and expires <= now:
        return Check(rule, "fail", f"The key expired at {expires.isoformat()}."), None
    remaining = _decimal(data.get("limit_remaining"))
    if data.get("limit") is not None and remaining is not None and remaining <= 0:
        return Check(rule, "fail", "The key has nothing left of its limit."), remaining
    left = "has no limit" if remaining is None else f"may spend ${remaining:.4f} more"
    if data.get("is_free_tier") is True:
        return Check(rule, "warn", f"The key {left}; a free tier allows 20 requests a minute."), remaining
    return Check(rule, "pass", f"The key is accepted and {left}."), remaining


def _credits(caller: Caller, base: str) -> tuple[Check, Decimal | None]:
    """OR-PRE-04, and the balance."""
    rule = "OR-PRE-04"
    reply = _get(caller, f"{base}/credits")
    if reply is None or reply.fault is not None or reply.status >= 400:
        return Check(rule, "unknown", f"The balance is not known: {_why(reply)}."), None
    data = _data(reply)
    bought, used = _decimal(data.get("total_credits")), _decimal(data.get("total_usage"))
    if bought is None or used is None:
        return Check(rule, "unknown", "The balance is not known: the answer does not say it."), None
    balance = bought - used
    standing: Standing = "pass" if balance > 0 else "fail"
    return Check(rule, standing, f"${balance:.4f} of credits are left."), balance


# ------------------------------------------------------------------ models and cost


def _models(caller: Caller, base: str, assumed_output: int | None) -> Prices | Check:
    reply = _get(caller, f"{base}/models", with_key=False)
    if reply is not None and reply.fault is None and reply.status < 400:
        try:
            return Prices.listed(_json(reply), assumed_output=assumed_output)
        except ValueError as error:
            return Check("OR-PRE-05", "unknown", f"The list of models cannot be read: {error}.")
    return Check("OR-PRE-05", "unknown", f"There is no list of models: {_why(reply)}.")


def _listed(prices: Prices, model: str) -> Check:
    """OR-PRE-05."""
    name = canonical_id(model)
    if name in prices.models:
        return Check("OR-PRE-05", "pass", f"{name} is listed.")
    near = get_close_matches(name, list(prices.models), n=3, cutoff=0.6)
    hint = f" Near it: {', '.join(near)}." if near else ""
    return Check("OR-PRE-05", "fail", f"{name or 'No model'} is not listed.{hint}")


def _expected_to_be_missing(models: Sequence[str]) -> Check:
    one = len(models) == 1
    named = models[0] if one else f"{len(models)} models"
    verb, whose = ("is", "its") if one else ("are", "their")
    return Check("OR-PRE-05", "pass", f"{named} {verb} not listed, and {whose} cases expect to be refused.")


def _parameters(prices: Prices, model: str, fields: Collection[str]) -> Iterator[Check]:
    """OR-PRE-06."""
    listed = prices.models.get(canonical_id(model))
    if listed is None or not listed.parameters:
        return
    for field, names in _PARAMETERS.items():
        if field in fields and not set(names).intersection(listed.parameters):
            yield Check("OR-PRE-06", "warn", f"{listed.id} does not list {field}, which its requests have.")


def check_cost(
    outlook: Outlook, estimated: Decimal, most: Decimal, *, unpriced: Sequence[str] = ()
) -> Iterator[Check]:
    """OR-PRE-07, and whether the key's limit and the balance bear it (OR-PRE-03, OR-PRE-04).

    `estimated` is what the planned calls may cost with their retries, but for those to the models of no
    known price, `unpriced`.
    """
    said = f"The calls may cost ${estimated:.4f} with retries"
    if estimated > most:
        yield Check("OR-PRE-07", "fail", f"{said}, more than the ${most} of --max-cost.")
    elif unpriced:
        names = ", ".join(sorted(set(unpriced)))
        yield Check("OR-PRE-07", "warn", f"{said}, and there is no known price for {names}.")
    else:
        yield Check("OR-PRE-07", "pass", f"{said}, within the ${most} of --max-cost.")
    if outlook.key_left is not None and outlook.key_left <= estimated:
        yield Check("OR-PRE-03", "fail", f"{said}; the key may spend ${outlook.key_left:.4f}.")
    if outlook.balance is not None and outlook.balance < estimated:
        yield Check("OR-PRE-04", "warn", f"{said}; ${outlook.balance:.4f} of credits are left.")


def tiny_request(base_url: str, model: str, key: Key) -> Request:
    """A call of a few tokens, in and out."""
    asked = {"model": model, "messages": [{"role": "user", "content": "Say OK."}], "max_tokens": _TINY}
    return Request(
        "POST",
        f"{base_url.rstrip('/')}/chat/completions",
        (("Content-Type", "application/json"), ("Authorization", f"Bearer {key.value}")),
        orjson.dumps(asked),
    )


def check_call(caller: Caller, base_url: str, model: str) -> tuple[Check, Call | None]:
    """OR-PRE-08: make one tiny call, which costs money; gives the call, too, if it was made."""
    rule = "OR-PRE-08"
    try:
        call = caller.call(tiny_request(base_url, model, caller.key))
    except (OverBudgetError, NotPlannedError) as error:
        return Check(rule, "fail", f"A tiny call was not made: {error.message}."), None
    reply = call.finish()
    failure = failure_of(reply)
    if failure is not None:
        why = call.arriving.problem or failure.said
        return Check(rule, "fail", f"A tiny call to {model} failed ({failure.kind}): {why}"), call
    usage, name = usage_of(reply), _generation(reply)
    cost = "no cost reported" if usage.cost is None else f"${usage.cost:.6f}"
    standing: Standing = "warn" if usage.cost is None or not name else "pass"
    said = f"A tiny call to {model} was answered: {name or 'no id'}, {cost}."
    return Check(rule, standing, said), call


# ------------------------------------------------------------------ asking


def _get(caller: Caller, url: str, *, with_key: bool = True) -> Reply | None:
    """The answer to a look-up; None if its host may not be reached."""
    headers = (("Authorization", f"Bearer {caller.key.value}"),) if with_key else ()
    try:
        return caller.look_up(Request("GET", url, headers))
    except HarnessError:
        return None


def _why(reply: Reply | None) -> str:
    if reply is None:
        return "its host is not among those of this recording"
    failure = failure_of(reply)
    return "the answer makes no sense" if failure is None else failure.said.rstrip(".")


def _json(reply: Reply) -> JsonValue:
    try:
        return orjson.loads(reply.body)
    except orjson.JSONDecodeError:
        return None


def _data(reply: Reply) -> Mapping[str, Any]:
    value = _json(reply)
    data = value.get("data") if isinstance(value, dict) else None
    return data if isinstance(data, dict) else {}


def _decimal(value: object) -> Decimal | None:
    return Decimal(str(value)) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _time(value: object) -> datetime | None:
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def _generation(reply: Reply) -> str:
    value = _json(reply)
    stated = value.get("id") if isinstance(value, dict) else None
    if isinstance(stated, str):
        return stated
    return next((text for name, text in reply.headers if name.lower() == "x-generation-id"), "")
