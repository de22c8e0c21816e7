"""`same_as` and `keeps`: what must stay byte for byte from one request to the next."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from judging import case_of, expects, messages, only, sent, verdict_on

from harness.judge import judge
from harness.model import Judgement, Observation, Request, Step, StepObservation


def twice(first: Request, second: Request, **keys: Any) -> Judgement:
    step = Step({}, (expects(0, id="first"), expects(1, **keys)))
    return verdict_on(step, first, second)


def kept(path: str, first: str, second: str) -> Judgement:
    return twice(sent(first.encode()), sent(second.encode()), keeps={"first": [path]})


def test_the_same_request_again_is_the_same() -> None:
    """A retry with the same bytes passes; header order, header case and noise do not count."""
    first = sent(b'{"a": 1}', headers=[("A", "1"), ("b", "2"), ("X-Stainless-Retry-Count", "0")])
    second = sent(b'{"a": 1}', headers=[("B", "2"), ("a", "1"), ("X-Stainless-Retry-Count", "1")])
    assert messages(twice(first, second, same_as="first")) == []


@pytest.mark.parametrize(
    ("second", "kind", "says"),
    [
        (sent({"a": 1}, method="PUT"), "method", 'expected "POST", got "PUT" (as in first)'),
        (sent({"a": 1}, url="https://h/"), "url", "as in first"),
        (sent({"a": 1}, headers={"A": "2"}), "headers", 'A: expected nothing, got "2"'),
        (sent({"a": 2}), "body", "$.a: expected 1, got 2"),
        (sent(b'{"a": 1}'), "body", "the bytes of the body differ from those in first"),
        (sent(), "body", "the bytes of the body differ"),
    ],
)
def test_anything_else_is_not_the_same(second: Request, kind: str, says: str) -> None:
    """Method, URL, a header or a single byte of the body may not differ."""
    difference = only(twice(sent({"a": 1}), second, same_as="first"))
    assert (difference.kind, difference.at) == (kind, ("interactions", 1, "request", "same_as"))
    assert says in difference.message


def test_a_header_that_is_gone_or_sent_twice_is_not_the_same() -> None:
    """Each header must come again, as often as before."""
    first = sent(headers={"A": "1", "B": "2"})
    assert only(twice(first, sent(headers={"A": "1"}), same_as="first")).path == "B"
    assert only(twice(first, sent(headers=[("a", "1"), ("a", "1"), ("b", "2")]), same_as="first")).path == "a"


KEPT = [
    ("$.messages", '{"messages":[{"role":"user"}]}', '{"messages":[{"role":"user"},{"role":"x"}]}'),
    ("$.messages", '{"messages":[]}', '{"n":1,"messages":[1]}'),
    (
        "$.messages[0]",
        '{"messages":[{"a":1,"b":"ä"}]}',
        '{ "x" : [1,{"y":"}]"}] , "messages" : [ {"a":1,"b":"ä"} ] }',
    ),
    (
        "$.tools[*].name",
        '{"tools":[{"name":"a"},{"name":"b"}]}',
        '{"tools":[{"name":"a","x":1},{"name":"b"}]}',
    ),
    ("$.tools", "{}", '{"x":1}'),
    ("$..id", '{"a":{"id":1},"id":2}', '{"id":2,"a":{"id":1}}'),
    ("$", '[1,"]"]', '[1,"]",3]'),
]

NOT_KEPT = [
    ("$.messages", '{"messages":[1,2]}', '{"messages":[1]}'),
    ("$.messages", '{"messages":[1,2]}', '{"messages":[2,1]}'),
    ("$.messages", '{"messages":[{"a":1,"b":2}]}', '{"messages":[{"b":2,"a":1}]}'),
    ("$.messages", '{"messages":[{"a":1}]}', '{"messages":[{"a": 1}]}'),
    ("$.messages", '{"messages":["é"]}', '{"messages":["\\u00e9"]}'),
    ("$.messages", '{"messages":[1]}', '{"messages":"[1]"}'),
    ("$.messages", '{"messages":[1]}', "{}"),
    ("$.messages[0]", '{"messages":[{"content":[1]}]}', '{"messages":[{"content":[1,2]}]}'),
    ("$.n", '{"n":1}', '{"n":1.0}'),
    ("$.tools", "{}", '{"tools":[]}'),
    ("$.s", '{"s":{"a":1}}', '{"s":{"a":1,"b":2}}'),
]


@pytest.mark.parametrize(("path", "first", "second"), KEPT)
def test_what_keeps_its_bytes_passes(path: str, first: str, second: str) -> None:
    """The same bytes at the same place pass wherever in the body they stand; a list may have grown."""
    assert messages(kept(path, first, second)) == []


@pytest.mark.parametrize(("path", "first", "second"), NOT_KEPT)
def test_what_loses_its_bytes_is_reported(path: str, first: str, second: str) -> None:
    """Another order of keys, another escape, another number or a shorter list is not the same bytes."""
    difference = only(kept(path, first, second))
    assert difference.kind == "body"
    assert difference.at == ("interactions", 1, "request", "keeps", "first", 0)
    assert "the bytes must be those in first" in difference.message


def test_keeping_bytes_of_what_is_no_json_is_reported() -> None:
    """Places can only be kept in JSON."""
    assert "not JSON" in only(kept("$.a", '{"a":1}', "a=1")).message


def test_requests_of_earlier_steps_can_be_kept() -> None:
    """The prompt's beginning is compared across the operations of one client."""
    steps = (
        Step({}, (expects(id="one"),)),
        Step({}, (expects(keeps={"one": ["$.messages"]}),), ("steps", 1)),
    )
    observation = Observation(
        (StepObservation((sent({"messages": [1]}),)), StepObservation((sent({"messages": [2]}),)))
    )
    difference = only(judge(case_of(*steps), observation))
    assert (difference.step, difference.path) == (1, "$.messages")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=10,
)
layouts = st.sampled_from([None, 1, "\t"])


@given(json_values, json_values, layouts, st.booleans())
def test_bytes_are_kept_exactly_if_they_are_the_same(
    one: Any, other: Any, indent: Any, ascii_only: bool
) -> None:
    """A value's bytes are found in any layout, and compared as bytes."""

    def body(value: Any, spare: Any) -> str:
        return json.dumps({"x": spare, "kept": value}, indent=indent, ensure_ascii=ascii_only)

    assert messages(kept("$.kept", body(one, 1), body(one, [other]))) == []
    grown = isinstance(one, list) and isinstance(other, list) and other[: len(one)] == one
    differs = json.dumps(one) != json.dumps(other) and not (
        grown and isinstance(one, list) and json.dumps(other[: len(one)]) == json.dumps(one)
    )
    assert bool(messages(kept("$.kept", body(one, 1), body(other, 1)))) == differs
