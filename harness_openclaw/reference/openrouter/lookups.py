"""What OpenRouter says of its models, of a key and of the credits behind it: requests that cost nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from harness.model import Headers, JsonValue, Request
from harness.redaction import Redactor
from harness_openclaw.editions import DEFAULT_EDITION
from harness_openclaw.reference.answers.failures import json_of, raise_for_failure
from harness_openclaw.reference.exchange import Exchange, Outcome, ask
from harness_openclaw.reference.openrouter import config as configuration
from harness_openclaw.reference.openrouter import headers, refs, routes
from harness_openclaw.reference.openrouter.media import Endpoint, endpoint_of
from harness_openclaw.reference.openrouter.pricing import amount, rows_of
from harness_openclaw.reference.refusal import Failure, Unsupported

if TYPE_CHECKING:
    from harness_openclaw.reference.client import Session

__all__ = [
    "account",
    "balance",
    "base_url_of",
    "credits",
    "edition_of",
    "endpoint",
    "figure",
    "key",
    "key_of",
    "model_list",
    "models",
]

_EDITIONS = {"2026-04", "2026-05", "latest"}
_TIMEOUT_MS = 10_000
_ACCOUNT = ("label", "creator_user_id", "user_id", "workspace_id")
_NOTHING: Mapping[str, Any] = {}
_MILLION = 1_000_000
_PRICES = ("prompt", "completion", "input_cache_read", "input_cache_write")
_CONTEXT, _MOST_OUTPUT = 200_000, 8192
"""What is assumed of a model that does not say (OR-REF-07)."""


# ------------------------------------------------------------------ operations


def models(given: Mapping[str, JsonValue], session: Session) -> Exchange[Outcome]:
    """The models that come with the integration and those that OpenRouter lists (OR-REF-06, OR-REF-07).

    With a `model`, that one alone: one that comes along needs no request, one that is not listed has what
    is assumed of any model. The list is OpenRouter's own on every route, and fetched without a key.

    Raises `Refusal` for a bad ref, and `Failure` where there is no list to be had.
    """
    edition = edition_of(given)
    bundled = {row["id"]: row for row in _bundled(edition)}
    wanted = _wanted(given.get("model"), edition)
    if wanted in bundled:
        return {"models": [bundled[wanted]]}
    answer = yield from model_list(f"{routes.CANONICAL}/models", label="OpenRouter's list of models")
    listed = {row["id"]: _model(row, edition) for row in rows_of(answer)}
    if wanted is not None:
        return {"models": [listed.get(wanted) or _model({"id": wanted}, edition)]}
    return {"models": list((bundled | listed | bundled).values())}


def key(given: Mapping[str, JsonValue], session: Session) -> Exchange[Outcome]:
    """What the key may spend and has spent (OR-PRE-03). A `limit` of null is none.

    Raises `Refusal` where there is no key or no base URL, and `Failure`.
    """
    edition_of(given)
    secret, place = key_of(given), endpoint(base_url_of(given))
    data = yield from account(place, secret, redactor_of(secret), label="OpenRouter's key lookup")
    spent = ("usage", "usage_daily", "usage_weekly", "usage_monthly")
    return {
        "budget": {
            "limit": figure(data.get("limit")),
            "remaining": figure(data.get("limit_remaining")),
            **{name: figure(data.get(name)) for name in spent if name in data},
            "is_free_tier": data.get("is_free_tier") is True,
        }
    }


def credits(given: Mapping[str, JsonValue], session: Session) -> Exchange[Outcome]:  # noqa: A001
    """What was bought, what is used of it, and the balance (OR-PRE-04). Raises `Refusal` and `Failure`."""
    edition_of(given)
    secret, place = key_of(given), endpoint(base_url_of(given))
    label = "OpenRouter's credits lookup"
    bought, used = yield from balance(place, secret, redactor_of(secret), label=label)
    stated = {"total_credits": bought, "total_usage": used, "balance": bought - used}
    return {"budget": {name: float(value) for name, value in stated.items()}}


def edition_of(given: Mapping[str, JsonValue]) -> str:
    """The edition to follow. Raises `Unsupported` for one without look-ups of OpenRouter's."""
    edition: str = given.get("edition") or DEFAULT_EDITION
    if edition not in _EDITIONS:
        raise Unsupported(f"the edition {edition} has no rules for OpenRouter's lookups")
    return edition


def base_url_of(given: Mapping[str, JsonValue]) -> str | None:
    """The base URL given, else the configured one; None for OpenRouter's."""
    stated = (given.get("base_url"), _provider(given).get("baseUrl"))
    return next((base for base in stated if isinstance(base, str) and base.strip()), None)


def endpoint(base_url: str | None) -> Endpoint:
    """Return where lookups go. Raises `Refusal` for anything but an absolute http(s) URL."""
    return endpoint_of(base_url, keeps_legacy=False)


def key_of(given: Mapping[str, JsonValue]) -> str:
    """The key given, else the configured one, else that of the environment (OR-HDR-01). Raises `Refusal`."""
    env = given.get("env") or _NOTHING
    return headers.find_key(given.get("api_key"), _provider(given), env, "openrouter")


def _provider(given: Mapping[str, JsonValue]) -> Mapping[str, JsonValue]:
    return configuration.provider(given.get("config") or _NOTHING, "openrouter")


# ------------------------------------------------------------------ requests


def redactor_of(secret: str) -> Redactor:
    """Return what masks the key in messages and, once it is looked up, the names of its account: providers
    quote both in errors, and messages end in logs (OR-PRE-09)."""
    return Redactor(secrets={"key": secret})


