"""What a contract adds to the common rules of redaction."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Literal

from harness.errors import UsageError

__all__ = ["COMMON", "RedactionRules", "Side"]

Side = Literal["request", "response"]


@dataclass(frozen=True, slots=True)
class RedactionRules:
    """The headers that a recording keeps as they are, beyond those that are harmless for any provider.

    The fields are the keys of `redaction` in contract.yaml. Names are compared without regard to case; `*`
    stands for any text. A header that holds credentials is not kept, whatever is stated: `authorization`,
    `set-cookie` and the like on either side, and on requests any name that speaks of a key, a token, a secret
    or a session.

    Raises `UsageError` for a pattern that names nothing, such as `*` alone.
    """

    keep_request_headers: tuple[str, ...] = ()
    keep_response_headers: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for field in ("keep_request_headers", "keep_response_headers"):
            patterns = tuple(pattern.lower() for pattern in getattr(self, field))
            for pattern in patterns:
                if not pattern.strip("*"):
                    raise UsageError(
                        f"redaction: {field}: {pattern!r} is not a header name",
                        hint="Write a name, or a pattern with *, such as x-acme-*.",
                    )
            object.__setattr__(self, field, patterns)

    def keeps(self, name: str, side: Side) -> bool:
        """Return whether a header of this name, in lower case, is stated for this side."""
        stated = self.keep_request_headers if side == "request" else self.keep_response_headers
        return any(fnmatchcase(name, pattern) for pattern in stated)


COMMON = RedactionRules()
"""Nothing beyond the common rules."""
