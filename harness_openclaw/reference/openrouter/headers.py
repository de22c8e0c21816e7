"""Headers of a chat call: authorisation, attribution, and whose value wins (OR-HDR)."""

from __future__ import annotations

import re
from collections.abc import Mapping

from harness.model import Headers, JsonValue
from harness_openclaw.reference.refusal import Refusal

__all__ = ["attribution", "find_key", "merge"]

_REFERER = ("HTTP-Referer", "https://openclaw.ai")
_TITLE = ("X-OpenRouter-Title", "OpenClaw")
_CATEGORIES = "X-OpenRouter-Categories"
_APRIL: Headers = (_REFERER, _TITLE, (_CATEGORIES, "cli-agent"))
_SINCE_MAY: Headers = (
    _REFERER,
    _TITLE,
    (
        _CATEGORIES,
        "cli-agent,cloud-agent,programming-app,creative-writing,writing-assistant,general-chat,personal-agent",
    ),
)
_NEVER_SENT = {"__proto__", "prototype", "constructor"}
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE = re.compile(r"[\t\x20-\x7e]*")


def find_key(
    given: str | None, configured: Mapping[str, JsonValue], env: Mapping[str, str], provider: str
) -> str:
    """Return the API key: as given, else as configured, else for OpenRouter that of `env` (OR-HDR-01).

    Raises `Refusal` of class auth when there is none. The process's own environment is not used.
    """
    candidates = [given, configured.get("apiKey")]
    if provider == "openrouter":
        candidates.append(env.get("OPENROUTER_API_KEY"))
    key = next((key.strip() for key in candidates if isinstance(key, str) and key.strip()), None)
    if key is None:
        place = " or OPENROUTER_API_KEY" if provider == "openrouter" else ""
        raise Refusal(
            f"no API key for {provider}: give one, or set it in the configuration{place}", error_class="auth"
        )
    return key


def attribution(edition: str) -> Headers:
    """The headers that name the app to OpenRouter (OR-HDR-02…04)."""
    return _APRIL if edition == "2026-04" else _SINCE_MAY


def merge(
    key: str,
    *,
    protected: Headers,
    configured: Mapping[str, JsonValue],
    derived: Headers,
    own: Mapping[str, JsonValue],
) -> Headers:
    """All headers, one per name in any letter case.

    Later wins: authorisation and content type, `configured`, `derived` (from params), the caller's
    `own` (OR-HDR-07…09); only the `protected` ones cannot be replaced (OR-HDR-05).
    Raises `Refusal` for a name or value that HTTP cannot carry.
    """
    merged = {
        "authorization": ("Authorization", _checked("Authorization", f"Bearer {key}")),
        "content-type": ("Content-Type", "application/json"),
    }
    if configured:
        _lay_on(merged, configured)
    for name, value in derived:
        merged[name.lower()] = (name, value)
    if own:
        _lay_on(merged, own)
    for name, value in protected:
        merged[name.lower()] = (name, value)
    return tuple(merged.values())


def _lay_on(merged: dict[str, tuple[str, str]], headers: Mapping[str, JsonValue]) -> None:
    for name, value in headers.items():
        known = name.lower()
        if value is None or known in _NEVER_SENT:
            continue
        if not _NAME.fullmatch(name):
            raise Refusal(f"{name!r} is not a valid header name")
        text = str(value).lower() if isinstance(value, bool) else str(value)
        merged[known] = (name, _checked(name, text))


def _checked(name: str, value: str) -> str:
    trimmed = value.strip(" \t\r\n")
    if not _VALUE.fullmatch(trimmed):
        raise Refusal(f"the value of the header {name} has characters that a header cannot carry")
    return trimmed
