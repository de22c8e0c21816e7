"""Recording: a provider's answers to real requests, saved as cassettes (docs/recording.md).

This is the only part of the harness that leaves the machine. It knows no provider: what only a contract
knows of its own is the contract's hook `recording` (`harness.recording.protocol`).
"""
