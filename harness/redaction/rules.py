"""What a contract adds to the common rules of redaction."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["COMMON", "RedactionRules"]


@dataclass(frozen=True, slots=True)
class RedactionRules:
    """The headers that a recording keeps as they are, beyond those that are harmless for any provider.

    Names are compared without regard to case; one that ends in `*` stands for all names that begin so. A
    header that holds credentials is not kept, whatever is stated: `authorization`, `cookie` and the like on
    either side, and on requests any name that speaks of a key, a token, a secret or a session.

    Raises `ValueError` for a pattern with `*` elsewhere than at its end, or with nothing before it.
    """

    keep_request_headers: tuple[str, ...] = ()
    keep_response_headers: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for side in ("keep_request_headers", "keep_response_headers"):
            patterns = tuple(pattern.lower() for pattern in getattr(self, side))
            for pattern in patterns:
                if not pattern.removesuffix("*") or "*" in pattern[:-1]:
                    raise ValueError(
                        f"{side}: {pattern!r} is no header name; write a name, or how names begin and one `*`"
                    )
            object.__setattr__(self, side, patterns)


COMMON = RedactionRules()
"""Nothing beyond the common rules."""
