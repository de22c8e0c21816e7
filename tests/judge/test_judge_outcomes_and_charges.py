"""Outcomes, times, what cannot be observed, and the rules that differences are charged to."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from judging import case_of, expects, messages, only, rule, sent, verdict_on

from harness.judge import judge
from harness.model import Observation, Step, StepObservation

# ------------------------------------------------------------------ outcome


def with_outcome(expected: Any, actual: Any, **keys: Any) -> Any:
    return verdict_on(Step({}, (), outcome=expected), outcome=actual, **keys)


def test_outcomes_are_open() -> None:
    """What is reported may say more than is expected, at every depth."""
    assert (
        messages(
            with_outcome({"error": {"class": "auth"}}, {"error": {"class": "auth", "message": "x"}, "n": 1})
        )
        == []
    )


@pytest.mark.parametrize(
    ("expected", "actual", "says"),
    [
        ({"text": "a"}, {"text": "b"}, 'outcome $.text: expected "a", got "b"'),
        ({"text": "a"}, {}, 'outcome $.text: expected "a", got nothing'),
        (
            {"error": {"class": "auth"}},
            {"text": ""},
            'outcome $.error: expected {"class":"auth"}, got nothing',
        ),
        ({"tool_calls": [{"id": "1"}]}, {"tool_calls": []}, 'outcome $.tool_calls[0] missing: {"id":"1"}'),
        ({"error": {"$absent": True}}, {"error": {"class": "x"}}, "outcome $.error: expected nothing"),
    ],
)
def test_a_wrong_outcome_is_reported(expected: Any, actual: Any, says: str) -> None:
    """What is expected of the outcome and not reported is a difference."""
    difference = only(with_outcome(expected, actual))
    assert says in difference.message
    assert (difference.kind, difference.at[0], difference.request) == ("outcome", "outcome", None)


@pytest.mark.parametrize("outcome", [None, {"text": "b"}])
def test_an_outcome_that_cannot_be_seen_is_unchecked(outcome: Any) -> None:
    """What the way of observing cannot see is neither right nor wrong."""
    judgement = with_outcome({"text": "a"}, outcome, blind_spots=("outcome",))
    assert (judgement.differences, judgement.unchecked) == ((), ("the outcome cannot be seen",))


def test_reporting_nothing_where_outcomes_are_seen_is_a_difference() -> None:
    """An implementation that reports outcomes and reports none has not done what is expected."""
    difference = only(with_outcome({"error": {"class": "auth"}}, None))
    assert difference.message == 'outcome $.error: expected {"class":"auth"}, got nothing'


# ------------------------------------------------------------------ times


def test_time_limits_are_compared_as_numbers() -> None:
    """A limit of 90000 is met by 90000.0, and by nothing else."""
    assert messages(verdict_on(expects(timeout_ms=90_000), sent(timeout_ms=90_000.0))) == []
    assert messages(verdict_on(expects(timeout_ms={"$between": [1, 2]}), sent(timeout_ms=1.5))) == []
    difference = only(verdict_on(expects(timeout_ms=90_000), sent(timeout_ms=60_000)))
    assert (difference.kind, difference.message) == ("timing", "timeout_ms: expected 90000, got 60000")


def test_waits_are_compared_repeat_by_repeat() -> None:
    """Each repeat has its own wait, and those beyond the list have the last."""
    step = Step({}, (replace(expects(), least=4, most=4, after_ms=(0, 5000)),))
    waits = (None, 5000, 5000.0, 5000)
    assert messages(verdict_on(step, *(sent(after_ms=wait) for wait in waits))) == []
    difference = only(verdict_on(step, *(sent(after_ms=wait) for wait in (0, 5000, 1000, 5000))))
    assert (difference.request, difference.at) == (2, ("interactions", 0, "after_ms"))
    assert difference.message == "after_ms: expected 5000, got 1000"


def test_a_wait_may_be_a_matter_of_a_range() -> None:
    """Jitter is allowed for by a matcher in the place of a number."""
    step = Step({}, (replace(expects(), after_ms=({"$between": [375, 500]},)),))
    assert messages(verdict_on(step, sent(after_ms=400.0))) == []
    assert only(verdict_on(step, sent(after_ms=300.0))).kind == "timing"
    assert only(verdict_on(step, sent(after_ms=0.0))).kind == "timing"


def test_a_wrong_wait_is_charged_to_the_rule_about_time() -> None:
    """`timing` in a rule's `where` claims waits and time limits, and nothing else."""
    limits, heads = (rule(name, **{word: True}) for name, word in (("A-1", "timing"), ("A-2", "url")))
    judged = verdict_on(expects(timeout_ms=1), sent(timeout_ms=2), rules=(limits, heads))
    assert only(judged).rules == ("A-1",)


def test_times_that_cannot_be_seen_are_unchecked() -> None:
    """A limit or wait that the way of observing does not tell is said to be unchecked, once."""
    step = Step({}, (replace(expects(timeout_ms=1), least=2, most=2, after_ms=(5,)),))
    for requests, blind_spots in (
        ((sent(), sent()), ()),
        ((sent(timeout_ms=9, after_ms=9),) * 2, ("timeout", "timing")),
    ):
        judgement = verdict_on(step, *requests, blind_spots=blind_spots)
        assert judgement.differences == ()
        assert judgement.unchecked == (
            "the time limit of a request cannot be seen",
            "how long was waited before a request cannot be seen",
        )


