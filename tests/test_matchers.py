"""The vocabulary that scenarios and the judge share."""

from __future__ import annotations

import json
import re
from typing import Any

import jsonpath_rfc9535
import pytest
import vcr.request  # type: ignore[import-untyped]
from hypothesis import given
from hypothesis import strategies as st

from harness.matchers import (
    MATCHERS,
    MISSING,
    DuplicateKeyError,
    accepts,
    as_path,
    compile_path,
    escape,
    glob_pattern,
    header_pattern,
    is_matcher,
    normalise_url,
    problem_with,
    query_of,
    read_json,
    unescape,
)

keys = st.text(alphabet="ab$x-'\"\\ é", max_size=4)
scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=6)
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4),
    max_leaves=12,
)


# ------------------------------------------------------------------ comparison

ACCEPTED: list[tuple[Any, Any]] = [
    (1, 1),
    (1.0, 1),
    (1.0, 1.0),
    ("1", "1"),
    (True, True),
    (None, None),
    ([1, [2]], [1, [2]]),
    ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
    ({"$any": "string"}, ""),
    ({"$any": "number"}, 1.5),
    ({"$any": "integer"}, -1),
    ({"$any": "boolean"}, False),
    ({"$any": "list"}, []),
    ({"$any": "object"}, {"a": 1}),
    ({"$any": "null"}, None),
    ({"$any": "anything"}, None),
    ({"$regex": "^gen-"}, "gen-1"),
    ({"$regex": "x$"}, "ax"),
    ({"$one_of": ["a", {"$any": "number"}]}, 3),
    ({"a": {"$absent": True}}, {}),
    ({"a": {"$optional": 1}}, {}),
    ({"a": {"$optional": 1}}, {"a": 1}),
    ({"a": {"$one_of": [{"$absent": True}, "x"]}}, {}),
    ({"$json": {"a": [1]}}, '{ "a": [1] }'),
    ({"$each": {"$any": "string"}}, ["a", "b"]),
    ({"$each": 1}, []),
    ({"$unordered": [1, 2, 2]}, [2, 1, 2]),
    ({"$unordered": [{"$any": "anything"}, 1, {"$any": "integer"}]}, [1, 2, "x"]),
    ({"$between": [0, 1]}, 0),
    ({"$between": [0, 1]}, 1.0),
    ({"$$ref": "#/x"}, {"$ref": "#/x"}),
    ({"$$$ref": 1}, {"$$ref": 1}),
    ({"$ref": "#/x", "type": "object"}, {"$ref": "#/x", "type": "object"}),
]

REFUSED: list[tuple[Any, Any]] = [
    (1, 1.0),
    (1, True),
    (1, "1"),
    (1.0, True),
    (True, 1),
    (False, None),
    (False, 0),
    (None, MISSING),
    ("1", 1),
    ("a", "A"),
    ([1], [1, 1]),
    ([1, 2], [2, 1]),
    ([1], [True]),
    ([], {}),
    ({"a": None}, {}),
    ({}, {"a": None}),
    ({"a": 1}, {"a": 1, "b": 2}),
    ({"$any": "number"}, True),
    ({"$any": "integer"}, 1.0),
    ({"$any": "string"}, None),
    ({"$any": "anything"}, MISSING),
    ({"a": {"$any": "anything"}}, {}),
    ({"$regex": "^gen-"}, "a gen-"),
    ({"$regex": "1"}, 1),
    ({"$one_of": [1, 2]}, 3),
    ({"$one_of": [1]}, True),
    ({"a": {"$absent": True}}, {"a": None}),
    ({"a": {"$optional": 1}}, {"a": 2}),
    ([{"$optional": 1}], []),
    ({"$json": {"a": 1}}, {"a": 1}),
    ({"$json": {"a": 1}}, '{"a":2}'),
    ({"$json": {"a": 1}}, '{"a":1,"a":1}'),
    ({"$json": {}}, "nonsense"),
    ({"$each": 1}, [1, 2]),
    ({"$each": 1}, 1),
    ({"$unordered": [1, 2]}, [1, 1]),
    ({"$unordered": [1]}, [1, 1]),
    ({"$unordered": [1, {"$any": "integer"}]}, [2, 3]),
    ({"$between": [0, 1]}, 1.1),
    ({"$between": [0, 1]}, True),
    ({"$between": [0, 1]}, "0"),
]


@pytest.mark.parametrize(("expected", "actual"), ACCEPTED)
def test_what_is_asked_for_is_accepted(expected: Any, actual: Any) -> None:
    """Equal values of the same type, and whatever a matcher describes, are accepted."""
    assert accepts(expected, actual)


