"""Conversations made at random go through every transport of ClawRouter, and an answer comes back."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from random_histories import TOOLS, histories
from transports import MODELS, Served, calling

from harness.model import JsonValue
from harness_openclaw.mock_provider import Provider

EXAMPLES = 100  # two models a transport: two hundred histories for each


@pytest.mark.parametrize("model", MODELS, ids=str)
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_any_history_is_answered(model: Served, data: st.DataObject) -> None:
    """A provider that checks what it is sent answers it, and the same input makes the same bytes."""
    history = data.draw(histories(model.id, model.upstream))
    call: JsonValue = {
        "edition": "latest",
        "model": f"clawrouter/{model.id}",
        "api_key": "cr-0000",
        "thinking": data.draw(st.sampled_from(model.levels)),
        "history": history,
        "tools": data.draw(st.sampled_from([None, TOOLS])),
    }
    sent, outcome = calling(call, Provider(any_model=True).answer)
    assert "error" not in outcome, outcome["error"]
    assert outcome.get("text") or outcome.get("tool_calls")
    assert calling(call, Provider(any_model=True).answer) == (sent, outcome)
