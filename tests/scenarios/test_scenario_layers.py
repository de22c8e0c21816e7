"""Defaults, variant, scenario and step laid on each other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from harness.model import Case

One = Callable[..., Case]


def expected(case: Case, step: int = 0, interaction: int = 0) -> dict[str, Any]:
    return dict(case.steps[step].interactions[interaction].request)


def test_mappings_merge_at_every_depth(case: One) -> None:
    """A scenario adds to the mappings of the defaults and replaces what has the same key."""
    made = case(
        """\
        suite: s
        defaults:
          input: {params: {provider: {order: [a], sort: price}, temperature: 0}}
          request: {body_includes: {provider: {sort: price}, stream: true}}
        scenarios:
          - id: a
            input: {params: {provider: {order: [b]}}}
            interactions:
              - request: {body_includes: {provider: {order: [b]}}}
        """
    )
    assert made.steps[0].input["params"] == {"provider": {"order": ["b"], "sort": "price"}, "temperature": 0}
    assert expected(made)["body_includes"] == {"provider": {"sort": "price", "order": ["b"]}, "stream": True}


def test_lists_of_prohibitions_and_demands_add_up(case: One) -> None:
    """`forbid_…`, `require_…` and `closed_…` of the defaults stay; `at_most_one` is replaced."""
    made = case(
        """\
        suite: s
        defaults:
          request:
            {forbid_headers: [A], require_headers: [B], closed_headers: [C-*], forbid_body: [$.a],
             require_body: [$.b], at_most_one: [$.c]}
        scenarios:
          - id: a
            interactions:
              - request:
                  {forbid_headers: [D], require_headers: [E], closed_headers: [F-*], forbid_body: [$.d],
                   require_body: [$.e], at_most_one: [$.f]}
        """
    )
    assert expected(made) == {
        "forbid_headers": ["A", "D"],
        "require_headers": ["B", "E"],
        "closed_headers": ["C-*", "F-*"],
        "forbid_body": ["$.a", "$.d"],
        "require_body": ["$.b", "$.e"],
        "at_most_one": ["$.f"],
    }


def test_keys_of_a_body_do_not_add_up(case: One) -> None:
    """Below `body` there is data: a list there replaces, whatever its key is called."""
    made = case(
        """\
        suite: s
        defaults: {request: {body: {require_body: [1], allow_fallbacks: [1]}}}
        scenarios:
          - id: a
            interactions: [{request: {body: {require_body: [2]}}}]
        """
    )
    assert expected(made)["body"] == {"require_body": [2], "allow_fallbacks": [1]}


def test_header_names_merge_in_any_letter_case(case: One) -> None:
    """A header replaces the default's whatever the case of its name, in requests and in input."""
    made = case(
        """\
        suite: s
        defaults:
          input: {headers: {X-Title: default, X-Other: stays}}
          request: {headers: {Authorization: Bearer x, X-Other: stays}}
        scenarios:
          - id: a
            input: {headers: {x-title: mine}}
            interactions: [{request: {headers: {authorization: {$absent: true}}}}]
        """
    )
    assert made.steps[0].input["headers"] == {"X-Other": "stays", "x-title": "mine"}
    assert expected(made)["headers"] == {"X-Other": "stays", "authorization": {"$absent": True}}


def test_header_names_merge_after_their_variables(case: One) -> None:
    """A name made of a variable is the same header as one that is written out."""
    made = case(
        """\
        suite: s
        vars: {app: {header: X-Acme-Title}}
        defaults: {request: {headers: {"${app.header}": default, X-Other: stays}}}
        scenarios:
          - id: a
            interactions: [{request: {headers: {x-acme-title: mine}}}]
        """
    )
    assert expected(made)["headers"] == {"X-Other": "stays", "x-acme-title": "mine"}


def test_a_matcher_replaces_and_is_replaced(case: One) -> None:
    """A matcher is a value: it neither merges into a mapping nor lets one merge into it."""
    made = case(
        """\
        suite: s
        defaults: {request: {body_at: {$.a: {x: 1}, $.b: {$any: object}}}}
        scenarios:
          - id: a
            interactions: [{request: {body_at: {$.a: {$any: object}, $.b: {x: 1}}}}]
        """
    )
    assert expected(made)["body_at"] == {"$.a": {"$any": "object"}, "$.b": {"x": 1}}


def test_variables_and_edition_choices_merge_as_what_they_stand_for(case: One) -> None:
    """A mapping that comes from a variable or a choice merges like one that is written out."""
    made = case(
        """\
        suite: s
        editions: {from: 2026-04}
        vars: {common: {a: 1, b: 1}, own: {b: 2}, names: [Y]}
        defaults:
          input: {body: "${common}", params: {$edition: {2026-04: {old: 1}, 2026-05: {new: 1}}}}
          request: {forbid_headers: [X]}
        scenarios:
          - id: a
            input: {body: "${own}", params: {mine: 1}}
            interactions: [{request: {forbid_headers: "${names}"}}]
        """
    )
    assert made.steps[0].input["body"] == {"a": 1, "b": 2}
    assert made.steps[0].input["params"] == {"new": 1, "mine": 1}
    assert expected(made)["forbid_headers"] == ["X", "Y"]


