"""From an address in a case to a place in its file.

What a case says may stand in its step, in the scenario, in a variant (input only) or in the suite's
defaults; the first of these that has the address is the place, else the closest that encloses it.
"""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import Any

from harness.errors import Location
from harness.model import Case, JsonValue
from harness.scenarios._merge import ADDING
from harness.scenarios._plans import variants_of
from harness.schema.raw_values import Address, is_edition_choice
from harness.yaml_reader import Document, ReadError, parse, read_text

__all__ = ["locate", "place_of"]


def locate(case: Case, at: tuple[str | int, ...]) -> Location:
    """The place in the case's file of what is at `at`, for example
    ("interactions", 0, "request", "headers", "HTTP-Referer"). The file is read again; if it has changed so
    that the scenario is gone, the place is where the scenario was."""
    fallback = Location(case.file, case.line, 1)
    try:
        document = _document(case.file, Path(case.file).stat().st_mtime_ns)
        id_ = case.name[len(case.suite) + 1 :].split("/", 1)[0]
        ids = [scenario["id"] for scenario in document.value["scenarios"]]
        return place_of(document, ids.index(id_), at)
    except (OSError, ReadError, ValueError, LookupError, TypeError):
        return fallback


@lru_cache(maxsize=8)
def _document(file: str, changed: int) -> Document:
    return parse(read_text(Path(file)), file, places=True)


def place_of(document: Document, index: int, at: Address) -> Location:
    """The place of an address in the scenario number `index` of a document that has places.

    Keys that are made of variables are taken into account only where no written one is meant.
    """
    best: Address = ("scenarios", index)
    missing = len(at) + 1
    for guess in (False, True):
        for base, rest in _candidates(document.value, index, at):
            address, left = _trace(document.value, base, rest, guess)
            if address is not None and left < missing:
                best, missing = address, left
        if not missing:
            break
    return document.find(best)[0]


def _candidates(suite: dict[str, Any], index: int, at: Address) -> list[tuple[Address, Address]]:
    """The places that may hold an address, as where to start and what to follow from there."""
    scenario: Address = ("scenarios", index)
    own = [scenario]
    if len(at) >= 2 and at[0] == "steps":
        own.insert(0, (*scenario, "steps", at[1]))
        at = at[2:]
    if not at:
        return [(own[0], ())]
    head = at[0]
    if head == "input":
        return [(base, at) for base in (*own, *_variants(suite, index), ("defaults",))]
    if head in ("allow_requests", "forbid_requests") and len(at) > 1:
        return _added(suite, [("defaults",), *reversed(own)], (head,), at[1:])
    if head == "interactions" and at[2:3] == ("request",):
        mine: Address = (*own[0], *at[:3])
        if at[3:4] and at[3] in ADDING and len(at) > 4:
            return _added(suite, [("defaults", "request"), mine], (at[3],), at[4:])
        return [(mine, at[3:]), (("defaults", "request"), at[3:])]
    return [(base, at) for base in (*own, ())]


def _variants(suite: dict[str, Any], index: int) -> list[Address]:
    scenarios = suite["scenarios"]
    numbers = {scenario.get("id"): number for number, scenario in enumerate(scenarios)}
    by_id = {scenario.get("id"): scenario for scenario in scenarios}
    try:
        return [("scenarios", numbers[one["id"]]) for one in variants_of(scenarios[index], by_id)]
    except (ValueError, KeyError):
        return []


def _added(
    suite: dict[str, Any], bases: list[Address], key: Address, rest: Address
) -> list[tuple[Address, Address]]:
    """Where an item of lists that add up stands; `rest` begins with its index in the whole."""
    index, *below = rest
    found: list[tuple[Address, Address]] = []
    for base in bases:
        address, left = _trace(suite, base, key)
        if address is None or left or not isinstance(index, int):
            continue
        items = _value(suite, address)
        if isinstance(items, list):
            if index < len(items):
                return [(address, (index, *below)), *found]
            index -= len(items)
        found.insert(0, (address, ()))
    return found


def _value(suite: JsonValue, address: Address) -> JsonValue:
    for part in address:
        suite = suite[part]
    return suite


def _trace(suite: JsonValue, base: Address, rest: Address, guess: bool = False) -> tuple[Address | None, int]:
    """The address as written, and how many parts of `rest` it lacks; None if even `base` is not there."""
    try:
        value = _value(suite, base)
    except (LookupError, TypeError):
        return None, len(rest)
    return _follow(value, base, rest, guess)


def _follow(value: JsonValue, address: Address, rest: Address, guess: bool) -> tuple[Address, int]:
    if not rest:
        return address, 0
    part = rest[0]
    if is_edition_choice(value) and part != "$edition":
        branches = value["$edition"]
        traced = [
            _follow(branch, (*address, "$edition", key), rest, guess) for key, branch in branches.items()
        ]
        best = min(traced, key=lambda one: one[1], default=(address, len(rest)))
        return best if best[1] < len(rest) else (address, len(rest))
    key = _key(value, part, guess)
    if key is None:
        return address, len(rest)
    return _follow(value[key], (*address, key), rest[1:], guess)


def _key(value: JsonValue, part: str | int, guess: bool) -> str | int | None:
    """The key of `value` that is meant by `part`, in any letter case; with `guess` it may hold variables."""
    if isinstance(value, list):
        return part if isinstance(part, int) and 0 <= part < len(value) else None
    if not isinstance(value, dict) or not isinstance(part, str):
        return None
    if part in value:
        return part
    for key in map(str, value):
        if key.lower() == part.lower() or (guess and "${" in key and _stands_for(key, part)):
            return key
    return None


def _stands_for(key: str, name: str) -> bool:
    pattern = ".*".join(re.escape(piece) for piece in re.split(r"\$\{[^}]*\}", key))
    return re.fullmatch(pattern, name, re.IGNORECASE) is not None
