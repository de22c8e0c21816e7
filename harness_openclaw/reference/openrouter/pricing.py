"""What calls cost, estimated from the request before it is sent and the list of models (OR-PRE-07)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

import orjson

from harness.model import JsonValue

__all__ = ["NO_PRICES", "Estimate", "Listed", "Prices", "amount", "canonical_id", "object_in", "rows_of"]

_BYTES_A_TOKEN = 3
"""Fewer than English has, so that an estimate is rather too high."""

_TOKENS_A_FILE = 2000
_DATA_URL = re.compile(rb"data:[\w.+/-]{1,100};base64,[A-Za-z0-9+/=_-]*")
_LIMITS = ("max_completion_tokens", "max_tokens", "max_output_tokens")
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


class Prices:
    """The models of a provider. `assumed_output` is what is counted for requests without a limit of their
    own (None: the longest answer the model can give)."""

    def __init__(self, models: Mapping[str, Listed], *, assumed_output: int | None = None) -> None:
        self.models = models
        self._assumed_output = assumed_output

    @classmethod
    def listed(cls, answer: JsonValue, *, assumed_output: int | None = None) -> Prices:
        """From the body of `GET /models`. Raises `ValueError` if it is none."""
        models = {row["id"]: _listed(row) for row in rows_of(answer)}
        return cls(models, assumed_output=assumed_output)

    def estimate(self, body: bytes, *, model: str = "") -> Estimate:
        """The most that a request of this body may cost, to `model` if the body names none."""
        asked = object_in(body)
        named = asked.get("model")
        name = named if isinstance(named, str) else model
        listed = self.models.get(name) or self.models.get(canonical_id(name))
        prompt = _prompt_tokens(body)
        limit = _limit(asked)
        if limit is not None:
            output = max(0, limit)
        elif self._assumed_output is not None:
            output = self._assumed_output
        else:
            output = 0 if listed is None else listed.most_output
        return Estimate(name, prompt, output, _cost(listed, prompt, output), limit is not None)


NO_PRICES = Prices({})
"""For an upstream that does not say what it charges."""


def rows_of(answer: JsonValue) -> tuple[Mapping[str, Any], ...]:
    """The rows of the body of `GET /models` that have an id. Raises `ValueError` if it is no list."""
    data = answer.get("data") if isinstance(answer, dict) else None
    if not isinstance(data, list):
        raise ValueError("it has no list `data`")
    return tuple(row for row in data if isinstance(row, dict) and isinstance(row.get("id"), str))


def _listed(row: Mapping[str, Any]) -> Listed:
    pricing = row.get("pricing")
    pricing = pricing if isinstance(pricing, dict) else {}
    top = row.get("top_provider")
    top = top if isinstance(top, dict) else {}
    sizes = (top.get("max_completion_tokens"), top.get("context_length"), row.get("context_length"))
    parameters = row.get("supported_parameters")
    return Listed(
        row["id"],
        amount(pricing.get("prompt")),
        amount(pricing.get("completion")),
        amount(pricing.get("request")),
        next((size for size in sizes if isinstance(size, int) and size > 0), 0),
        tuple(map(str, parameters)) if isinstance(parameters, list) else (),
    )


def amount(price: object) -> Decimal | None:
    """A price as listed, nothing if there is none; None for what is no price: routers have -1 for `it
    depends`."""
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


def _limit(asked: Mapping[str, Any]) -> int | None:
    """How long the answer may be, in the words of chat completions, Responses, Anthropic or Gemini."""
    config = asked.get("generationConfig")
    stated = [asked.get(key) for key in _LIMITS]
    stated.append(config.get("maxOutputTokens") if isinstance(config, dict) else None)
    return next((limit for limit in stated if isinstance(limit, int)), None)


def _prompt_tokens(body: bytes) -> int:
    text, files = _DATA_URL.subn(b"", body)
    return -(-len(text) // _BYTES_A_TOKEN) + files * _TOKENS_A_FILE


def object_in(body: bytes) -> Mapping[str, Any]:
    """The JSON object that a body is; an empty one if it is none."""
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    return value if isinstance(value, dict) else {}
