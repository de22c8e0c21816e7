"""Which request is counted for which interaction, and what is said of those that are left."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from judging import URL, expects, messages, only, sent, verdict_on

from harness.judge import Assignment
from harness.model import Interaction, Judgement, Request, Step


def step_of(*interactions: Interaction, **keys: Any) -> Step:
    numbered = (replace(one, at=("interactions", number)) for number, one in enumerate(interactions))
    return Step({}, tuple(numbered), **keys)


def get(path: str, **keys: Any) -> Request:
    return sent(method="GET", url=f"https://h/{path}", **keys)


def wants(path: str, least: int = 1, most: int | None = 1, **keys: Any) -> Interaction:
    return replace(expects(method="GET", url=f"https://h/{path}", **keys), least=least, most=most)


def numbers(step: Step, *requests: Request) -> list[int | None]:
    """Where each request goes: the interaction's index, -1 for an allowed request, None for nowhere."""
    assignment = Assignment(step)
    gone: list[int | None] = []
    for request in requests:
        interaction = assignment.assign(request).interaction
        if interaction is None:
            gone.append(None)
        else:
            gone.append(int(interaction.at[1]) if interaction.at[0] == "interactions" else -1)
    return gone


def allowed(path: str) -> Interaction:
    return replace(wants(path), at=("allow_requests", 0), least=0, most=None)


# ------------------------------------------------------------------ strict order


def test_requests_go_to_interactions_in_order() -> None:
    """In strict order the first request goes to the first interaction, and so on."""
    assert numbers(step_of(wants("a"), wants("b"), wants("a")), get("a"), get("b"), get("a")) == [0, 1, 2]


def test_repeats_are_counted_up_to_the_most() -> None:
    """An interaction takes as many requests as it may, then no more."""
    step = step_of(wants("a", 1, 3), wants("b"))
    assert numbers(step, get("a"), get("a"), get("b")) == [0, 0, 1]
    assignment = Assignment(step)
    assert [assignment.assign(get("a")).repetition for _ in range(3)] == [0, 1, 2]
    assert assignment.assign(get("a")).interaction is None


def test_an_optional_interaction_may_be_skipped() -> None:
    """What need not come does not hold up what follows it, and later ones of its kind go further down."""
    step = step_of(wants("models", 0), wants("chat"), wants("models"))
    assert numbers(step, get("chat"), get("models")) == [1, 2]
    assert messages(verdict_on(step, get("chat"), get("models"))) == []


def test_requests_out_of_order_are_answered_but_reported() -> None:
    """Two requests in the wrong order get their own replies, and are one difference."""
    step = step_of(wants("a"), wants("b"))
    assert numbers(step, get("b"), get("a")) == [1, 0]
    difference = only(verdict_on(step, get("b"), get("a")))
    assert difference.message == "out of order: GET https://h/b came before GET https://h/a"
    assert (difference.kind, difference.request, difference.at) == ("request", 0, ("interactions", 1))


def test_a_request_that_comes_after_its_turn_is_reported() -> None:
    """A repeat that comes once a later interaction has had its request is out of order."""
    difference = only(verdict_on(step_of(wants("a", 1, 2), wants("b")), get("a"), get("b"), get("a")))
    assert difference.message == "out of order: GET https://h/a came after requests that it should precede"


def test_in_any_order_nothing_is_out_of_order() -> None:
    """`order: any` takes requests as they come."""
    assert messages(verdict_on(step_of(wants("a"), wants("b"), order="any"), get("b"), get("a"))) == []


def test_in_any_order_the_interaction_that_fits_wholly_comes_first() -> None:
    """Parallel requests to one URL are told apart by their bodies."""
    bodies: list[Any] = [{"n": 1}, {"n": 2}, {"n": 3}]
    step = step_of(*(expects(url=URL, body=body) for body in bodies), order="any")
    assert numbers(step, *(sent(body) for body in reversed(bodies))) == [2, 1, 0]
    assert messages(verdict_on(step, *(sent(body) for body in reversed(bodies)))) == []


