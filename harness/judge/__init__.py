"""What is expected against what was observed: every difference, charged to rules (docs/scenarios.md)."""

from __future__ import annotations

from harness.judge._explain import Change, explain
from harness.judge._judging import judge
from harness.judge._matching import Assignment

__all__ = ["Assignment", "Change", "explain", "judge"]
