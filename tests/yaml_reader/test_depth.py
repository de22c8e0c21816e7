"""How deep a file may be nested is the reader's own limit, whatever the parser's."""

from __future__ import annotations

import pytest

from harness.yaml_reader import parse


@pytest.mark.parametrize(
    ("opening", "line", "column"),
    [
        ("[", 1, 101),
        ("[\n", 101, 1),
        ("{a: ", 1, 401),
        ("- ", 1, 201),
        ("[{a: ", 1, 251),
    ],
)
@pytest.mark.parametrize("levels", [101, 150, 999, 1001, 20_000])
def test_the_first_level_that_is_too_deep_is_named(opening: str, line: int, column: int, levels: int) -> None:
    """Every text of more than 100 levels is refused at the 101st, however many follow it."""
    (problem,) = parse(opening * levels, "f.yaml").problems
    assert str(problem) == f"f.yaml:{line}:{column}: is nested more than 100 levels deep"


def test_a_hundred_levels_are_read() -> None:
    """A text that is nested exactly as deep as is allowed has a value and no problem."""
    document = parse("[" * 100 + "]" * 100, "f.yaml")
    assert document.problems == []
    assert document.value


def test_an_error_below_the_limit_stays_what_it_is() -> None:
    """Text that is cut off within its hundredth level is reported as that."""
    (problem,) = parse("[" * 100, "f.yaml").problems
    assert "check for a missing quote, bracket or space" in problem.message
