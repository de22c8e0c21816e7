"""Recorded answers with something amiss in them, at random places: the readers never stumble."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest
from recorded_answers import data_lines, is_stream, recorded

from harness.model import JsonValue, Reply
from harness_openclaw.reference import Failure
from harness_openclaw.reference.answers import gemini, messages, responses

JUNK: tuple[JsonValue, ...] = (None, True, 0, -1.5, "", "x", [], {}, [1], {"a": 1}, [[]], [{}], {"type": []})


def damaged(value: JsonValue, chance: random.Random) -> JsonValue:
    """`value` with parts of it gone, or something else in their place."""
    if chance.random() < 0.03:
        return chance.choice(JUNK)
    if isinstance(value, dict):
        return {key: damaged(each, chance) for key, each in value.items() if chance.random() > 0.03}
    if isinstance(value, list):
        return [damaged(each, chance) for each in value if chance.random() > 0.03]
    return value


@pytest.mark.parametrize(
    ("reader", "operation"),
    [
        pytest.param(messages, "/v1/messages", id="messages"),
        pytest.param(responses, "/responses", id="responses"),
        pytest.param(gemini, ":streamGenerateContent", id="gemini"),
    ],
)
def test_an_answer_is_an_outcome_or_a_failure_whatever_is_in_it(reader: Any, operation: str) -> None:
    """Missing, misplaced and mistyped parts make no reader fail in a way of its own."""
    chance = random.Random(operation)
    replies = [reply for reply in recorded(operation) if len(reply.body) < 20_000]
    for reply in chance.choices(replies, k=500):
        if is_stream(reply):
            events = (damaged(event, chance) for event in data_lines(reply))
            body = "".join(f"data: {json.dumps(event)}\n\n" for event in events)
        else:
            body = json.dumps(damaged(json.loads(reply.body), chance))
        fault = chance.choice([None, None, "truncated"])
        try:
            outcome = reader.read(Reply(200, (), (body.encode(),), fault))
        except Failure:
            continue
        assert isinstance(outcome["text"], str)
        assert outcome["finish_reason"] in ("stop", "length", "toolUse")
