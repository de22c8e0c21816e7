"""Implementations that are wrong on purpose are caught by the bundled suites, for the right rule."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

import pytest

import harness_openclaw.mutants
from harness.engine.runner import run, why_not_applicable
from harness.implementations import connect
from harness.model import Case, Verdict
from harness.scenarios import Suites, load
from harness_openclaw.mutants import MUTANTS, Mutant

WRONG = [each for each in MUTANTS.values() if each.rule is not None]


@cache
def suites() -> Suites:
    return load()


@cache
def cases_in(edition: str) -> tuple[Case, ...]:
    """The cases of a default run."""
    return tuple(case for case in suites().cases(edition) if case.evidence != "disputed")


def cases_of(rule: str, edition: str) -> list[Case]:
    """Those that hold an implementation to `rule`."""
    return [case for case in cases_in(edition) if any(each.id == rule for each in case.rules)]


def caught(mutant: Mutant, rule: str) -> Verdict | None:
    """The first verdict with a difference that is charged to `rule`, if there is any."""
    with connect(f"python:harness_openclaw.mutants:{mutant.name}") as implementation:
        verdicts = run(cases_of(rule, mutant.edition), implementation)
        return next((each for each in verdicts if rule in charged(each)), None)


def charged(verdict: Verdict) -> set[str]:
    return {rule for difference in verdict.differences for rule in difference.rules}


@pytest.mark.parametrize("mutant", WRONG, ids=lambda each: each.name)
def test_a_mutant_is_caught_for_its_rule(mutant: Mutant) -> None:
    """In a case that the reference passes, a difference is charged to the rule that it breaks."""
    assert mutant.rule is not None

    verdict = caught(mutant, mutant.rule)

    assert verdict is not None, f"no case of {mutant.rule} tells it from a right implementation"
    assert verdict.status == "failed"
    with connect("python:harness_openclaw.reference:implementation") as reference:
        assert [each.status for each in run([verdict.case], reference)] == ["passed"]


@pytest.mark.parametrize("mutant", WRONG, ids=lambda each: each.name)
def test_a_mutant_has_an_answer_to_every_case(mutant: Mutant) -> None:
    """It is wrong where its mistake matters; nothing breaks it (a sample of all cases)."""
    with connect(f"python:harness_openclaw.mutants:{mutant.name}") as implementation:
        about = implementation.about
        cases = [case for case in cases_in(mutant.edition) if why_not_applicable(case, about) is None]
        cases = cases[::29]
        verdicts = list(run(cases, implementation))

    assert len(verdicts) == len(cases) > 0
    assert {each.status for each in verdicts} <= {"passed", "failed", "not_applicable"}


def test_a_mutant_that_breaks_says_nothing_about_conformance() -> None:
    """Its cases err, with the words of what broke, and neither pass nor fail."""
    with connect("python:harness_openclaw.mutants:breaks") as implementation:
        verdicts = list(run(cases_of("OR-BODY-01", "2026-05"), implementation))

    tried = [each for each in verdicts if each.status != "not_applicable"]
    assert {each.status for each in tried} == {"errored"}
    assert all("no shaper for chat" in each.reason for each in tried)


def test_every_rule_is_broken_by_a_mutant() -> None:
    """No rule that a default run holds an implementation to is one that nothing was seen to break."""
    held_to = {each.id for each in suites().rules.values() if each.evidence != "disputed"}

    assert held_to - {each.rule for each in WRONG} == set()


def test_what_a_mutant_keeps_is_kept_for_its_case_alone() -> None:
    """A case comes out the same however often it is run."""
    cases = cases_of("CW-CAT-09", "clawrouter")

    with connect("python:harness_openclaw.mutants:keeps_catalog_errors") as implementation:
        once, twice = (
            {each.case.name: each.status for each in run(order, implementation)}
            for order in (cases, cases[::-1])
        )

    assert once == twice
    assert set(once.values()) == {"passed", "failed"}


def test_no_two_mutants_have_the_same_name() -> None:
    """Each has an address of its own."""
    modules = (
        importlib.import_module(f"harness_openclaw.mutants.{each.name}")
        for each in pkgutil.iter_modules(harness_openclaw.mutants.__path__)
    )
    named = [value.name for module in modules for value in vars(module).values() if isinstance(value, Mutant)]

    assert sorted(named) == sorted(MUTANTS)


def test_a_mutant_says_what_it_does_wrong() -> None:
    """Each has one sentence of its own, and a rule that exists."""
    sentences = [each.about for each in MUTANTS.values()]

    assert all(about.endswith(".") and "\n" not in about for about in sentences)
    assert len(set(sentences)) == len(sentences)
    assert {each.rule for each in WRONG} <= set(suites().rules)


def test_a_name_that_no_mutant_has_is_none() -> None:
    """The package has the mutants as its attributes, and no others."""
    assert set(MUTANTS) <= set(dir(harness_openclaw.mutants))
    assert harness_openclaw.mutants.sends_store is MUTANTS["sends_store"].target
    with pytest.raises(AttributeError, match="tells_the_truth"):
        _ = harness_openclaw.mutants.tells_the_truth
