"""ClawRouter's catalog: four providers, one for each transport."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal

from harness.model import JsonValue
from harness_openclaw.mock_provider.fault_injection import PREFIX
from harness_openclaw.mock_provider.model_list import SIMULATED, find
from harness_openclaw.mock_provider.models import Model, Vendor

__all__ = [
    "CATALOG",
    "CatalogProvider",
    "catalog_providers",
    "find_by_id",
    "find_by_upstream",
    "unlisted_model",
]

_MICROS_OF_A_MILLION = 10**12
_HOUR_TO_FIVE_MINUTES = Decimal("1.6")


@dataclass(frozen=True, slots=True)
class _Row:
    """A model of the catalog. `model.id` is its id there, `upstream` its id at the vendor."""

    upstream: str
    model: Model
    capabilities: tuple[str, ...]
    efforts: tuple[str, ...] = ()

    def as_json(self) -> dict[str, JsonValue]:
        model = self.model
        pricing: dict[str, JsonValue] = {
            "inputMicrosPerMillion": _micros(model.prompt),
            "outputMicrosPerMillion": _micros(model.completion),
            "maxInputTokens": model.context,
            "defaultMaxOutputTokens": model.output,
        }
        if model.cache_read is not None:
            pricing["cachedInputMicrosPerMillion"] = _micros(model.cache_read)
        if model.cache_write is not None and model.is_anthropic:
            generate = Decimal(model.cache_write)
            pricing["cacheWrite5mInputMicrosPerMillion"] = _micros(generate)
            pricing["cacheWrite1hInputMicrosPerMillion"] = _micros(generate * _HOUR_TO_FIVE_MINUTES)
        row: dict[str, JsonValue] = {
            "id": model.id,
            "upstream": self.upstream,
            "capabilities": list(self.capabilities),
            "pricing": pricing,
        }
        if self.efforts:
            row["supportedReasoningEfforts"] = list(self.efforts)
        return row


@dataclass(frozen=True, slots=True)
class CatalogProvider:
    """A provider of the catalog."""

    id: str
    name: str
    compatible: bool
    path: str
    request_format: str
    models: tuple[_Row, ...]

    def as_json(self) -> dict[str, JsonValue]:
        route = {"path": self.path, "methods": ["POST"], "requestFormat": self.request_format}
        return {
            "id": self.id,
            "displayName": self.name,
            "openaiCompatible": self.compatible,
            "nativeBaseUrl": f"/v1/native/{self.id}",
            "routes": [route],
            "models": [row.as_json() for row in self.models],
        }


def _micros(price: str | Decimal) -> int:
    return int(Decimal(price) * _MICROS_OF_A_MILLION)


def _row(name: str, upstream: str, like: str, *capabilities: str, efforts: tuple[str, ...] = ()) -> _Row:
    model = find(like)
    assert model is not None
    return _Row(upstream, replace(model, id=name, slug=upstream), capabilities, efforts)


CATALOG = (
    CatalogProvider(
        "openai",
        "OpenAI",
        True,
        "/v1/responses",
        "openai.responses",
        (
            _row(
                "openai/gpt-5.5",
                "gpt-5.5",
                "openai/gpt-5",
                "llm.chat",
                "llm.responses",
                efforts=("none", "low", "medium", "high", "xhigh"),
            ),
            _row("openai/gpt-4o", "gpt-4o", "openai/gpt-4o", "llm.chat", "llm.responses"),
        ),
    ),
    CatalogProvider(
        "deepseek",
        "DeepSeek",
        True,
        "/v1/chat/completions",
        "openai.chat",
        (
            _row(
                "deepseek/deepseek-v4-pro",
                "deepseek-v4-pro",
                "deepseek/deepseek-v4-pro",
                "llm.chat",
                efforts=("low", "high"),
            ),
        ),
    ),
    CatalogProvider(
        "anthropic",
        "Anthropic",
        False,
        "/v1/messages",
        "anthropic.messages",
        (
            _row(
                "anthropic/claude-sonnet-4.6",
                "claude-sonnet-4-6",
                "anthropic/claude-sonnet-4-6",
                "llm.messages",
            ),
            _row(
                "anthropic/claude-haiku-4.5",
                "claude-haiku-4-5",
                "anthropic/claude-haiku-4.5",
                "llm.messages",
            ),
        ),
    ),
    CatalogProvider(
        "google",
        "Google",
        False,
        "/v1beta/models/${model}:streamGenerateContent",
        "google.generate_content",
        (
            _row("google/gemini-2.5-pro", "gemini-2.5-pro", "google/gemini-2.5-pro", "llm.stream"),
            _row("google/gemini-2.5-flash", "gemini-2.5-flash", "google/gemini-2.5-pro", "llm.stream"),
            _row(
                "google/gemini-3-flash",
                "gemini-3-flash-preview",
                "google/gemini-3.1-pro-preview",
                "llm.stream",
            ),
        ),
    ),
)

_BY_ID = {row.model.id: row.model for provider in CATALOG for row in provider.models}
_BY_UPSTREAM = {(provider.id, row.upstream): row.model for provider in CATALOG for row in provider.models}


def catalog_providers() -> list[JsonValue]:
    """Return the providers as the catalog lists them."""
    return [provider.as_json() for provider in CATALOG]


def find_by_id(name: str) -> Model | None:
    """Return the model with this id in the catalog."""
    return _BY_ID.get(name)


def find_by_upstream(provider: str, name: str) -> Model | None:
    """Return the model with this id at a vendor."""
    return _BY_UPSTREAM.get((provider, name))


def unlisted_model(name: str, vendor: Vendor, *, any_model: bool) -> Model | None:
    """Return a model for an id that is in no list, if any model may answer or the id asks for an injected
    fault."""
    if not name or not (any_model or name.startswith(PREFIX)):
        return None
    return replace(SIMULATED, id=name, slug=name, vendor=vendor, output=None)