def test_in_any_order_a_request_that_fits_none_wholly_goes_to_the_first_open_one() -> None:
    """Where no body fits, URL and method decide, and the body is the difference."""
    step = step_of(expects(url=URL, body={"n": 1}), expects(url=URL, body={"n": 2}), order="any")
    assert only(verdict_on(step, sent({"n": 2}), sent({"n": 9}))).message == "$.n: expected 1, got 9"


# ------------------------------------------------------------------ what is left


def test_a_wrong_url_is_one_difference() -> None:
    """A request that fits nothing is held against the interaction that got none."""
    difference = only(verdict_on(step_of(expects(url=URL, method="POST")), sent(url="https://evil.example/")))
    assert (difference.kind, difference.request) == ("url", 0)


def test_a_request_with_a_wrong_url_is_judged_in_full() -> None:
    """Whatever else is wrong with a request that went elsewhere is reported as well."""
    judgement = verdict_on(expects(url=URL, body={"a": {"b": 1}}), sent({"a": {"b": 2}}, url="https://h/"))
    assert [difference.path for difference in judgement.differences] == ["url", "$.a.b"]


def test_what_is_left_is_paired_in_order() -> None:
    """Two requests with wrong URLs are held against the two interactions in turn."""
    judgement = verdict_on(step_of(wants("a"), wants("x"), wants("b")), get("a"), get("1"), get("2"))
    assert [difference.at[:2] for difference in judgement.differences] == [
        ("interactions", 1),
        ("interactions", 2),
    ]


def test_a_missing_request_is_one_difference() -> None:
    """An interaction without its request is never sent, whatever else it expects."""
    step = step_of(
        wants("a", id="first"), wants("b", headers={"X": 1}, same_as="first", keeps={"first": ["$.a"]})
    )
    difference = only(verdict_on(step, get("a")))
    assert (difference.message, difference.kind) == ("never sent: GET https://h/b", "request")
    assert difference.at == ("interactions", 1)


def test_an_interaction_never_sent_says_nothing_more() -> None:
    """What must be the same as a request that was never sent is judged without it."""
    step = step_of(
        wants("a", id="first"), wants("b", same_as="first"), wants("c", keeps={"first": ["$.x"]}), order="any"
    )
    judgement = verdict_on(step, get("b"), get("c"))
    assert only(judgement).message == "never sent: GET https://h/a"


def test_too_few_repeats_are_one_difference() -> None:
    """An interaction that wants more than it had says how many came."""
    difference = only(verdict_on(step_of(wants("a", 3, 3)), get("a")))
    assert difference.message == "sent once, expected at least 3 times: GET https://h/a"


def test_a_request_too_many_is_unexpected() -> None:
    """A request beyond all interactions is a difference at the list of interactions."""
    difference = only(verdict_on(step_of(wants("a")), get("a"), get("a")))
    assert difference.message == "unexpected: GET https://h/a"
    assert (difference.kind, difference.request, difference.at) == ("request", 1, ("interactions",))


def test_nothing_may_be_sent_where_no_interaction_is_expected() -> None:
    """With an empty list of interactions any request is unexpected, and none is right."""
    assert only(verdict_on(step_of(), get("a"))).kind == "request"
    assert messages(verdict_on(step_of())) == []


# ------------------------------------------------------------------ allowed and forbidden


def test_allowed_requests_may_come_any_time_and_never_need_to() -> None:
    """Look-ups take no interaction's place and are not missed."""
    step = step_of(wants("a"), wants("b"), allow_requests=(allowed("models"),))
    assert numbers(step, get("models"), get("a"), get("models"), get("b"), get("models")) == [
        -1,
        0,
        -1,
        1,
        -1,
    ]
    for requests in ([get("a"), get("b")], [get("models"), get("a"), get("b"), get("models")]):
        assert messages(verdict_on(step, *requests)) == []


def test_an_interaction_that_is_due_comes_before_an_allowed_request() -> None:
    """A request that is expected now is counted as that, not as a look-up."""
    step = step_of(wants("models"), allow_requests=(allowed("models"),))
    assert numbers(step, get("models"), get("models")) == [0, -1]


