"""Recording: the provider's answers to real requests, kept as cassettes (docs/recording.md).

This is the only part of the harness that leaves the machine.
"""

from __future__ import annotations

from harness.recording.calling import Budget, Caller, Key, OverBudgetError
from harness.recording.clawrouter import Prospect, look_ahead_at
from harness.recording.failures import Retries
from harness.recording.ledger import Entry, Totals, entry, totals
from harness.recording.plan import Plan, plan
from harness.recording.preflight import access_of, check_call, look_ahead
from harness.recording.progress import Progress
from harness.recording.session import Settings, Take, pending, record
from harness.recording.targets import files_of
from harness.recording.upstream import FORWARDED_HOST, OPENROUTER, Upstream, parse_route
from harness_openclaw.reference.openrouter.checks import Check, Outlook, check_cost, worst
from harness_openclaw.reference.openrouter.pricing import NO_PRICES, Prices

__all__ = [
    "FORWARDED_HOST",
    "NO_PRICES",
    "OPENROUTER",
    "Budget",
    "Caller",
    "Check",
    "Entry",
    "Key",
    "Outlook",
    "OverBudgetError",
    "Plan",
    "Prices",
    "Progress",
    "Prospect",
    "Retries",
    "Settings",
    "Take",
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
