"""How Anthropic says what is wrong with a request."""

from __future__ import annotations

from harness_openclaw.mock_provider.errors import Refusal, Refused
from harness_openclaw.mock_provider.validation import Path

__all__ = ["COMPLAINTS", "complaint", "place"]

_EXPECTED = {
    "string": "Input should be a valid string",
    "array": "Input should be a valid list",
    "object": "Input should be a valid dictionary",
    "integer": "Input should be a valid integer",
    "number": "Input should be a valid number",
    "boolean": "Input should be a valid boolean",
}


def place(at: Path) -> str:
    """A place as Anthropic writes it: `messages.0.content.1.text`."""
    return ".".join(map(str, at))


def complaint(message: str, at: Path = ()) -> Refused:
    """Something is wrong at a place, or with the whole."""
    return Refused(Refusal(400, f"{place(at)}: {message}" if at else message))


class _Complaints:
    def missing(self, at: Path) -> Refused:
        return complaint("Field required", at)

    def unknown(self, at: Path) -> Refused:
        return complaint("Extra inputs are not permitted", at)

    def mistyped(self, at: Path, expected: str, found: object) -> Refused:
        if expected == "object" and at and isinstance(at[-1], int):
            return complaint("Input does not match the expected shape.", at)
        return complaint(_EXPECTED.get(expected, "Input does not match the expected shape."), at)

    def no_option(self, at: Path, options: tuple[str, ...], found: object) -> Refused:
        *most, last = (f"'{option}'" for option in options)
        return complaint(
            f"Input should be {', '.join(most)} or {last}" if most else f"Input should be {last}", at
        )


COMPLAINTS = _Complaints()
