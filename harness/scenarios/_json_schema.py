"""The JSON Schemas of a contract's files, which know its editions, operations and words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias, get_args

from harness.contracts import NO_CONTRACT, Contract
from harness.scenarios._format import format_for
from harness.schema.json_schema import json_schema

__all__ = ["SCHEMA_KINDS", "SchemaKind", "schema", "schema_file", "schema_text"]

SchemaKind: TypeAlias = Literal["suite", "rules", "contract"]

SCHEMA_KINDS: Final[tuple[SchemaKind, ...]] = get_args(SchemaKind)

_COMMON: Final = Path(__file__).parent


def schema(kind: SchemaKind = "suite", contract: Contract = NO_CONTRACT) -> dict[str, Any]:
    """Return the JSON Schema (draft 7) of the suites or rules files of a contract, or of contract.yaml."""
    title = f"Provider conformance {kind}"
    if kind == "contract":
        from harness.contracts.reading import CONTRACT

        return json_schema(CONTRACT, title)
    format_ = format_for(contract)
    shape = format_.suite if kind == "suite" else format_.rules
    return json_schema(shape, title, named=format_.named, editions=contract.editions.names)


def schema_text(kind: SchemaKind, contract: Contract = NO_CONTRACT) -> str:
    """Return a schema as its file holds it."""
    return json.dumps(schema(kind, contract), indent=1, ensure_ascii=False) + "\n"


def schema_file(kind: SchemaKind, contract: Contract = NO_CONTRACT) -> Path:
    """Return where a schema is kept: beside its contract.yaml, or in this package for suites outside any
    contract."""
    folder = contract.folder if contract.file else _COMMON
    return folder / f"{kind}.schema.json"
