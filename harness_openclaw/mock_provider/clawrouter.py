"""ClawRouter's endpoints: catalog, usage, and the three ways of calling a model that are its own."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import orjson

from harness.model import JsonValue, Reply
from harness_openclaw.mock_provider.account import Account
from harness_openclaw.mock_provider.clawrouter_catalog import rows
from harness_openclaw.mock_provider.errors import REFUSALS, Refusal, Refused
from harness_openclaw.mock_provider.fault_injection import Demand, at_once, spoilt
from harness_openclaw.mock_provider.gemini import Gemini
from harness_openclaw.mock_provider.messages import Messages
from harness_openclaw.mock_provider.native_transport import Transport
from harness_openclaw.mock_provider.request import Incoming, bearer
from harness_openclaw.mock_provider.responses import Responses

__all__ = ["ClawRouter"]

_JSON = (("Content-Type", "application/json"),)
_MICROS = 1_000_000


class ClawRouter:
    """ClawRouter as one key sees it."""

    def __init__(self, account: Account, *, any_model: bool) -> None:
        self._account = account
        messages, responses = Messages(any_model=any_model), Responses(any_model=any_model)
        gemini = Gemini(any_model=any_model)
        self._transports: dict[str, Transport] = {
            "messages": messages,
            "responses": responses,
            "streamGenerateContent": gemini,
            "generateContent": gemini,
        }
        self._requests = 0
        self._tokens = 0
        self._cost = Decimal()

    def answer(self, incoming: Incoming) -> Reply:
        """The reply to a request of one of its endpoints. Raises `Refused`."""
        transport = self._transports.get(incoming.endpoint)
        if transport is not None:
            return self._call(transport, incoming)
        self._admit(bearer(incoming.request.headers))
        if incoming.endpoint == "usage":
            return _json(self._usage(incoming.now))
        return _json(_catalog(incoming))

    def refuse(self, refusal: Refusal, incoming: Incoming) -> Reply:
        """The refusal in the form of who was called."""
        transport = self._transports.get(incoming.endpoint)
        if transport is not None:
            return transport.refuse(refusal, incoming)
        return _json({"error": {"message": refusal.message, "code": refusal.status}}, refusal.status)

    def _admit(self, key: str | None) -> None:
        if not key:
            raise Refused(REFUSALS["401-no-key"])
        if self._account.key is not None and key != self._account.key:
            raise Refused(Refusal(401, "Invalid proxy key"))

    def _call(self, transport: Transport, incoming: Incoming) -> Reply:
        self._admit(transport.key(incoming))
        demanded = incoming.demand_for(transport.model_named(incoming))
        if demanded is not None and demanded.at_once:
            return at_once(demanded)
        answer, stream = transport.answer(incoming)
        self._requests += 1
        self._tokens += answer.usage.prompt + answer.usage.completion
        self._cost += answer.usage.cost
        if demanded is None or not demanded.is_of_an_answer:
            return transport.written(answer, stream)
        if demanded.refusal is None:
            return spoilt(transport.written(answer, stream), demanded.fault)
        if demanded.shape == "stream" and stream:
            return transport.broken(answer, demanded.refusal, after=demanded.after)
        refused = transport.refuse(demanded.refusal, incoming)
        return Reply(200, refused.headers, refused.chunks)

    def _usage(self, now: float) -> JsonValue:
        account = self._account
        micros = int(self._cost * _MICROS)
        budget: dict[str, JsonValue] = {"configured": account.budget is not None}
        if account.budget is not None:
            budget |= {
                "windowKey": f"{account.policy}/{datetime.fromtimestamp(now, UTC):%Y-%m}",
                "limitMicros": int(account.budget * _MICROS),
                "spentMicros": micros,
            }
        summary = {"requestCount": self._requests, "totalTokens": self._tokens, "actualCostMicros": micros}
        return {"budget": budget, "usage": {"summary": summary}}


def _json(value: JsonValue, status: int = 200) -> Reply:
    return Reply(status, _JSON, (orjson.dumps(value),))


# ------------------------------------------------------------------ the catalog


_PARAMETERS = {
    "next": "page",
    "links": "page",
    "cursor": "after",
    "token": "pageToken",
    "last-id": "after_id",
}
"""With which parameter the next page is asked for, by how a page tells where that is."""

_PLACE = re.compile(r"([a-z-]+)\.(\d+)$")


def _catalog(incoming: Incoming) -> dict[str, Any]:
    """Everything at once, or a provider a page where that was asked for."""
    way, number = _page(incoming)
    granted = rows()
    if not way:
        return {"providers": granted}
    page: dict[str, Any] = {"providers": granted[number : number + 1]}
    if number + 1 < len(granted):
        page |= _way_on(way, f"{way}.{number + 1}", incoming)
    elif way == "last-id":
        page["has_more"] = False
    return page


def _way_on(way: str, place: str, incoming: Incoming) -> dict[str, Any]:
    url = f"{incoming.before}/catalog?{_PARAMETERS[way]}={place}"
    match way:
        case "next":
            return {"next": url}
        case "links":
            return {"links": {"next": url}}
        case "cursor":
            return {"next_cursor": place}
        case "token":
            return {"nextPageToken": place}
        case _:
            return {"has_more": True, "last_id": place}


def _page(incoming: Incoming) -> tuple[str, int]:
    for way, parameter in _PARAMETERS.items():
        place = _PLACE.match(incoming.query(parameter))
        if place is not None and place[1] == way:
            return way, int(place[2])
    demanded: Demand | None = incoming.demanded
    return (demanded.variant, 0) if demanded is not None and demanded.shape == "pages" else ("", 0)
