"""HTTP as it goes over the wire: replies rendered to bytes, and requests seen where they are sent."""

from __future__ import annotations

from harness.wire.case_replay import CaseReplay, RecordingCheck
from harness.wire.replies import FAULTS, Respond, render

__all__ = ["FAULTS", "CaseReplay", "RecordingCheck", "Respond", "render"]
