"""What requests for images, videos and speech have in common, and their errors."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from harness_openclaw.mock_provider.errors import ApiError, ErrorResponse, not_an_option, wrong_type

__all__ = ["GENERATION_ID_LENGTH", "amount", "images_in", "no_such_model", "option_in", "text_in", "typed"]

GENERATION_ID_LENGTH = 20


def text_in(body: Mapping[str, Any], name: str) -> str:
    """Return the text of a field. Raises `ApiError` if it is missing or empty."""
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
    """Check the types of fields; null counts as missing. Raises `ApiError` for a wrong one."""
    for name, kinds in types.items():
        value = body.get(name)
        if value is not None and type(value) not in kinds:
            raise wrong_type(name, kinds, value)


def option_in(body: Mapping[str, Any], name: str, options: Iterable[object]) -> Any:
    """Return the value of a field, or None. Raises `ApiError` if it is not among the options."""
    found = body.get(name)
    if found is not None and (type(found) is bool or found not in options):
        raise not_an_option(name, found, map(str, options))
    return found


def images_in(body: Mapping[str, Any], name: str, *, frames: tuple[str, ...] = ()) -> list[Mapping[str, Any]]:
    """Return the images of a field: parts as in a chat message, each with a frame type if `frames` are given.
    Raises `ApiError` for anything else."""
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
    """Return the error for an unknown model."""
    return ApiError(ErrorResponse(400, f"{name} is not a valid model ID"))


def amount(cost: Decimal) -> int | float:
    """Return an amount of money as JavaScript writes it: whole numbers without a fraction."""
    return int(cost) if cost == cost.to_integral_value() else float(cost)
