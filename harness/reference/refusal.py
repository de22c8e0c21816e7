"""Why the reference sends nothing: a refusal is part of the contract, being unsupported is not."""

from __future__ import annotations

from harness.model import JsonValue

__all__ = ["Refusal", "Unsupported"]


class Refusal(Exception):  # noqa: N818  (a refusal is a result, not a fault)
    """No request goes out: the input itself is refused.

    `error_class` is `auth` (no key) or `format` (anything else that is wrong with the input).
    """

    def __init__(self, message: str, *, error_class: str = "format", retryable: bool = False) -> None:
        super().__init__(message)
        self.message = message
        self.error_class = error_class
        self.retryable = retryable

    @property
    def error(self) -> dict[str, JsonValue]:
        """The refusal as an outcome reports it."""
        return {"class": self.error_class, "retryable": self.retryable, "message": self.message}


class Unsupported(Exception):  # noqa: N818
    """The contract has rules for this input, but the reference does not follow them."""
