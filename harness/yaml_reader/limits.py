"""How much of a file is read."""

from __future__ import annotations

from typing import Final

__all__ = ["MAX_BYTES", "MAX_DEPTH", "MAX_VALUES"]

MAX_BYTES: Final = 8 * 1024 * 1024
MAX_DEPTH: Final = 100
"""Mappings and lists within each other."""

MAX_VALUES: Final = 1_000_000
"""Values, those of aliases as often as they are written."""
