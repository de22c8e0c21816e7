"""Masking the name and ids of a key's account in messages (OR-PRE-09)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from harness.redaction import Redactor

__all__ = ["Discretion"]

_MASKED = "[masked]"
_ACCOUNT_IDS = re.compile(r"\b(?:user|org)_[A-Za-z0-9]{8,}")
_NAMES = ("label", "creator_user_id", "user_id", "workspace_id")
_SHORTEST = 4
"""Of a name: masking shorter ones would garble ordinary words."""


class Discretion:
    """Takes out of texts the key, the label of the key and the ids of its account, as far as they are known.

    Providers quote them in errors, and messages end up in logs.
    """

    def __init__(self, key: str) -> None:
        self._private = [key] if key else []

    def learn(self, data: Mapping[str, Any]) -> None:
        """Remember what the look-up of a key says of whose it is."""
        stated = (data.get(name) for name in _NAMES)
        self._private += [name for name in stated if isinstance(name, str) and len(name) >= _SHORTEST]

    def __call__(self, text: str) -> str:
        for secret in sorted(self._private, key=len, reverse=True):
            text = text.replace(secret, _MASKED)
        return Redactor()(_ACCOUNT_IDS.sub(_MASKED, text))
