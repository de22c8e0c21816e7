"""HTTP as it goes over the wire: replies rendered to bytes, and requests seen where they are sent."""

from __future__ import annotations

from harness.wire.replies import FAULTS, Respond, render

__all__ = ["FAULTS", "Respond", "render"]
