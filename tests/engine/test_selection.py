"""Which cases are run."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.engine.selection import Selection, parse_shard
from harness.errors import UsageError
from harness.model import Case

MakeCase = Callable[..., Case]


@pytest.mark.parametrize(
    ("evidence", "taken"),
    [
        ("documented", [True, False, False]),
        ("observed", [True, True, False]),
        ("disputed", [True, True, True]),
    ],
)
def test_evidence_is_a_threshold(evidence: str, taken: list[bool], a_case: MakeCase) -> None:
    """Cases founded as well as asked for, or better, are taken."""
    cases = [a_case(evidence=each) for each in ("documented", "observed", "disputed")]
    assert [Selection(evidence=evidence).takes(case) for case in cases] == taken


def test_a_reading_leaves_cases_without_one_alone(a_case: MakeCase) -> None:
    """Choosing a reading drops only the other reading."""
    selection = Selection(evidence="disputed", reading="docs")
    cases = [a_case(reading=reading, evidence="disputed") for reading in (None, "docs", "build")]
    assert [selection.takes(case) for case in cases] == [True, True, False]


def test_any_of_the_tags_and_any_of_the_patterns_will_do(a_case: MakeCase) -> None:
    """Several tags, or several patterns, widen the selection."""
    case = a_case("acme/attribution/custom-proxy/plain", tags=("custom-proxy",))
    assert Selection(tags=("regression", "custom-proxy")).takes(case)
    assert not Selection(tags=("regression",)).takes(case)
    assert Selection(patterns=("nowhere/**", "acme/*/custom-proxy/*")).takes(case)
    assert not Selection(patterns=("acme/custom-proxy/*",)).takes(case)


def test_a_suite_or_a_scenario_stands_for_its_cases(a_case: MakeCase) -> None:
    """The beginning of a name, whole parts of it, is enough."""
    case = a_case("acme/attribution/custom-proxy/plain")
    for pattern in ("acme", "acme/attribution", "*/attribution/custom-proxy"):
        assert Selection(patterns=(pattern,)).takes(case)
    assert not Selection(patterns=("acme/attrib",)).takes(case)


@given(names=st.sets(st.text("abc/-", min_size=1), max_size=40), count=st.integers(1, 7))
def test_shards_divide_the_cases(names: set[str], count: int) -> None:
    """Every case is in exactly one shard, whatever the names and the number of shards."""
    for name in names:
        case = Case(name, "s", "2026-05", (), "f", 1)
        taken = [Selection(shard=(number, count)).takes(case) for number in range(1, count + 1)]
        assert taken.count(True) == 1


@pytest.mark.parametrize("text", ["", "1", "0/2", "3/2", "a/b", "1/0", "-1/2", "1/2/3"])
def test_a_shard_that_is_none_is_refused(text: str) -> None:
    """The error shows how to write it."""
    with pytest.raises(UsageError, match="--shard 2/4"):
        parse_shard(text)


def test_a_shard_is_read_as_number_and_count() -> None:
    """`2/4` is the second of four."""
    assert parse_shard("2/4") == (2, 4)
