"""Recorded requests as scenarios of the contract: what was asked, inferred from what was sent."""

from __future__ import annotations

from harness_openclaw.importing.expecting import expect
from harness_openclaw.importing.inverting import NotInvertible, invert

__all__ = ["NotInvertible", "expect", "invert"]
