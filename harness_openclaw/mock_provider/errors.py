"""OpenRouter's errors: their form, and every one that can be injected, by name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from harness.model import JsonValue

__all__ = ["ERRORS", "ApiError", "ErrorResponse", "not_an_option", "upstream_error", "wrong_type"]

_NAMES = {str: "string", list: "array", dict: "object", bool: "boolean", int: "integer", float: "number"}
_KEYS_PAGE = "https://openrouter.ai/settings/keys"
_CREDITS_PAGE = "https://openrouter.ai/settings/credits"


@dataclass(frozen=True, slots=True)
class ErrorResponse:
    """An error as the provider answers it.

    `code` is `error.code` where it differs from the status. `retry_after` is in seconds; `rate_limit` is the
    number of requests allowed per minute, of which none are left. `names_account` says whether the body names
    the account, as errors do that come after the key was accepted.
    """

    status: int
    message: str
    metadata: Mapping[str, Any] | None = None
    code: str | None = None
    retry_after: int | None = None
    rate_limit: int | None = None
    names_account: bool = True

    @property
    def upstream_message(self) -> str:
        """Return the vendor's own message where OpenRouter passes an error on."""
        raw = (self.metadata or {}).get("raw")
        if not isinstance(raw, str):
            return self.message
        if not raw.startswith("{"):
            return raw
        message: str = orjson.loads(raw)["error"]["message"]
        return message

    @property
    def body(self) -> dict[str, JsonValue]:
        """Return the value of `error` in the body."""
        found: dict[str, JsonValue] = {"message": self.message, "code": self.code or self.status}
        if self.metadata is not None:
            found["metadata"] = dict(self.metadata)
        return found


class ApiError(Exception):
    """Raised when a request is answered with an error."""

    def __init__(self, error: ErrorResponse) -> None:
        super().__init__(error.message)
        self.error = error


def upstream_error(
    provider: str, message: str, *, kind: str = "invalid_request_error", status: int = 400
) -> ErrorResponse:
    """Return an error of the vendor, passed on in `metadata.raw`."""
    body: dict[str, JsonValue] = {"error": {"type": kind, "message": message}}
    if provider == "Anthropic":
        body = {"type": "error", **body}
    raw = orjson.dumps(body).decode()
    return ErrorResponse(status, "Provider returned error", {"raw": raw, "provider_name": provider})


def wrong_type(where: str, expected: str | tuple[type, ...], found: object) -> ApiError:
    """Return OpenRouter's error for a value of the wrong type."""
    if not isinstance(expected, str):
        expected = " or ".join(dict.fromkeys(_NAMES[kind] for kind in expected))
    kind = "null" if found is None else _NAMES.get(type(found), "number")
    return ApiError(
        ErrorResponse(
            400, f"Invalid input: {where}: expected {expected}, received {kind}", names_account=False
        )
    )


def not_an_option(where: str, found: object, options: Iterable[str]) -> ApiError:
    """Return OpenRouter's error for a value that is not among the options."""
    message = f"Invalid input: {where}: expected one of {', '.join(options)}, received {found!r}"
    return ApiError(ErrorResponse(400, message, names_account=False))


def _typed(kind: str, **more: Any) -> dict[str, Any]:
    return {"error_type": kind, **more}


def _out_of(source: str, reason: str, hint: str) -> dict[str, Any]:
    return _typed("payment_required", limit_source=source, reason=reason, remedy_hint=hint)


ERRORS: Mapping[str, ErrorResponse] = {
    "400": ErrorResponse(
        400, "Input must have at least 1 token.", {"provider_name": None}, names_account=False
    ),
    "400-context": ErrorResponse(
        400,
        "This endpoint's maximum context length is 200000 tokens. However, you requested about 250000 tokens"
        " (250000 of text input). Please reduce the length of the input.",
        {"provider_name": None, "error_type": "context_length_exceeded"},
    ),
    "400-provider": upstream_error("Anthropic", "messages: roles must be valid"),
    "401": ErrorResponse(401, "No cookie auth credentials found", names_account=False),
    "401-no-key": ErrorResponse(401, "Missing Authentication header", names_account=False),
    "401-no-user": ErrorResponse(401, "User not found.", names_account=False),
    "402": ErrorResponse(
        402,
        f"Insufficient credits. Add more using {_CREDITS_PAGE}",
        _out_of("openrouter_credits", "insufficient_credits", "Add credits to the account."),
    ),
    "402-key-limit": ErrorResponse(
        402,
        f"This request requires more credits than the key may spend. Raise its limit at {_KEYS_PAGE}",
        _out_of("openrouter_key_limit", "key_limit_reached", "Raise the limit of the key."),
    ),
    "402-in-flight": ErrorResponse(
        402,
        "Too much of the balance is reserved by requests in flight. Try again shortly.",
        _out_of("openrouter_in_flight_budget", "in_flight_budget_exceeded", "Wait for requests to finish."),
        retry_after=2,
    ),
    "403": ErrorResponse(403, f"Key limit exceeded (total limit). Manage it using {_KEYS_PAGE}"),
    "403-moderation": ErrorResponse(
        403,
        "The input was flagged by moderation.",
        {
            "reasons": ["violence"],
            "flagged_input": "the first hundred characters of what was flagged",
            "provider_name": "OpenAI",
            "model_slug": "openai/gpt-4o",
        },
    ),
    "403-guardrail": ErrorResponse(
        403, "The request was blocked by a guardrail.", {"patterns": ["credit-card"]}
    ),
    "404": ErrorResponse(404, "No endpoints found for this model.", names_account=False),
    "404-data-policy": ErrorResponse(
        404,
        "No endpoints found matching your data policy. Configure: https://openrouter.ai/settings/privacy",
        names_account=False,
    ),
    "408": ErrorResponse(408, "Request timed out"),
    "409": ErrorResponse(409, "The request conflicts with another one in flight."),
    "422": ErrorResponse(422, "The request could not be processed."),
    "429": ErrorResponse(
        429,
        "Rate limit exceeded: free-models-per-min.",
        _typed("rate_limit_exceeded"),
        retry_after=1,
        rate_limit=20,
    ),
    "429-upstream": ErrorResponse(
        429,
        "Provider returned error",
        {
            "raw": "the model is temporarily rate-limited upstream. Please retry shortly.",
            "provider_name": "Chutes",
        },
    ),
    "500": ErrorResponse(500, "Internal Server Error", names_account=False),
    "502": upstream_error("Anthropic", "Internal server error", kind="api_error", status=502),
    "503": ErrorResponse(
        503, "No instances available", _typed("provider_unavailable"), retry_after=2, names_account=False
    ),
    "503-overloaded": upstream_error("Anthropic", "Overloaded", kind="overloaded_error", status=503),
    "504": ErrorResponse(504, "The provider did not answer in time.", names_account=False),
    "529": upstream_error("Anthropic", "Overloaded", kind="overloaded_error", status=529),
}
"""Every error that can be asked for by name (`error-…`)."""
