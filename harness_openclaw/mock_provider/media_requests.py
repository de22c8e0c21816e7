"""What requests for pictures, films and speech have in common, and how OpenRouter refuses them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from harness_openclaw.mock_provider.errors import ApiError, ErrorResponse, not_an_option, wrong_type

__all__ = ["GENERATION_ID_LENGTH", "amount", "images_in", "no_such_model", "option_in", "text_in", "typed"]

GENERATION_ID_LENGTH = 20


def text_in(body: Mapping[str, Any], name: str) -> str:
    """The text under a name. Raises `ApiError` if there is none, or an empty one."""
    found = body.get(name)
    if not isinstance(found, str):
        raise wrong_type(name, "string", found)
    if not found:
        raise ApiError(
            ErrorResponse(
                400, f"Invalid input: {name}: expected string to have >=1 characters", names_account=False
            )
        )
    return found


def typed(body: Mapping[str, Any], types: Mapping[str, tuple[type, ...]]) -> None:
    """Raise `ApiError` for a value of another type than these; a value that is null counts as not given."""
    for name, kinds in types.items():
        value = body.get(name)
        if value is not None and type(value) not in kinds:
            raise wrong_type(name, kinds, value)


def option_in(body: Mapping[str, Any], name: str, options: Iterable[object]) -> Any:
    """The value under a name, or None. Raises `ApiError` for one that is not among the options."""
    found = body.get(name)
    if found is not None and (type(found) is bool or found not in options):
        raise not_an_option(name, found, map(str, options))
    return found


def images_in(body: Mapping[str, Any], name: str, *, frames: tuple[str, ...] = ()) -> list[Mapping[str, Any]]:
    """The images under a name: parts as in a chat message; each says which frame it is, if `frames` are
    given. Raises `ApiError` for anything else."""
    found = body.get(name)
    if found is None:
        return []
    if not isinstance(found, list):
        raise wrong_type(name, "array", found)
    for number, part in enumerate(found):
        where = f"{name}[{number}]"
        if not isinstance(part, dict):
            raise wrong_type(where, "object", part)
        if part.get("type") != "image_url":
            raise not_an_option(f"{where}.type", part.get("type"), ("image_url",))
        held = part.get("image_url")
        if not isinstance(held, dict):
            raise wrong_type(f"{where}.image_url", "object", held)
        if not isinstance(held.get("url"), str):
            raise wrong_type(f"{where}.image_url.url", "string", held.get("url"))
        if not held["url"].startswith(("data:image/", "https://", "http://")):
            message = f"Invalid input: {where}.image_url.url: neither a data URL of an image nor an HTTP URL"
            raise ApiError(ErrorResponse(400, message, names_account=False))
        if frames and part.get("frame_type") not in frames:
            raise not_an_option(f"{where}.frame_type", part.get("frame_type"), frames)
    return found


def no_such_model(name: str) -> ApiError:
    """Nobody serves this model for what is asked."""
    return ApiError(ErrorResponse(400, f"{name} is not a valid model ID"))


def amount(cost: Decimal) -> int | float:
    """An amount of money as JavaScript writes it: a whole number without a fraction."""
    return int(cost) if cost == cost.to_integral_value() else float(cost)
