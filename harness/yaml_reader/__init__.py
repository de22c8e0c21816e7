"""The one strict reader of YAML: suites, rules, contracts and manifests."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from harness.yaml_reader.files import ReadError, decode, read_bytes, read_text
from harness.yaml_reader.limits import MAX_BYTES, MAX_DEPTH, MAX_VALUES

if TYPE_CHECKING:
    from harness.yaml_reader.document import Document, parse

__all__ = [
    "MAX_BYTES",
    "MAX_DEPTH",
    "MAX_VALUES",
    "Document",
    "ReadError",
    "decode",
    "parse",
    "read_bytes",
    "read_text",
]


def __getattr__(name: str) -> Any:
    """Import the parser when it is asked for: suites that are in the cache do without."""
    if name not in ("Document", "parse"):
        raise AttributeError(f"module 'harness.yaml_reader' has no attribute {name!r}")
    value = getattr(import_module("harness.yaml_reader.document"), name)
    globals()[name] = value
    return value
