"""The kind of a failure, going by its status and by what is said of it (OR-ERR-01)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

__all__ = ["Kind", "classify"]


class Kind(NamedTuple):
    """The kind of a failure. `error_class` is one of the classes of docs/scenarios.md (outcome), None if it
    has none; `retryable` says whether the same request may succeed later."""

    error_class: str | None
    retryable: bool


_UNKNOWN = Kind(None, False)
_AUTH = Kind("auth", False)
_REVOKED = Kind("auth_permanent", False)
_BILLING = Kind("billing", False)
_RATE_LIMIT = Kind("rate_limit", True)
_TIMEOUT = Kind("timeout", True)
_OVERLOADED = Kind("overloaded", True)
_NO_MODEL = Kind("model_not_found", False)
_TOO_LONG = Kind("context_overflow", False)
_FORMAT = Kind("format", False)

_BY_STATUS: Mapping[int, Kind] = {
    404: _NO_MODEL,
    408: _TIMEOUT,
    409: Kind(None, True),
    410: _TIMEOUT,
    429: _RATE_LIMIT,
    499: _TIMEOUT,
    529: _OVERLOADED,
}
"""Other statuses from 500 on are time-outs, those below it mistakes in the request."""

_OVERLOADED_TEXT = r"overloaded|over capacity|at capacity|high (?:demand|load)"
_KEY_LIMIT = r"\bkey[ _]limit[ _](?:was |has been )?(?:exceeded|reached|hit)\b"
_REVOKED_TEXT = (
    r"\b(?:key|account|organi[sz]ation|workspace|user|token)\b[^.]{0,60}"
    r"\b(?:revoked|deactivated|disabled|suspended)\b"
    r"|\b(?:revoked|deactivated|disabled|suspended)[^.]{0,20}\b(?:key|account|organi[sz]ation|user|token)\b"
)
_CONTEXT_TEXT = (
    r"context[ _](?:length|window)[^.]{0,40}\b(?:exceed|too (?:long|large))"
    r"|context_length_exceeded|maximum context length|context overflow"
    r"|exceeds? (?:the )?(?:model'?s )?(?:maximum )?context"
    r"|(?:prompt|input|request) is too long|too many tokens in (?:the )?(?:prompt|request)"
    r"|input token count[^.]{0,40}exceeds"
)
_WINDOW = (
    r"\b(?:daily|weekly|monthly|hourly)\b[^.]{0,40}\b(?:limit|quota)"
    r"|\b(?:limit|quota|window)s?\b[^.]{0,60}\b(?:resets?|renews?|refresh(?:es)?|rolling)\b"
    r"|\b(?:resets?|renews?|refresh(?:es)?|rolling)\b[^.]{0,60}\b(?:limit|quota|window)"
)
_TEMPORARY = (
    r"\btemporar(?:y|ily)\b[^.]{0,60}\blimit|\blimit(?:ed|s)?\b[^.]{0,60}\btemporar|\b(?:rate|usage) limit"
)
_IN_FLIGHT = r"(?<![a-z])in[ _-]flight"
_BILLING_TEXT = (
    r"insufficient[ _](?:credits?|balance|funds|quota)|(?:out of|no|not enough|more) credits"
    r"|payment[ _]required|billing|credit balance"
)
_AUTH_TEXT = (
    r"(?:invalid|incorrect|missing|unknown|expired)[ _](?:api[ _-]?key|auth\w*|credentials?|token)"
    r"|unauthori[sz]ed|no auth credentials|authentication[ _](?:failed|error)"
)
_NO_MODEL_TEXT = (
    r"not a valid model|(?:unknown|invalid) model|model[ _]not[ _]found|no endpoints found"
    r"|model\b[^.]{0,60}\b(?:does not exist|not found|is not available)"
)
_LIMIT_TEXT = r"rate[ _-]?limit|too many requests|quota exceeded|resource[ _]exhausted|tokens per minute"
_TIMEOUT_TEXT = (
    r"timed? ?out|server[ _]error|api_error|internal error|disconnected|network[ _]error|unavailable"
    r"|connection (?:error|reset|closed|refused)|bad gateway"
)
_PASSED_ON = "provider returned error"
"""What OpenRouter says of an upstream provider's error."""


def classify(
    status: int | None, text: str, *, provider: str = "openrouter", retry_after: bool = False
) -> Kind:
    """Return the kind of a failure with this HTTP status (None: no status) and text (OR-ERR-01).

    The status decides; the text only where it leaves the kind open. `retry_after` says whether the answer
    states a time after which to come back.
    """
    if status is None or status in (400, 422):
        return _by_text(text, provider) or (_UNKNOWN if status is None else _FORMAT)
    if status == 401:
        return _REVOKED if _has(text, _REVOKED_TEXT) else _AUTH
    if status == 402:
        limited = _has(text, _WINDOW) or (_has(text, _TEMPORARY) and not _has(text, _BILLING_TEXT))
        again = retry_after or _has(text, _IN_FLIGHT)
        return Kind("rate_limit" if limited else "billing", again)
    if status == 403:
        if _is_key_limit(text, provider):
            return _BILLING
        return _REVOKED if _has(text, _REVOKED_TEXT) else _AUTH
    if status in (404, 410):
        if _is_key_limit(text, provider) or _has(text, _BILLING_TEXT):
            return _BILLING
        return _AUTH if _has(text, _AUTH_TEXT) else _BY_STATUS[status]
    if status in (499, 503) and _has(text, _OVERLOADED_TEXT):
        return _OVERLOADED
    kind = _BY_STATUS.get(status)
    if kind is not None:
        return kind
    if _has(text, _CONTEXT_TEXT):
        return _TOO_LONG
    if status >= 500:
        return _TIMEOUT
    return _FORMAT if status >= 400 else _UNKNOWN


def _by_text(text: str, provider: str) -> Kind | None:
    """Return the kind that follows from the text alone."""
    if _is_key_limit(text, provider):
        return _BILLING
    for pattern, kind in _KINDS_BY_TEXT:
        if _has(text, pattern):
            return kind
    if provider == "openrouter" and _PASSED_ON in text.lower():
        return _TIMEOUT
    return _TIMEOUT if _has(text, _TIMEOUT_TEXT) else None


_KINDS_BY_TEXT = (
    (_CONTEXT_TEXT, _TOO_LONG),
    (_REVOKED_TEXT, _REVOKED),
    (_BILLING_TEXT, _BILLING),
    (_LIMIT_TEXT, _RATE_LIMIT),
    (_OVERLOADED_TEXT, _OVERLOADED),
    (_AUTH_TEXT, _AUTH),
    (_NO_MODEL_TEXT, _NO_MODEL),
)


def _is_key_limit(text: str, provider: str) -> bool:
    return provider == "openrouter" and _has(text, _KEY_LIMIT)


def _has(text: str, pattern: str) -> bool:
    """Is the pattern, in any letter case, in the text? Compiled when it is first asked for."""
    return re.search(pattern, text, re.IGNORECASE) is not None
