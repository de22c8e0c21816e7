"""Implementations: from an address to something that performs cases.

A Python callable is called in this process, a command is a child process that speaks the protocol of
docs/protocol.md, a program is started for each case; each gives an `Observation` for a `Case`.
"""

from __future__ import annotations

from harness.implementations.addresses import Connection, connect
from harness.implementations.capabilities import SandboxMode
from harness.implementations.manifest import known_names

__all__ = ["Connection", "SandboxMode", "connect", "known_names"]
