"""What belongs to this contract is not in the engine."""

from __future__ import annotations

import re
from pathlib import Path

import harness

OURS = re.compile(rb"open_?router|open_?claw|claw_?router", re.IGNORECASE)


def test_no_file_of_the_engine_names_the_contract_or_its_providers() -> None:
    """Neither in code nor in texts, templates and schemas."""
    files = [
        file for file in Path(harness.__file__).parent.rglob("*") if file.is_file() and file.suffix != ".pyc"
    ]
    assert len(files) > 100
    assert [str(file) for file in files if OURS.search(file.read_bytes())] == []
