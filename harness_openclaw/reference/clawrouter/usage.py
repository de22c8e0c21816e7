"""How much of the proxy key's budget is used, as ClawRouter reports it (CW-USE)."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import TYPE_CHECKING, Any

import orjson

from harness.model import JsonValue
from harness_openclaw.editions import DEFAULT_EDITION
from harness_openclaw.reference.clawrouter import access
from harness_openclaw.reference.exchange import Exchange, Outcome
from harness_openclaw.reference.refusal import Failure

if TYPE_CHECKING:
    from harness_openclaw.reference.client import Session

__all__ = ["usage"]

_LABEL = "ClawRouter usage"
_BYTES = 1024 * 1024
_MICROS = 1_000_000
_EXACT = Context(prec=400)
"""Holds any float to its last digit."""
_MONTH = re.compile(r"/([0-9]{4})-(0[1-9]|1[0-2])\Z")


def usage(given: Mapping[str, JsonValue], session: Session) -> Exchange[Outcome]:
    """The budget: `plan`, `windows`, and as far as they are known `summary` and, in the latest edition,
    `billing`. There an answer that makes no sense gives an `error` in the budget.

    Raises `Refusal` without a key, and `Failure` for a failed request, which has only its status.
    """
    key = access.require_key(given)
    url = f"{access.root_of(given)}/v1/usage"
    latest = (given.get("edition") or DEFAULT_EDITION) == "latest"
    limit_ms = _figure(given.get("timeout_ms")) or None
    status, body = yield from access.look_up(url, key, label=_LABEL, timeout_ms=limit_ms, limit=_BYTES)
    answer = _object(body)
    if answer is not None:
        return {"budget": _budget(answer, latest)}
    if not latest:
        raise Failure(f"{_LABEL}: the answer is not a JSON object", status=status)
    return {"budget": {"windows": [], "error": "the answer is not a JSON object"}}


def _budget(answer: Mapping[str, Any], latest: bool) -> dict[str, JsonValue]:
    budget = _mapping(answer.get("budget"))
    used = _mapping(_mapping(answer.get("usage")).get("summary"))
    configured = budget.get("configured") is True
    limit, spent = _figure(budget.get("limitMicros")), _figure(budget.get("spentMicros"))
    cost = _figure(used.get("actualCostMicros"))
    found: dict[str, JsonValue] = {
        "plan": "Managed monthly budget" if configured else "Unmetered proxy key",
        "windows": [],
    }
    billing: dict[str, JsonValue] | None = None
    if configured and limit is not None and spent is not None:
        found["windows"] = [_window(spent, limit, budget.get("windowKey"))]
        billing = {"type": "budget", "used": spent / _MICROS, "limit": limit / _MICROS, "unit": "USD"}
    elif cost is not None:
        billing = {"type": "spend", "amount": cost / _MICROS, "unit": "USD"}
    summary = _summary(_figure(used.get("requestCount")), _figure(used.get("totalTokens")), cost)
    if summary:
        found["summary"] = summary
    if latest and billing:
        found["billing"] = billing
    return found


def _window(spent: float, limit: float, key: JsonValue) -> dict[str, JsonValue]:
    """The one window there is; what was spent of nothing is all of it (CW-USE-02)."""
    percent = 100.0 if limit == 0 else min(100.0, spent / limit * 100)
    window: dict[str, JsonValue] = {"label": "Monthly budget", "used_percent": percent}
    reset = _reset(key)
    return {**window, "reset_at": reset} if reset else window


def _reset(key: JsonValue) -> str | None:
    """The first moment of the month after the one that ends the window's key (CW-USE-03)."""
    found = _MONTH.search(key) if isinstance(key, str) else None
    if found is None:
        return None
    years, month = divmod(int(found[2]), 12)
    return f"{int(found[1]) + years:04}-{month + 1:02}-01T00:00:00Z"


def _summary(requests: float | None, tokens: float | None, cost: float | None) -> str:
    """What is known of the use, for people; empty if nothing is (CW-USE-04)."""
    parts = []
    if requests is not None:
        parts.append(f"{_rounded(requests):,} requests")
    if tokens is not None:
        parts.append(f"{_rounded(tokens):,} tokens")
    if cost is not None:
        dollars = cost / _MICROS
        parts.append(f"${_rounded(dollars, '0.0001' if 0 < dollars < 0.01 else '0.01')} used")
    return " · ".join(parts)


def _rounded(number: float, step: str = "1") -> Decimal:
    """`number` to the nearest step, halves up; in full, never with an exponent."""
    return Decimal(number).quantize(Decimal(step), ROUND_HALF_UP, _EXACT)


def _figure(value: JsonValue) -> float | None:
    """A finite number of zero or more; anything else counts as missing (CW-USE-05)."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value if math.isfinite(value) and value >= 0 else None


def _mapping(value: JsonValue) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _object(body: bytes) -> dict[str, Any] | None:
    try:
        value = orjson.loads(body)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None
