"""The stand-in provider itself: a request in, a reply out, and what both change in between."""

from __future__ import annotations

import hashlib
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs

import orjson

from harness.model import Headers, JsonValue, Reply, Request
from harness.simulator.account import Account, Books
from harness.simulator.asking import Asked, check, object_in
from harness.simulator.catalogue import CATALOGUE, SIMULATED, find
from harness.simulator.completion import JSON_HEADERS, Answer, as_events, as_json, broken_events
from harness.simulator.dice import Dice
from harness.simulator.models import Model
from harness.simulator.on_demand import HEADER, PREFIX, Demand, demand
from harness.simulator.refusals import REFUSALS, Refusal, Refused
from harness.simulator.response_cache import CacheControl, ResponseCache
from harness.simulator.usage import Prompts, Usage, measure
from harness.simulator.writing import write

__all__ = ["Provider", "new_year_2026"]

_CHAT = "chat/completions"
_ENDPOINTS = (_CHAT, "models", "key", "credits", "generation")
_ID_LENGTH = 20
_SHORTEST_MASKED = 8
_MASK = b"[masked]"
_PRIVATE: Headers = (*JSON_HEADERS, ("Cache-Control", "private, no-store"))
_MINUTE_MS = 60_000


def new_year_2026() -> float:
    """The time at a provider that nobody gave a clock: 2026 has just begun, in UTC."""
    return 1_767_225_600.0