def test_null_at_the_top_of_input_means_not_given(case: One) -> None:
    """A null takes a default away; deeper nulls are handed on."""
    made = case(
        """\
        suite: s
        defaults: {input: {api_key: k, params: {a: 1}}}
        scenarios:
          - {id: a, input: {api_key: null, params: {a: null}}, interactions: []}
        """
    )
    assert "api_key" not in made.steps[0].input
    assert made.steps[0].input["params"] == {"a": None}


def test_a_variant_lends_its_input_and_nothing_else(cases: Callable[..., list[Case]]) -> None:
    """`variant_of` lies between the defaults and the scenario, through several variants."""
    first, second, third = cases(
        """\
        suite: s
        defaults: {input: {model: default, system: default}}
        scenarios:
          - {id: third, variant_of: second, input: {system: third}, interactions: []}
          - {id: second, variant_of: first, input: {params: {b: 2}}, interactions: [{request: {method: GET}}]}
          - id: first
            tags: [t]
            input: {model: first, params: {a: 1}}
            outcome: {text: x}
            interactions: []
        """
    )
    assert first.steps[0].input == {
        "operation": "chat",
        "edition": "2026-05",
        "model": "first",
        "system": "third",
        "params": {"a": 1, "b": 2},
    }
    assert (first.tags, first.steps[0].outcome, len(first.steps[0].interactions)) == ((), None, 0)
    assert second.steps[0].input["params"] == {"a": 1, "b": 2}
    assert third.tags == ("t",)


def test_a_step_lies_on_its_scenario(case: One) -> None:
    """Steps start from the scenario's input; what is allowed and forbidden adds up."""
    made = case(
        """\
        suite: s
        defaults:
          forbid_requests: [{host: a.example}]
          allow_requests: [{request: {path: /a}}]
        scenarios:
          - id: a
            input: {model: m}
            forbid_requests: [{host: b.example}]
            allow_requests: [{request: {path: /b}}]
            steps:
              - interactions: []
              - input: {model: n}
                forbid_requests: [{host: c.example}]
                interactions: [{request: {path: /x}}]
        """
    )
    first, second = made.steps
    assert (first.input["model"], second.input["model"]) == ("m", "n")
    assert [pattern["host"] for pattern in first.forbid_requests] == ["a.example", "b.example"]
    assert [pattern["host"] for pattern in second.forbid_requests] == ["a.example", "b.example", "c.example"]
    assert [look_up.request["path"] for look_up in second.allow_requests] == ["/a", "/b"]
    assert (first.at, second.at, second.interactions[0].at) == (
        ("steps", 0),
        ("steps", 1),
        ("steps", 1, "interactions", 0),
    )


def test_the_default_request_lies_under_interactions_only(case: One) -> None:
    """Look-ups that may come any time state their own request."""
    made = case(
        """\
        suite: s
        vars: {look_up: &look_up {request: {path: /models}, reply: {json: {data: []}}}}
        defaults:
          request: {method: POST, headers: {Authorization: x}}
          allow_requests: [*look_up]
        scenarios:
          - {id: a, interactions: [*look_up, {request: {path: /chat}}]}
        """
    )
    (step,) = made.steps
    assert step.interactions[0].request == {
        "method": "POST",
        "headers": {"Authorization": "x"},
        "path": "/models",
    }
    assert step.allow_requests[0].request == {"path": "/models"}
    assert (step.allow_requests[0].least, step.allow_requests[0].most) == (0, None)


def test_an_interaction_may_be_a_variable(case: One) -> None:
    """A whole interaction from a variable gets the default request, and its reply is data."""
    made = case(
        """\
        suite: s
        vars: {look_up: {request: {path: /models}, reply: {json: {$$ref: x}}}}
        defaults: {request: {method: GET}}
        scenarios:
          - {id: a, interactions: ["${look_up}"]}
        """
    )
    (interaction,) = made.steps[0].interactions
    assert interaction.request == {"method": "GET", "path": "/models"}
    assert interaction.replies == ({"json": {"$ref": "x"}},)


def test_scenario_statements_replace_those_of_the_suite(cases: Callable[..., list[Case]]) -> None:
    """Tags, rules and evidence of a scenario stand for themselves."""
    plain, own = cases(
        """\
        suite: s
        tags: [a, b]
        evidence: observed
        rules: [AC-HDR-02]
        scenarios:
          - {id: plain, interactions: []}
          - {id: own, tags: [c], evidence: documented, rules: [AC-HDR-04], interactions: []}
        """
    )
    assert (plain.tags, plain.evidence, [rule.id for rule in plain.rules]) == (
        ("a", "b"),
        "observed",
        ["AC-HDR-02"],
    )
    assert (own.tags, own.evidence, [rule.id for rule in own.rules]) == (("c",), "documented", ["AC-HDR-04"])
