"""OpenRouter's endpoints, with the account, ledger and model list that they share."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import orjson

from harness.model import Headers, JsonValue, Reply
from harness_openclaw.mock_provider.account import Account, Ledger
from harness_openclaw.mock_provider.chat_requests import ChatRequest, check
from harness_openclaw.mock_provider.clawrouter_catalog import find_by_id
from harness_openclaw.mock_provider.completion import JSON_HEADERS, Answer, as_events, as_json, broken_events
from harness_openclaw.mock_provider.errors import ERRORS, ApiError, ErrorResponse
from harness_openclaw.mock_provider.fault_injection import PREFIX, Injection, immediate_reply, with_fault
from harness_openclaw.mock_provider.images import draw
from harness_openclaw.mock_provider.model_list import MODELS, SIMULATED, find
from harness_openclaw.mock_provider.model_output import generate
from harness_openclaw.mock_provider.models import Model
from harness_openclaw.mock_provider.request import IncomingRequest, bearer
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
    """OpenRouter for one account."""

    def __init__(self, account: Account, *, any_model: bool) -> None:
        self._account = account
        self._any_model = any_model
        self._books = Ledger(account)
        self._prompts = Prompts()
        self._cache = ResponseCache()
        self._videos = Videos(self._books, any_model=any_model)

    def answer(self, incoming: IncomingRequest) -> Reply:
        """Return the reply to a request. Raises `ApiError`."""
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

    def error_reply(self, error: ErrorResponse, incoming: IncomingRequest) -> Reply:
        """Return an error in OpenRouter's form."""
        body: dict[str, JsonValue] = {"error": error.body}
        if error.names_account:
            body["user_id"] = self._account.user_id
        headers = list(JSON_HEADERS)
        if error.retry_after is not None:
            headers.append(("Retry-After", str(error.retry_after)))
        if error.rate_limit is not None:
            reset = int(incoming.now * 1000) + _MINUTE_MS
            limits = {
                "X-RateLimit-Limit": str(error.rate_limit),
                "X-RateLimit-Remaining": "0",
                "X-RateLimit-Reset": str(reset),
            }
            headers.extend(limits.items())
            body["error"]["metadata"] = {**body["error"].get("metadata", {}), "headers": limits}
        return _json(body, tuple(headers), error.status)

    def _admit(self, key: str | None) -> None:
        if key is None:
            raise ApiError(ERRORS["401-no-key"])
        if self._account.key is not None and key != self._account.key:
            raise ApiError(ERRORS["401-no-user" if key.startswith("sk-or-") else "401"])

    def _find(self, name: str) -> Model | None:
        if name.startswith(PREFIX):
            return replace(SIMULATED, id=name, slug=name)
        model = find(name) or find_by_id(name)
        if model is None and self._any_model and name:
            return replace(SIMULATED, id=name, slug=name)
        if model is not None and model.routes_to is not None:
            return find(model.routes_to)
        return model

    # -------------------------------------------------------------- chat

    def _chat(self, incoming: IncomingRequest) -> Reply:
        injected = incoming.injection_for(incoming.body.get("model"))
        if injected is not None and injected.is_immediate:
            return immediate_reply(injected)
        chat = check(incoming.body, self._find)
        self._books.check(chat.model.price("completion"), chat.limit)
        if injected is not None and injected.affects_answer:
            return self._inject(injected, chat, incoming)
        return self._served(chat, incoming)

    def _served(self, chat: ChatRequest, incoming: IncomingRequest) -> Reply:
        request = incoming.request
        control = CacheControl.of(request.headers)
        if not control.enabled:
            return _written(self._generate(chat, incoming), chat.stream)
        key = bearer(request.headers)
        digest = hashlib.blake2b(f"{key}\n{request.url}\n".encode() + request.body).digest()
        hit = self._cache.find(digest, control, incoming.now)
        if hit is not None:
            again = replace(hit.answer, id=_generation_id(incoming), created=int(incoming.now), usage=Usage())
            self._enter(again, chat, incoming)
            found = (("X-OpenRouter-Cache-Status", "HIT"), ("X-OpenRouter-Cache-Age", str(hit.age)))
            return _with(_written(again, chat.stream), *found, ("X-OpenRouter-Cache-TTL", str(hit.ttl)))
        answer = self._generate(chat, incoming)
        self._cache.keep(digest, answer, control.ttl, incoming.now)
        missed = (("X-OpenRouter-Cache-Status", "MISS"), ("X-OpenRouter-Cache-TTL", str(control.ttl)))
        return _with(_written(answer, chat.stream), *missed)

    def _inject(self, injected: Injection, chat: ChatRequest, incoming: IncomingRequest) -> Reply:
        if injected.error is None:
            whole = _written(self._generate(chat, incoming), chat.stream)
            return with_fault(whole, injected.fault)
        if injected.kind == "stream" and chat.stream:
            return broken_events(self._generate(chat, incoming), injected.error, after=injected.after)
        return _json({"error": injected.error.body, "user_id": self._account.user_id}, JSON_HEADERS)

    def _generate(self, chat: ChatRequest, incoming: IncomingRequest) -> Answer:
        output = generate(chat, incoming.rng)
        usage = measure(chat.model, self._prompts.of(chat), output)
        answer = Answer(
            _generation_id(incoming),
            int(incoming.now),
            chat.model,
            output,
            usage,
            incoming.rng,
            chat.shown,
        )
        self._enter(answer, chat, incoming)
        return answer

    def _enter(self, answer: Answer, chat: ChatRequest, incoming: IncomingRequest) -> None:
        self._books.record(answer, stream=chat.stream, referer=incoming.header("http-referer"))


def _generation_id(incoming: IncomingRequest) -> str:
    word = incoming.rng.word(f"generation {incoming.turn}", _ID_LENGTH)
    return f"gen-{int(incoming.now)}-{word}"


def _json(value: JsonValue, headers: Headers, status: int = 200) -> Reply:
    return Reply(status, headers, (orjson.dumps(value),))


def _models() -> Reply:
    listed = [model.listing() for model in MODELS]
    return _json({"data": listed, "total_count": len(listed), "links": {"next": None}}, _PUBLIC)


def _written(answer: Answer, stream: bool) -> Reply:
    return as_events(answer) if stream else as_json(answer)


def _with(reply: Reply, *headers: tuple[str, str]) -> Reply:
    return replace(reply, headers=(*reply.headers, *headers))
