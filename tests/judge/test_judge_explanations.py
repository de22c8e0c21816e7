"""Why two values differ: few lines, the right ones, and never none."""

from __future__ import annotations

import copy
import json
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from judging import expects, messages, sent, verdict_on

from harness.judge import explain
from harness.matchers import accepts, compile_path, escape


def told(expected: Any, actual: Any, **keys: Any) -> list[str]:
    return [change.message for change in explain(expected, actual, **keys)]


def turn(role: str, text: str) -> dict[str, Any]:
    return {"role": role, "content": [{"type": "text", "text": text}]}


TURNS = [turn("user" if n % 2 == 0 else "assistant", f"turn {n}") for n in range(6)]
TOOLS = [
    {
        "type": "function",
        "function": {"name": name, "description": f"does {name}", "parameters": {"type": "object"}},
    }
    for name in ("read", "write", "list")
]


@pytest.mark.parametrize("index", range(7))
def test_one_inserted_message_is_one_line(index: int) -> None:
    """A message too many is reported as that, not as a change of all that follow."""
    actual = [*TURNS[:index], {"role": "assistant", "content": "new"}, *TURNS[index:]]
    assert told({"messages": TURNS}, {"messages": actual}) == [
        f'$.messages[{index}] inserted: {{"role":"assistant","content":"new"}}'
    ]


@pytest.mark.parametrize("index", range(6))
def test_one_missing_message_is_one_line(index: int) -> None:
    """A message too few is reported as that, with what it should have been."""
    (line,) = told({"messages": TURNS}, {"messages": [*TURNS[:index], *TURNS[index + 1 :]]})
    assert line.startswith(f'$.messages[{index}] missing: {{"role":')


def test_a_changed_message_is_held_against_itself() -> None:
    """A changed message beside an inserted one is aligned with what it was."""
    actual = [turn("system", "be brief"), *copy.deepcopy(TURNS)]
    actual[3]["content"][0]["cache_control"] = {"type": "ephemeral"}
    assert told({"messages": TURNS}, {"messages": actual}) == [
        '$.messages[0] inserted: {"role":"system","content":[{"type":"text","text":"be brief"}]}',
        '$.messages[3].content[0].cache_control: expected nothing, got {"type":"ephemeral"}',
    ]


def test_a_missing_tool_beside_a_changed_one() -> None:
    """Tools are aligned by what they have in common."""
    actual = copy.deepcopy(TOOLS[1:])
    actual[0]["function"]["strict"] = True  # type: ignore[index]
    removed, changed = told({"tools": TOOLS}, {"tools": actual})
    assert removed.startswith('$.tools[0] missing: {"type":"function","function":{"name":"read"')
    assert changed == "$.tools[0].function.strict: expected nothing, got true"


def test_changes_far_apart_in_a_list_are_told_apart() -> None:
    """An insertion, a removal and a change in one long list are three lines, whatever stands between."""
    expected = [turn("user", f"question {n} " + "about something " * n) for n in range(12)]
    actual = copy.deepcopy(expected)
    actual[10]["role"] = "system"
    del actual[6]
    actual.insert(1, {"role": "assistant", "content": "new"})
    assert [line.partition(" ")[0] + " " + line.split(" ")[1] for line in told(expected, actual)] == [
        "$[1] inserted:",
        "$[6] missing:",
        "$[10].role: expected",
    ]


def test_a_list_rewritten_from_end_to_end_is_reported_item_by_item() -> None:
    """Long lists that have nothing in common are held against each other as they come."""
    assert len(told([[n] for n in range(60)], [[-n - 1] for n in range(60)])) == 60
    lines = told([f"a{n}" for n in range(60)], [f"b{n}" for n in range(55)])
    assert sum("missing" in line for line in lines) - sum("inserted" in line for line in lines) == 5


def test_items_that_resemble_each_other_are_paired() -> None:
    """A changed item is found among neighbours that are gone."""
    old, new = {"id": "a", "n": 1, "kind": "x"}, {"id": "a", "n": 2, "kind": "x"}
    assert told([{"other": True}, old], [new]) == [
        '$[0] missing: {"other":true}',
        "$[0].n: expected 1, got 2",
    ]
    assert told([old], [{"other": True}, new]) == [
        '$[0] inserted: {"other":true}',
        "$[1].n: expected 1, got 2",
    ]
    text = "the same long beginning of a text"
    assert told(["q", text + "!"], ["z", "y", text + "?"])[-1] == (f'$[2]: expected "{text}!", got "{text}?"')


def test_lists_with_matchers_are_aligned_too() -> None:
    """An expected item with a matcher is aligned with what it accepts."""
    expected = [
        {"role": "user", "content": {"$any": "string"}},
        {"role": "assistant", "content": {"$regex": "^b"}},
    ]
    actual = [
        {"role": "system", "content": "s"},
        {"role": "user", "content": "a"},
        {"role": "assistant", "content": "b"},
    ]
    assert told(expected, actual) == ['$[0] inserted: {"role":"system","content":"s"}']
    opened = told([{"a": 1}, {"b": 1}], [{"x": 0}, {"a": 1, "y": 2}, {"b": 1}], open_objects=True)
    assert opened == ['$[0] inserted: {"x":0}']