@pytest.mark.parametrize(("expected", "actual"), REFUSED)
def test_anything_else_is_refused(expected: Any, actual: Any) -> None:
    """Another type, another length, another key or another value is refused, however alike."""
    assert not accepts(expected, actual)


def test_open_objects_may_have_more_keys_at_every_depth_while_lists_stay_exact() -> None:
    """Openness reaches objects inside lists, and never lets a list have another length."""
    expected = {"a": [{"b": 1}]}
    assert accepts(expected, {"a": [{"b": 1, "c": 2}], "d": 3}, open_objects=True)
    assert not accepts(expected, {"a": [{"b": 1}, {}]}, open_objects=True)
    assert not accepts(expected, {"a": [{"c": 1}]}, open_objects=True)
    assert accepts({"$each": {"a": 1}}, [{"a": 1, "b": 2}], open_objects=True)


@given(values)
def test_every_value_accepts_itself_when_escaped(value: Any) -> None:
    """Escaping makes any JSON value, `$` keys included, stand for exactly itself."""
    assert accepts(escape(value), value)


@given(values, values)
def test_comparison_agrees_with_typed_equality(one: Any, other: Any) -> None:
    """Without matchers two values are accepted if equal with their types (and `1` for `1.0`)."""

    def typed(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: typed(item) for key, item in value.items()}
        if isinstance(value, list):
            return [typed(item) for item in value]
        return type(value).__name__, value

    same = typed(one) == typed(other)
    accepted = accepts(escape(one), other)
    assert accepted if same else (not accepted or "float" in repr(typed(one)))


# ------------------------------------------------------------------ matchers as written


@pytest.mark.parametrize("value", [{"$any": "x"}, {"$unknown": 1}, {"$one_of": []}])
def test_a_mapping_with_one_word_key_is_a_matcher(value: Any) -> None:
    """One key of `$` and letters makes a matcher, known or not."""
    assert is_matcher(value)


@pytest.mark.parametrize(
    "value", [{"$a": 1, "b": 2}, {"a": 1}, {"$$ref": 1}, {"$1": 1}, {"$": 1}, {}, "$any", [1]]
)
def test_anything_else_is_a_value(value: Any) -> None:
    """More keys, another key or no mapping at all is an ordinary value."""
    assert not is_matcher(value)


@pytest.mark.parametrize(
    ("matcher", "says"),
    [
        ({"$anny": "string"}, "did you mean '$any'?"),
        ({"$ref": "x"}, "write $$ref"),
        ({"$any": "strng"}, "did you mean 'string'?"),
        ({"$any": None}, "unknown kind None for $any; expected one of string"),
        ({"$regex": "("}, "not a regular expression"),
        ({"$regex": 1}, "as a string"),
        ({"$one_of": []}, "at least one"),
        ({"$one_of": "ab"}, "takes a list"),
        ({"$absent": False}, "takes true"),
        ({"$absent": 1}, "takes true"),
        ({"$unordered": {}}, "takes a list"),
        ({"$between": [1]}, "two numbers"),
        ({"$between": [True, 2]}, "two numbers"),
        ({"$between": [2, 1]}, "reversed"),
    ],
)
def test_a_wrong_matcher_is_explained(matcher: dict[str, Any], says: str) -> None:
    """A matcher that cannot mean anything says why, and comparing with it is an error, never a pass."""
    assert says in (problem_with(matcher) or "")
    with pytest.raises(ValueError, match=re.escape(says)):
        accepts(matcher, "x")


def test_a_right_matcher_has_no_problem() -> None:
    """Each known word, used as documented, is in order."""
    right: list[dict[str, Any]] = [
        {"$any": "string"},
        {"$regex": "a"},
        {"$one_of": [1]},
        {"$absent": True},
        {"$optional": None},
        {"$json": {}},
        {"$each": 1},
        {"$unordered": []},
        {"$between": [0, 0]},
    ]
    assert [problem_with(matcher) for matcher in right] == [None] * len(right)
    assert tuple(next(iter(matcher)) for matcher in right) == MATCHERS


def test_two_dollars_stand_for_one() -> None:
    """`$$ref` is the key `$ref`; keys without two dollars are themselves."""
    assert [unescape(key) for key in ("$$ref", "$ref", "ref", "$$", "$$$x")] == [
        "$ref",
        "$ref",
        "ref",
        "$",
        "$$x",
    ]


# ------------------------------------------------------------------ JSON


