"""Intercepting, and answering, the HTTP requests that code in this process sends."""

from __future__ import annotations

from harness.wire.intercept.patching import BLIND_TO, Unanswerable, answering, patched, permitted

__all__ = ["BLIND_TO", "Unanswerable", "answering", "patched", "permitted"]
