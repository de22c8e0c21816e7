"""Before a recording: look-ups that cost nothing, and one call that shows what is really charged (OR-PRE).

`harness preflight` and `harness record` make the same exchanges as the client's operation `preflight`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

import orjson

from harness.model import JsonValue, Request
from harness.recording.pricing import ModelPrices
from harness.recording.protocol import Check, worst
from harness_openclaw.reference.exchange import Exchange, Outcome, ask
from harness_openclaw.reference.openrouter import chat, checks, lookups
from harness_openclaw.reference.openrouter.checks import AccountStatus
from harness_openclaw.reference.openrouter.media import Endpoint
from harness_openclaw.reference.openrouter.params import number
from harness_openclaw.reference.openrouter.pricing import NO_PRICES, canonical_id, prices_in
from harness_openclaw.reference.refusal import CallError, Failure, Refusal

if TYPE_CHECKING:
    from harness_openclaw.reference.client import Session

__all__ = ["Access", "call_once", "look_ahead", "preflight", "tiny_request"]

_TINY = 16
_CALLS, _RETRIES, _MAX_COST = 1, 2, 0.1


class Access:
    """A way to the provider: its base URL (none: OpenRouter's), and the key, empty if there is none, with the
    environment's `variable` that it comes from. Messages pass `redactor`."""

    def __init__(self, base_url: str | None, key: str, variable: str | None = None) -> None:
        self.key = key
        self.variable = variable
        self.redactor = lookups.redactor_of(key)
        self._base_url = base_url

    @property
    def place(self) -> Endpoint:
        """Raises `Refusal` for a base URL that is not an absolute http(s) URL."""
        return lookups.endpoint(self._base_url)

    def at_hand(self) -> tuple[Check, Check]:
        """What can be said without asking anybody (OR-PRE-01, OR-PRE-02)."""
        try:
            route = checks.check_route(self.place)
        except Refusal as refusal:
            route = Check("OR-PRE-01", "fail", f"{refusal.message}.")
        return route, checks.check_key(self.key, self.variable)


def preflight(given: Mapping[str, JsonValue], session: Session) -> Exchange[Outcome]:
    """`checks`: a line for each rule that could be checked, with the worst that was found.

    With a `model`, what the other inputs describe is the planned call: it is priced for `calls` of them
    (else 1), each repeated up to `retries` times (else 2), and compared with `max_cost` dollars (else 0.1).
    Unless a check failed, a tiny call follows, which is paid for. `now` is the time that a key is to be
    valid at, else the present.

    Raises `Refusal` for inputs that make no sense; what the provider refuses is a check that failed.
    """
    edition = lookups.edition_of(given)
    access = Access(lookups.base_url_of(given), _key(given))
    planned: Request | None = None
    if given.get("model") is not None and worst(access.at_hand()) != "fail":
        planned = chat.shape({**given, "edition": edition, "api_key": access.key})
    body = {} if planned is None else orjson.loads(planned.body)
    model: str = body.get("model", "")
    account = yield from look_ahead(access, {model: body} if body else {}, now=_now(given.get("now")))
    found = list(account.checks)
    if planned is not None and worst(found) != "fail":
        estimate = (account.prices or NO_PRICES).estimate(planned)
        times = _figure(given, "calls", _CALLS) * (1 + _figure(given, "retries", _RETRIES))
        cost, most = (estimate.cost or Decimal()) * times, _figure(given, "max_cost", _MAX_COST)
        unpriced = [model] if estimate.cost is None else []
        found += checks.check_cost(account, cost, most, unpriced=unpriced)
        if worst(found) != "fail":
            found += yield from call_once(access, model)
    return {"checks": _by_rule(found)}


def look_ahead(
    access: Access,
    models: Mapping[str, Collection[str]],
    *,
    may_be_missing: Collection[str] = (),
    now: datetime | None = None,
    assumed_output: int | None = None,
) -> Exchange[AccountStatus]:
    """Make every check that costs nothing. Nothing is sent over plain http, or without a key.

    `models` are the ids that will be asked for, each with the fields of the body that its requests use;
    those in `may_be_missing` are expected to be refused. A request that the driver of the exchange does
    not make is a `Refusal` thrown into it.
    """
    found = list(access.at_hand())
    if worst(found) == "fail":
        return AccountStatus(_masked(found, access))
    key, left = yield from _account(access, now or datetime.now(UTC))
    credit, balance = yield from _balance(access)
    prices = yield from _prices(access, assumed_output)
    found += [key, credit]
    if isinstance(prices, Check):
        return AccountStatus(_masked([*found, prices], access), None, left, balance)
    unlisted = [model for model in may_be_missing if canonical_id(model) not in prices.models]
    for model, fields in models.items():
        if model not in unlisted:
            found.append(checks.check_model(prices, model))
            found += checks.check_parameters(prices, model, fields)
    if unlisted:
        found.append(_expected_to_be_missing(unlisted))
    return AccountStatus(_masked(found, access), prices, left, balance)


def call_once(access: Access, model: str) -> Exchange[tuple[Check, ...]]:
    """OR-PRE-08 and OR-PRE-09: make one tiny call, which costs money. Driven as `look_ahead` is."""
    try:
        reply = yield from ask(tiny_request(access, model))
    except Refusal as refusal:
        return (Check("OR-PRE-08", "fail", f"A trial call was not made: {_told(refusal)}"),)
    return _masked(checks.check_answer(reply, model), access)


def tiny_request(access: Access, model: str) -> Request:
    """A call of a few tokens, in and out, whose answer is streamed as those to be recorded are."""
    asked = {
        "model": model,
        "messages": [{"role": "user", "content": "Say OK."}],
        "max_tokens": _TINY,
        "stream": True,
    }
    stated = (("Content-Type", "application/json"), ("Authorization", f"Bearer {access.key}"))
    return Request("POST", access.place.url("/chat/completions"), stated, orjson.dumps(asked))


# ------------------------------------------------------------------ look-ups


def _account(access: Access, now: datetime) -> Exchange[tuple[Check, Decimal | None]]:
    label = "The key could not be looked up"
    try:
        data = yield from lookups.account(access.place, access.key, access.redactor, label=label)
    except CallError as error:
        refused = isinstance(error, Failure) and error.status in (401, 403)
        return Check("OR-PRE-03", "fail" if refused else "unknown", _told(error)), None
    return checks.check_account(data, now)


def _balance(access: Access) -> Exchange[tuple[Check, Decimal | None]]:
    label = "The balance is unknown"
    try:
        bought, used = yield from lookups.balance(access.place, access.key, access.redactor, label=label)
    except CallError as error:
        return Check("OR-PRE-04", "unknown", _told(error)), None
    return checks.check_balance(bought - used), bought - used


def _prices(access: Access, assumed_output: int | None) -> Exchange[ModelPrices | Check]:
    label = "The list of models is not available"
    try:
        answer = yield from lookups.model_list(access.place.url("/models"), label=label)
    except CallError as error:
        return Check("OR-PRE-05", "unknown", _told(error))
    return prices_in(answer, assumed_output=assumed_output)


def _expected_to_be_missing(models: Sequence[str]) -> Check:
    one = len(models) == 1
    named = models[0] if one else f"{len(models)} models"
    verb, whose = ("is", "its") if one else ("are", "their")
    return Check("OR-PRE-05", "pass", f"{named} {verb} not listed, and {whose} cases expect to be refused.")


def _told(error: CallError) -> str:
    return f"{error.message.rstrip('.')}."


def _masked(found: Iterable[Check], access: Access) -> tuple[Check, ...]:
    return tuple(replace(check, sentence=access.redactor(check.sentence)) for check in found)


# ------------------------------------------------------------------ inputs and outcome


def _by_rule(found: Sequence[Check]) -> list[JsonValue]:
    """One line for each rule, in their order, with the worst standing and all that was said of it."""
    rules: dict[str, list[Check]] = {}
    for check in sorted(found, key=lambda check: check.rule):
        rules.setdefault(check.rule, []).append(check)
    return [
        {"rule": rule, "standing": worst(made), "message": " ".join(check.sentence for check in made)}
        for rule, made in rules.items()
    ]


def _key(given: Mapping[str, JsonValue]) -> str:
    try:
        return lookups.key_of(given)
    except Refusal:
        return ""


def _figure(given: Mapping[str, JsonValue], name: str, otherwise: float) -> Decimal:
    value = given.get(name)
    value = otherwise if value is None else value
    if not number(value) or value < 0:
        raise Refusal(f"{name} is {value!r}, which must be a number from 0")
    return Decimal(str(value))


def _now(given: JsonValue) -> datetime | None:
    if given is None:
        return None
    moment = checks.time_in(given)
    if moment is None:
        raise Refusal(f"now is {given!r}, which must be a time such as 2026-03-01T00:00:00Z")
    return moment
