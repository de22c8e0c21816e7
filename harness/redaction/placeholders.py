"""What stands in a cassette where a secret stood: `REDACTED-api-key-1`."""

from __future__ import annotations

import re
from collections.abc import Iterable

from harness.redaction.names import words

__all__ = ["Placeholders", "is_empty_cookie", "is_placeholder"]

_OURS = re.compile(rb"(?i)REDACTED-([a-z]+(?:-[a-z]+)*)-([0-9]+)")
_WORDS = words(
    "redacted filtered scrubbed masked placeholder dummy removed hidden fake invalid sanitized none null "
    "api key keys token secret auth id uuid org proj project organization user users your my the test "
    "bearer cookie request session account header value email open router openai anthropic google "
    "authorization access security set aws azure gemini groq endpoint resource "
    "testing location sk ant or v1 here not a real me x xx xxx xxxx example com unknown anonymous"
)
_LONGEST_FIRST = "|".join(sorted(_WORDS, key=lambda word: (-len(word), word)))
_GAP = r"[^A-Za-z0-9]*+"
_NO_SECRET = re.compile(
    rf"(?i){_GAP}(?>(?>{_LONGEST_FIRST}){_GAP}[0-9]{{0,3}}+{_GAP})*+".encode()
)  # possessive throughout: it never goes back

_CUSTOMARY = re.compile(
    rb"<[A-Za-z][A-Za-z_ -]*>|[A-Z]+(?:[-_][A-Z]+)*-XXX|[a-z.]{1,20}@example\.(?:com|org|net)"
)
_ATTRIBUTES = frozenset(
    (b"path", b"domain", b"expires", b"max-age", b"samesite", b"httponly", b"secure", b"partitioned", b"")
)


def is_placeholder(text: bytes) -> bool:
    """Return whether `text` only stands for a secret: ours, or what others write, such as `<REDACTED>`."""
    if _OURS.fullmatch(text):
        return True
    return len(text) <= 100 and (_NO_SECRET.fullmatch(text) or _CUSTOMARY.fullmatch(text)) is not None


def is_empty_cookie(text: bytes) -> bool:
    """Return whether all cookies of a header have placeholders for values."""
    for part in text.split(b";"):
        name, _, value = part.strip().partition(b"=")
        if name.lower() not in _ATTRIBUTES and not is_placeholder(value.strip(b"=") or name):
            return False
    return True


class Placeholders:
    """The placeholders of one cassette: the same secret has the same one, and none leads back to it.

    Numbers go on from those that `texts` already hold, so that a cassette can be scrubbed again.
    """

    def __init__(self, texts: Iterable[bytes] = ()) -> None:
        self._given: dict[bytes, bytes] = {}
        self._last: dict[str, int] = {}
        for text in texts:
            for kind, number in _OURS.findall(text) if b"REDACTED-" in text.upper() else ():
                name = kind.decode().lower()
                self._last[name] = max(self._last.get(name, 0), int(number))

    def give(self, kind: str, secret: bytes) -> bytes:
        """Return the placeholder of a secret: letters, digits and hyphens, valid anywhere."""
        given = self._given.get(secret)
        if given is None:
            number = self._last[kind] = self._last.get(kind, 0) + 1
            given = self._given[secret] = f"REDACTED-{kind}-{number}".encode()
        return given
