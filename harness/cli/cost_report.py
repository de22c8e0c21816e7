"""The cost log of a recording as a file."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from decimal import Decimal
from pathlib import Path

import orjson

from harness.cli.upstream import Veil
from harness.errors import UsageError
from harness.recording.cost_log import Entry, totals

__all__ = ["write_cost_report"]


def write_cost_report(path: Path, entries: Sequence[Entry], spent: Decimal, veil: Veil) -> None:
    """Write every call and their sums as JSON, atomically. Raises `UsageError` if that is not possible."""
    stated = {
        "totals": totals(entries).as_json() | {"spent_usd": float(spent)},
        "calls": [entry.as_json() for entry in entries],
    }
    text = orjson.dumps(_veiled(stated, veil), option=orjson.OPT_INDENT_2) + b"\n"
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


def _veiled(value: object, veil: Veil) -> object:
    """Return the value with keys masked in every string."""
    if isinstance(value, str):
        return veil(value)
    if isinstance(value, dict):
        return {veil(str(name)): _veiled(item, veil) for name, item in value.items()}
    if isinstance(value, list):
        return [_veiled(item, veil) for item in value]
    return value
