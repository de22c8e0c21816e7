"""A chat call of the OpenRouter provider, from its request to what comes of the answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from harness.model import JsonValue
from harness.reference.exchange import Exchange, Outcome, ask
from harness.reference.openrouter import chat as shaping

if TYPE_CHECKING:
    from harness.reference.client import Session

__all__ = ["chat"]


def chat(given: Mapping[str, JsonValue], session: Session) -> Exchange[Outcome]:
    """One model call. Raises `Refusal` and `Failure`."""
    yield from ask(shaping.shape(given))
    return {}
