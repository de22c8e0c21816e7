"""Answers that are failures: their class, and what is said of them (OR-ERR-01, OR-ERR-02)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import orjson

from harness.model import Headers, JsonValue, Reply
from harness_openclaw.reference.answers.kinds import Kind, classify
from harness_openclaw.reference.refusal import Failure

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

_FAULTS: Mapping[str, str] = {
    "timeout": "no answer in time",
    "refused": "no connection",
    "reset": "the connection was reset",
    "truncated": "the answer was cut off",
    "slow": "the answer did not end",
}


def raise_for_failure(reply: Reply, *, label: str, provider: str = "openrouter") -> None:
    """Raise `Failure` for a reply that is a fault, or has a status outside 200-299. `label` says what failed
    ("OpenRouter image generation failed") and begins the message."""
    if reply.fault is not None:
        raise failure_of_fault(reply, label=label)
    if not 200 <= reply.status < 300:
        raise failure_of_status(reply, label=label, provider=provider)


def json_of(reply: Reply, *, label: str) -> JsonValue:
    """Return the JSON of a reply. Raises `Failure`, without a class, if it is not JSON."""
    try:
        return orjson.loads(reply.body)
    except orjson.JSONDecodeError:
        raise Failure(f"{label}: the answer is not JSON", status=reply.status) from None


def failure_of_fault(reply: Reply, *, label: str) -> Failure:
    """The failure of a reply that never came, or not to its end."""
    said = _FAULTS.get(reply.fault or "", reply.fault)
    return Failure(f"{label}: {said}", error_class="timeout", retryable=True, status=reply.status or None)


def failure_of_status(reply: Reply, *, label: str, provider: str = "openrouter") -> Failure:
    """Return the failure for the status and body of a reply (OR-ERR-01, OR-ERR-02)."""
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
    """Return the failure under `error` in `value`, the JSON of an answer that began well or of one of its
    events; None if there is none.

    A numeric code counts like a status, a word is part of the text.
    """
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
    """Return what OpenRouter adds to the message: its own kind of error, and the vendor's words."""
    if isinstance(metadata, dict):
        for name in ("error_type", "limit_source", "reason", "raw"):
            text = _text(metadata.get(name))
            if text:
                yield text


def _text(value: object) -> str | None:
    return value.strip() or None if isinstance(value, str) else None


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
