"""The bundled implementation: what the documented contract says is sent, for any input, and what is made
of the answers.

>>> from harness_openclaw.reference import shape
>>> shape({"model": "openrouter/auto", "api_key": "sk-or-test", "history": []}).url
'https://openrouter.ai/api/v1/chat/completions'
"""

from __future__ import annotations

from collections.abc import Mapping

from harness.model import JsonValue, Request
from harness_openclaw.reference.client import Client, Session, begin, is_for_clawrouter
from harness_openclaw.reference.exchange import VirtualClock
from harness_openclaw.reference.openrouter import chat
from harness_openclaw.reference.refusal import CallError, Failure, Refusal, Unsupported

__all__ = ["CallError", "Client", "Failure", "Refusal", "Unsupported", "implementation", "shape"]

implementation = Client
"""What `harness run -i reference` runs: a client of its own for each case."""


def shape(input: Mapping[str, JsonValue]) -> Request:  # noqa: A002  (the scenario format's word)
    """The first request that `input` (docs/scenarios.md, input) makes a client send; `input` stays as it is.

    Raises `Refusal` where the contract sends nothing, `Unsupported` where the reference has no answer.
    """
    operation = input.get("operation") or "chat"
    if operation == "chat" and not is_for_clawrouter(input):
        return chat.shape(input)
    for step in begin(input, Session(VirtualClock())):
        if isinstance(step, Request):
            return step
    raise Unsupported(f"the operation {operation} sends nothing for this input")