def test_repeated_headers_that_cannot_be_seen_are_unchecked() -> None:
    """Where repeats are lost, that a header came once is unchecked; its value still counts."""
    blind_spots = ("header-duplicates", "header-case", "header-order")
    judgement = verdict_on(expects(headers={"A": "1"}), sent(headers={"a": "1"}), blind_spots=blind_spots)
    assert (judgement.differences, judgement.unchecked) == (
        (),
        ("whether a header was sent twice cannot be seen",),
    )
    assert (
        only(verdict_on(expects(headers={"A": "1"}), sent(headers={"a": "2"}), blind_spots=blind_spots)).path
        == "A"
    )
    assert verdict_on(expects(forbid_headers=["B"]), sent(), blind_spots=blind_spots).unchecked == ()


# ------------------------------------------------------------------ steps


def test_steps_are_judged_each_by_itself() -> None:
    """A difference knows its step and request; a step that was not performed has sent nothing."""
    steps = (Step({}, (expects(body={"a": 1}),)), Step({}, (expects(),), ("steps", 1)))
    difference = only(judge(case_of(*steps), Observation((StepObservation((sent({"a": 1}),)),))))
    assert (difference.step, difference.request, difference.message) == (1, None, "never sent: a request")
    performed = tuple(StepObservation((sent({"a": 1}),)) for _ in range(3))
    difference = only(judge(case_of(*steps), Observation(performed)))
    assert (difference.step, difference.request) == (2, 0)


# ------------------------------------------------------------------ charges

RULES = (
    rule("HDR", headers=("X-Acme-*", "HTTP-Referer")),
    rule("BODY", body=("$.reasoning", "$..cache_control")),
    rule("DEEP", body=("$.provider.order",)),
    rule("URL", url=True),
    rule("OUT", outcome=True),
    rule("REQ", requests=True),
    rule("ALSO", headers=("x-acme-title",)),
)
ALL = tuple(one.id for one in RULES)
CHARGES: list[tuple[dict[str, Any], Any, tuple[str, ...]]] = [
    ({"headers": {"X-Acme-Title": "a"}}, sent(), ("HDR", "ALSO")),
    ({"headers": {"http-referer": "a"}}, sent(), ("HDR",)),
    ({"forbid_headers": ["*"]}, sent(headers={"x-acme-cache": "1"}), ("HDR",)),
    ({"headers": {"X-Title": "a"}}, sent(), ALL),
    ({"body": {}}, sent({"reasoning": {"effort": "x"}}), ("BODY",)),
    ({"body": {"reasoning": {"effort": "x"}}}, sent({"reasoning": {}}), ("BODY",)),
    (
        {"body": {"messages": [{"cache_control": {"t": 1}}]}},
        sent({"messages": [{"cache_control": {}}]}),
        ("BODY",),
    ),
    ({"require_body": ["$.reasoning.effort"]}, sent({}), ("BODY",)),
    ({"body_at": {"$.reasoning.effort": "high"}}, sent({}), ("BODY",)),
    ({"body": {"provider": {"order": []}}}, sent({}), ("DEEP",)),
    ({"body": {"store": False}}, sent({}), ALL),
    ({"body": {}}, sent(b"x"), ALL),
    ({"method": "GET"}, sent(), ("URL",)),
    ({"host": "x"}, sent(), ("URL",)),
    ({"query": {"a": 1}}, sent(), ("URL",)),
    ({"timeout_ms": 1}, sent(timeout_ms=2), ALL),
]


@pytest.mark.parametrize(("keys", "request_sent", "charged"), CHARGES)
def test_a_difference_is_charged_to_the_rules_that_claim_its_place(
    keys: dict[str, Any], request_sent: Any, charged: tuple[str, ...]
) -> None:
    """Several rules may claim a place; what none claims is charged to all of the case's rules."""
    assert only(verdict_on(expects(**keys), request_sent, rules=RULES)).rules == charged


def test_requests_outcomes_and_secrets_are_charged_too() -> None:
    """Sent or not sent, reported back, and a secret by the place where it was found."""
    key = "canary-" + "7" * 32
    assert only(verdict_on(expects(), rules=RULES)).rules == ("REQ",)
    assert only(with_outcome({"a": 1}, {}, rules=RULES)).rules == ("OUT",)
    canaries = {"k": key}
    for request, charged in (
        (sent(headers={"X-Acme-Cache": key}), ("HDR",)),
        (sent({"reasoning": [key]}), ("BODY",)),
        (sent(url=f"https://h/{key}"), ("URL",)),
    ):
        assert only(verdict_on(expects(), request, rules=RULES, canaries=canaries)).rules == charged
    assert only(with_outcome(None, {"text": key}, rules=RULES, canaries=canaries)).rules == ("OUT",)


def test_secrets_show_under_their_names() -> None:
    """Neither message, path nor values of a difference hold a canary."""
    key = "sk-acme-" + "ab" * 24
    judgement = verdict_on(
        expects(headers={"A": f"Bearer {key}"}, body={"a": "x" * 300 + key, "b": {key: key}}),
        sent({"a": "x" * 300 + key + "y" * 300, "b": {key: "z"}}, headers={"A": "b"}),
        canaries={"api_key": key},
    )
    assert len(judgement.differences) == 3
    assert "ab" * 4 not in repr(judgement.differences)
    assert 'A: expected "Bearer ${canary.api_key}", got "b"' in messages(judgement)