def test_an_allowed_request_is_held_to_what_it_states() -> None:
    """What is said of an allowed request beyond its URL must hold."""
    one = replace(allowed("m"), request={"url": "https://h/m", "forbid_headers": ["Authorization"]})
    difference = only(verdict_on(step_of(allow_requests=(one,)), get("m", headers={"authorization": "x"})))
    assert difference.at == ("allow_requests", 0, "request", "forbid_headers", 0)


@pytest.mark.parametrize(
    "pattern",
    [
        {"host": "h"},
        {"host": "*"},
        {"url": "https://h/*"},
        {"path": "/a"},
        {"method": "GET"},
        {"path": "/a", "host": "h"},
    ],
)
def test_a_forbidden_request_is_a_difference_whatever_expects_it(pattern: dict[str, Any]) -> None:
    """`forbid_requests` is above interactions and allowed requests."""
    step = step_of(wants("a", 0), allow_requests=(allowed("a"),), forbid_requests=({"host": "z"}, pattern))
    assert numbers(step, get("a")) == [None]
    difference = only(verdict_on(step, get("a")))
    assert (difference.message, difference.at) == ("forbidden: GET https://h/a", ("forbid_requests", 1))


def test_a_pattern_forbids_only_what_it_wholly_means() -> None:
    """A pattern of several keys forbids what fits all of them."""
    step = step_of(wants("a"), forbid_requests=({"host": "h", "path": "/b"}, {"host": "evil.example"}))
    assert messages(verdict_on(step, get("a"))) == []


# ------------------------------------------------------------------ properties

paths = st.sampled_from(["a", "b", "c", "m", "evil"])
interactions = st.lists(
    st.builds(
        lambda path, least, more: wants(path, least, None if more is None else least + more or 1),
        paths,
        st.integers(0, 2),
        st.none() | st.integers(0, 2),
    ),
    max_size=5,
)
steps = st.builds(
    lambda several, order: step_of(
        *several, order=order, allow_requests=(allowed("m"),), forbid_requests=({"path": "/evil"},)
    ),
    interactions,
    st.sampled_from(["strict", "any"]),
)


@given(steps, st.lists(paths.map(get), max_size=8))
def test_no_request_is_lost_or_counted_twice(step: Step, requests: list[Request]) -> None:
    """Each request has one place; no interaction has more than it may; a pass means all bounds are kept."""
    judgement: Judgement = verdict_on(step, *requests)
    (assigned,) = judgement.assigned
    assert [one.request for one in assigned] == requests
    counts = [sum(one.interaction is wanted for one in assigned) for wanted in step.interactions]
    bounds = [(one.least, one.most) for one in step.interactions]
    assert all(most is None or count <= most for count, (_, most) in zip(counts, bounds, strict=True))
    if not judgement.differences:
        assert all(one.interaction is not None for one in assigned)
        assert all(count >= least for count, (least, _) in zip(counts, bounds, strict=True))
        if step.order == "strict":
            order = [
                one.interaction.at[1]
                for one in assigned
                if one.interaction and one.interaction.at[0] != "allow_requests"
            ]
            assert order == sorted(order, key=int)
    else:
        assert {difference.request for difference in judgement.differences} <= {None, *range(len(requests))}


@given(steps, st.lists(paths.map(get), max_size=8))
def test_assignment_is_the_same_online_and_afterwards(step: Step, requests: list[Request]) -> None:
    """The judge counts requests for the interactions whose replies they got."""
    assignment = Assignment(step)
    assert verdict_on(step, *requests).assigned == (tuple(assignment.assign(one) for one in requests),)


@given(interactions, st.data())
def test_any_order_takes_every_permutation(several: list[Interaction], data: st.DataObject) -> None:
    """With `order: any` the least that is asked for passes in whatever order it comes."""
    step = step_of(*several, order="any")
    due = [sent(method="GET", url=one.request["url"]) for one in several for _ in range(one.least)]
    judgement = verdict_on(step, *data.draw(st.permutations(due)))
    taken_twice = len({one.request["url"] for one in several}) < len(several)
    assert taken_twice or not judgement.differences
