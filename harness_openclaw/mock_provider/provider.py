"""The mock provider: a request in, a reply out, dispatched by the path."""

from __future__ import annotations

import re
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import unquote

from harness.model import Headers, Reply, Request
from harness_openclaw.mock_provider.account import Account
from harness_openclaw.mock_provider.errors import ApiError, ErrorResponse
from harness_openclaw.mock_provider.fault_injection import from_header, immediate_reply
from harness_openclaw.mock_provider.openrouter import OpenRouter
from harness_openclaw.mock_provider.request import IncomingRequest, bearer, header
from harness_openclaw.mock_provider.seeded_random import SeededRandom

if TYPE_CHECKING:  # imported with the first request that is ClawRouter's
    from harness_openclaw.mock_provider.clawrouter import ClawRouter

__all__ = ["Provider", "new_year_2026"]

_SHORTEST_MASKED = 8
_MASK = "[masked]"
_KEY_HEADERS = ("x-api-key", "x-goog-api-key")

_METHODS = {
    "chat/completions": "POST",
    "responses": "POST",
    "messages": "POST",
    "images": "POST",
    "videos": "POST",
    "audio/speech": "POST",
    "videos/models": "GET",
    "models": "GET",
    "key": "GET",
    "credits": "GET",
    "generation": "GET",
    "catalog": "GET",
    "usage": "GET",
}
_NAMING = (
    (re.compile(r"(.*)/videos/([^/]+)/content$"), "videos/content", "GET"),
    (re.compile(r"(.*)/videos/([^/]+)$"), "videos/job", "GET"),
    (re.compile(r"(.*)/models/(.+):streamGenerateContent$"), "streamGenerateContent", "POST"),
    (re.compile(r"(.*)/models/(.+):generateContent$"), "generateContent", "POST"),
)
"""Paths that contain the id of a job or a model."""
_CLAWROUTER = ("catalog", "usage", "responses", "messages", "streamGenerateContent", "generateContent")
"""ClawRouter's endpoints; chat completions are the same there as at OpenRouter."""


def new_year_2026() -> float:
    """Return the start of 2026 in UTC, the time of a provider without a clock."""
    return 1_767_225_600.0


class Provider:
    """OpenRouter and ClawRouter in memory.

    It answers under any host and any path before the endpoint (docs/mock-provider.md lists them). An answer
    depends on the method, path and body of the request, on how many equal requests came before, on earlier
    jobs and caches, and on the clock; the key has no part in it and is never repeated.

    `account` is the account of the key. `clock` returns seconds since 1970. With `any_model`, model ids that
    are in no list are answered, too. It may be called from several threads.
    """

    def __init__(
        self,
        account: Account | None = None,
        *,
        clock: Callable[[], float] = new_year_2026,
        any_model: bool = False,
    ) -> None:
        self._account = account or Account()
        self._clock = clock
        self._any_model = any_model
        self._openrouter = OpenRouter(self._account, any_model=any_model)
        self._clawrouter: ClawRouter | None = None
        self._asked: Counter[bytes] = Counter()
        self._lock = threading.Lock()

    def answer(self, request: Request) -> Reply:
        """Return the reply to a request. Raises `UsageError` for an unknown injected fault."""
        for key in _keys(request.headers):
            request = _without(key, request)
        with self._lock:
            return self._answer(request)

    def _answer(self, request: Request) -> Reply:
        endpoint, method, before, named = _place(request.url)
        rng = SeededRandom(endpoint.encode(), request.body, *([named.encode()] if named else ()))
        turn = self._asked[rng.seed]
        self._asked[rng.seed] += 1
        injected = from_header(request.headers, turn)
        incoming = IncomingRequest(request, endpoint, before, named, rng, turn, injected, self._clock())
        service = self._through_clawrouter() if endpoint in _CLAWROUTER else self._openrouter
        try:
            if injected is not None and injected.is_immediate:
                return immediate_reply(injected)
            if not endpoint:
                raise ApiError(ErrorResponse(404, "Not Found", names_account=False))
            if request.method.upper() != method:
                raise ApiError(ErrorResponse(405, "Method Not Allowed", names_account=False))
            return service.answer(incoming)
        except ApiError as error_reply:
            return service.error_reply(error_reply.error, incoming)

    def _through_clawrouter(self) -> ClawRouter:
        if self._clawrouter is None:
            from harness_openclaw.mock_provider.clawrouter import ClawRouter

            self._clawrouter = ClawRouter(self._account, any_model=self._any_model)
        return self._clawrouter


def _place(url: str) -> tuple[str, str, str, str]:
    """Return the endpoint and its method, the URL before it, and the id in the path."""
    address = url.partition("#")[0].partition("?")[0].rstrip("/")
    for endpoint, method in _METHODS.items():
        if address.endswith(f"/{endpoint}"):
            return endpoint, method, address.removesuffix(f"/{endpoint}"), ""
    for pattern, endpoint, method in _NAMING:
        found = pattern.match(address)
        if found is not None:
            return endpoint, method, found[1], unquote(found[2])
    return "", "", address, ""


def _keys(headers: Headers) -> list[str]:
    """Return the keys of a request that are long enough to be masked in other text."""
    found = [bearer(headers) or "", *(header(headers, name) for name in _KEY_HEADERS)]
    return [key for key in found if len(key) >= _SHORTEST_MASKED]


def _without(key: str, request: Request) -> Request:
    """Return the request with the key masked outside the headers."""
    if key.encode() not in request.body and key not in request.url:
        return request
    body, url = request.body.replace(key.encode(), _MASK.encode()), request.url.replace(key, _MASK)
    return replace(request, body=body, url=url)
