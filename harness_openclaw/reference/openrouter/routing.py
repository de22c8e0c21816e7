"""Provider routing: `params.provider` as the body's `provider` (OR-PR)."""

from __future__ import annotations

from typing import Any

from harness.model import JsonValue
from harness_openclaw.reference.openrouter.params import Layers, every
from harness_openclaw.reference.openrouter.routes import Route

__all__ = ["forward"]

_NEVER_SENT = {"__proto__", "prototype", "constructor"}


def forward(body: dict[str, Any], layers: Layers, route: Route, edition: str) -> dict[str, Any]:
    """Put the routing preferences of `layers` into `body`, unvalidated, where the route takes them.

    Objects and lists are sent as they are, empty ones too; anything else is not. Latest: objects of
    several layers are merged key by key (OR-PR-02), and a `provider` already in the body stays (OR-PR-03).
    """
    latest = edition == "latest"
    if not (route.exact if latest else route.host):
        return body
    if latest and "provider" in body:
        return body
    preference: JsonValue = None
    for value in every(layers, "provider"):
        if latest and isinstance(preference, dict) and isinstance(value, dict):
            preference = {**preference, **value}
        elif not latest or isinstance(value, dict | list):
            preference = value
    if not isinstance(preference, dict | list):
        return body
    if latest and isinstance(preference, dict) and not _NEVER_SENT.isdisjoint(preference):
        preference = {key: value for key, value in preference.items() if key not in _NEVER_SENT}
    return {**body, "provider": preference}
