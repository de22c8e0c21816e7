"""Each key of a `request` mapping: what it lets pass and what it notices."""

from __future__ import annotations

from typing import Any

import pytest
from judging import URL, expects, messages, only, sent, verdict_on

from harness.model import Request

BODY = {
    "model": "m",
    "n": 1,
    "reasoning": {"effort": "high"},
    "messages": [{"role": "user", "content": "hi"}],
}
REF = {"HTTP-Referer": "https://app.example"}

PASSES: list[tuple[dict[str, Any], Request]] = [
    ({}, sent(b"anything", method="BREW", url="gopher://x")),
    ({"method": "POST"}, sent()),
    ({"method": {"$one_of": ["PUT", "POST"]}}, sent()),
    ({"url": URL}, sent()),
    ({"url": URL}, sent(url="HTTPS://me@Acme.Example:443/api/v1/ch%61t/completions#x")),
    ({"url": "https://ACME.example:443/api/v1/chat/completions"}, sent()),
    ({"url": {"$regex": r"/chat/completions$"}}, sent()),
    ({"url": "https://h/x?b=1&a=2"}, sent(url="https://h/x?b=1&a=2")),
    ({"url": "https://acme.example/api/*"}, sent()),
    ({"host": "acme.example"}, sent(url="https://acme.example:8443/x")),
    ({"host": "*.acme.example"}, sent(url="https://API.acme.example/")),
    ({"path": "/api/v1/chat/completions"}, sent()),
    ({"path": "/api/*"}, sent()),
    ({"path": {"$regex": "chat"}}, sent()),
    ({"query": {"a": 2}}, sent(url="https://h/?b=1&a=2")),
    ({"query": {"a": {"$any": "string"}, "c": {"$absent": True}}}, sent(url="https://h/?a=")),
    ({"query": {"a": ["1", 2]}}, sent(url="https://h/?a=1&a=2")),
    ({"query": {"q": "x y"}}, sent(url="https://h/?q=x%20y")),
    ({"query": {"q": {"$optional": True}}}, sent(url="https://h/?q=true")),
    ({"headers": REF}, sent(headers={"http-referer": "https://app.example", "x": "y"})),
    ({"headers": {"X-TTL": 300, "X-On": True}}, sent(headers={"x-ttl": "300", "x-on": "true"})),
    ({"headers": {"X-TTL": {"$one_of": [300, 600]}}}, sent(headers={"x-ttl": "600"})),
    ({"headers": {"X-A": {"$absent": True}, "X-B": {"$optional": 1}}}, sent()),
    ({"headers": {"X-A": {"$regex": "^a"}}}, sent(headers={"X-A": "abc"})),
    ({"headers": {"User-Agent": "me"}}, sent(headers={"user-agent": "me"})),
    ({"require_headers": ["x-*", "Host"]}, sent(headers={"X-A": "", "host": "h"})),
    ({"forbid_headers": ["*"]}, sent(headers={"User-Agent": "x", "X-Stainless-Lang": "js"})),
    ({"forbid_headers": ["X-Acme-*"]}, sent(headers={"X-Title": "x"})),
    ({"closed_headers": ["X-*"], "headers": {"X-A": 1}}, sent(headers={"x-a": "1", "y": "2"})),
    (
        {"closed_headers": ["*"], "require_headers": ["Content-*"]},
        sent(headers={"content-type": "x", "Host": "h"}),
    ),
    ({"body": BODY}, sent(dict(reversed(BODY.items())))),
    ({"body": {**BODY, "x": {"$optional": 1}}}, sent(BODY)),
    ({"body": {"$any": "object"}}, sent(BODY)),
    ({"body": {"$absent": True}}, sent()),
    ({"body": {"t": 1.0}}, sent(b'{"t":1}')),
    ({"body": {"$$ref": 1}}, sent(b'{"$ref":1}')),
    ({"body": None}, sent(b"null")),
    ({"body_includes": {"reasoning": {}, "messages": [{"role": "user"}]}}, sent(BODY)),
    ({"body_includes": {"store": {"$absent": True}}}, sent(BODY)),
    ({"body_at": {"$.reasoning": {"effort": "high"}, "$.messages[*].role": "user"}}, sent(BODY)),
    ({"body_at": {"$.store": {"$absent": True}, "$.n": {"$optional": 1}}}, sent(BODY)),
    ({"forbid_body": ["$..cache_control", "$.store"]}, sent(BODY)),
    ({"forbid_body": ["$.messages[0].effort"]}, sent(BODY)),
    ({"forbid_body": ["$..x"]}, sent()),
    ({"require_body": ["$.model", "$..effort"]}, sent(BODY)),
    ({"at_most_one": ["$.reasoning.effort", "$.reasoning_effort"]}, sent(BODY)),
    ({"at_most_one": ["$.model", "$['model']"]}, sent(BODY)),
]

