"""Contracts: named bodies of rules with editions, operations, suites and recordings (docs/contracts.md)."""

from __future__ import annotations

from harness.contracts.contract import NO_CONTRACT, Contract, Operation
from harness.contracts.discovery import (
    FILE,
    contract_of,
    default_contract,
    load_contract,
    local_contracts,
    named_contract,
    pick_contract,
    project_root,
)
from harness.contracts.editions import Editions
from harness.contracts.hooks import ContractModule, Hooks, Inverted, NotInvertible

__all__ = [
    "FILE",
    "NO_CONTRACT",
    "Contract",
    "ContractModule",
    "Editions",
    "Hooks",
    "Inverted",
    "NotInvertible",
    "Operation",
    "contract_of",
    "default_contract",
    "load_contract",
    "local_contracts",
    "named_contract",
    "pick_contract",
    "project_root",
]
