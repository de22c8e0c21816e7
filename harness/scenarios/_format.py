"""The format of suites and rules files, written once: files are checked by it, and it becomes JSON Schema.

A contract decides which editions, operations, input keys, outcome words and error classes there are.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Final, NamedTuple

from harness.contracts import Contract
from harness.contracts.vocabulary import input_shapes, operations_of, outcome_shape
from harness.model import EVIDENCE, FEATURES
from harness.schema.types import (
    Anything,
    Either,
    Flag,
    Items,
    Null,
    Number,
    Shape,
    Table,
    Text,
    Value,
    Variable,
)

__all__ = ["FAULTS", "INTERACTION", "REQUEST", "Format", "format_for", "input_keys"]

FAULTS: Final = ("timeout", "reset", "refused", "truncated", "slow")

_PART = r"(?=[._-]*[A-Za-z0-9])[A-Za-z0-9._-]+"
_ID = Text("The name, unique in its list.", pattern=_PART, hint="made of letters, digits and . _ -")
_SCALAR: Final = Either((Text(), Number(), Flag()))
_TEXTS: Final = Items(Text())
_PATHS: Final = Items(Text("A JSONPath (RFC 9535), as $.messages[0].content; quoted inside [ ]."))
_EVIDENCE: Final = Text("How well it is founded; otherwise the weakest of its rules.", choices=EVIDENCE)
_TAGS: Final = Items(
    Text(pattern=_PART, hint="made of letters, digits and . _ -"), "Words to select cases by."
)
_RULE_IDS: Final = Items(Text(), "Ids of the rules that a difference breaks.")


def _expectation(inner: Shape, about: str) -> Shape:
    return Value(inner, about)


# ------------------------------------------------------------------ requests

_HEADER_NAMES: Final = Items(Text("A header's name; * stands for any text."))

REQUEST: Final = Table(
    {
        "method": _expectation(Text(), "The method is this."),
        "url": _expectation(Text(), "The URL is this, both normalised; the query in order."),
        "host": _expectation(Text(), "The host is this, without port; * stands for any text."),
        "path": _expectation(Text(), "The path is this."),
        "query": Table({}, "These query parameters are there with these values.", rest=Value(_SCALAR)),
        "headers": Table(
            {}, "Each header is there once with this value; names ignore case.", rest=Value(_SCALAR)
        ),
        "require_headers": Items(_HEADER_NAMES.of, "These headers are there."),
        "forbid_headers": Items(_HEADER_NAMES.of, "No header matching these is there."),
        "closed_headers": Items(
            _HEADER_NAMES.of, "Of the headers matching these, only those named above may be there."
        ),
        "body": _expectation(Anything(), "The body's JSON is exactly this."),
        "body_includes": _expectation(
            Anything(), "The body's JSON is this, or has more keys, at every depth."
        ),
        "body_at": Table(
            {}, "Each match of the JSONPath is exactly this, and there is one.", rest=Value(Anything())
        ),
        "forbid_body": Items(_PATHS.of, "These JSONPaths match nothing."),
        "require_body": Items(_PATHS.of, "These JSONPaths match something."),
        "at_most_one": Items(_PATHS.of, "These JSONPaths match one thing at most."),
        "same_as": Text("The id of an earlier interaction: the same method, URL, headers and body bytes."),
        "keeps": Table(
            {}, "By the id of an earlier interaction: JSONPaths with the same bytes.", rest=_PATHS
        ),
        "timeout_ms": _expectation(Number(least=0), "The time limit it was sent with."),
    },
    "What the request must be; a key not given asserts nothing.",
    called="a mapping of what the request must be",
)

_BODIES: Final = ("json", "text", "sse", "base64", "cassette")
_REPLY_KEYS: Final[dict[str, Shape]] = {
    "status": Number("The status, else 200.", whole=True, least=200, most=599),
    "headers": Table({}, "The reply's headers.", rest=_SCALAR),
    "json": Anything("The body, as JSON."),
    "text": Text("The body, as it is."),
    "sse": Items(
        Anything(), "A stream: each item is one data: line, a text beginning with a colon a comment."
    ),
    "base64": Text("The body's bytes."),
    "cassette": Text("A recording: its path in the cassettes folder."),
    "interaction": Number("Which interaction of the cassette, from 0.", whole=True, least=0),
    "check_request": Flag("Whether a request unlike the recorded one is a failure."),
    "fault": Text("What goes wrong, after the body if there is one.", choices=FAULTS),
}
_REPLY: Final = Table(
    {
        **_REPLY_KEYS,
        "sequence": Items(
            Table(_REPLY_KEYS, at_most_one=_BODIES), "One reply after the other; the last stays.", least=1
        ),
    },
    "How the request is answered; without one, with a plausible success.",
    called="a mapping such as {json: …}",
    at_most_one=(*_BODIES, "sequence"),
)
_REPEAT: Final = Table(
    {"min": Number(whole=True, least=0), "max": Number(whole=True, least=0)},
    "How often; otherwise as often as its sequence is long, else once.",
    called="{min, max}",
)

_WAIT: Final = Value(Number(least=0))

INTERACTION: Final = Table(
    {
        "id": _ID,
        "request": REQUEST,
        "reply": _REPLY,
        "repeat": _REPEAT,
        "after_ms": Value(
            Either((Number(least=0), Items(_WAIT))), "Milliseconds waited before it; a list for repeats."
        ),
    },
    "A request and its reply.",
    called="a mapping with request and reply",
)
_LOOK_UP: Final = Table(
    {"id": _ID, "request": REQUEST, "reply": _REPLY}, called="a mapping with request and reply"
)
_PATTERN: Final = Table(
    {key: REQUEST.keys[key] for key in REQUEST.keys if key not in ("same_as", "keeps", "timeout_ms")},
    called="a mapping such as {host: api.acme.example}",
)
_INTERACTIONS: Final = Items(INTERACTION, "The requests that must be sent, in this order; [] is none at all.")
_ALLOWED: Final = Items(_LOOK_UP, "Requests that may come any time, and their replies.")
_FORBIDDEN: Final = Items(_PATTERN, "Requests that may never be sent.")
_ORDER: Final = Text("Whether the interactions come in this order.", choices=("strict", "any"))

# ------------------------------------------------------------------ by contract


class Format(NamedTuple):
    """The shapes of a contract's files. `named` are those that stand in several places, by identity."""

    suite: Table
    rules: Table
    step: Table
    input: Table
    named: Mapping[int, str]