def account(place: Endpoint, secret: str, redactor: Redactor, *, label: str) -> Exchange[Mapping[str, Any]]:
    """What `GET key` says of the key `secret`; `redactor` learns whose it is. Raises `Failure`."""
    try:
        data = _data_in((yield from _look_up(place.url("/key"), _bearer(secret), label)), label)
    except Failure as failure:
        raise _masked(failure, redactor) from None
    redactor.learn(_names_in(data))
    return data


def _names_in(data: Mapping[str, Any]) -> dict[str, str]:
    """What the look-up of a key says of whose it is."""
    return {name: data[name] for name in _ACCOUNT if isinstance(data.get(name), str)}


def balance(
    place: Endpoint, secret: str, redactor: Redactor, *, label: str
) -> Exchange[tuple[Decimal, Decimal]]:
    """What `GET credits` says was bought and was used. Raises `Failure`."""
    try:
        data = _data_in((yield from _look_up(place.url("/credits"), _bearer(secret), label)), label)
    except Failure as failure:
        raise _masked(failure, redactor) from None
    bought, used = figure(data.get("total_credits")), figure(data.get("total_usage"))
    if bought is None or used is None:
        raise Failure(f"{label}: the answer does not state it")
    return Decimal(str(bought)), Decimal(str(used))


def model_list(url: str, *, label: str) -> Exchange[JsonValue]:
    """The body of a list of models, which is public. Raises `Failure` for one that is none."""
    answer = yield from _look_up(url, (), label)
    try:
        rows_of(answer)
    except ValueError as error:
        raise Failure(f"{label}: {error}") from None
    return answer


def _look_up(url: str, stated: Headers, label: str) -> Exchange[JsonValue]:
    reply = yield from ask(Request("GET", url, stated, timeout_ms=_TIMEOUT_MS))
    raise_for_failure(reply, label=label)
    return json_of(reply, label=label)


def _bearer(secret: str) -> Headers:
    return (("Authorization", f"Bearer {secret}"),)


def _data_in(answer: JsonValue, label: str) -> Mapping[str, Any]:
    data = answer.get("data") if isinstance(answer, dict) else None
    if not isinstance(data, dict):
        raise Failure(f"{label}: the answer has no object `data`")
    return data


def _masked(failure: Failure, redactor: Redactor) -> Failure:
    return Failure(
        redactor(failure.message),
        error_class=failure.error_class,
        retryable=failure.retryable,
        status=failure.status,
    )


def figure(value: object) -> int | float | None:
    """An amount as stated; None for what is none."""
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


# ------------------------------------------------------------------ models


def _wanted(model: JsonValue, edition: str) -> str | None:
    if model is None:
        return None
    ref = refs.parse(str(model), edition)
    if ref.provider != "openrouter":
        raise Unsupported(f"the models of the provider {ref.provider!r}")
    return ref.wire


def _bundled(edition: str) -> tuple[dict[str, JsonValue], ...]:
    """The models that can be used without a look-up (OR-REF-06)."""
    auto = _row("openrouter/auto", "OpenRouter Auto", context=_CONTEXT, output=_MOST_OUTPUT)
    kimi = _kimi("moonshotai/kimi-k2.6", "MoonshotAI: Kimi K2.6", (0.8, 3.5, 0.2, 0))
    if edition != "latest":
        return auto, kimi
    return auto, kimi, _kimi("moonshotai/kimi-k2.5", "MoonshotAI: Kimi K2.5", (0.44, 2, 0.22, 0))


def _kimi(name: str, called: str, prices: Sequence[float]) -> dict[str, JsonValue]:
    return _row(name, called, reasoning=True, context=262_144, output=262_144, prices=prices)


def _model(row: Mapping[str, Any], edition: str) -> dict[str, JsonValue]:
    """A row of the list as OpenClaw reads it (OR-REF-07)."""
    latest = edition == "latest"
    top, pricing = _mapping(row.get("top_provider")), _mapping(row.get("pricing"))
    modality = _mapping(row.get("architecture")).get("modality")
    parameters = row.get("supported_parameters")
    parameters = parameters if isinstance(parameters, list) else []
    contexts = (top.get("context_length") if latest else None, row.get("context_length"))
    outputs = (
        top.get("max_completion_tokens"),
        row.get("max_completion_tokens"),
        row.get("max_output_tokens"),
    )
    called = row.get("name")
    return _row(
        row["id"],
        called if isinstance(called, str) and called.strip() else row["id"],
        reasoning="reasoning" in parameters or (latest and "include_reasoning" in parameters),
        images=isinstance(modality, str) and "image" in modality.partition("->")[0],
        context=_first_count(contexts, _CONTEXT),
        output=_first_count(outputs, _MOST_OUTPUT),
        prices=[float((amount(pricing.get(name)) or Decimal()) * _MILLION) for name in _PRICES],
    )


def _row(
    name: str,
    called: str,
    *,
    reasoning: bool = False,
    images: bool = True,
    context: int,
    output: int,
    prices: Sequence[float] = (0, 0, 0, 0),
) -> dict[str, JsonValue]:
    return {
        "ref": name if name.startswith("openrouter/") else f"openrouter/{name}",
        "id": name,
        "name": called,
        "reasoning": reasoning,
        "input": ["text", "image"] if images else ["text"],
        "context_window": context,
        "max_tokens": output,
        "cost": dict(zip(("input", "output", "cache_read", "cache_write"), prices, strict=True)),
    }


def _first_count(candidates: Sequence[object], otherwise: int) -> int:
    return next((each for each in candidates if type(each) is int and each > 0), otherwise)


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else _NOTHING
