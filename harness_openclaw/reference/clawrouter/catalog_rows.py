"""Which rows of a catalog's answer can be called, and how (CW-CAT-02…06)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from harness.model import JsonValue

__all__ = ["Row", "rows", "text"]

_NATIVE = "/v1/native/"
_MODEL_IN_PATH = "/models/${model}"


class Row(NamedTuple):
    """A model of the catalog that some transport reaches.

    `native_base` is the path of its provider below the root, `google_prefix` what stands before /models/
    in the route of a Gemini model (else empty), `fields` the row itself.
    """

    id: str
    upstream: str
    provider: str
    provider_name: str
    transport: str
    native_base: str
    google_prefix: str
    fields: dict[str, Any]


class _Provider(NamedTuple):
    id: str
    name: str
    compatible: bool
    native_base: str
    routes: tuple[_Route, ...]


class _Route(NamedTuple):
    path: str
    format: str
    posted: bool


def rows(providers: Iterable[JsonValue]) -> list[Row]:
    """The rows that can be called, sorted by id; of those with the same id the first (CW-CAT-06).

    Rows that make no sense are left out without a word.
    """
    found: dict[str, Row] = {}
    for row in _callable(providers):
        found.setdefault(row.id, row)
    return [found[model_id] for model_id in sorted(found)]


def _callable(providers: Iterable[JsonValue]) -> Iterator[Row]:
    for entry in providers:
        provider = _provider(entry)
        if provider is None:
            continue
        for fields in _list(entry.get("models")):
            row = _row(provider, fields)
            if row is not None:
                yield row


def _provider(entry: JsonValue) -> _Provider | None:
    if not isinstance(entry, dict):
        return None
    provider_id = text(entry.get("id"))
    native_base = text(entry.get("nativeBaseUrl"))
    if not provider_id or not native_base.startswith(_NATIVE):
        return None
    return _Provider(
        provider_id,
        text(entry.get("displayName")) or provider_id,
        entry.get("openaiCompatible") is True,
        native_base,
        tuple(_routes(entry.get("routes"))),
    )


def _routes(entries: JsonValue) -> Iterator[_Route]:
    for entry in _list(entries):
        if isinstance(entry, dict):
            path, form = text(entry.get("path")), text(entry.get("requestFormat"))
            if path and form:
                methods = (text(method).upper() for method in _list(entry.get("methods")))
                yield _Route(path, form, "POST" in methods)


def _row(provider: _Provider, fields: JsonValue) -> Row | None:
    if not isinstance(fields, dict):
        return None
    model_id, upstream = text(fields.get("id")), text(fields.get("upstream"))
    if not model_id or not upstream:
        return None
    capabilities = {text(capability) for capability in _list(fields.get("capabilities"))}
    transport, prefix = _transport(provider, capabilities)
    if transport is None:
        return None
    return Row(
        model_id, upstream, provider.id, provider.name, transport, provider.native_base, prefix, fields
    )


def _transport(provider: _Provider, capabilities: set[str]) -> tuple[str | None, str]:
    """The first transport that a model with these capabilities qualifies for, and the prefix of a Gemini
    route (CW-CAT-04)."""
    if provider.compatible and "llm.responses" in capabilities:
        return "openai-responses", ""
    if provider.compatible and "llm.chat" in capabilities:
        return "openai-completions", ""
    if "llm.messages" in capabilities and any(
        route.posted and route.format == "anthropic.messages" for route in provider.routes
    ):
        return "anthropic-messages", ""
    if "llm.stream" in capabilities:
        prefix = _google_prefix(provider.routes)
        if prefix:
            return "google-generative-ai", prefix
    return None, ""


def _google_prefix(routes: Iterable[_Route]) -> str:
    """What stands before /models/ in the first route that streams; empty if that one is of no use."""
    for route in routes:
        if (
            route.posted
            and route.format == "google.generate_content"
            and ":streamGenerateContent" in route.path
        ):
            prefix, found, _ = route.path.partition(_MODEL_IN_PATH)
            return prefix if found else ""
    return ""


def text(value: JsonValue) -> str:
    """A text, trimmed; anything else is as good as blank."""
    return value.strip() if isinstance(value, str) else ""


def _list(value: JsonValue) -> list[Any]:
    return value if isinstance(value, list) else []
