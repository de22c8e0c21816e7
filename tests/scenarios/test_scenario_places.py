"""From an address in a case back to file, line and column."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from harness.model import Case
from harness.scenarios import load, locate

Write = Callable[..., Path]

SUITE = """\
suite: s
vars: {app: {header: X-Acme-Title}}
defaults:
  input:
    api_key: k
  request:
    headers: {Authorization: x}
    forbid_headers: [A, B]
  forbid_requests:
    - {host: a.example}
scenarios:
  - id: a
    variant_of: v
    for_each: [{id: row}]
    input:
      model: m
    interactions:
      - id: first
        request:
          headers:
            HTTP-Referer: x
            ${app.header}: y
          forbid_headers: [C]
          body: {a: [1, {b: 2}]}
        reply: {json: {}}
    outcome: {error: {class: auth}}
    forbid_requests: [{host: b.example}]
  - id: v
    input:
      system: s
    steps:
      - interactions: []
      - input: {model: n}
        interactions:
          - request:
              body_at:
                $.x: {$edition: {2026-04: {p: 1}, latest: {q: 1}}}
editions: {from: 2026-04}
"""


@pytest.mark.parametrize(
    ("scenario", "at", "line", "column"),
    [
        (0, (), 12, 5),
        (0, ("interactions", 0), 18, 9),
        (0, ("interactions", 0, "id"), 18, 9),
        (0, ("interactions", 0, "request", "headers", "HTTP-Referer"), 21, 13),
        (0, ("interactions", 0, "request", "headers", "http-referer"), 21, 13),
        (0, ("interactions", 0, "request", "headers", "X-Acme-Title"), 22, 13),
        (0, ("interactions", 0, "request", "headers", "authorization"), 7, 15),
        (0, ("interactions", 0, "request", "headers", "X-Unheard-Of"), 22, 13),
        (0, ("interactions", 0, "request", "forbid_headers", 0), 8, 22),
        (0, ("interactions", 0, "request", "forbid_headers", 1), 8, 25),
        (0, ("interactions", 0, "request", "forbid_headers", 2), 23, 28),
        (0, ("interactions", 0, "request", "body", "a", 1, "b"), 24, 26),
        (0, ("interactions", 0, "request", "body", "a", 7), 24, 18),
        (0, ("interactions", 0, "request", "url"), 19, 9),
        (0, ("interactions", 3), 17, 5),
        (0, ("outcome", "error", "class"), 26, 23),
        (0, ("forbid_requests", 0, "host"), 10, 8),
        (0, ("forbid_requests", 1), 27, 23),
        (0, ("input", "model"), 16, 7),
        (0, ("input", "system"), 30, 7),
        (0, ("input", "api_key"), 5, 5),
        (1, ("steps", 1, "input", "model"), 33, 17),
        (1, ("steps", 1, "input", "system"), 30, 7),
        (1, ("steps", 0, "input", "api_key"), 5, 5),
        (1, ("steps", 1, "interactions", 0, "request", "body_at", "$.x", "q"), 37, 60),
        (1, ("steps", 1, "interactions", 0, "request", "headers", "Authorization"), 7, 15),
    ],
)
def test_an_address_leads_to_its_line_and_column(
    scenario: int, at: tuple[str | int, ...], line: int, column: int, write: Write
) -> None:
    """Own places first, then the variant's, then the defaults', else the closest that encloses it."""
    path = write(SUITE)
    case = list(load(path).cases("latest"))[scenario]
    assert str(locate(case, at)) == f"{path}:{line}:{column}"


def test_a_file_that_is_gone_leaves_the_scenarios_line(write: Write) -> None:
    """When the file cannot be read any more, the place is where the scenario was."""
    path = write(SUITE)
    case: Case = next(load(path).cases("latest"))
    path.unlink()
    assert str(locate(case, ("outcome",))) == f"{path}:12:1"


def test_a_file_that_has_changed_is_read_again(write: Write) -> None:
    """The place is the one of now, not of when the suite was loaded."""
    path = write(SUITE)
    case = next(load(path).cases("latest"))
    locate(case, ("outcome",))
    write("# a line more\n" + SUITE)
    assert locate(case, ("outcome",)).line in (26, 27)
    write("not: a suite\n")
    assert locate(case, ("outcome",)).line in (12, 26, 27)