@pytest.mark.parametrize(
    "text",
    ['{"a":1,"a":1}', '{"a": 1, "a": 2}', '[{"x":{"b":0,"\\u0062":1}}]', '{ "a":{"a":1},"b":[],"b":[] }'],
)
def test_a_repeated_key_is_noticed(text: str) -> None:
    """A key that an object has twice is an error in every spelling of the text, never a silent choice."""
    with pytest.raises(DuplicateKeyError, match="twice"):
        read_json(text.encode())


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (b"{", "is not JSON"),
        (b"", "is not JSON"),
        (b"NaN", "is not JSON"),
        (b"[Infinity]", "is not JSON"),
        (b"{'a':1}", "is not JSON"),
        (b"1 2", "is not JSON"),
        (b"\xff", "is not UTF-8"),
        (b"[" * 100_000, "is nested too deeply"),
    ],
)
def test_what_is_no_json_says_why(text: bytes, says: str) -> None:
    """Only JSON in UTF-8 is read, and the reason completes a sentence."""
    with pytest.raises(ValueError, match=says):
        read_json(text)


@given(values, st.sampled_from([(",", ":"), (", ", ": "), (" , ", " : ")]), st.booleans())
def test_json_is_read_exactly(value: Any, separators: tuple[str, str], ascii_only: bool) -> None:
    """Integers of any size, floats and text come back as they were, however the text is laid out."""
    text = json.dumps(value, separators=separators, ensure_ascii=ascii_only)
    assert repr(read_json(text)) == repr(value)


# ------------------------------------------------------------------ JSONPath

steps = st.lists(
    st.sampled_from(
        [".a", ".b", "..a", "..*", ".*", "[*]", "[0]", "[1]", "[-1]", "['a']", '["b"]', "..[0]", "['x-']"]
    ),
    max_size=4,
)
small = st.recursive(
    st.integers(0, 3),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "b", "x-"]), inner, max_size=3)
    ),
    max_leaves=15,
)


@given(steps, small)
def test_plain_paths_match_what_the_library_matches(parts: list[str], value: Any) -> None:
    """Walking a plain path finds what RFC 9535 says: the same places, the same values."""
    text = "$" + "".join(parts)
    found = [(match.place, match.value) for match in compile_path(text).find(value)]
    expected = [(node.location, node.value) for node in jsonpath_rfc9535.find(text, value)]
    assert sorted(map(repr, found)) == sorted(map(repr, expected))


def test_other_paths_are_left_to_the_library() -> None:
    """Filters, slices and unions work as RFC 9535 says."""
    value = {"m": [{"r": "u", "c": 1}, {"r": "a", "c": 2}]}
    assert [m.value for m in compile_path("$.m[?@.r=='a'].c").find(value)] == [2]
    assert [m.place for m in compile_path("$.m[0:1]['r','c']").find(value)] == [("m", 0, "r"), ("m", 0, "c")]


@pytest.mark.parametrize("text", ["a.b", "$.a[", "$.a-b", "$..", "$.", "$ .a[?", "$['a", "", "$[01]"])
def test_what_is_no_path_is_an_error(text: str) -> None:
    """A text that is no JSONPath raises with the reason."""
    with pytest.raises(ValueError, match="is not a JSONPath"):
        compile_path(text)


@given(small)
def test_a_place_written_as_a_path_leads_back(value: Any) -> None:
    """The path shown for a place finds that place and nothing else."""
    for match in compile_path("$..*").find(value):
        assert compile_path(as_path(match.place)).find(value) == [match]


def test_odd_keys_are_quoted_in_paths() -> None:
    """Keys that are no names are shown in brackets that any JSONPath implementation reads."""
    for key in ("a-b", "it's", 'say "x"', "back\\slash", "", "new\nline", "1"):
        assert jsonpath_rfc9535.find(as_path((key,)), {key: 5}).values() == [5]


@pytest.mark.parametrize(
    ("path", "place", "covered"),
    [
        ("$.reasoning", ("reasoning", "effort"), True),
        ("$.reasoning.effort", ("reasoning", "effort"), True),
        ("$.reasoning.effort", ("reasoning",), False),
        ("$..cache_control", ("messages", 0, "cache_control", "type"), True),
        ("$.messages[*].role", ("messages", 3, "role"), True),
        ("$.messages[0]", ("messages", 1), False),
        ("$.messages[-1]", ("messages", 1), True),
        ("$['x']", ("x",), True),
        ("$.x", (0,), False),
        ("$", (), True),
        ("$.a[0:1]", ("a", 0), False),
    ],
)
def test_a_path_covers_what_lies_in_it(path: str, place: tuple[str | int, ...], covered: bool) -> None:
    """A path covers its own places and everything inside them, whether or not anything is there."""
    assert compile_path(path).covers(place) is covered


