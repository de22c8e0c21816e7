"""Recording: the provider's answers to real requests, kept as cassettes (docs/recording.md).

This is the only part of the harness that leaves the machine.
"""

from __future__ import annotations

from harness.recording.cassette_paths import files_of
from harness.recording.classify import Retries
from harness.recording.clawrouter import ProviderStatus, look_ahead_at
from harness.recording.cost_log import Entry, Totals, entry, totals
from harness.recording.plan import Plan, plan
from harness.recording.preflight import access_of, check_call, look_ahead
from harness.recording.progress import Progress
from harness.recording.provider_client import Budget, Key, OverBudgetError, ProviderClient
from harness.recording.session import RecordingResult, Settings, pending, record
from harness.recording.upstream import FORWARDED_HOST, OPENROUTER, Upstream, parse_route
from harness_openclaw.reference.openrouter.checks import Check, PreflightReport, check_cost, worst
from harness_openclaw.reference.openrouter.pricing import NO_PRICES, Prices

__all__ = [
    "FORWARDED_HOST",
    "NO_PRICES",
    "OPENROUTER",
    "Budget",
    "Check",
    "Entry",
    "Key",
    "OverBudgetError",
    "Plan",
    "PreflightReport",
    "Prices",
    "Progress",
    "ProviderClient",
    "ProviderStatus",
    "RecordingResult",
    "Retries",
    "Settings",
    "Totals",
    "Upstream",
    "access_of",
    "check_call",
    "check_cost",
    "entry",
    "files_of",
    "look_ahead",
    "look_ahead_at",
    "parse_route",
    "pending",
    "plan",
    "record",
    "totals",
    "worst",
]
