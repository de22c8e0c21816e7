"""Requests and replies taken apart: what kind of text each part of them is."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from harness.model import Headers
from harness.redaction import fields
from harness.redaction.finding import Reading, as_account, as_budget, as_form, as_text
from harness.redaction.names import holds_account, holds_owner
from harness.redaction.rules import Side
from harness.redaction.spans import Span

__all__ = ["as_url", "encode", "first_value", "reading_of", "secret_part"]

_SCHEME = re.compile(
    r"(?i)\s*(?:bearer|basic|digest|token|apikey|api-key|key|negotiate|aws4-hmac-sha256|googlelogin)\s+(?=\S)"
)


def encode(text: str) -> bytes:
    """Encode text as bytes; `decode` reverses it, even for lone surrogates."""
    return text.encode("utf-8", "surrogatepass")


def as_url(url: bytes) -> Iterator[Span]:
    """Yield the secrets of a URL; parameters are recognised by name, however short their values."""
    start = url.find(b"?") + 1
    if start:
        for span in fields.form_fields(url[start:]):
            yield span._replace(start=span.start + start, end=span.end + start)
    yield from as_text(url)


def first_value(headers: Sequence[tuple[str, str]], name: str) -> str:
    """Return the values of a header joined as HTTP does it, or nothing."""
    return ",".join(value for each, value in headers if each.lower() == name)


def reading_of(side: Side, url: str, headers: Headers) -> Reading:
    """Return how to read the body of a request to this URL, or of a response from it."""
    if "form-urlencoded" in first_value(headers, "content-type").lower():
        return as_form
    if side == "response":
        if holds_account(url):
            return as_account
        if holds_owner(url):
            return as_budget
    return as_text


def secret_part(value: str) -> tuple[str, str]:
    """Return the scheme of an authorization value, and its secret part."""
    scheme = _SCHEME.match(value)
    cut = scheme.end() if scheme else 0
    return value[:cut], value[cut:]
