"""Secrets: what they look like, what they are called, and how they are masked, scrubbed and searched for.

All but the `Redactor` is imported when it is first asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from harness.redaction.redactor import Redactor

if TYPE_CHECKING:
    from harness.redaction.known import Known
    from harness.redaction.names import credentials_in, names_credential
    from harness.redaction.rules import RedactionRules
    from harness.redaction.scanning import Finding, scan
    from harness.redaction.scrubber import Scrubbed, Scrubber

__all__ = [
    "Finding",
    "Known",
    "RedactionRules",
    "Redactor",
    "Scrubbed",
    "Scrubber",
    "credentials_in",
    "names_credential",
    "scan",
]

_LATER = {
    "Finding": "scanning",
    "Known": "known",
    "RedactionRules": "rules",
    "Scrubbed": "scrubber",
    "Scrubber": "scrubber",
    "credentials_in": "names",
    "names_credential": "names",
    "scan": "scanning",
}


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"harness.redaction.{_LATER[name]}"), name)
