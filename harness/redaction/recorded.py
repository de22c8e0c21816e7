"""The secrets that a recording may hold and that are known by their values."""

from __future__ import annotations

from collections.abc import Mapping

from harness.redaction.known import Known as KnownSecrets
from harness.redaction.known import Run
from harness.redaction.placeholders import is_placeholder

__all__ = ["Known", "Run"]


class Known(KnownSecrets):
    """Known secrets, name → value. What only stands for a secret, such as `<REDACTED>`, is left out."""

    def __init__(self, secrets: Mapping[str, str]) -> None:
        super().__init__({name: value for name, value in secrets.items() if not _only_stands_for_one(value)})


def _only_stands_for_one(value: str) -> bool:
    return is_placeholder(value.strip().encode("utf-8", "surrogatepass"))
