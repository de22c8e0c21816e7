"""A chat call of the OpenRouter provider, from its request to what comes of the answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from harness.model import JsonValue, Request
from harness_openclaw.editions import DEFAULT_EDITION
from harness_openclaw.reference.answers.chat import read
from harness_openclaw.reference.exchange import Exchange, Outcome
from harness_openclaw.reference.openrouter import chat as shaping
from harness_openclaw.reference.retries import NEVER, Retries, ask_patiently

if TYPE_CHECKING:
    from harness_openclaw.reference.client import Session

__all__ = ["chat"]

_RETRIES: Mapping[str, Retries] = {
    "2026-04": Retries(statuses=frozenset({408, 429})),
    "2026-05": Retries(),
    "latest": NEVER,
}
_TIMEOUTS_MS: Mapping[str, int] = {"2026-05": 600_000}

_LONGEST_WAIT = "OPENCLAW_SDK_RETRY_MAX_WAIT_SECONDS"
_UNLIMITED = ("0", "false", "off", "none", "disabled")


def chat(given: Mapping[str, JsonValue], session: Session) -> Exchange[Outcome]:
    """One model call, repeated as the contract says. Raises `Refusal` and `Failure`.

    Of the readings of OR-RETRY-03 it follows `build`: waits are not limited, unless the environment in
    `given` sets the limit.
    """
    edition = given.get("edition") or DEFAULT_EDITION
    request = shaping.shape(given)
    timeout_ms = _TIMEOUTS_MS.get(edition)
    if timeout_ms is not None:
        request = Request(request.method, request.url, request.headers, request.body, timeout_ms)
    retries = _RETRIES.get(edition, NEVER)
    env = given.get("env")
    if env and _LONGEST_WAIT in env:
        retries = _limited(retries, env[_LONGEST_WAIT])
    reply = yield from ask_patiently(request, retries)
    return read(reply)


def _limited(retries: Retries, stated: JsonValue) -> Retries:
    """With the longest wait that the environment states in seconds, if it states one (OR-RETRY-03)."""
    text = str(stated).strip().lower()
    if text in _UNLIMITED:
        return retries
    try:
        longest_s = float(text)
    except ValueError:
        return retries
    return replace(retries, longest_s=longest_s, states_429=True) if longest_s > 0 else retries
