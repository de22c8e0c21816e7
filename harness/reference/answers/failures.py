"""Answers that are failures: their class, whether asking again may help, and what is said of them
(OR-ERR-01, OR-ERR-02)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import orjson

from harness.model import Headers, JsonValue, Reply
from harness.reference.refusal import Failure

__all__ = [
    "Kind",
    "classify",
    "failure_in",
    "failure_of_fault",
    "failure_of_status",
    "header",
    "json_of",
    "raise_for_failure",
]


class Kind(NamedTuple):
    """What kind of failure it is. `error_class` is one of the classes of docs/scenarios.md (outcome), None
    if it has none; `retryable` tells whether the same request may succeed later."""

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

_OVERLOADED_TEXT = re.compile(r"overloaded|over capacity|at capacity|high (?:demand|load)", re.I)
_KEY_LIMIT = re.compile(r"\bkey[ _]limit[ _](?:was |has been )?(?:exceeded|reached|hit)\b", re.I)
_REVOKED_TEXT = re.compile(
    r"\b(?:key|account|organi[sz]ation|workspace|user|token)\b[^.]{0,60}"
    r"\b(?:revoked|deactivated|disabled|suspended)\b"
    r"|\b(?:revoked|deactivated|disabled|suspended)[^.]{0,20}\b(?:key|account|organi[sz]ation|user|token)\b",
    re.I,
)
_CONTEXT_TEXT = re.compile(
    r"context[ _](?:length|window)[^.]{0,40}\b(?:exceed|too (?:long|large))"
    r"|context_length_exceeded|maximum context length|context overflow"
    r"|exceeds? (?:the )?(?:model'?s )?(?:maximum )?context"
    r"|(?:prompt|input|request) is too long|too many tokens in (?:the )?(?:prompt|request)"
    r"|input token count[^.]{0,40}exceeds",
    re.I,
)
_WINDOW = re.compile(
    r"\b(?:daily|weekly|monthly|hourly)\b[^.]{0,40}\b(?:limit|quota)"
    r"|\b(?:limit|quota|window)s?\b[^.]{0,60}\b(?:resets?|renews?|refresh(?:es)?|rolling)\b"
    r"|\b(?:resets?|renews?|refresh(?:es)?|rolling)\b[^.]{0,60}\b(?:limit|quota|window)",
    re.I,
)
_TEMPORARY = re.compile(
    r"\btemporar(?:y|ily)\b[^.]{0,60}\blimit|\blimit(?:ed|s)?\b[^.]{0,60}\btemporar|\b(?:rate|usage) limit",
    re.I,
)
_IN_FLIGHT = re.compile(r"(?<![a-z])in[ _-]flight", re.I)
_BILLING_TEXT = re.compile(
    r"insufficient[ _](?:credits?|balance|funds|quota)|(?:out of|no|not enough|more) credits"
    r"|payment[ _]required|billing|credit balance",
    re.I,
)
_AUTH_TEXT = re.compile(
    r"(?:invalid|incorrect|missing|unknown|expired)[ _](?:api[ _-]?key|auth\w*|credentials?|token)"
    r"|unauthori[sz]ed|no auth credentials|authentication[ _](?:failed|error)",
    re.I,
)
_NO_MODEL_TEXT = re.compile(
    r"not a valid model|(?:unknown|invalid) model|model[ _]not[ _]found|no endpoints found"
    r"|model\b[^.]{0,60}\b(?:does not exist|not found|is not available)",
    re.I,
)
_LIMIT_TEXT = re.compile(
    r"rate[ _-]?limit|too many requests|quota exceeded|resource[ _]exhausted|tokens per minute", re.I
)
_TIMEOUT_TEXT = re.compile(
    r"timed? ?out|server[ _]error|api_error|internal error|disconnected|network[ _]error|unavailable"
    r"|connection (?:error|reset|closed|refused)|bad gateway",
    re.I,
)
_PASSED_ON = "provider returned error"
"""What OpenRouter says of an upstream provider's error."""


def classify(
    status: int | None, text: str, *, provider: str = "openrouter", retry_after: bool = False
) -> Kind:
    """The kind of a failure with this HTTP status (None: no status) that says `text` (OR-ERR-01).

    The status decides; the text only where it leaves the kind open. `retry_after` tells whether the answer
    states a time after which to come back.
    """
    if status is None or status in (400, 422):
        return _by_text(text, provider) or (_UNKNOWN if status is None else _FORMAT)
    if status == 401:
        return _REVOKED if _REVOKED_TEXT.search(text) else _AUTH
    if status == 402:
        limited = _WINDOW.search(text) or (_TEMPORARY.search(text) and not _BILLING_TEXT.search(text))
        again = retry_after or _IN_FLIGHT.search(text) is not None
        return Kind("rate_limit" if limited else "billing", again)
    if status == 403:
        if _is_key_limit(text, provider):
            return _BILLING
        return _REVOKED if _REVOKED_TEXT.search(text) else _AUTH
    if status in (404, 410):
        if _is_key_limit(text, provider) or _BILLING_TEXT.search(text):
            return _BILLING
        return _AUTH if _AUTH_TEXT.search(text) else _BY_STATUS[status]
    if status in (499, 503) and _OVERLOADED_TEXT.search(text):
        return _OVERLOADED
    kind = _BY_STATUS.get(status)
    if kind is not None:
        return kind
    if _CONTEXT_TEXT.search(text):
        return _TOO_LONG
    if status >= 500:
        return _TIMEOUT
    return _FORMAT if status >= 400 else _UNKNOWN


