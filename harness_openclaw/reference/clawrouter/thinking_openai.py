"""Thinking level → what Responses and chat completions are asked for."""

from __future__ import annotations

from typing import Any

from harness_openclaw.reference.clawrouter.call import Call, nearest

__all__ = ["completions", "responses"]

_UNLISTED = ("minimal", "low", "medium", "high")
"""The efforts of a reasoning model that lists none."""


def responses(call: Call) -> dict[str, Any]:
    """The fields of a Responses body that speak of reasoning; none for a model that does not reason."""
    efforts = call.model.efforts
    if not call.model.reasoning:
        return {}
    if not call.thinks:
        return {"reasoning": {"effort": "none"}} if efforts and "none" in efforts else {}
    offered = [effort for effort in efforts or _UNLISTED if effort != "none"]
    if not offered:
        return {"reasoning": {"effort": "none"}}
    return {
        "reasoning": {"effort": nearest(call.level or "off", offered), "summary": "auto"},
        "include": ["reasoning.encrypted_content"],
    }


def completions(call: Call) -> dict[str, Any]:
    """The field of a chat completions body that speaks of reasoning; none for a model without a list of
    efforts. Off is the lowest effort of a list that lacks `none`."""
    efforts = call.model.efforts
    if not efforts:
        return {}
    offered = [effort for effort in efforts if effort != "none"] if call.thinks else list(efforts)
    return {"reasoning_effort": nearest(call.level or "off", offered or efforts)}
