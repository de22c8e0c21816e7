"""ClawRouter's endpoints: catalog, usage, and its native transports."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import orjson

from harness.model import JsonValue, Reply
from harness_openclaw.mock_provider.account import Account
from harness_openclaw.mock_provider.clawrouter_catalog import catalog_providers
from harness_openclaw.mock_provider.errors import ERRORS, ApiError, ErrorResponse
from harness_openclaw.mock_provider.fault_injection import Injection, immediate_reply, with_fault
from harness_openclaw.mock_provider.gemini import Gemini
from harness_openclaw.mock_provider.messages import Messages
from harness_openclaw.mock_provider.native_transport import Transport
from harness_openclaw.mock_provider.request import IncomingRequest, bearer
from harness_openclaw.mock_provider.responses import Responses

__all__ = ["ClawRouter"]

_JSON = (("Content-Type", "application/json"),)
_MICROS = 1_000_000


class ClawRouter:
    """ClawRouter for one key."""

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

    def answer(self, incoming: IncomingRequest) -> Reply:
        """Return the reply to a request. Raises `ApiError`."""
        transport = self._transports.get(incoming.endpoint)
        if transport is not None:
            return self._call(transport, incoming)
        self._admit(bearer(incoming.request.headers))
        if incoming.endpoint == "usage":
            return _json(self._usage(incoming.now))
        return _json(_catalog(incoming))

    def error_reply(self, error: ErrorResponse, incoming: IncomingRequest) -> Reply:
        """Return an error in the form of the API that was called."""
        transport = self._transports.get(incoming.endpoint)
        if transport is not None:
            return transport.error_reply(error, incoming)
        return _json({"error": {"message": error.message, "code": error.status}}, error.status)

    def _admit(self, key: str | None) -> None:
        if not key:
            raise ApiError(ERRORS["401-no-key"])
        if self._account.key is not None and key != self._account.key:
            raise ApiError(ErrorResponse(401, "Invalid proxy key"))

    def _call(self, transport: Transport, incoming: IncomingRequest) -> Reply:
        self._admit(transport.key(incoming))
        injected = incoming.injection_for(transport.model_named(incoming))
        if injected is not None and injected.is_immediate:
            return immediate_reply(injected)
        answer, stream = transport.answer(incoming)
        self._requests += 1
        self._tokens += answer.usage.prompt + answer.usage.completion
        self._cost += answer.usage.cost
        if injected is None or not injected.affects_answer:
            return transport.written(answer, stream)
        if injected.error is None:
            return with_fault(transport.written(answer, stream), injected.fault)
        if injected.kind == "stream" and stream:
            return transport.broken(answer, injected.error, after=injected.after)
        error_reply = transport.error_reply(injected.error, incoming)
        return Reply(200, error_reply.headers, error_reply.chunks)

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
"""The query parameter that asks for the next page, by the variant a page points to it."""

_PLACE = re.compile(r"([a-z-]+)\.(\d+)$")


def _catalog(incoming: IncomingRequest) -> dict[str, Any]:
    """Return the whole catalog, or one provider a page if pages were asked for."""
    variant, number = _page(incoming)
    providers = catalog_providers()
    if not variant:
        return {"providers": providers}
    page: dict[str, Any] = {"providers": providers[number : number + 1]}
    if number + 1 < len(providers):
        page |= _next_page(variant, f"{variant}.{number + 1}", incoming)
    elif variant == "last-id":
        page["has_more"] = False
    return page


def _next_page(variant: str, place: str, incoming: IncomingRequest) -> dict[str, Any]:
    url = f"{incoming.before}/catalog?{_PARAMETERS[variant]}={place}"
    match variant:
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


def _page(incoming: IncomingRequest) -> tuple[str, int]:
    for variant, parameter in _PARAMETERS.items():
        place = _PLACE.match(incoming.query(parameter))
        if place is not None and place[1] == variant:
            return variant, int(place[2])
    injected: Injection | None = incoming.injected
    return (injected.variant, 0) if injected is not None and injected.kind == "pages" else ("", 0)