def _by_text(text: str, provider: str) -> Kind | None:
    """The kind that the text alone tells."""
    if _is_key_limit(text, provider):
        return _BILLING
    for pattern, kind in _KINDS_BY_TEXT:
        if pattern.search(text):
            return kind
    if provider == "openrouter" and _PASSED_ON in text.lower():
        return _TIMEOUT
    return _TIMEOUT if _TIMEOUT_TEXT.search(text) else None


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
    return provider == "openrouter" and _KEY_LIMIT.search(text) is not None


# ------------------------------------------------------------------ a reply that is a failure

_FAULTS: Mapping[str, str] = {
    "timeout": "no answer in time",
    "refused": "no connection",
    "reset": "the connection broke off",
    "truncated": "the answer was cut off",
    "slow": "the answer did not come to an end",
}


def raise_for_failure(reply: Reply, *, label: str, provider: str = "openrouter") -> None:
    """Raise `Failure` for a reply that is a fault, or has a status outside 200-299. `label` says what failed
    ("OpenRouter image generation failed") and begins the message."""
    if reply.fault is not None:
        raise failure_of_fault(reply, label=label)
    if not 200 <= reply.status < 300:
        raise failure_of_status(reply, label=label, provider=provider)


def json_of(reply: Reply, *, label: str) -> JsonValue:
    """The JSON that a reply holds. Raises `Failure`, of no class, for what is no JSON."""
    try:
        return orjson.loads(reply.body)
    except orjson.JSONDecodeError:
        raise Failure(f"{label}: the answer is no JSON", status=reply.status) from None


def failure_of_fault(reply: Reply, *, label: str) -> Failure:
    """The failure of a reply that never came, or not to its end."""
    said = _FAULTS.get(reply.fault or "", reply.fault)
    return Failure(f"{label}: {said}", error_class="timeout", retryable=True, status=reply.status or None)


def failure_of_status(reply: Reply, *, label: str, provider: str = "openrouter") -> Failure:
    """The failure that a reply's status and body tell (OR-ERR-01, OR-ERR-02)."""
    said = _Said.of(reply.body)
    again = header(reply.headers, "retry-after") is not None
    kind = classify(reply.status, said.all, provider=provider, retry_after=again)
    message = f"{label} (HTTP {reply.status})"
    if said.detail:
        message += f": {said.detail}"
    request_id = header(reply.headers, "x-request-id") or header(reply.headers, "request-id")
    if request_id:
        message += f" [request_id={request_id}]"
    return Failure(message, error_class=kind.error_class, retryable=kind.retryable, status=reply.status)


def failure_in(value: JsonValue, *, label: str, status: int, provider: str = "openrouter") -> Failure | None:
    """The failure that `value`, the JSON of an answer that began well or of one of its events, tells under
    `error`; None if it tells none. A numeric code counts like a status, a word is part of the text."""
    error = value.get("error") if isinstance(value, dict) else None
    if not error:
        return None
    code = error.get("code") if isinstance(error, dict) else None
    if isinstance(code, str) and code.isascii() and code.isdigit():
        code = int(code)
    counts = isinstance(code, int) and not isinstance(code, bool) and 400 <= code < 600
    said = _Said.of_value(value)
    kind = classify(code if counts else None, said.all, provider=provider)
    message = f"{label}: {said.detail}" if said.detail else label
    return Failure(message, error_class=kind.error_class, retryable=kind.retryable, status=status)


def header(headers: Headers, name: str) -> str | None:
    """The first value of the header `name` (in lower case) that is not blank."""
    for stated, value in headers:
        if stated.lower() == name and value.strip():
            return value.strip()
    return None


# ------------------------------------------------------------------ what it says

_LONGEST = 220


class _Said(NamedTuple):
    """What the body of a failure says: `detail` for people, `all` of it to classify it by."""

    detail: str
    all: str

    @classmethod
    def of(cls, body: bytes) -> _Said:
        try:
            value = orjson.loads(body)
        except orjson.JSONDecodeError:
            value = None
        said = cls.of_value(value)
        if said.detail:
            return said
        text = body.decode("utf-8", "replace").strip()
        return cls(_cut(text), text)

    @classmethod
    def of_value(cls, root: JsonValue) -> _Said:
        if not isinstance(root, dict):
            return cls("", "")
        error, detail = root.get("error"), root.get("detail")
        subject = error if isinstance(error, dict) else detail if isinstance(detail, dict) else root
        stated = (subject.get("message"), subject.get("detail"), root.get("message"), error, detail)
        message = next((text for text in map(_text, stated) if text), "")
        kind, code = _text(subject.get("type")), _text(subject.get("code")) or _text(subject.get("status"))
        named = ", ".join(
            f"{name}={value}" for name, value in (("type", kind), ("code", code)) if value is not None
        )
        words = [message, kind or "", code or "", *_words_of(subject.get("metadata"))]
        shown = [_cut(message), f"[{named}]" if named else ""]
        return cls(" ".join(filter(None, shown)), "\n".join(filter(None, words)))


def _words_of(metadata: Any) -> Iterator[str]:
    """What OpenRouter tells beside the message: its own kind of error, and the upstream provider's words."""
    if isinstance(metadata, dict):
        for name in ("error_type", "limit_source", "reason", "raw"):
            text = _text(metadata.get(name))
            if text:
                yield text


def _text(value: object) -> str | None:
    return value.strip() or None if isinstance(value, str) else None


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
