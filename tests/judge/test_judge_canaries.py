"""Secrets minted for a case: allowed where a request is expected to have them, found anywhere else."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from judging import URL, expects, messages, only, sent, verdict_on

from harness.model import Judgement, Request, Step

KEY = "sk-acme-" + "0f" * 24
OTHER = "canary-" + "a1" * 16
CANARIES = {"api_key": KEY, "other": OTHER}
AUTHORIZED = {"Authorization": f"Bearer {KEY}"}


def judged(request: Request, outcome: Any = None, **keys: Any) -> Judgement:
    return verdict_on(expects(**keys), request, outcome=outcome, canaries=CANARIES)


PLACES: list[tuple[dict[str, Any], Request]] = [
    ({"headers": AUTHORIZED}, sent(headers={"authorization": f"Bearer {KEY}"})),
    ({"headers": {"X-Key": {"$optional": KEY}}}, sent(headers={"x-key": KEY})),
    ({"headers": {"X-Key": {"$regex": KEY}}}, sent(headers={"x-key": f"Basic {KEY}"})),
    ({"url": f"https://h/?key={KEY}"}, sent(url=f"https://h/?key={KEY}")),
    ({"query": {"key": KEY}}, sent(url=f"https://h/?key={KEY}")),
    ({"path": f"/{KEY}/x"}, sent(url=f"https://h/{KEY}/x")),
    ({"body": {"a": [{"k": KEY}]}}, sent({"a": [{"k": KEY}]})),
    ({"body_includes": {"a": {"k": KEY}}}, sent({"a": {"k": KEY, "l": 1}})),
    ({"body_includes": {"a": {"$unordered": [KEY, 1]}}}, sent({"a": [1, KEY]})),
    ({"body": {"a": {"$json": {"k": KEY}}}}, sent({"a": json.dumps({"k": KEY})})),
    ({"body_at": {"$.a[*].k": KEY}}, sent({"a": [{"k": KEY}, {"k": KEY}]})),
    ({"body": {KEY: 1}}, sent({KEY: 1})),
    ({"body": {"$$a": KEY}}, sent({"$a": KEY})),
]

LEAKS: list[tuple[dict[str, Any], Request, str]] = [
    ({}, sent(headers=AUTHORIZED), "Authorization"),
    ({"headers": AUTHORIZED}, sent(headers={**AUTHORIZED, "X-Key": KEY}), "X-Key"),
    ({"headers": {"X-Key": {"$any": "string"}}}, sent(headers={"X-Key": KEY}), "X-Key"),
    ({}, sent(headers={KEY: "1"}), "${canary.api_key}"),
    ({"url": {"$any": "string"}}, sent(url=f"https://h/?key={KEY}"), "url"),
    ({"query": {"key": KEY}}, sent(url=f"https://h/{KEY}?key={KEY}"), "url"),
    ({"query": {"key": KEY}}, sent(url=f"https://h/?key={KEY}&k2={KEY}"), "url"),
    ({"url": "https://h/"}, sent(url=f"https://{KEY}:x@h/"), "url"),
    ({"url": "https://h/"}, sent(url=f"https://h/#{KEY}"), "url"),
    ({"host": "*"}, sent(url=f"https://{KEY}.evil.example/"), "url"),
    ({"headers": AUTHORIZED}, sent({"user": KEY}, headers=AUTHORIZED), "$.user"),
    ({"body_includes": {"a": KEY}}, sent({"a": KEY, "b": [KEY]}), "$.b[0]"),
    ({"body": {"a": {"$any": "string"}}}, sent({"a": KEY}), "$.a"),
    ({}, sent({"x": {f"k{KEY}": 1}}), "$.x['k${canary.api_key}']"),
    ({}, sent(f"key={KEY}&x=1".encode()), ""),
    ({}, sent(f'{{"a":1,"a":"{KEY}"}}'.encode()), ""),
]


@pytest.mark.parametrize(("keys", "request_sent"), PLACES)
def test_a_canary_may_be_where_it_is_expected(keys: dict[str, Any], request_sent: Request) -> None:
    """A secret passes in the header, URL part or body place whose expected value has it."""
    assert messages(judged(request_sent, **keys)) == []


@pytest.mark.parametrize(("keys", "request_sent", "path"), LEAKS)
def test_a_canary_may_be_nowhere_else(keys: dict[str, Any], request_sent: Request, path: str) -> None:
    """Anywhere else a secret is a difference that names the place and never the secret."""
    difference = only(judged(request_sent, **keys))
    assert (difference.kind, difference.path) == ("secret", path)
    assert "holds ${canary.api_key}" in difference.message
    assert KEY not in repr(difference)


def test_an_absent_header_revokes_what_a_default_allowed() -> None:
    """A request that expects no Authorization allows no key there."""
    judgement = judged(sent(headers=AUTHORIZED), headers={"Authorization": {"$absent": True}})
    assert [difference.kind for difference in judgement.differences] == ["headers", "secret"]


def test_one_canary_may_not_stand_where_another_is_expected() -> None:
    """Each secret has its own places."""
    judgement = judged(sent(headers={"Authorization": f"Bearer {OTHER}"}), headers=AUTHORIZED)
    assert messages(judgement) == [
        'Authorization: expected "Bearer ${canary.api_key}", got "Bearer ${canary.other}"',
        "Authorization: holds ${canary.other}, which must not be there",
    ]


def test_a_canary_is_not_reported_back() -> None:
    """The outcome may hold no secret, whether or not an outcome is expected."""
    difference = only(judged(sent(), outcome={"error": {"message": f"bad key {KEY}"}}))
    assert (difference.kind, difference.path) == ("secret", "$.error.message")
    assert KEY not in repr(difference)


def test_a_stray_request_leaks_what_it_carries() -> None:
    """A request that nothing expects leaks its secrets, unless one like it goes to the same server."""
    step = Step({}, (expects(url=URL, headers=AUTHORIZED),))
    right = sent(headers=AUTHORIZED)
    elsewhere = sent(url="https://evil.example/", headers=AUTHORIZED)
    told = verdict_on(step, right, elsewhere, canaries=CANARIES)
    assert [difference.kind for difference in told.differences] == ["request", "secret"]
    assert only(verdict_on(step, right, right, canaries=CANARIES)).kind == "request"


def test_a_forbidden_request_leaks_what_it_carries() -> None:
    """A forbidden request may carry no secret at all."""
    step = Step({}, (), forbid_requests=({"host": "acme.example"},))
    told = verdict_on(step, sent(headers=AUTHORIZED), canaries=CANARIES)
    assert [difference.kind for difference in told.differences] == ["request", "secret"]


def test_an_allowed_request_may_carry_what_it_names() -> None:
    """A look-up has the key only where the allowed request says so."""
    for request, leaks in (({"headers": AUTHORIZED}, 0), ({}, 1)):
        allowed = replace(expects(url=URL, **request), at=("allow_requests", 0))
        told = verdict_on(
            Step({}, (), allow_requests=(allowed,)), sent(headers=AUTHORIZED), canaries=CANARIES
        )
        assert len(told.differences) == leaks


def test_a_retry_may_carry_what_the_first_request_may() -> None:
    """A request that must be the same as an earlier one has the secrets of that one."""
    step = Step({}, (expects(0, id="first", headers=AUTHORIZED), expects(1, same_as="first")))
    one = sent(headers=AUTHORIZED)
    assert messages(verdict_on(step, one, one, canaries=CANARIES)) == []


# ------------------------------------------------------------------ encodings


def in_base64(before: str, after: str, url_safe: bool) -> str:
    encode = base64.urlsafe_b64encode if url_safe else base64.b64encode
    return encode(f"{before}{KEY}{after}".encode()).decode()


plain = st.just(KEY)
percent = st.lists(st.booleans(), min_size=len(KEY), max_size=len(KEY)).map(
    lambda over: "".join(f"%{ord(c):02X}" if e else c for c, e in zip(KEY, over, strict=True))
)
double_percent = percent.map(lambda text: quote(text, safe=""))
coded = st.builds(in_base64, st.text(max_size=5), st.text(max_size=5), st.booleans())
encodings = plain | percent | double_percent | coded | coded.map(lambda text: quote(text, safe=""))
noise = st.text(alphabet="abc é/+=&?", max_size=5)


@given(encodings, noise, noise)
def test_a_canary_is_found_in_every_encoding(text: str, before: str, after: str) -> None:
    """Plain, percent-encoded however much and often, or within base64: in a header, the URL or the body."""
    held = f"{before}|{text}|{after}"
    assert only(judged(sent(headers={"X": held}))).kind == "secret"
    assert only(judged(sent(url=f"https://h/?q=|{text}|"))).kind == "secret"
    assert only(judged(sent(f"q=|{text}|".encode()))).kind == "secret"
    assert only(judged(sent(), outcome={"text": held})).kind == "secret"


values = st.recursive(
    st.none() | st.integers() | noise,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(noise, inner, max_size=3),
    max_leaves=8,
)
wrappers = st.lists(
    st.sampled_from(
        [lambda v: [1, v], lambda v: {"k": v}, lambda v: json.dumps({"in": v}), lambda v: [v, {"a": 1}]]
    ),
    max_size=4,
)


@given(encodings, values, wrappers, st.lists(st.booleans(), min_size=40, max_size=40))
def test_a_canary_is_found_anywhere_in_a_body(
    text: str, beside: Any, around: Any, escaped: list[bool]
) -> None:
    """However deep in the body, also in JSON within JSON and with its letters as `\\u` escapes."""
    value: Any = text
    for wrap in around:
        value = wrap(value)
    raw = json.dumps({"beside": beside, "here": value})
    spelled = "".join(f"\\u{ord(c):04x}" if e else c for c, e in zip(KEY, escaped, strict=False))
    raw = raw.replace(KEY[: len(escaped)], spelled)
    found = judged(sent(raw.encode()), body_includes={"beside": {"$any": "anything"}}).differences
    assert [difference.kind for difference in found] == ["secret"]
    assert found[0].path.startswith("$.here")


@given(values, st.lists(st.tuples(st.sampled_from(["A", "b", "Xx"]), noise), max_size=4))
def test_what_holds_no_canary_is_never_accused(body: Any, headers: list[tuple[str, str]]) -> None:
    """Text that has nothing of a secret is no leak."""
    assert messages(judged(sent({"b": body}, headers=headers), outcome={"text": body})) == []
