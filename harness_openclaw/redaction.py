"""What a recording of this contract keeps beyond what is common to all providers."""

from __future__ import annotations

from harness.redaction import RedactionRules

__all__ = ["RULES"]

RULES = RedactionRules(
    keep_request_headers=("x-openrouter-*", "x-clawrouter-client", "x-simulate"),
    keep_response_headers=("x-openrouter-*",),
)
"""What both providers, and the mock provider, are asked for and answer in headers is no secret."""
