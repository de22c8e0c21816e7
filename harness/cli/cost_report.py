"""The cost log of a recording as a file."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from decimal import Decimal
from pathlib import Path

import orjson

from harness.errors import UsageError
from harness.recording.cost_log import Entry, totals
from harness.redaction import Redactor

__all__ = ["write_cost_report"]


def write_cost_report(path: Path, entries: Sequence[Entry], spent: Decimal, redactor: Redactor) -> None:
    """Write every call and their sums as JSON, atomically. Raises `UsageError` if that is not possible."""
    stated = {
        "totals": totals(entries).as_json() | {"spent_usd": float(spent)},
        "calls": [entry.as_json() for entry in entries],
    }
    text = orjson.dumps(redactor.tree(stated), option=orjson.OPT_INDENT_2) + b"\n"
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft.write_bytes(text)
        draft.replace(path)
    except OSError as error:
        raise UsageError(f"cannot write the ledger {path}: {error.strerror}") from None
    finally:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