@pytest.mark.parametrize(
    ("expected", "actual", "lines"),
    [
        ({"r": {"effort": "high"}}, {"r": {"effort": "max"}}, ['$.r.effort: expected "high", got "max"']),
        ([1], [True], ["$[0]: expected 1, got true"]),
        ([1], [1.0], ["$[0]: expected 1, got 1.0"]),
        ({"a": [1]}, {"a": [1.0]}, ["$.a[0]: expected 1, got 1.0"]),
        (1, True, ["$: expected 1, got true"]),
        ([], {}, ["$: expected [], got {}"]),
        ({}, [], ["$: expected {}, got []"]),
        ({"a": None}, {}, ["$.a: expected null, got nothing"]),
        ({"__a": 1}, {"__a": 2}, ["$.__a: expected 1, got 2"]),
        ({"a": {"$any": "string"}}, {"a": 1}, ["$.a: expected any string, got 1"]),
        ({"a": {"$any": "string"}}, {}, ["$.a: expected any string, got nothing"]),
        ({"a": {"$absent": True}}, {"a": {"b": 1}}, ['$.a: expected nothing, got {"b":1}']),
        ({"a": {"$optional": {"b": 1}}}, {"a": {"b": 2}}, ["$.a.b: expected 1, got 2"]),
        ({"$each": {"a": 1}}, [{"a": 1}, {"a": 2}], ["$[1].a: expected 1, got 2"]),
        ({"$between": [0, 2]}, 3, ["$: expected a number from 0 to 2, got 3"]),
        ({"$one_of": [1, 2]}, 3, ["$: expected one of [1,2], got 3"]),
        ({"$unordered": [1, 2]}, [1, 3], ["$: expected in any order [1,2], got [1,3]"]),
        ({"$json": {"a": 1}}, "{}", ['$: expected JSON text of {"a":1}, got "{}"']),
        ({"$$ref": 1}, {"$ref": 2}, ["$['$ref']: expected 1, got 2"]),
        ([1, 2, 3], [4, 5, 6], [f"$[{n}]: expected {n + 1}, got {n + 4}" for n in range(3)]),
        ("a\nb", "a\nc", ['$: expected "a\\nb", got "a\\nc"']),
        ("a", "\u202e\x1b[31m", [r'$: expected "a", got "\u202e\u001b[31m"']),
        ("a", "\ud800", [r'$: expected "a", got "\ud800"']),
    ],
)
def test_changes_are_reported_in_one_line_each(expected: Any, actual: Any, lines: list[str]) -> None:
    """Path, what was expected, what came; types show in the notation of JSON."""
    assert told(expected, actual) == lines


def test_long_values_are_shortened_around_what_differs() -> None:
    """Of two long strings the part that differs is shown, of other long values both ends."""
    (line,) = told("x" * 5_000 + "one" + "y" * 5_000, "x" * 5_000 + "two" + "y" * 5_000)
    assert "xone" in line
    assert "xtwo" in line
    assert len(line) < 250
    (line,) = told(1, ["start", "z" * 5_000, "end"])
    assert line.startswith('$: expected 1, got ["start","zz')
    assert line.endswith('zz","end"]')
    assert len(line) < 250


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-2, 2)
    | st.sampled_from([0.0, 1.0, -0.5, 2.0**70])
    | st.integers(2**64, 2**65)
    | st.text(alphabet="ab\n$_", max_size=3),
    lambda inner: (
        st.lists(inner, max_size=5)
        | st.dictionaries(st.sampled_from(["a", "b", "__c", "$d", "e f", "0"]), inner, max_size=4)
    ),
    max_leaves=20,
)


@given(values, values, st.booleans())
def test_a_difference_is_never_explained_to_nothing(one: Any, other: Any, open_objects: bool) -> None:
    """There is at least one line exactly if the strict comparison refuses the pair."""
    expected = escape(one)
    assert bool(told(expected, other, open_objects=open_objects)) != accepts(
        expected, other, open_objects=open_objects
    )


@given(values, st.data())
def test_every_single_change_is_noticed_at_its_place(value: Any, data: st.DataObject) -> None:
    """Whatever is put in the place of one value in a body, the judge notices, and names a place around it."""
    body = {"body": value}
    match = data.draw(st.sampled_from(compile_path("$..*").find(body)))
    new = data.draw(values)
    actual = copy.deepcopy(body)
    holder = actual
    for part in match.place[:-1]:
        holder = holder[part]
    holder[match.place[-1]] = new
    same = json.dumps(actual, sort_keys=True) == json.dumps(body, sort_keys=True)
    differences = verdict_on(expects(body=escape(body)), sent(actual)).differences
    if same:
        assert differences == ()
    elif not accepts(escape(body), actual):
        assert differences
        assert all(difference.path.startswith("$") for difference in differences)


@given(values)
def test_a_body_passes_as_itself(value: Any) -> None:
    """Any JSON body meets an expectation of exactly itself, with its keys in any order."""
    for expected in ("body", "body_includes"):
        assert messages(verdict_on(expects(**{expected: escape(value)}), sent(value))) == []


@given(st.lists(st.integers(0, 3), max_size=7), st.lists(st.integers(0, 3), max_size=7))
def test_lists_are_aligned_without_loss(one: list[int], other: list[int]) -> None:
    """What is inserted, removed and changed accounts for the difference in length."""
    changes = explain(one, other)
    grown = sum(change.how == "inserted" for change in changes) - sum(
        change.how == "removed" for change in changes
    )
    assert grown == len(other) - len(one)


def test_a_pass_imports_no_explaining_library() -> None:
    """DeepDiff, and what it brings along, is loaded for the first failure only."""
    program = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from judging import expects, sent, verdict_on\n"
        "assert not verdict_on(expects(body={'a': 1}, forbid_body=['$..b']), sent({'a': 1})).differences\n"
        "print([name for name in ('deepdiff', 'numpy', 'jsonpath_rfc9535', 'vcr') if name in sys.modules])\n"
    )
    here = __file__.rpartition("/")[0]
    done = subprocess.run([sys.executable, "-c", program, here], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
