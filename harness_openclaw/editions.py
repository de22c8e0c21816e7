"""The editions of the contract that its Python names."""

from __future__ import annotations

__all__ = ["DEFAULT_EDITION"]

DEFAULT_EDITION = "2026-05"
"""What an input without an edition is shaped for, as in contract.yaml."""
