"""The checks before a recording from OpenRouter, over the recording's own way to it (OR-PRE-01 to OR-PRE-09).

What is checked, and how, is the reference client's operation `preflight`.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence
from decimal import Decimal
from urllib.parse import urlsplit

from harness.model import Reply, Request
from harness.recording.pricing import object_in
from harness.recording.protocol import Check, Key, PlannedCall, Preflight
from harness_openclaw.recording.look_ups import look_ups
from harness_openclaw.reference.openrouter import preflight as exchanges
from harness_openclaw.reference.openrouter.checks import AccountStatus, check_answer

__all__ = ["check_account", "check_trial", "trial_requests"]


def check_account(
    preflight: Preflight, calls: Sequence[PlannedCall], models: Sequence[str]
) -> Generator[Request, Reply, AccountStatus]:
    """Make every check that costs nothing: of the route, the key, the credits, and of the chat models that
    the calls and `models` name. A model whose calls are all to be refused may be missing from the list."""
    fields: dict[str, frozenset[str]] = dict.fromkeys(models, frozenset())
    served = set(models)
    for call in calls:
        if _is_chat(call):
            name = call.estimate.model
            fields[name] = fields.get(name, frozenset()) | frozenset(object_in(call.request.body))
            if not call.refused:
                served.add(name)
    exchange = exchanges.look_ahead(
        _access(preflight),
        fields,
        may_be_missing=frozenset(fields) - served,
        assumed_output=preflight.assumed_output,
    )
    return (yield from look_ups(exchange))


def trial_requests(
    preflight: Preflight, calls: Sequence[PlannedCall], models: Sequence[str]
) -> tuple[Request, ...]:
    """Return a tiny call of each of `models`, or of the cheapest chat model that the calls ask."""
    served = [call for call in calls if _is_chat(call) and not call.refused]
    cheapest = min(served, key=_cost, default=None)
    names = models or ([] if cheapest is None else [cheapest.estimate.model])
    return tuple(exchanges.tiny_request(_access(preflight), name) for name in names)


def check_trial(request: Request, reply: Reply) -> Iterable[Check]:
    """Check the reply to a tiny call (OR-PRE-08), and whether it could be recorded (OR-PRE-09)."""
    return check_answer(reply, str(object_in(request.body).get("model")))


def _access(preflight: Preflight) -> exchanges.Access:
    key = preflight.key_for(preflight.base_url) or Key("", "")
    return exchanges.Access(preflight.base_url, key.value, key.name or None)


def _is_chat(call: PlannedCall) -> bool:
    """Return whether the model is one that the list of chat models should have."""
    path = urlsplit(call.request.url).path
    return path.endswith("/chat/completions") and bool(call.estimate.model)


def _cost(call: PlannedCall) -> Decimal:
    return Decimal("Infinity") if call.cost is None else call.cost
