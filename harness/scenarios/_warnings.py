"""Checks that can hardly fail, for `harness validate`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from harness.errors import Problem
from harness.model import Case, Interaction, JsonValue
from harness.scenarios._locate import locate
from harness.scenarios._suites import Suites
from harness.schema.raw_values import Address, Flaw

__all__ = ["warnings"]

_SAFE_INTEGER: Final = 2**53


def _bare(name: str) -> str:
    """A name without what differs between camelCase and snake_case."""
    return name.replace("_", "").lower()


_HEAD = re.compile(r"""\$(?:\.([\w-]+)|\[(?:'([^']*)'|"([^"]*)")\])""")


def warnings(suites: Suites) -> list[Problem]:
    """What in these suites would hardly ever fail: interactions with an open method or URL, forbidden paths
    that begin with an unknown body field, and integers beyond 2^53 in inputs, which JavaScript rounds."""
    found: dict[Problem, None] = {}
    seen: set[tuple[str, int, Address, str]] = set()
    known = {each.name: frozenset(map(_bare, each.body_fields)) for each in suites.contracts}
    for case in suites.cases("all"):
        for at, message in _hollow(case, known[case.contract]):
            key = (case.file, case.line, at, message)
            if key not in seen:
                seen.add(key)
                found[Problem(locate(case, at), message)] = None
    return sorted(found)


def _hollow(case: Case, body_fields: frozenset[str]) -> Iterator[Flaw]:
    for step in case.steps:
        given = frozenset(map(_bare, _keys(step.input)))
        for interaction in step.interactions:
            yield from _open_target(interaction)
            for key in ("forbid_body", "at_most_one"):
                for index, path in enumerate(interaction.request.get(key) or ()):
                    head = _HEAD.match(path)
                    name = head and (head[1] or head[2] or head[3])
                    if not body_fields or not name or name.isdecimal():
                        continue
                    if _bare(name) not in body_fields | given:
                        place = (*interaction.at, "request", key, index)
                        yield place, f"{path} can hardly fail: {name} is not a known field of a request body"
        for at in _large_integers(step.input, (*step.at, "input")):
            yield at, "JavaScript rounds integers beyond 2^53: quote it, or expect the rounded value"


def _open_target(interaction: Interaction) -> Iterator[Flaw]:
    request = interaction.request
    if "same_as" in request:
        return
    open_keys = [key for key in ("method", "url") if key not in request]
    if "path" in request and "url" in open_keys:
        open_keys.remove("url")
    if open_keys:
        keys = " and ".join(open_keys)
        yield interaction.at, f"{keys} unspecified: anything matches (defaults.request can set it for all)"


def _keys(value: JsonValue) -> Iterator[str]:
    if isinstance(value, dict):
        yield from value
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from _keys(item)


def _large_integers(value: JsonValue, at: Address) -> Iterator[Address]:
    if isinstance(value, int) and abs(value) > _SAFE_INTEGER:
        yield at
    children: Iterable[tuple[str | int, JsonValue]] = ()
    if isinstance(value, dict):
        children = value.items()
    elif isinstance(value, list):
        children = enumerate(value)
    for key, item in children:
        yield from _large_integers(item, (*at, key))
