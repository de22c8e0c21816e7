"""Scenarios expanded: names, editions, evidence, features, interactions."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from harness.errors import UsageError
from harness.model import Case, Interaction
from harness.scenarios import load, name_matches, select

One = Callable[..., Case]
Many = Callable[..., list[Case]]
Write = Callable[..., Path]


def test_cases_are_named_by_suite_scenario_and_row(cases: Many) -> None:
    """A row is called by its id, else by its first value in letters that a name may have."""
    made = cases(
        """\
        suite: acme/names
        scenarios:
          - {id: plain, interactions: []}
          - id: rows
            for_each:
              - {base: null}
              - {base: https://api.acme.example/v1}
              - {base: x, id: own.id}
              - {n: 1.5}
              - {b: true}
            interactions: []
        """
    )
    assert [case.name for case in made] == [
        "acme/names/plain",
        "acme/names/rows/null",
        "acme/names/rows/https-api.acme.example-v1",
        "acme/names/rows/own.id",
        "acme/names/rows/1.5",
        "acme/names/rows/true",
    ]
    assert [case.line for case in made] == [3, 4, 4, 4, 4, 4]


@pytest.mark.parametrize(
    ("statement", "versions"),
    [
        ("2026-05", ["2026-05"]),
        ("[latest, 2026-04]", ["2026-04", "latest"]),
        ("{from: 2026-05}", ["2026-05", "latest"]),
        ("{from: 2026-04, until: latest}", ["2026-04", "2026-05"]),
        ("{until: 2026-05}", ["2026-04"]),
        ("{until: latest}", ["2026-04", "2026-05", "gateway"]),
        ("{from: gateway}", ["gateway", "latest"]),
        ("{from: latest}", ["latest"]),
    ],
)
def test_a_range_follows_the_line_of_its_version(statement: str, versions: list[str], cases: Many) -> None:
    """`from` includes, `until` excludes, and neither crosses to the other line."""
    made = cases(f"suite: s\nscenarios: [{{id: a, editions: {statement}, interactions: []}}]\n", "all")
    assert [case.edition for case in made] == versions


def test_without_a_statement_a_scenario_holds_where_all_its_rules_do(cases: Many) -> None:
    """AC-HDR-02 holds from 2026-04, AC-HDR-04 from 2026-05: together from 2026-05."""
    made = cases("suite: s\nscenarios: [{id: a, rules: [AC-HDR-02, AC-HDR-04], interactions: []}]\n", "all")
    assert [case.edition for case in made] == ["2026-05", "latest"]


def test_a_suites_edition_narrows_to_where_a_rule_holds(cases: Many) -> None:
    """What a suite states for all its scenarios leaves out the versions in which none of the rules holds."""
    made = cases(
        """\
        suite: s
        editions: {from: 2026-04}
        scenarios:
          - {id: a, rules: [AC-HDR-03, AC-HDR-04], interactions: []}
          - {id: b, rules: [AC-HDR-04], interactions: []}
        """,
        "all",
    )
    assert [(case.name, case.edition, [rule.id for rule in case.rules]) for case in made] == [
        ("s/a", "2026-04", ["AC-HDR-03"]),
        ("s/a", "2026-05", ["AC-HDR-04"]),
        ("s/a", "latest", ["AC-HDR-04"]),
        ("s/b", "2026-05", ["AC-HDR-04"]),
        ("s/b", "latest", ["AC-HDR-04"]),
    ]


def test_a_row_may_state_its_own_edition(cases: Many) -> None:
    """A row's edition replaces the scenario's for that row."""
    text = """\
        suite: s
        scenarios:
          - id: a
            editions: {from: 2026-04}
            for_each: [{id: x}, {id: y, editions: latest}]
            interactions: []
        """
    assert [case.name for case in cases(text, "2026-05")] == ["s/a/x"]
    assert [case.name for case in cases(text, "latest")] == ["s/a/x", "s/a/y"]


def test_evidence_is_the_weakest_of_the_rules_in_force(cases: Many) -> None:
    """A scenario is founded no better than the weakest of its rules, unless it says so."""
    weak, stated = cases(
        """\
        suite: s
        scenarios:
          - {id: weak, rules: [AC-HDR-02, AC-HDR-05], interactions: []}
          - {id: stated, rules: [AC-HDR-02, AC-HDR-05], evidence: documented, interactions: []}
        """
    )
    assert (weak.evidence, stated.evidence) == ("observed", "documented")


def test_a_disputed_case_carries_its_reading(case: One) -> None:
    """Which of two readings is held to stands in the case."""
    made = case("suite: s\nscenarios: [{id: a, evidence: disputed, reading: build, interactions: []}]\n")
    assert (made.evidence, made.reading) == ("disputed", "build")


@pytest.mark.parametrize(
    ("body", "features"),
    [
        ("interactions: []", ()),
        ("interactions: [{}]", ()),
        ("interactions: []\n    outcome: {error: {class: auth}}", ()),
        ("interactions: [{}]\n    outcome: {text: x}", ("replies",)),
        ("interactions: [{}, {}]", ("replies",)),
        ("interactions: [{repeat: {min: 2}}]", ("replies",)),
        ("interactions: [{after_ms: 5}]", ("clock",)),
        ("interactions: [{after_ms: 0}]", ()),
        ("interactions: [{after_ms: {$between: [0, 9]}}]", ("clock",)),
        ("interactions: [{}]\n    input: {elapsed_ms: 60000}", ("clock",)),
        ("steps: [{interactions: []}, {interactions: []}]", ("steps",)),
        ("requires: [outcome]\n    interactions: []", ("outcome",)),
    ],
)
def test_features_follow_from_the_keys(body: str, features: tuple[str, ...], case: One) -> None:
    """What an implementation must be able to do is inferred, or stated in `requires`."""
    assert case(f"suite: s\nscenarios:\n  - id: a\n    {body}\n").requires == features


def only_interaction(case: Case) -> Interaction:
    (interaction,) = case.steps[0].interactions
    return interaction


@pytest.mark.parametrize(
    ("body", "times"),
    [
        ("{}", (1, 1)),
        ("{reply: {sequence: [{}, {}, {}]}}", (3, 3)),
        ("{repeat: {min: 2, max: 4}}", (2, 4)),
        ("{repeat: {min: 0}}", (0, None)),
        ("{repeat: {max: 2}}", (0, 2)),
        ("{repeat: {min: 1, max: 1}, reply: {sequence: [{}, {}]}}", (1, 1)),
    ],
)
def test_an_interaction_comes_as_often_as_it_says(
    body: str, times: tuple[int, int | None], case: One
) -> None:
    """`repeat`, else the length of the sequence, else once."""
    made = only_interaction(case(f"suite: s\nscenarios: [{{id: a, interactions: [{body}]}}]\n"))
    assert (made.least, made.most) == times


@pytest.mark.parametrize(
    ("body", "waits"),
    [
        ("{}", ()),
        ("{after_ms: 5}", (5,)),
        ("{after_ms: 5, repeat: {min: 3, max: 3}}", (5, 5, 5)),
        ("{after_ms: [0, 5], repeat: {min: 2, max: 2}}", (0, 5)),
    ],
)
def test_a_wait_is_for_each_repeat(body: str, waits: tuple[float, ...], case: One) -> None:
    """A number is waited before each request, a list says it for one after the other."""
    made = only_interaction(case(f"suite: s\nscenarios: [{{id: a, interactions: [{body}]}}]\n"))
    assert made.after_ms == waits


def test_a_cassette_is_found_beside_or_above_its_suite(write: Write, tmp_path: Path) -> None:
    """The nearest `cassettes` folder that has the file is meant, else one of the contract's package."""
    write("interactions: []\n", "cassettes/a/one.yaml")
    suite = write(
        """\
        suite: s
        scenarios:
          - id: a
            interactions: [{reply: {cassette: a/one.yaml, interaction: 2, check_request: true}}]
        """,
        "scenarios/deep/suite.yaml",
    )
    made = only_interaction(next(load(suite).cases()))
    assert made.replies == ({"cassette": str(tmp_path / "cassettes/a/one.yaml"), "interaction": 2},)
    assert made.check_request


def test_a_recording_yet_to_be_made_may_be_missing(write: Write) -> None:
    """For recording, a reply may name a cassette that does not exist."""
    suite = write("suite: s\nscenarios: [{id: a, interactions: [{reply: {cassette: new.yaml}}]}]\n")
    made = only_interaction(next(load(suite, new_cassettes=True).cases()))
    assert made.replies == ({"cassette": str(suite.parent / "cassettes/new.yaml")},)


def test_a_new_recording_belongs_into_the_nearest_folder_of_cassettes(write: Write, tmp_path: Path) -> None:
    """Beside or above the suite."""
    (tmp_path / "cassettes").mkdir()
    suite = write(
        "suite: s\nscenarios: [{id: a, interactions: [{reply: {cassette: new.yaml}}]}]\n", "deep/suite.yaml"
    )
    made = only_interaction(next(load(suite, new_cassettes=True).cases()))
    assert made.replies == ({"cassette": str(tmp_path / "cassettes/new.yaml")},)


def test_plain_scalars_are_what_json_has_and_else_text(case: One) -> None:
    """`no`, `on`, `16:9` and dates are texts; JSON's own words and numbers are themselves."""
    made = case(
        """\
        suite: s
        scenarios:
          - id: a
            interactions: []
            input:
              body: {a: no, b: on, c: 16:9, d: 2026-05-01, e: null, f: true, g: -1.5e3, h: 1e3, i: 12}
              params: {j: "012", k: y, l: 720P}
        """
    )
    assert made.steps[0].input["body"] == {
        "a": "no",
        "b": "on",
        "c": "16:9",
        "d": "2026-05-01",
        "e": None,
        "f": True,
        "g": -1500.0,
        "h": 1000.0,
        "i": 12,
    }
    assert made.steps[0].input["params"] == {"j": "012", "k": "y", "l": "720P"}


def test_a_folder_is_searched_for_suites_only(write: Write, tmp_path: Path) -> None:
    """Other YAML, hidden folders and recordings in a folder are passed by; each file counts once."""
    write("suite: s\nscenarios: [{id: a, interactions: []}]\n", "a/one.yaml")
    write("suite: t\nscenarios: [{id: a, interactions: []}]\n", "two.yml")
    write("services: {}\n", "compose.yaml")
    write("suite: [\n", ".hidden/x.yaml")
    write("suite: [\n", "cassettes/x.yaml")
    suites = load(tmp_path, tmp_path / "two.yml")
    assert [Path(file).relative_to(tmp_path).as_posix() for file in suites.files] == ["a/one.yaml", "two.yml"]


def test_an_unknown_edition_is_refused(write: Write) -> None:
    """Asking for a version that there is not is a usage error, not an empty run."""
    suites = load(write("suite: s\nscenarios: [{id: a, interactions: []}]\n"))
    with pytest.raises(UsageError, match="unknown edition '2026-06'; did you mean '2026-0"):
        suites.cases("2026-06")


def test_expansion_is_the_same_each_time(write: Write) -> None:
    """Suites expand to equal cases whenever they are expanded."""
    suites = load(
        write(
            """\
            suite: s
            defaults:
              input: {model: m, api_key: "${canary.api_key}"}
              request: {headers: {Authorization: "Bearer ${canary.api_key}"}}
            scenarios:
              - {id: a, rules: [AC-HDR-02, AC-HDR-05], for_each: [{n: 1}, {n: 2}], interactions: [{}]}
              - {id: b, input: {env: {X: "${canary.other}"}}, interactions: [{repeat: {max: 2}}]}
            """
        )
    )
    assert len(list(suites.cases("all"))) > 4
    assert list(suites.cases("all")) == list(suites.cases("all"))


@pytest.mark.parametrize(
    ("pattern", "name", "matches"),
    [
        ("a/b", "a/b", True),
        ("a/b", "a/b/c", False),
        ("a/*", "a/b", True),
        ("a/*", "a/b/c", False),
        ("a/**", "a/b/c", True),
        ("**", "a/b/c", True),
        ("*/x-*/c", "a/x-b/c", True),
        ("a.b", "a-b", False),
    ],
)
def test_patterns_stay_within_a_part_or_cross_parts(pattern: str, name: str, matches: bool) -> None:
    """`*` is within a part of the name, `**` across parts, all else literal."""
    assert name_matches(pattern, name) is matches


def test_select_takes_what_any_pattern_means(cases: Many) -> None:
    """A case is selected by any of the patterns; without patterns all are."""
    made = cases("suite: s\nscenarios: [{id: a, interactions: []}, {id: b, interactions: []}]\n")
    assert [case.name for case in select(made, ["*/b", "nothing"])] == ["s/b"]
    assert list(select(made, [])) == made
