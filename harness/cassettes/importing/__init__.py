"""Recorded requests made into scenarios: what was asked, guessed back from what was sent."""

from __future__ import annotations

from harness.cassettes.importing.suites import Imported, Skipped, import_cassettes, write_suite

__all__ = ["Imported", "Skipped", "import_cassettes", "write_suite"]