FAILS: list[tuple[dict[str, Any], Request, str]] = [
    ({"headers": REF}, sent(), 'HTTP-Referer: expected "https://app.example", got nothing'),
    ({"headers": REF}, sent(headers={"http-referer": "x"}), 'expected "https://app.example", got "x"'),
    (
        {"headers": {"A": "1"}},
        sent(headers=[("a", "1"), ("A", "1")]),
        'expected once, sent 2 times: "1", "1"',
    ),
    ({"headers": {"A": "1"}}, sent(headers=[("a", "1"), ("A", "2")]), "expected once, sent 2 times"),
    ({"headers": {"A": {"$absent": True}}}, sent(headers={"a": ""}), 'A: expected nothing, got ""'),
    ({"headers": {"A": {"$optional": 1}}}, sent(headers={"a": "2"}), 'expected nothing or "1", got "2"'),
    ({"headers": {"A": 300}}, sent(headers={"a": "300.0"}), 'expected "300", got "300.0"'),
    ({"headers": {"A": True}}, sent(headers={"a": "True"}), 'expected "true", got "True"'),
    ({"headers": {"A": {"$regex": "^a"}}}, sent(headers={"a": "ba"}), "text matching '^a'"),
    ({"require_headers": ["x-*"]}, sent(headers={"y": "1"}), "x-*: required, but not sent"),
    ({"require_headers": ["*"]}, sent(headers={"Host": "1"}), "*: required, but not sent"),
    ({"forbid_headers": ["X-Title"]}, sent(headers={"x-title": "t"}), 'x-title: expected nothing, got "t"'),
    (
        {"forbid_headers": ["x-stainless-*"]},
        sent(headers={"X-Stainless-OS": "t"}),
        "forbidden by x-stainless-*",
    ),
    ({"forbid_headers": ["*", "X-*"]}, sent(headers={"X-A": "t"}), "forbidden by *"),
    (
        {"closed_headers": ["X-*"], "headers": {"X-A": {"$optional": "1"}}},
        sent(headers={"X-B": "1"}),
        "X-B: expected",
    ),
    ({"closed_headers": ["*"]}, sent(headers={"Authorization": "x"}), "Authorization: expected nothing"),
    ({"body": BODY}, sent({**BODY, "n": True}), "$.n: expected 1, got true"),
    ({"body": BODY}, sent({**BODY, "n": 1.0}), "$.n: expected 1, got 1.0"),
    ({"body": BODY}, sent({**BODY, "n": "1"}), '$.n: expected 1, got "1"'),
    ({"body": BODY}, sent({**BODY, "store": None}), "$.store: expected nothing, got null"),
    ({"body": BODY}, sent(), "the body is empty"),
    ({"body": BODY}, sent(b"{"), "the body is not JSON"),
    ({"body": {"$any": "anything"}}, sent(b"{"), "the body is not JSON"),
    ({"body": {"$absent": True}}, sent({}), "$: expected nothing, got {}"),
    ({"body": {"a": 1}}, sent(b'{"a":1,"a":1}'), 'the body has the key "a" twice'),
    ({"body": {"a": {"$any": "string"}}}, sent({"a": {"$any": "string"}}), "expected any string"),
    ({"body_includes": {"messages": []}}, sent(BODY), "$.messages[0] inserted"),
    ({"body_includes": {"n": 2}}, sent(BODY), "$.n: expected 2, got 1"),
    ({"body_includes": {"x": None}}, sent(BODY), "$.x: expected null, got nothing"),
    ({"body_includes": {"n": {"$absent": True}}}, sent(BODY), "$.n: expected nothing, got 1"),
    ({"body_at": {"$.reasoning": {}}}, sent(BODY), '$.reasoning.effort: expected nothing, got "high"'),
    ({"body_at": {"$.store": False}}, sent(BODY), "$.store: expected false, got nothing"),
    (
        {"body_at": {"$.messages[*].role": "user"}},
        sent({"messages": [{"role": "a"}]}),
        "$.messages[0].role: expected",
    ),
    ({"body_at": {"$.x": 1}}, sent(), "$.x: expected 1, got nothing"),
    ({"forbid_body": ["$..content"]}, sent(BODY), '$.messages[0].content: expected nothing, got "hi"'),
    ({"forbid_body": ["$..effort"]}, sent(b'{"\\u0065ffort":null}'), "$.effort: expected nothing, got null"),
    ({"forbid_body": ["$.messages[?@.role=='user']"]}, sent(BODY), "$.messages[0]: expected nothing"),
    ({"forbid_body": ["$.x"]}, sent(b"x=1"), "the body is not JSON"),
    ({"forbid_body": ["$.x"]}, sent(b'{"y":1,"y":2}'), "twice"),
    ({"require_body": ["$.store"]}, sent(BODY), "$.store: required, but not there"),
    ({"require_body": ["$.store"]}, sent(), "$.store: required, but not there"),
    (
        {"at_most_one": ["$.model", "$.n"]},
        sent(BODY),
        "at most one of these may be there, got 2: $.model, $.n",
    ),
    ({"at_most_one": ["$.messages[*]"]}, sent({"messages": [1, 2]}), "got 2: $.messages[0], $.messages[1]"),
    ({"at_most_one": ["$.x"]}, sent(), "the body is empty"),
]

