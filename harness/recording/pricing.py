"""What calls cost: estimated from the request before it is sent, and read from the answer afterwards."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

import orjson

from harness.model import JsonValue, Reply
from harness.recording.failures import events_of, is_stream

__all__ = ["NO_PRICES", "Estimate", "Listed", "Prices", "Usage", "canonical_id", "usage_of"]

_BYTES_A_TOKEN = 3
"""Fewer than English has, so that an estimate is rather too high."""

_TOKENS_A_FILE = 2000
_DATA_URL = re.compile(rb"data:[\w.+/-]{1,100};base64,[A-Za-z0-9+/=_-]*")
_LIMITS = ("max_completion_tokens", "max_tokens")
_ROUTING_SUFFIXES = (":nitro", ":floor", ":online", ":exacto")
_FREE = Decimal()


def canonical_id(model: str) -> str:
    """The id under which a model is listed: routing suffixes are not part of it, `:free` is (OR-PRE-05)."""
    for suffix in _ROUTING_SUFFIXES:
        if model.endswith(suffix):
            return model.removesuffix(suffix)
    return model


@dataclass(frozen=True, slots=True)
class Listed:
    """A model as the provider lists it. Prices are USD per token, None where they depend on what answers;
    `most_output` tokens are its longest answer."""

    id: str
    prompt: Decimal | None = _FREE
    completion: Decimal | None = _FREE
    request: Decimal | None = _FREE
    most_output: int = 0
    parameters: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a call may cost at most. `cost` is None where the model has no known price; `limited` tells
    whether the request itself bounds the answer."""

    model: str
    prompt_tokens: int
    output_tokens: int
    cost: Decimal | None
    limited: bool = True


@dataclass(frozen=True, slots=True)
class Usage:
    """What an answer says it counted for; None for what it does not say."""

    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    cost: Decimal | None = None


class Prices:
    """The models of a provider. `assumed_output` is what is counted for requests without a limit of their
    own (None: the longest answer the model can give)."""

    def __init__(self, models: Mapping[str, Listed], *, assumed_output: int | None = None) -> None:
        self.models = models
        self._assumed_output = assumed_output

    @classmethod
    def listed(cls, answer: JsonValue, *, assumed_output: int | None = None) -> Prices:
        """From the body of `GET /models`. Raises `ValueError` if it is none."""
        data = answer.get("data") if isinstance(answer, dict) else None
        if not isinstance(data, list):
            raise ValueError("it has no list `data`")
        models = {listed.id: listed for listed in _models(data)}
        return cls(models, assumed_output=assumed_output)

    def estimate(self, body: bytes) -> Estimate:
        """The most that a request of this body may cost."""
        asked = _object(body)
        model = asked.get("model")
        name = model if isinstance(model, str) else ""
        listed = self.models.get(name) or self.models.get(canonical_id(name))
        prompt = _prompt_tokens(body)
        limit = next((asked[key] for key in _LIMITS if isinstance(asked.get(key), int)), None)
        if limit is not None:
            output = max(0, limit)
        elif self._assumed_output is not None:
            output = self._assumed_output
        else:
            output = 0 if listed is None else listed.most_output
        return Estimate(name, prompt, output, _cost(listed, prompt, output), limit is not None)


NO_PRICES = Prices({})
"""For an upstream that does not say what it charges."""


def _models(data: list[Any]) -> Iterator[Listed]:
    for entry in data:
        if not isinstance(entry, dict) or not isinstance(entry.get("id"), str):
            continue
        pricing = entry.get("pricing")
        pricing = pricing if isinstance(pricing, dict) else {}
        top = entry.get("top_provider")
        top = top if isinstance(top, dict) else {}
        sizes = (top.get("max_completion_tokens"), top.get("context_length"), entry.get("context_length"))
        parameters = entry.get("supported_parameters")
        yield Listed(
            entry["id"],
            _amount(pricing.get("prompt")),
            _amount(pricing.get("completion")),
            _amount(pricing.get("request")),
            next((size for size in sizes if isinstance(size, int) and size > 0), 0),
            tuple(map(str, parameters)) if isinstance(parameters, list) else (),
        )


def _amount(price: object) -> Decimal | None:
    """A price as listed, nothing if there is none; routers have -1 for `it depends`."""
    if price is None:
        return _FREE
    try:
        amount = Decimal(str(price))
    except InvalidOperation:
        return None
    return amount if amount.is_finite() and amount >= 0 else None


def _cost(listed: Listed | None, prompt: int, output: int) -> Decimal | None:
    if listed is None or listed.prompt is None or listed.completion is None or listed.request is None:
        return None
    return prompt * listed.prompt + output * listed.completion + listed.request


def _prompt_tokens(body: bytes) -> int:
    text, files = _DATA_URL.subn(b"", body)
    return -(-len(text) // _BYTES_A_TOKEN) + files * _TOKENS_A_FILE


def _object(body: bytes) -> Mapping[str, Any]:
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    return value if isinstance(value, dict) else {}


def usage_of(reply: Reply) -> Usage:
    """The usage that an answer reports, in its body or in the last event that has any."""
    if is_stream(reply.headers):
        stated = [event.get("usage") for event in events_of(reply.body) if isinstance(event, dict)]
        usage = next((found for found in reversed(stated) if isinstance(found, dict)), {})
    else:
        found = _object(reply.body).get("usage")
        usage = found if isinstance(found, dict) else {}
    cost = usage.get("cost")
    return Usage(
        _count(usage.get("prompt_tokens")),
        _count(usage.get("completion_tokens")),
        Decimal(str(cost)) if isinstance(cost, int | float) and not isinstance(cost, bool) else None,
    )


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None
