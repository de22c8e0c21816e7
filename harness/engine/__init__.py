"""The engine: suites and implementations in, a stream of events out."""

from __future__ import annotations

from harness.engine.events import Begun, Ended, Event, Reporter, Summary, report
from harness.engine.known_failing import Entry, KnownFailing, read_known_failing
from harness.engine.runner import run, why_not_applicable
from harness.engine.selection import Selection, parse_shard
from harness.engine.session import Session

__all__ = [
    "Begun",
    "Ended",
    "Entry",
    "Event",
    "KnownFailing",
    "Reporter",
    "Selection",
    "Session",
    "Summary",
    "parse_shard",
    "read_known_failing",
    "report",
    "run",
    "why_not_applicable",
]
