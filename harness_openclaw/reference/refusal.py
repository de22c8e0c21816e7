"""Why a call of the reference came to nothing: refused before anything was sent, or failed after it."""

from __future__ import annotations

from harness.model import JsonValue

__all__ = ["CallError", "Failure", "Refusal", "Unsupported"]


class CallError(Exception):
    """A call that gives no result. It is an outcome, not a fault of the reference.

    `error_class` is one of the classes of docs/scenarios.md (OR-ERR-01), None for an error that has none:
    an answer that makes no sense, a job that failed.
    """

    def __init__(
        self,
        message: str,
        *,
        error_class: str | None = None,
        retryable: bool = False,
        status: int | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.error_class = error_class
        self.retryable = retryable
        self.status = status

    @property
    def error(self) -> dict[str, JsonValue]:
        """The error as an outcome reports it."""
        error = {"class": self.error_class, "retryable": self.retryable, "message": self.message}
        return error if self.status is None else {**error, "status": self.status}


class Refusal(CallError):  # noqa: N818  (a refusal is a result, not a fault)
    """No request goes out: the input itself is refused.

    `error_class` is `auth` (no key) or `format` (anything else that is wrong with the input).
    """

    def __init__(self, message: str, *, error_class: str | None = "format", retryable: bool = False) -> None:
        super().__init__(message, error_class=error_class, retryable=retryable)


class Failure(CallError):  # noqa: N818
    """A request went out and did not bring what was asked for. `status` is that of the answer, None if
    there was none."""


class Unsupported(Exception):  # noqa: N818
    """The edition has rules for this input, but the reference does not follow them."""
