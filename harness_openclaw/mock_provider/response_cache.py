"""OpenRouter's response cache (OR-RC-01 to OR-RC-10, from the provider's side)."""

from __future__ import annotations

from dataclasses import dataclass

from harness.model import Headers
from harness_openclaw.mock_provider.completion import Answer

__all__ = ["CacheControl", "Hit", "ResponseCache"]

_DEFAULT_TTL = 300
_LONGEST_TTL = 86_400
_TRUE = "true"


@dataclass(frozen=True, slots=True)
class CacheControl:
    """The cache headers of a request."""

    enabled: bool = False
    ttl: int = _DEFAULT_TTL
    clear: bool = False

    @classmethod
    def of(cls, headers: Headers) -> CacheControl:
        """Read the `X-OpenRouter-Cache…` headers; a TTL that is not a whole number is ignored."""
        output = {name.lower(): value.strip().lower() for name, value in headers}
        ttl = output.get("x-openrouter-cache-ttl", "")
        return cls(
            enabled=output.get("x-openrouter-cache") == _TRUE,
            ttl=max(1, min(int(ttl), _LONGEST_TTL)) if ttl.isdecimal() else _DEFAULT_TTL,
            clear=output.get("x-openrouter-cache-clear") == _TRUE,
        )


@dataclass(frozen=True, slots=True)
class Hit:
    """A cached answer, its age and its time to live in seconds."""

    answer: Answer
    age: int
    ttl: int


class ResponseCache:
    """Answers by key, endpoint, model, streaming and body."""

    def __init__(self) -> None:
        self._kept: dict[bytes, tuple[float, int, Answer]] = {}

    def find(self, digest: bytes, control: CacheControl, now: float) -> Hit | None:
        """Return the cached answer of a request, unless it has expired or the request clears it."""
        if control.clear:
            self._kept.pop(digest, None)
        kept = self._kept.get(digest)
        if kept is None:
            return None
        since, ttl, answer = kept
        if now - since >= ttl:
            del self._kept[digest]
            return None
        return Hit(answer, int(now - since), ttl)

    def keep(self, digest: bytes, answer: Answer, ttl: int, now: float) -> None:
        self._kept[digest] = (now, ttl, answer)