WRONG_LINE: list[tuple[dict[str, Any], Request, str]] = [
    ({"method": "POST"}, sent(method="GET"), 'method: expected "POST", got "GET"'),
    ({"method": "POST"}, sent(method="post"), 'method: expected "POST", got "post"'),
    ({"url": URL}, sent(url=URL + "/"), "url: expected"),
    ({"url": URL}, sent(url=URL.replace("https", "http")), "url: expected"),
    ({"url": URL}, sent(url=URL + "?a"), "url: expected"),
    ({"url": URL}, sent(url=URL.replace("api", "API")), "url: expected"),
    ({"url": URL}, sent(url=URL.replace(".example", ".example:444")), "url: expected"),
    ({"url": "https://h/x?b=1&a=2"}, sent(url="https://h/x?a=2&b=1"), "url: expected"),
    ({"url": {"$regex": "^http:"}}, sent(), "url: expected text matching"),
    ({"host": "acme.example"}, sent(url="https://api.acme.example/"), "host: expected"),
    ({"host": "acme.example"}, sent(url="https://acme.example.evil.example/"), "host: expected"),
    ({"host": "acme.example"}, sent(url="https://acme.example@evil.example/"), "host: expected"),
    ({"host": "*.acme.example"}, sent(), "host: expected"),
    ({"path": "/api/v1"}, sent(), "path: expected"),
    ({"query": {"a": 2}}, sent(url="https://h/?a=2&a=2"), 'query a: expected "2", got ["2","2"]'),
    ({"query": {"a": 2}}, sent(url="https://h/?A=2"), 'query a: expected "2", got nothing'),
    ({"query": {"a": {"$absent": True}}}, sent(url="https://h/?a"), 'query a: expected nothing, got ""'),
]


@pytest.mark.parametrize(("request_keys", "request_sent"), PASSES)
def test_a_request_that_meets_its_key_passes(request_keys: dict[str, Any], request_sent: Request) -> None:
    """A request that is as the key says has no difference."""
    assert messages(verdict_on(expects(**request_keys), request_sent)) == []


@pytest.mark.parametrize(("request_keys", "request_sent", "says"), [*FAILS, *WRONG_LINE])
def test_a_request_that_breaks_its_key_is_one_difference(
    request_keys: dict[str, Any], request_sent: Request, says: str
) -> None:
    """A request that breaks a key in one way has one difference, which says how, in one line."""
    difference = only(verdict_on(expects(**request_keys), request_sent))
    assert says in difference.message
    assert difference.message.isprintable()
    assert difference.at[:3] == ("interactions", 0, "request")
    assert difference.at[3] in request_keys


def test_all_departures_are_reported_at_once() -> None:
    """Request line, headers and body are judged together, not up to the first fault."""
    judgement = verdict_on(
        expects(method="POST", url=URL, headers={"A": "1"}, forbid_headers=["B"], body={"x": 1}),
        sent({"x": 2}, method="PUT", url="https://h/", headers={"B": "2"}),
    )
    assert [difference.kind for difference in judgement.differences] == [
        "method",
        "url",
        "headers",
        "headers",
        "body",
    ]


def test_a_broken_body_is_one_difference_for_all_body_keys() -> None:
    """A body that is not JSON is reported once, however many keys speak of it."""
    keys = {"body_includes": {"a": 1}, "forbid_body": ["$.x"], "require_body": ["$.a"]}
    assert only(verdict_on(expects(**keys), sent(b"nonsense"))).kind == "body"


def test_addresses_lead_to_the_expectation() -> None:
    """A difference's address names the very key, item or path that was not met, as it was written."""
    judgement = verdict_on(
        expects(
            headers={"X-A": "1"},
            forbid_headers=["Y", "Z-*"],
            body={"a": {"$$ref": [1, {"b": {"$optional": 2}}]}},
            body_at={"$.a": 1},
        ),
        sent({"a": {"$ref": [1, {"b": 3}]}}, headers={"z-1": ""}),
    )
    base = ("interactions", 0, "request")
    assert [difference.at for difference in judgement.differences] == [
        (*base, "headers", "X-A"),
        (*base, "forbid_headers", 1),
        (*base, "body", "a", "$$ref", 1, "b", "$optional"),
        (*base, "body_at", "$.a"),
    ]


def test_a_deeply_nested_body_is_a_difference_and_no_crash() -> None:
    """Nesting beyond what can be compared fails the body keys instead of breaking the run."""
    deep = b'{"a":' * 300 + b"1" + b"}" * 300
    for body in (deep, b"[" * 50_000):
        assert only(verdict_on(expects(body={"a": 1}), sent(body))).kind == "body"
