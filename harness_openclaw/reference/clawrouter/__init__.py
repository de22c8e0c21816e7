"""OpenClaw's ClawRouter plugin as its documents describe it, one module per chapter of the contract."""

from __future__ import annotations
