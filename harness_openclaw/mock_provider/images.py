"""`POST /images`: images as base64, and the errors for invalid requests."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from typing import Any

import orjson

from harness.model import Reply
from harness_openclaw.mock_provider.account import Ledger
from harness_openclaw.mock_provider.completion import JSON_HEADERS
from harness_openclaw.mock_provider.errors import ApiError, ErrorResponse, upstream_error
from harness_openclaw.mock_provider.fault_injection import immediate_reply, with_fault
from harness_openclaw.mock_provider.media_requests import (
    GENERATION_ID_LENGTH,
    images_in,
    no_such_model,
    option_in,
    text_in,
    typed,
)
from harness_openclaw.mock_provider.model_output import ModelOutput, count_tokens, draw_images
from harness_openclaw.mock_provider.models import Model
from harness_openclaw.mock_provider.request import IncomingRequest
from harness_openclaw.mock_provider.usage import TOKENS_PER_FILE, Usage

__all__ = ["draw"]

_RATIOS = (
    *("1:1", "1:2", "1:4", "1:8", "2:1", "2:3", "3:2", "3:4", "4:1", "4:3", "4:5", "5:4", "8:1"),
    *("9:16", "16:9", "9:19.5", "19.5:9", "9:20", "20:9", "9:21", "21:9", "auto"),
)
_OPTIONS = {
    "aspect_ratio": _RATIOS,
    "resolution": ("512", "1K", "2K", "4K"),
    "output_format": ("png", "jpeg", "webp", "svg"),
    "quality": ("auto", "low", "medium", "high"),
    "background": ("auto", "transparent", "opaque"),
}
_TYPES: dict[str, tuple[type, ...]] = {
    "n": (int,),
    "seed": (int,),
    "size": (str,),
    "stream": (bool,),
    "output_compression": (int,),
    "provider": (dict,),
}
_MOST = 10
_ONE_AT_A_TIME = "google/"


def draw(incoming: IncomingRequest, find: Callable[[str], Model | None], ledger: Ledger) -> Reply:
    """Return the images that a request asks for: PNG, at most 16 pixels a side, different each time. Raises
    `ApiError`."""
    body = incoming.body
    name = text_in(body, "model")
    injected = incoming.injection_for(name)
    if injected is not None and injected.is_immediate:
        return immediate_reply(injected)
    prompt = text_in(body, "prompt")
    model = find(name)
    if model is None:
        raise no_such_model(name)
    count = _count(body, model)
    ratio = option_in(body, "aspect_ratio", _RATIOS) or "1:1"
    references = images_in(body, "input_references")
    _check_size(body)
    output = ModelOutput("", "", (), "stop", draw_images(count, ratio, incoming.rng, turn=incoming.turn))
    tokens = count_tokens(prompt) + TOKENS_PER_FILE * len(references)
    usage = Usage(
        prompt=tokens,
        completion=output.tokens,
        prompt_cost=tokens * model.price("prompt"),
        completion_cost=output.tokens * model.price("completion"),
        images=output.image_tokens,
    )
    if injected is not None and injected.error is not None:
        return Reply(200, JSON_HEADERS, (orjson.dumps({"error": injected.error.body}),))
    ledger.charge(usage.cost)
    counted = usage.as_json()
    del counted["completion_tokens_details"]["audio_tokens"]
    answer = {
        "created": int(incoming.now),
        "data": [
            {"b64_json": b64encode(picture).decode(), "media_type": "image/png"}
            for picture in output.pictures
        ],
        "usage": counted,
    }
    named = (
        ("X-Generation-Id", incoming.id(f"gen-img-{int(incoming.now)}-", GENERATION_ID_LENGTH)),
        ("X-Provider-Name", model.vendor.name),
    )
    reply = Reply(200, (*JSON_HEADERS, *named), (orjson.dumps(answer),))
    return with_fault(reply, injected.fault) if injected is not None and injected.fault else reply


def _count(body: dict[str, Any], model: Model) -> int:
    typed(body, _TYPES)
    for name, options in _OPTIONS.items():
        option_in(body, name, options)
    if not model.draws:
        message = "No endpoints found that support the requested output modalities: image"
        raise ApiError(ErrorResponse(404, message, names_account=False))
    count: int = 1 if body.get("n") is None else body["n"]
    if not 1 <= count <= _MOST:
        message = f"Expected n to be between 1 and {_MOST}, received {count}"
        raise ApiError(ErrorResponse(400, message, names_account=False))
    if count > 1 and model.id.startswith(_ONE_AT_A_TIME):
        raise ApiError(upstream_error(model.vendor.name, f"n: at most 1 picture at a time, received {count}"))
    return count


def _check_size(body: dict[str, Any]) -> None:
    """Check that a size in pixels comes without a ratio and a resolution."""
    size = body.get("size")
    if size is None or size in _OPTIONS["resolution"]:
        return
    wide, _, high = size.partition("x")
    if not (wide.isdecimal() and high.isdecimal()):
        raise ApiError(
            ErrorResponse(400, f"Invalid input: size: {size!r} is not a size", names_account=False)
        )
    for name in ("resolution", "aspect_ratio"):
        if body.get(name) is not None:
            message = f"size {size} cannot be combined with {name}"
            raise ApiError(ErrorResponse(400, message, names_account=False))
