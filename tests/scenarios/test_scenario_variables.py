"""What `${…}`, `{$edition: …}` and canaries become."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from harness.errors import UsageError
from harness.model import Case

One = Callable[..., Case]


def given(case: Case) -> Any:
    return case.steps[0].input


def expected(case: Case) -> Any:
    return case.steps[0].interactions[0].request


def test_a_variable_alone_keeps_its_type(case: One) -> None:
    """Numbers, booleans, null, lists and mappings come through as they are."""
    made = case(
        """\
        suite: s
        vars: {n: 1, f: 1.0, b: true, z: null, l: [1, {a: 2}], m: {a: {b: 3}}}
        scenarios:
          - id: a
            input:
              body: {n: "${n}", f: "${f}", b: "${b}", z: "${z}", l: "${l}", m: "${m}"}
              params: {deep: "${m.a.b}", item: "${l.1.a}"}
            interactions: []
        """
    )
    body = given(made)["body"]
    assert body == {"n": 1, "f": 1.0, "b": True, "z": None, "l": [1, {"a": 2}], "m": {"a": {"b": 3}}}
    assert given(made)["params"] == {"deep": 3, "item": 2}
    assert [type(body[key]) for key in "nfb"] == [int, float, bool]


def test_inside_a_text_a_variable_is_its_text(case: One) -> None:
    """Numbers and booleans are written as JSON writes them."""
    made = case(
        """\
        suite: s
        vars: {n: 10, f: 0.5, b: true, s: x}
        scenarios:
          - {id: a, input: {system: "${n} ${f} ${b} ${s}${s}"}, interactions: []}
        """
    )
    assert given(made)["system"] == "10 0.5 true xx"


def test_variables_stand_in_keys(case: One) -> None:
    """A key is put together like any other text, and keeps its place."""
    made = case(
        """\
        suite: s
        vars: {app: {header: X-Title}}
        scenarios:
          - id: a
            interactions: [{request: {headers: {A: 1, "${app.header}": x, "X-${input.model}": y}}}]
            input: {model: m}
        """
    )
    assert list(expected(made)["headers"].items()) == [("A", 1), ("X-Title", "x"), ("X-m", "y")]


def test_keys_that_become_the_same_do_not_load(case: One) -> None:
    """Two keys of one name are an error also when a variable makes them so."""
    with pytest.raises(UsageError, match="appears twice once its variables are filled in"):
        case(
            """\
            suite: s
            vars: {k: a}
            scenarios: [{id: a, interactions: [{request: {body: {a: 1, "${k}": 2}}}]}]
            """
        )


def test_a_doubled_dollar_is_a_literal_one(case: One) -> None:
    """`$${` is `${`; other dollars are themselves."""
    made = case(
        """\
        suite: s
        scenarios:
          - {id: a, input: {system: "$${model} costs $5 and $$5"}, interactions: []}
        """
    )
    assert given(made)["system"] == "${model} costs $5 and $$5"


def test_dollar_keys_of_the_input_are_data(case: One) -> None:
    """A JSON Schema in the input is literal, and in an expectation when it comes from the input."""
    made = case(
        """\
        suite: s
        scenarios:
          - id: a
            input:
              tools:
                - {name: f, parameters: {$ref: "#/$defs/x", $defs: {x: {$$ref: y}}}}
                - {name: g, parameters: {$ref: z}}
            interactions:
              - request: {body_at: {"$.tools": "${input.tools}", "$.g": {$$ref: z}}}
        """
    )
    assert given(made)["tools"] == [
        {"name": "f", "parameters": {"$ref": "#/$defs/x", "$defs": {"x": {"$ref": "y"}}}},
        {"name": "g", "parameters": {"$ref": "z"}},
    ]
    escaped = {"$$ref": "#/$defs/x", "$$defs": {"x": {"$$ref": "y"}}}
    assert expected(made)["body_at"] == {
        "$.tools": [{"name": "f", "parameters": escaped}, {"name": "g", "parameters": {"$$ref": "z"}}],
        "$.g": {"$$ref": "z"},
    }


def test_rows_and_input_and_variables_refer_to_each_other(cases: Callable[..., list[Case]]) -> None:
    """Rows may hold variables, variables rows, and expectations the finished input."""
    first, second = cases(
        """\
        suite: s
        vars: {root: "https://${each.host}", app: {title: T}}
        scenarios:
          - id: a
            for_each: [{id: x, host: a.example, title: "${app.title}"}, {id: y, host: b.example, title: null}]
            input: {base_url: "${root}/v1", system: "at ${input.base_url}", headers: {X: "${each.title}"}}
            interactions: [{request: {url: "${input.base_url}/chat/completions", body: {row: "${each.id}"}}}]
        """
    )
    assert given(first)["system"] == "at https://a.example/v1"
    assert expected(first) == {"url": "https://a.example/v1/chat/completions", "body": {"row": "x"}}
    assert (given(first)["headers"], given(second)["headers"]) == ({"X": "T"}, {"X": None})
    assert expected(second)["url"] == "https://b.example/v1/chat/completions"


def test_a_row_may_hold_a_matcher(cases: Callable[..., list[Case]]) -> None:
    """A value of a row that is a matcher is one where it is expected."""
    _, second = cases(
        """\
        suite: s
        scenarios:
          - id: a
            for_each: [{id: x, model: m}, {id: y, model: {$absent: true}}]
            interactions: [{request: {body_includes: {model: "${each.model}"}}}]
        """
    )
    assert expected(second)["body_includes"] == {"model": {"$absent": True}}


def test_an_implementation_sets_its_own_names(case: One) -> None:
    """`app.*` may be set from outside, matchers included; the rest of `app` stays."""
    text = """\
        suite: s
        vars: {app: {referer: https://app.example, title: T, header: X-Acme-Title}}
        scenarios:
          - id: a
            interactions:
              - request: {headers: {HTTP-Referer: "${app.referer}", "${app.header}": "${app.title}"}}
        """
    own = {"app": {"header": "X-Title", "title": {"$absent": True}}}
    assert expected(case(text, vars=own))["headers"] == {
        "HTTP-Referer": "https://app.example",
        "X-Title": {"$absent": True},
    }
    assert expected(case(text))["headers"]["X-Acme-Title"] == "T"


def test_an_implementation_sets_nothing_else(case: One) -> None:
    """What a suite expects cannot be redefined from outside."""
    with pytest.raises(UsageError, match=r"'root' cannot be set by an implementation"):
        case("suite: s\nvars: {root: x}\nscenarios: [{id: a, interactions: []}]\n", vars={"root": "y"})


@pytest.mark.parametrize(
    ("edition", "value"),
    [("2026-04", "a"), ("2026-05", "b"), ("latest", "b"), ("gateway", "c")],
)
def test_the_latest_branch_not_after_the_edition_holds(edition: str, value: str, case: One) -> None:
    """`$edition` follows the line of the edition that is run."""
    made = case(
        """\
        suite: s
        editions: [2026-04, 2026-05, gateway, latest]
        vars: {v: {$edition: {2026-04: a, 2026-05: b, latest: b, gateway: c}}}
        scenarios: [{id: a, input: {model: "${v}"}, interactions: []}]
        """,
        edition,
    )
    assert (given(made)["model"], given(made)["edition"]) == (value, edition)


def test_the_edition_is_part_of_the_input(case: One) -> None:
    """`${input.edition}` is the edition that is run, unless the scenario states another."""
    text = """\
        suite: s
        scenarios: [{id: a, interactions: [{request: {headers: {X: "${input.edition}"}}}]}]
        """
    assert expected(case(text, "latest"))["headers"] == {"X": "latest"}
    stated = text.replace("id: a,", "id: a, input: {edition: 2026-04},")
    assert expected(case(stated, "latest"))["headers"] == {"X": "2026-04"}


def test_interactions_may_depend_on_the_edition(case: One) -> None:
    """`$edition` may stand for a whole list of interactions, and keeps the default request."""
    text = """\
        suite: s
        editions: {from: 2026-04}
        defaults: {request: {method: POST}}
        scenarios:
          - id: a
            interactions: {$edition: {2026-04: [], latest: [{request: {path: /x}}]}}
        """
    assert case(text, "2026-05").steps[0].interactions == ()
    assert expected(case(text, "latest")) == {"method": "POST", "path": "/x"}


def test_two_lines_that_meet_need_a_branch_of_their_own(case: One) -> None:
    """For `latest`, which follows both lines, a choice between them would be a guess."""
    with pytest.raises(UsageError, match="has 2026-05 and gateway before latest; add latest itself"):
        case(
            """\
            suite: s
            editions: latest
            scenarios: [{id: a, input: {model: {$edition: {2026-05: a, gateway: b}}}, interactions: []}]
            """,
            "latest",
        )


def test_canaries_are_minted_for_each_case(cases: Callable[..., list[Case]]) -> None:
    """A canary is the same all through a case, another one in the next, and has the shape of its name."""
    first, second = cases(
        """\
        suite: s
        defaults:
          input: {api_key: "${canary.api_key}"}
          request: {headers: {Authorization: "Bearer ${canary.api_key}"}}
        scenarios:
          - {id: a, input: {env: {X: "${canary.other}"}}, interactions: [{}]}
          - {id: b, interactions: [{}]}
        """
    )
    key = given(first)["api_key"]
    assert re.fullmatch(r"sk-acme-[0-9a-f]{48}", key)
    assert re.fullmatch(r"canary-[0-9a-f]{32}", given(first)["env"]["X"])
    assert expected(first)["headers"] == {"Authorization": f"Bearer {key}"}
    assert first.canaries == {"api_key": key, "other": given(first)["env"]["X"]}
    assert given(second)["api_key"] != key
