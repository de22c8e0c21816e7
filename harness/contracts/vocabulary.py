"""The words that every contract starts from, and those of a contract as schemas.

The common vocabulary names no provider: the operation `chat`, what it is given and what it reports.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from harness.contracts.contract import Contract
from harness.model import JsonValue
from harness.schema.type_language import given, merged, reported
from harness.schema.types import Shape, Table

__all__ = ["error_classes", "input_shapes", "operations_of", "outcome_shape"]

_INPUT: Final[dict[str, JsonValue]] = {
    "model": {"type": "anything", "about": "The model ref, such as acme/large."},
    "base_url": {"type": "anything", "about": "The base URL; null: the provider's own."},
    "api_key": {"type": "anything", "about": "The API key, best ${canary.api_key}."},
    "thinking": {"type": "anything", "about": "The thinking level, such as off, low, medium or high."},
    "system": {"type": "anything", "about": "The system prompt."},
    "history": {"type": {"list": "object"}, "about": "The turns so far."},
    "tools": {"type": {"list": "anything"}, "about": "Tools: name, description, parameters (JSON Schema)."},
    "params": {"type": "object", "about": "Parameters configured for the model."},
    "headers": {"type": "object", "about": "The caller's own headers."},
    "body": {"type": "object", "about": "Fields already in the body."},
    "options": {"type": "object", "about": "Options of this call: max_tokens, temperature, tool_choice, …"},
    "config": {"type": "object", "about": "The configuration."},
    "env": {"type": "object", "about": "Environment variables."},
    "timeout_ms": {"type": "anything", "about": "The time limit."},
}
_USAGE: Final = (
    "input_tokens",
    "output_tokens",
    "total_tokens",
    "cached_tokens",
    "cache_write_tokens",
    "reasoning_tokens",
    "cost",
)
_ERRORS: Final = (
    "auth",
    "billing",
    "rate_limit",
    "timeout",
    "overloaded",
    "model_not_found",
    "context_overflow",
    "format",
)


def _object(*names: str) -> JsonValue:
    return {"object": dict.fromkeys(names, "anything")}


_OUTCOME: Final[dict[str, JsonValue]] = {
    "text": {"type": "string", "about": "The text of the answer."},
    "tool_calls": {
        "type": {"list": _object("id", "name", "arguments")},
        "about": "Tool calls of the answer.",
    },
    "usage": {"type": _object(*_USAGE), "about": "Tokens and cost."},
    "finish_reason": {"type": "string", "about": "Why the answer ended."},
    "artifacts": {
        "type": {"list": _object("mime_type", "filename", "bytes", "data")},
        "about": "Files made.",
    },
}


def operations_of(contract: Contract) -> tuple[str, ...]:
    """Return the operations of a contract, the common ones first."""
    return tuple(dict.fromkeys(("chat", *contract.operations)))


def error_classes(contract: Contract) -> tuple[str, ...]:
    """Return the error classes of a contract, the common ones first."""
    return tuple(dict.fromkeys((*_ERRORS, *contract.errors)))


def input_shapes(contract: Contract) -> Mapping[str, Shape]:
    """Return the shape of each key that the input of some operation may have, beside the engine's own."""
    words = dict(_INPUT)
    for operation in contract.operations.values():
        words = _laid(words, operation.input)
    return {name: given(stated) for name, stated in words.items()}


@lru_cache(maxsize=64)
def outcome_shape(contract: Contract) -> Table:
    """Return the shape of an expected outcome, whose words are closed at every depth."""
    words = dict(_OUTCOME)
    for operation in contract.operations.values():
        words = _laid(words, operation.outcome)
    error: JsonValue = {
        "type": {
            "object": {
                "class": {"type": {"one_of": list(error_classes(contract))}, "about": "Its class, or null."},
                "status": {"type": "integer", "about": "The HTTP status it came with."},
                "retryable": {"type": "boolean", "about": "Whether trying again may help."},
                "message": {"type": "string", "about": "The message for the user."},
            }
        },
        "about": "The refusal or failure.",
    }
    return Table(
        {name: reported(stated) for name, stated in {**words, "error": error}.items()},
        "What must be reported back; objects may have more keys.",
        called="a mapping of what is reported back",
    )


def _laid(words: Mapping[str, JsonValue], more: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    laid = dict(words)
    for name, stated in more.items():
        laid[name] = merged(laid[name], stated) if name in laid else stated
    return laid
