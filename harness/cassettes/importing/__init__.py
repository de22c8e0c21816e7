"""Recorded requests as scenarios: what was asked is inferred from what was sent.

A contract does this with its hook `invert`; without one, chat completions are inverted as they are.
"""

from __future__ import annotations

from harness.cassettes.importing.chat import ChatRequest, invert_chat, read_chat_request
from harness.cassettes.importing.recordings import Imported, Scenario, Skipped, as_name, import_cassettes
from harness.cassettes.importing.suite import write_suite

__all__ = [
    "ChatRequest",
    "Imported",
    "Scenario",
    "Skipped",
    "as_name",
    "import_cassettes",
    "invert_chat",
    "read_chat_request",
    "write_suite",
]
