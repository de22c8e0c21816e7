"""The list of models with what they charge, as `GET /models` has it (OR-PRE-05, OR-PRE-07)."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from harness.model import JsonValue
from harness.recording.pricing import ModelPrice, ModelPrices

__all__ = ["NO_PRICES", "amount", "canonical_id", "prices_in", "rows_of"]

_ROUTING_SUFFIXES = (":nitro", ":floor", ":online", ":exacto")


def canonical_id(model: str) -> str:
    """Return the id under which a model is listed: without routing suffixes, but with `:free` (OR-PRE-05)."""
    for suffix in _ROUTING_SUFFIXES:
        if model.endswith(suffix):
            return model.removesuffix(suffix)
    return model


NO_PRICES = ModelPrices()
"""The prices of an upstream that lists none."""


def prices_in(answer: JsonValue, *, assumed_output: int | None = None) -> ModelPrices:
    """Return the prices in the body of `GET /models`. Raises `ValueError` if it is not a list of models."""
    models = {row["id"]: _listed(row) for row in rows_of(answer)}
    return ModelPrices(models, assumed_output=assumed_output, listed_as=canonical_id)


def rows_of(answer: JsonValue) -> tuple[Mapping[str, Any], ...]:
    """Return the rows of the body of `GET /models` that have an id. Raises `ValueError` if it has none."""
    data = answer.get("data") if isinstance(answer, dict) else None
    if not isinstance(data, list):
        raise ValueError("it has no list `data`")
    return tuple(row for row in data if isinstance(row, dict) and isinstance(row.get("id"), str))


def amount(price: object) -> Decimal | None:
    """Return a price as listed, zero if there is none; None for what is not a price: routers have -1 for
    "it depends"."""
    if price is None:
        return Decimal()
    try:
        amount = Decimal(str(price))
    except InvalidOperation:
        return None
    return amount if amount.is_finite() and amount >= 0 else None


def _listed(row: Mapping[str, Any]) -> ModelPrice:
    pricing = row.get("pricing")
    pricing = pricing if isinstance(pricing, dict) else {}
    top = row.get("top_provider")
    top = top if isinstance(top, dict) else {}
    sizes = (top.get("max_completion_tokens"), top.get("context_length"), row.get("context_length"))
    parameters = row.get("supported_parameters")
    return ModelPrice(
        row["id"],
        amount(pricing.get("prompt")),
        amount(pricing.get("completion")),
        amount(pricing.get("request")),
        next((size for size in sizes if isinstance(size, int) and size > 0), 0),
        tuple(map(str, parameters)) if isinstance(parameters, list) else (),
    )
