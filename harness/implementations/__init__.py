"""Reaching the thing under test: from an address to what it does with a case.

A Python callable is called in this process, a command is a child that speaks the protocol of
docs/protocol.md; both give an `Observation` for a `Case`.
"""

from __future__ import annotations

from harness.implementations.addresses import Connection, connect
from harness.implementations.capabilities import SandboxMode
from harness.implementations.manifest import known_names

__all__ = ["Connection", "SandboxMode", "connect", "known_names"]
