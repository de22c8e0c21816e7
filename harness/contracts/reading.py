"""Reading contract.yaml (docs/contracts.md): strictly, with every problem at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from harness.contracts.editions import Editions
from harness.errors import Problem, did_you_mean
from harness.model import JsonValue
from harness.schema.raw_values import Flaw
from harness.schema.type_language import type_flaws
from harness.schema.types import Anything, Either, Flag, Items, Null, Table, Text, check
from harness.yaml_reader import parse

__all__ = ["CONTRACT", "read_contract"]

_NAME: Final = r"(?=[._-]*[A-Za-z0-9])[A-Za-z0-9._-]+"
_WORD: Final = Text(pattern=r"[A-Za-z_][A-Za-z0-9_]*", hint="made of letters, digits and _")
_ID: Final = Text("The name.", pattern=_NAME, hint="made of letters, digits and . _ -")
_WORDS: Final = Items(_WORD)
_TYPES: Final = Table({}, rest=Anything(), called="a mapping from words to types")
_HEADERS: Final = Items(Text("A header's name; * stands for any text."))

CONTRACT: Final = Table(
    {
        "contract": _ID,
        "about": Text("What it is, in a sentence."),
        "default": Flag("Whether it is run where no contract and no path is named."),
        "extends": Text("A contract whose operations, words, known body fields and hooks it starts from."),
        "rules": Text("inherit: the rules and suites of that contract hold, too.", choices=("inherit",)),
        "editions": Items(
            Either(
                (
                    _ID,
                    Table(
                        {"id": _ID, "after": Either((_ID, Items(_ID, least=1)))},
                        required=("id",),
                        called="{id, after}",
                    ),
                )
            ),
            "Its dated versions, oldest first.",
            least=1,
        ),
        "default_edition": Text("The edition that is run unless another is asked for; otherwise the last."),
        "base_url": Text("Where requests go whose input names no base URL."),
        "hosts": Table(
            {},
            "The hosts that may be called when recording, and the variables of their keys.",
            rest=Either((Null(), Table({"key": _WORD}, called="{key: VARIABLE}"))),
        ),
        "operations": Table(
            {},
            "Operations beyond chat, and words beyond the common ones.",
            rest=Either((Null(), Table({"input": _TYPES, "outcome": _TYPES}, called="{input, outcome}"))),
        ),
        "errors": Items(_WORD, "Error classes beyond the common ones."),
        "overridable": Items(_WORD, "Variables of suites that an implementation may set."),
        "body_fields": Items(Text(), "The fields that a request body may have at its top."),
        "canary_prefix": Text("How canaries begin whose name ends in key; otherwise sk-."),
        "check_proxy": Text("The suite that `harness check-proxy` runs: its path from this folder."),
        "redaction": Table(
            {"keep_request_headers": _HEADERS, "keep_response_headers": _HEADERS},
            "Headers that a recording keeps, beyond the common ones.",
        ),
    },
    "A contract: the words, editions and hosts that its rules and suites are about.",
    required=("contract",),
    called="a mapping with contract",
)


def read_contract(text: str, file: str) -> tuple[JsonValue, list[Problem]]:
    """Return what a contract.yaml states and what is wrong in it; the value is None if anything is."""
    document = parse(text, file)
    if document.value is None and document.problems:
        return None, document.problems
    flaws = list(check(document.value, CONTRACT))
    if not flaws:
        flaws = list(_flaws(document.value))
    if not flaws and not document.problems:
        return document.value, []
    placed = parse(text, file, places=True)
    return None, [*placed.problems, *(Problem(placed.find(at)[0], message) for at, message in flaws)]


def _flaws(stated: Mapping[str, Any]) -> Iterator[Flaw]:
    if stated.get("editions"):
        try:
            names = Editions.of(stated["editions"]).names
        except ValueError as error:
            yield ("editions",), str(error)
        else:
            yield from _default_flaws(stated, names)
    elif "default_edition" in stated:
        yield ("default_edition",), "no editions to choose from; list them under editions"
    if "rules" in stated and "extends" not in stated:
        yield ("rules",), "nothing to inherit from; name a contract under extends"
    if "rules" in stated and "editions" in stated:
        yield ("editions",), "inherited rules apply in the editions of their own contract; omit editions"
    base_url = stated.get("base_url")
    if base_url is not None and not _is_base_url(base_url):
        yield ("base_url",), f'"{base_url[:60]}" is not a base URL such as https://api.acme.example/v1'
    for host in stated.get("hosts") or {}:
        if "/" in host or host != host.lower() or not host:
            yield ("hosts", host), f'"{host[:60]}" is not a lowercase host, such as api.acme.example'
    for name, operation in (stated.get("operations") or {}).items():
        for part in ("input", "outcome"):
            for word, type_ in ((operation or {}).get(part) or {}).items():
                yield from type_flaws(type_, ("operations", name, part, word))


def _is_base_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.netloc)


def _default_flaws(stated: Mapping[str, Any], names: tuple[str, ...]) -> Iterator[Flaw]:
    default = stated.get("default_edition")
    if default is not None and default not in names:
        yield (
            ("default_edition",),
            f'unknown edition "{default[:60]}"{did_you_mean(default, names, list_known=True)}',
        )
