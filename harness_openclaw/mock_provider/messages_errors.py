"""Anthropic's errors for invalid requests."""

from __future__ import annotations

from harness_openclaw.mock_provider.errors import ApiError, ErrorResponse
from harness_openclaw.mock_provider.validation import Path

__all__ = ["ERROR_FORMAT", "invalid_request", "place"]

_EXPECTED = {
    "string": "Input should be a valid string",
    "array": "Input should be a valid list",
    "object": "Input should be a valid dictionary",
    "integer": "Input should be a valid integer",
    "number": "Input should be a valid number",
    "boolean": "Input should be a valid boolean",
}


def place(at: Path) -> str:
    """Return a path as Anthropic writes it: `messages.0.content.1.text`."""
    return ".".join(map(str, at))


def invalid_request(message: str, at: Path = ()) -> ApiError:
    """Return the error for an invalid value at a path, or for the whole request."""
    return ApiError(ErrorResponse(400, f"{place(at)}: {message}" if at else message))


class _ErrorFormat:
    def missing(self, at: Path) -> ApiError:
        return invalid_request("Field required", at)

    def unknown(self, at: Path) -> ApiError:
        return invalid_request("Extra inputs are not permitted", at)

    def mistyped(self, at: Path, expected: str, found: object) -> ApiError:
        if expected == "object" and at and isinstance(at[-1], int):
            return invalid_request("Input does not match the expected shape.", at)
        return invalid_request(_EXPECTED.get(expected, "Input does not match the expected shape."), at)

    def no_option(self, at: Path, options: tuple[str, ...], found: object) -> ApiError:
        *most, last = (f"'{option}'" for option in options)
        return invalid_request(
            f"Input should be {', '.join(most)} or {last}" if most else f"Input should be {last}", at
        )


ERROR_FORMAT = _ErrorFormat()