class Provider:
    """A provider like OpenRouter that lives in memory.

    It answers `chat/completions`, `models`, `key`, `credits` and `generation` under any host and any path
    before them. All of an answer follows from the request's method, path and body, from how many equal
    requests came before, and from the clock; the key has no part in it and never comes back.

    `account` is who the key belongs to. `clock` gives seconds since 1970. `any_model` answers under model
    ids that the list does not have, too. May be asked from several threads.
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
        self._books = Books(self._account)
        self._asked: Counter[bytes] = Counter()
        self._prompts = Prompts()
        self._cache = ResponseCache()
        self._lock = threading.Lock()

    def answer(self, request: Request) -> Reply:
        """The reply to a request. Raises `UsageError` for a demanded answer that does not exist."""
        key = _bearer(request.headers)
        if key is not None and len(key) >= _SHORTEST_MASKED:
            request = _without(key, request)
        with self._lock:
            try:
                return self._serve(request, key)
            except Refused as refused:
                return self._refuse(refused.refusal)

    def _serve(self, request: Request, key: str | None) -> Reply:
        address, _, query = request.url.partition("#")[0].partition("?")
        endpoint = _endpoint(address)
        dice = Dice(endpoint.encode(), request.body)
        turn = self._count(dice)
        demanded = _demanded_by_header(request.headers, turn)
        if demanded is not None and demanded.at_once:
            return _at_once(demanded)
        _allow(request.method, "POST" if endpoint == _CHAT else "GET")
        if endpoint == "models":
            return _models()
        self._admit(key)
        if endpoint == _CHAT:
            return self._chat(request, key, dice, turn, demanded)
        if endpoint == "key":
            return _json(self._books.key(), _PRIVATE)
        if endpoint == "credits":
            return _json(self._books.credits(), _PRIVATE)
        return _json(self._books.generation(parse_qs(query).get("id", [""])[0]), _PRIVATE)

    def _admit(self, key: str | None) -> None:
        if key is None:
            raise Refused(REFUSALS["401-no-key"])
        if self._account.key is not None and key != self._account.key:
            raise Refused(REFUSALS["401-no-user" if key.startswith("sk-or-") else "401"])

    def _refuse(self, refusal: Refusal) -> Reply:
        body: dict[str, JsonValue] = {"error": refusal.error}
        if refusal.to_account:
            body["user_id"] = self._account.user_id
        headers = list(JSON_HEADERS)
        if refusal.retry_after is not None:
            headers.append(("Retry-After", str(refusal.retry_after)))
        if refusal.rate_limit is not None:
            reset = int(self._clock() * 1000) + _MINUTE_MS
            limits = {
                "X-RateLimit-Limit": str(refusal.rate_limit),
                "X-RateLimit-Remaining": "0",
                "X-RateLimit-Reset": str(reset),
            }
            headers.extend(limits.items())
            body["error"]["metadata"] = {**body["error"].get("metadata", {}), "headers": limits}
        return _json(body, tuple(headers), refusal.status)

    # -------------------------------------------------------------- chat

    def _chat(
        self, request: Request, key: str | None, dice: Dice, turn: int, demanded: Demand | None
    ) -> Reply:
        body = object_in(request.body)
        demanded = demanded or _demanded_by_model(body, turn)
        if demanded is not None and demanded.at_once:
            return _at_once(demanded)
        asked = check(body, self._find)
        self._books.check(asked.model.price("completion"), asked.limit)
        if demanded is not None:
            return self._demanded(demanded, asked, dice, turn, request)
        return self._served(asked, dice, turn, request, key)

    def _served(self, asked: Asked, dice: Dice, turn: int, request: Request, key: str | None) -> Reply:
        control = CacheControl.of(request.headers)
        if not control.enabled:
            return _written(self._generate(asked, dice, turn, request), asked.stream)
        now = self._clock()
        digest = hashlib.blake2b(f"{key}\n{request.url}\n".encode() + request.body).digest()
        hit = self._cache.find(digest, control, now)
        if hit is not None:
            again = self._enter(
                replace(hit.answer, id=self._id(dice, turn), created=int(now), usage=Usage()), asked, request
            )
            found = (("X-OpenRouter-Cache-Status", "HIT"), ("X-OpenRouter-Cache-Age", str(hit.age)))
            return _with(_written(again, asked.stream), *found, ("X-OpenRouter-Cache-TTL", str(hit.ttl)))
        answer = self._generate(asked, dice, turn, request)
        self._cache.keep(digest, answer, control.ttl, now)
        missed = (("X-OpenRouter-Cache-Status", "MISS"), ("X-OpenRouter-Cache-TTL", str(control.ttl)))
        return _with(_written(answer, asked.stream), *missed)

    def _demanded(self, demanded: Demand, asked: Asked, dice: Dice, turn: int, request: Request) -> Reply:
        if demanded.refusal is None:
            whole = _written(self._generate(asked, dice, turn, request), asked.stream)
            return _spoilt(whole, demanded.fault)
        if demanded.shape == "stream" and asked.stream:
            answer = self._generate(asked, dice, turn, request)
            return broken_events(answer, demanded.refusal, after=demanded.after)
        return _json({"error": demanded.refusal.error, "user_id": self._account.user_id}, JSON_HEADERS)

    def _generate(self, asked: Asked, dice: Dice, turn: int, request: Request) -> Answer:
        said = write(asked, dice)
        usage = measure(asked.model, self._prompts.of(asked), said)
        answer = Answer(self._id(dice, turn), int(self._clock()), asked.model, said, usage, dice, asked.shown)
        return self._enter(answer, asked, request)

    def _enter(self, answer: Answer, asked: Asked, request: Request) -> Answer:
        self._books.enter(answer, stream=asked.stream, referer=_referer(request.headers))
        return answer

    def _id(self, dice: Dice, turn: int) -> str:
        return f"gen-{int(self._clock())}-{dice.word(f'generation {turn}', _ID_LENGTH)}"

    def _count(self, dice: Dice) -> int:
        """How many equal requests came before this one."""
        before = self._asked[dice.seed]
        self._asked[dice.seed] += 1
        return before

    def _find(self, name: str) -> Model | None:
        if name.startswith(PREFIX):
            return replace(SIMULATED, id=name, slug=name)
        model = find(name)
        if model is None and self._any_model and name:
            return replace(SIMULATED, id=name, slug=name)
        if model is not None and model.routes_to is not None:
            return find(model.routes_to)
        return model


# ------------------------------------------------------------------ requests


def _bearer(headers: Headers) -> str | None:
    """The key that a request carries, if it carries one as it should."""
    for name, value in headers:
        if name.lower() == "authorization":
            scheme, _, key = value.strip().partition(" ")
            if scheme.lower() == "bearer" and key.strip():
                return key.strip()
    return None


def _without(key: str, request: Request) -> Request:
    """The request with the key masked wherever it stands outside the headers."""
    if key.encode() not in request.body and key not in request.url:
        return request
    body, url = request.body.replace(key.encode(), _MASK), request.url.replace(key, _MASK.decode())
    return replace(request, body=body, url=url)


def _endpoint(address: str) -> str:
    """What is asked for, whatever stands before it. Raises `Refused` if there is no such thing."""
    for endpoint in _ENDPOINTS:
        if address.rstrip("/").endswith(f"/{endpoint}"):
            return endpoint
    raise Refused(Refusal(404, "Not Found", to_account=False))


def _allow(method: str, allowed: str) -> None:
    if method.upper() != allowed:
        raise Refused(Refusal(405, "Method Not Allowed", to_account=False))


def _referer(headers: Headers) -> str:
    return next((value for name, value in headers if name.lower() == "http-referer"), "")


def _demanded_by_header(headers: Headers, turn: int) -> Demand | None:
    asked = next((value for name, value in headers if name.lower() == HEADER), None)
    return None if asked is None else _now(demand(asked.strip()), turn)


def _demanded_by_model(body: Mapping[str, Any], turn: int) -> Demand | None:
    model = body.get("model")
    if isinstance(model, str) and model.startswith(PREFIX) and model != SIMULATED.id:
        return _now(demand(model.removeprefix(PREFIX)), turn)
    return None


def _now(demanded: Demand, turn: int) -> Demand | None:
    """The demand, unless it was for the first of equal requests only and this is a later one."""
    return None if demanded.once and turn > 0 else demanded


# ------------------------------------------------------------------ replies


def _json(value: JsonValue, headers: Headers, status: int = 200) -> Reply:
    return Reply(status, headers, (orjson.dumps(value),))


def _at_once(demanded: Demand) -> Reply:
    """The reply to a demand that does not depend on what else is asked."""
    if demanded.refusal is not None:
        raise Refused(demanded.refusal)
    return Reply(0, fault=demanded.fault)


def _models() -> Reply:
    listed = [model.listing() for model in CATALOGUE]
    body = {"data": listed, "total_count": len(listed), "links": {"next": None}}
    cached = ("Cache-Control", "public, max-age=300, stale-while-revalidate=3600, stale-if-error=3600")
    return _json(body, (*JSON_HEADERS, cached))


def _written(answer: Answer, stream: bool) -> Reply:
    return as_events(answer) if stream else as_json(answer)


def _with(reply: Reply, *headers: tuple[str, str]) -> Reply:
    return replace(reply, headers=(*reply.headers, *headers))


def _spoilt(reply: Reply, fault: str) -> Reply:
    """The reply with a fault; one that is cut off loses the second half of its bytes."""
    if fault != "truncated":
        return replace(reply, fault=fault)
    body = reply.body
    return replace(reply, chunks=(body[: len(body) // 2],), pauses_ms=(), fault=fault)
