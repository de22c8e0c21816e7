"""Secrets kept out of cassettes: replaced before anything is stored, and searched for in what is stored."""

from __future__ import annotations

from harness.cassettes.scrubbing.known import Known
from harness.cassettes.scrubbing.scanning import Finding, scan
from harness.cassettes.scrubbing.scrubber import Scrubbed, Scrubber

__all__ = ["Finding", "Known", "Scrubbed", "Scrubber", "scan"]