# ------------------------------------------------------------------ headers and URLs


@pytest.mark.parametrize(
    ("pattern", "name", "matches"),
    [
        ("X-Title", "x-title", True),
        ("X-Title", "x-title2", False),
        ("X-Acme-*", "x-acme-cache", True),
        ("X-Acme-*", "x-acmeish", False),
        ("*", "HTTP-Referer", True),
        ("*", "User-Agent", False),
        ("*", "x-stainless-lang", False),
        ("*", "Sec-Fetch-Mode", False),
        ("X-Stainless-*", "X-Stainless-OS", True),
        ("*agent", "user-agent", True),
        ("Host", "host", True),
        ("a.c", "abc", False),
    ],
)
def test_header_patterns(pattern: str, name: str, matches: bool) -> None:
    """`*` is any text, letter case does not count, and a pattern without letters names no noise."""
    assert header_pattern(pattern).matches(name) is matches


@pytest.mark.parametrize(
    ("url", "normal"),
    [
        ("HTTPS://API.ACME.EXAMPLE:443/v1", "https://api.acme.example/v1"),
        ("http://h:80", "http://h/"),
        ("http://h:443/", "http://h:443/"),
        ("https://h:/x", "https://h/x"),
        ("https://user:pw@h/x#top", "https://h/x"),
        ("https://h/%7ea%2f%C3%A9", "https://h/~a%2F%C3%A9"),
        ("https://h/A?b=2&a=1&b=%41", "https://h/A?b=2&a=1&b=A"),
        ("https://h?x", "https://h/?x"),
        ("https://h/?", "https://h/?"),
        ("http://[::1]:8080/x", "http://[::1]:8080/x"),
        ("http://[::1]/x", "http://[::1]/x"),
        ("/only/path", "/only/path"),
        ("https://h/a@b:c", "https://h/a@b:c"),
    ],
)
def test_urls_have_one_spelling(url: str, normal: str) -> None:
    """Case of scheme and host, default port, fragment, user-info and needless escapes do not count."""
    assert normalise_url(url) == normal
    assert normalise_url(normal) == normal


KEYS = ("scheme", "host", "port", "path", "query")
VCRPY_URLS = [
    "https://h/p",
    "https://h/p?",
    "https://h/p?a=1&b=2",
    "https://h/p?b=2&a=1",
    "https://h/p?b=2&a=1&a=0",
    "https://h/p?a=0&b=2&a=1",
    "https://h/p?a=1+2",
    "https://h/p?a=1%202",
    "https://h/p?a=1 2",
    "https://h/p?a=1%2B2",
    "https://h/p?a=x/y",
    "https://h/p?a=x%2Fy",
    "https://h/p?a=x%2fy#top",
    "https://h/p?a=%C3%A9",
    "https://h/p?a=\u00e9",
    "https://h/p?a={x}",
    "https://h/p?a=%7Bx%7D",
    "https://h/q?a=1&b=2",
]


def test_recordings_are_looked_up_by_url_as_vcrpy_does() -> None:
    """Two URLs have one spelling exactly if vcrpy's matchers take them for the same."""

    def same_to_vcrpy(one: str, other: str) -> bool:
        requests = [vcr.request.Request("GET", url, b"", {}) for url in (one, other)]
        return all(getattr(requests[0], key) == getattr(requests[1], key) for key in KEYS)

    for one in VCRPY_URLS:
        for other in VCRPY_URLS:
            same = normalise_url(one, for_lookup=True) == normalise_url(other, for_lookup=True)
            assert same == same_to_vcrpy(one, other), (one, other)


def test_a_parameter_without_a_value_counts_in_a_look_up() -> None:
    """To vcrpy it does not, which makes one request of two."""
    assert normalise_url("https://h/?a=&b=1", for_lookup=True) == "https://h/?a=&b=1"


def test_globs_mean_the_whole_text() -> None:
    """`*` is any text, the rest is literal, and letter case counts unless told otherwise."""
    assert glob_pattern("*.h/a?").fullmatch("x.h/a?")
    assert not glob_pattern("*.h").fullmatch("x.hh")
    assert not glob_pattern("H").fullmatch("h")
    assert glob_pattern("H*", ignore_case=True).fullmatch("hx")


def test_queries_are_read_by_name() -> None:
    """Each parameter has its values decoded, in order, empty ones included."""
    assert query_of("https://h/?a=1&b=x%20y&a=&c") == {"a": ["1", ""], "b": ["x y"], "c": [""]}
