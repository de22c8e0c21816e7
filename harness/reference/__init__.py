"""The bundled implementation: what the documented contract says is sent, for any input.

>>> from harness.reference import shape
>>> shape({"model": "openrouter/auto", "api_key": "sk-or-test", "history": []}).url
'https://openrouter.ai/api/v1/chat/completions'
"""

from __future__ import annotations

from collections.abc import Mapping

from harness._version import __version__
from harness.model import JsonValue, Request
from harness.reference.openrouter import chat
from harness.reference.refusal import Refusal, Unsupported

__all__ = ["Refusal", "Unsupported", "implementation", "shape"]


def shape(input: Mapping[str, JsonValue]) -> Request:  # noqa: A002  (the scenario format's word)
    """The request that `input` (docs/scenarios.md, `input`) makes the provider send; `input` stays as it is.

    Raises `Refusal` where the contract sends nothing, `Unsupported` where the reference has no answer.
    """
    operation = input.get("operation") or "chat"
    if operation != "chat":
        raise Unsupported(f"the operation {operation}")
    return chat.shape(input)


class _Reference:
    """The reference as the harness calls it."""

    @property
    def harness(self) -> dict[str, JsonValue]:
        """The account it gives of itself."""
        return {
            "name": "reference",
            "version": __version__,
            "language": "python",
            "mode": "shape",
            "operations": ["chat"],
            "inputs": ["*"],
            "features": ["outcome", "steps"],
        }

    def __call__(self, input: Mapping[str, JsonValue]) -> Request | dict[str, JsonValue]:  # noqa: A002
        try:
            return shape(input)
        except Refusal as refusal:
            return {"error": refusal.error}
        except Unsupported as reason:
            return {"unsupported": str(reason)}


implementation = _Reference()
"""`shape` for the harness: a request, or `{"error": …}` for a refusal, or `{"unsupported": why}`."""