@lru_cache(maxsize=64)
def format_for(contract: Contract) -> Format:
    """Return the format of the suites and rules of a contract."""
    edition = Text("An edition of the contract.", choices=contract.editions.names, hint="edition")
    if not contract.editions.names:
        edition = edition._replace(pattern="(?!)", hint="omitted: no contract.yaml lists editions")
    editions = Either(
        (
            edition,
            Items(edition, least=1),
            Table(
                {"from": edition, "until": edition},
                "The editions of one line from the first up to, not including, the second.",
                called="{from, until}",
            ),
        ),
        "The editions it holds for: one, a list, or {from, until} (until excludes). "
        "Otherwise those in which all its rules hold.",
    )
    operation = Text("An operation.", choices=operations_of(contract), hint="operation")
    given = Table(
        {
            "operation": Either((operation, Null()), "What is asked for; otherwise chat."),
            "edition": Either((edition, Null()), "The edition to follow; otherwise the one that is run."),
            **input_shapes(contract),
            "elapsed_ms": Either(
                (Number(least=0), Null()), "Milliseconds since this client's last operation."
            ),
        },
        "What the implementation is given. null: not given.",
        called="a mapping of what the implementation is given",
    )
    outcome = outcome_shape(contract)
    step = Table(
        {
            "input": Variable(given),
            "interactions": Variable(_INTERACTIONS),
            "order": _ORDER,
            "outcome": Variable(outcome),
            "allow_requests": Variable(_ALLOWED),
            "forbid_requests": Variable(_FORBIDDEN),
        },
        "One operation of the client.",
        required=("interactions",),
        called="a mapping with input and interactions",
    )
    row = Table(
        {"id": _ID, "editions": editions},
        "A row: the scenario is run once with ${each.NAME} for each of its keys.",
        rest=Variable(Anything()),
        called="a mapping of values",
    )
    scenario = Table(
        {
            "id": _ID,
            "about": Text("What it claims, in a sentence."),
            "rules": _RULE_IDS,
            "tags": _TAGS,
            "editions": editions,
            "evidence": _EVIDENCE,
            "reading": Text("Disputed: which reading is tested.", choices=("docs", "build")),
            "requires": Items(Text(choices=FEATURES), "Features it needs beyond what its keys say."),
            "for_each": Items(row, "Rows; each makes a case.", least=1),
            "variant_of": Text("The id of the scenario whose input it starts from."),
            **step.keys,
            "steps": Items(step, "Operations of one client, one after the other.", least=1),
        },
        "One scenario.",
        required=("id",),
        called="a mapping with id and interactions",
        any_of=("interactions", "steps"),
        at_most_one=("interactions", "steps"),
    )
    suite = Table(
        {
            "suite": Text(
                "The suite's name, such as acme/attribution.",
                pattern=rf"{_PART}(?:/{_PART})*",
                hint="made of letters, digits and . _ -, in parts joined by /",
            ),
            "about": Text("What the suite is about."),
            "editions": editions,
            "evidence": _EVIDENCE,
            "tags": _TAGS,
            "rules": _RULE_IDS,
            "vars": Table({}, "Variables, inserted as ${NAME}.", rest=Anything()),
            "defaults": Table(
                {
                    "input": Variable(given),
                    "request": Variable(REQUEST),
                    "allow_requests": Variable(_ALLOWED),
                    "forbid_requests": Variable(_FORBIDDEN),
                },
                "What every scenario starts from.",
            ),
            "scenarios": Items(scenario, "The scenarios.", least=1),
        },
        "A suite of scenarios for the provider conformance harness.",
        required=("suite", "scenarios"),
        called="a mapping with suite and scenarios",
    )
    rule = Table(
        {
            "id": _ID,
            "text": Text("The rule, in one sentence.", pattern=r"[\s\S]*\S[\s\S]*", hint="a sentence"),
            "editions": editions,
            "evidence": Text("How well it is founded.", choices=EVIDENCE),
            "operation": Either(
                (operation, Items(operation, least=1)), "The operations it is about; otherwise chat."
            ),
            "source": Text("Where it is said."),
            "where": Items(
                Text("A header's name, a JSONPath, or url, outcome, requests, timing."),
                "Where a difference is charged to it.",
            ),
        },
        "One rule.",
        required=("id", "text", "evidence", "source"),
        called="a mapping with id and text",
    )
    rules = Table(
        {"rules": Items(rule, "The rules.")},
        "Rules that scenarios name.",
        required=("rules",),
        called="a mapping with rules",
    )
    named = {
        **_NAMED,
        id(given): "input",
        id(outcome): "outcome",
        id(step): "step",
        id(scenario): "scenario",
        id(editions): "editions",
        id(rule): "rule",
    }
    return Format(suite, rules, step, given, named)


def input_keys(contract: Contract) -> tuple[str, ...]:
    """Return the keys that an input may have in a contract."""
    return tuple(format_for(contract).input.keys)


_NAMED: Final = {
    id(REQUEST): "request",
    id(_REPLY): "reply",
    id(INTERACTION): "interaction",
    id(_LOOK_UP): "look_up",
    id(_PATTERN): "pattern",
    id(_SCALAR): "scalar",
    id(_PATHS): "paths",
}
