"""OpenRouter's endpoints, and what they share: the account, its books and its model list."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import orjson

from harness.model import Headers, JsonValue, Reply
from harness_openclaw.mock_provider.account import Account, Books
from harness_openclaw.mock_provider.chat_requests import Asked, check
from harness_openclaw.mock_provider.clawrouter_catalog import granted
from harness_openclaw.mock_provider.completion import JSON_HEADERS, Answer, as_events, as_json, broken_events
from harness_openclaw.mock_provider.errors import REFUSALS, Refusal, Refused
from harness_openclaw.mock_provider.fault_injection import PREFIX, Demand, at_once, spoilt
from harness_openclaw.mock_provider.images import draw
from harness_openclaw.mock_provider.model_list import CATALOGUE, SIMULATED, find
from harness_openclaw.mock_provider.model_output import write
from harness_openclaw.mock_provider.models import Model
from harness_openclaw.mock_provider.request import Incoming, bearer
from harness_openclaw.mock_provider.response_cache import CacheControl, ResponseCache
from harness_openclaw.mock_provider.speech import speak
from harness_openclaw.mock_provider.usage import Prompts, Usage, measure
from harness_openclaw.mock_provider.videos import Videos, listed

__all__ = ["OpenRouter"]

_ID_LENGTH = 20
_PRIVATE: Headers = (*JSON_HEADERS, ("Cache-Control", "private, no-store"))
_PUBLIC: Headers = (
    *JSON_HEADERS,
    ("Cache-Control", "public, max-age=300, stale-while-revalidate=3600, stale-if-error=3600"),
)
_MINUTE_MS = 60_000


class OpenRouter:
    """OpenRouter as one account sees it."""

    def __init__(self, account: Account, *, any_model: bool) -> None:
        self._account = account
        self._any_model = any_model
        self._books = Books(account)
        self._prompts = Prompts()
        self._cache = ResponseCache()
        self._videos = Videos(self._books, any_model=any_model)

    def answer(self, incoming: Incoming) -> Reply:
        """The reply to a request of one of its endpoints. Raises `Refused`."""
        if incoming.endpoint == "models":
            return _models()
        if incoming.endpoint == "videos/models":
            return _json(listed(), _PUBLIC)
        self._admit(bearer(incoming.request.headers))
        match incoming.endpoint:
            case "chat/completions":
                return self._chat(incoming)
            case "images":
                return draw(incoming, self._find, self._books)
            case "videos":
                return self._videos.submit(incoming)
            case "videos/job":
                return self._videos.poll(incoming)
            case "videos/content":
                return self._videos.download(incoming)
            case "audio/speech":
                return speak(incoming, self._books, any_model=self._any_model)
            case "key":
                return _json(self._books.key(), _PRIVATE)
            case "credits":
                return _json(self._books.credits(), _PRIVATE)
            case _:
                return _json(self._books.generation(incoming.query("id")), _PRIVATE)

    def refuse(self, refusal: Refusal, incoming: Incoming) -> Reply:
        """The refusal in OpenRouter's form."""
        body: dict[str, JsonValue] = {"error": refusal.error}
        if refusal.to_account:
            body["user_id"] = self._account.user_id
        headers = list(JSON_HEADERS)
        if refusal.retry_after is not None:
            headers.append(("Retry-After", str(refusal.retry_after)))
        if refusal.rate_limit is not None:
            reset = int(incoming.now * 1000) + _MINUTE_MS
            limits = {
                "X-RateLimit-Limit": str(refusal.rate_limit),
                "X-RateLimit-Remaining": "0",
                "X-RateLimit-Reset": str(reset),
            }
            headers.extend(limits.items())
            body["error"]["metadata"] = {**body["error"].get("metadata", {}), "headers": limits}
        return _json(body, tuple(headers), refusal.status)

    def _admit(self, key: str | None) -> None:
        if key is None:
            raise Refused(REFUSALS["401-no-key"])
        if self._account.key is not None and key != self._account.key:
            raise Refused(REFUSALS["401-no-user" if key.startswith("sk-or-") else "401"])

    def _find(self, name: str) -> Model | None:
        if name.startswith(PREFIX):
            return replace(SIMULATED, id=name, slug=name)
        model = find(name) or granted(name)
        if model is None and self._any_model and name:
            return replace(SIMULATED, id=name, slug=name)
        if model is not None and model.routes_to is not None:
            return find(model.routes_to)
        return model

    # -------------------------------------------------------------- chat

    def _chat(self, incoming: Incoming) -> Reply:
        demanded = incoming.demand_for(incoming.body.get("model"))
        if demanded is not None and demanded.at_once:
            return at_once(demanded)
        asked = check(incoming.body, self._find)
        self._books.check(asked.model.price("completion"), asked.limit)
        if demanded is not None and demanded.is_of_an_answer:
            return self._demanded(demanded, asked, incoming)
        return self._served(asked, incoming)

    def _served(self, asked: Asked, incoming: Incoming) -> Reply:
        request = incoming.request
        control = CacheControl.of(request.headers)
        if not control.enabled:
            return _written(self._generate(asked, incoming), asked.stream)
        key = bearer(request.headers)
        digest = hashlib.blake2b(f"{key}\n{request.url}\n".encode() + request.body).digest()
        hit = self._cache.find(digest, control, incoming.now)
        if hit is not None:
            again = replace(hit.answer, id=_generation_id(incoming), created=int(incoming.now), usage=Usage())
            self._enter(again, asked, incoming)
            found = (("X-OpenRouter-Cache-Status", "HIT"), ("X-OpenRouter-Cache-Age", str(hit.age)))
            return _with(_written(again, asked.stream), *found, ("X-OpenRouter-Cache-TTL", str(hit.ttl)))
        answer = self._generate(asked, incoming)
        self._cache.keep(digest, answer, control.ttl, incoming.now)
        missed = (("X-OpenRouter-Cache-Status", "MISS"), ("X-OpenRouter-Cache-TTL", str(control.ttl)))
        return _with(_written(answer, asked.stream), *missed)

    def _demanded(self, demanded: Demand, asked: Asked, incoming: Incoming) -> Reply:
        if demanded.refusal is None:
            whole = _written(self._generate(asked, incoming), asked.stream)
            return spoilt(whole, demanded.fault)
        if demanded.shape == "stream" and asked.stream:
            return broken_events(self._generate(asked, incoming), demanded.refusal, after=demanded.after)
        return _json({"error": demanded.refusal.error, "user_id": self._account.user_id}, JSON_HEADERS)

    def _generate(self, asked: Asked, incoming: Incoming) -> Answer:
        said = write(asked, incoming.dice)
        usage = measure(asked.model, self._prompts.of(asked), said)
        answer = Answer(
            _generation_id(incoming),
            int(incoming.now),
            asked.model,
            said,
            usage,
            incoming.dice,
            asked.shown,
        )
        self._enter(answer, asked, incoming)
        return answer

    def _enter(self, answer: Answer, asked: Asked, incoming: Incoming) -> None:
        self._books.enter(answer, stream=asked.stream, referer=incoming.header("http-referer"))


def _generation_id(incoming: Incoming) -> str:
    word = incoming.dice.word(f"generation {incoming.turn}", _ID_LENGTH)
    return f"gen-{int(incoming.now)}-{word}"


def _json(value: JsonValue, headers: Headers, status: int = 200) -> Reply:
    return Reply(status, headers, (orjson.dumps(value),))


def _models() -> Reply:
    listed = [model.listing() for model in CATALOGUE]
    return _json({"data": listed, "total_count": len(listed), "links": {"next": None}}, _PUBLIC)


def _written(answer: Answer, stream: bool) -> Reply:
    return as_events(answer) if stream else as_json(answer)


def _with(reply: Reply, *headers: tuple[str, str]) -> Reply:
    return replace(reply, headers=(*reply.headers, *headers))
