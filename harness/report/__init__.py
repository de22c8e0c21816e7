"""Verdicts for people and programs: terminal, JSON and JUnit, all readers of one stream of events."""

from __future__ import annotations

from harness.engine.events import Begun, Ended, Reporter, Summary
from harness.report.as_json import JsonReport, verdict_as_json
from harness.report.failure import describe, headline
from harness.report.junit import JunitReport
from harness.report.saved import request_as_json, save_observation
from harness.report.terminal import TerminalReport, sum_up

__all__ = [
    "Begun",
    "Ended",
    "JsonReport",
    "JunitReport",
    "Reporter",
    "Summary",
    "TerminalReport",
    "describe",
    "headline",
    "request_as_json",
    "save_observation",
    "sum_up",
    "verdict_as_json",
]
