"""What calls cost at most, estimated from the request before it is sent and a list of prices."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import orjson

from harness.model import Request
from harness.recording.protocol import Estimate

__all__ = ["ModelPrice", "ModelPrices", "object_in"]

_BYTES_PER_TOKEN = 3
"""Fewer than English has, so that estimates are too high rather than too low."""

_TOKENS_PER_FILE = 2000
_DATA_URL = re.compile(rb"data:[\w.+/-]{1,100};base64,[A-Za-z0-9+/=_-]*")
_LIMITS = ("max_completion_tokens", "max_tokens", "max_output_tokens")
_FREE = Decimal()


@dataclass(frozen=True, slots=True)
class ModelPrice:
    """A model with its prices in USD: per token in, per token out, per request; None where unknown.

    `most_output` is the length of its longest answer in tokens, 0 if that is not known.
    """

    id: str
    prompt: Decimal | None = _FREE
    completion: Decimal | None = _FREE
    request: Decimal | None = _FREE
    most_output: int = 0
    parameters: tuple[str, ...] = ()
    """The request fields that it supports, if the provider lists them."""


class ModelPrices:
    """The models of a provider by id.

    `assumed_output` is the length assumed for answers that the request does not limit (default: the longest
    answer of the model). `listed_as` maps a model id in a request to the id in the list.
    """

    def __init__(
        self,
        models: Mapping[str, ModelPrice] | None = None,
        *,
        assumed_output: int | None = None,
        listed_as: Callable[[str], str] = str,
    ) -> None:
        self.models = models or {}
        self._assumed_output = assumed_output
        self._listed_as = listed_as

    def estimate(self, request: Request) -> Estimate:
        """Return the most that a request may cost. One without a body costs nothing."""
        if not request.body:
            return Estimate("", 0, 0, _FREE)
        from harness.cassettes.request_key import (
            model_of,  # with the first estimate: reference clients have none
        )

        asked = object_in(request.body)
        name = model_of(request)
        listed = self.models.get(name) or self.models.get(self._listed_as(name))
        prompt = _prompt_tokens(request.body)
        limit = _limit(asked)
        if limit is not None:
            output = max(0, limit)
        elif self._assumed_output is not None:
            output = self._assumed_output
        else:
            output = 0 if listed is None else listed.most_output
        return Estimate(name, prompt, output, _cost(listed, prompt, output), limit is not None)


def _cost(listed: ModelPrice | None, prompt: int, output: int) -> Decimal | None:
    if listed is None or listed.prompt is None or listed.completion is None or listed.request is None:
        return None
    return prompt * listed.prompt + output * listed.completion + listed.request


def _limit(asked: Mapping[str, Any]) -> int | None:
    """Return how long the answer may be, in the words of OpenAI, Anthropic or Gemini."""
    config = asked.get("generationConfig")
    stated = [asked.get(key) for key in _LIMITS]
    stated.append(config.get("maxOutputTokens") if isinstance(config, dict) else None)
    return next((limit for limit in stated if isinstance(limit, int)), None)


def _prompt_tokens(body: bytes) -> int:
    text, files = _DATA_URL.subn(b"", body)
    return -(-len(text) // _BYTES_PER_TOKEN) + files * _TOKENS_PER_FILE


def object_in(body: bytes) -> Mapping[str, Any]:
    """Return the JSON object that a body is, an empty one if it is not."""
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    return value if isinstance(value, dict) else {}
