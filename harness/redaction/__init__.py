"""Secrets: what they look like, what they are called, and how they are masked, scrubbed and searched for.

What scrubs and searches recordings is imported when it is first asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from harness.redaction.redactor import Redactor, credentials_in, names_credential

if TYPE_CHECKING:
    from harness.redaction.recorded import Known
    from harness.redaction.scanning import Finding, scan
    from harness.redaction.scrubber import Scrubbed, Scrubber

__all__ = [
    "Finding",
    "Known",
    "Redactor",
    "Scrubbed",
    "Scrubber",
    "credentials_in",
    "names_credential",
    "scan",
]

_LATER = {
    "Finding": "scanning",
    "Known": "recorded",
    "Scrubbed": "scrubber",
    "Scrubber": "scrubber",
    "scan": "scanning",
}


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"harness.redaction.{_LATER[name]}"), name)
