"""The scenario format and the format of rules files, once: checked from here, and written as JSON Schema."""

from __future__ import annotations

from typing import Final

from harness.model import EDITIONS, EVIDENCE, FEATURES, OPERATIONS
from harness.scenarios._outcomes import OUTCOME
from harness.scenarios._shapes import (
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

__all__ = ["FAULTS", "INPUT_KEYS", "INTERACTION", "REQUEST", "RULES", "STEP", "SUITE"]

FAULTS: Final = ("timeout", "reset", "refused", "truncated", "slow")

_PART = r"(?=[._-]*[A-Za-z0-9])[A-Za-z0-9._-]+"
_ID = Text("The name, unique in its list.", pattern=_PART, hint="made of letters, digits and . _ -")
_SCALAR: Final = Either((Text(), Number(), Flag()))
_TEXTS: Final = Items(Text())
_PATHS: Final = Items(Text("A JSONPath (RFC 9535), as $.messages[0].content; quoted inside [ ]."))
_VERSION: Final = Text("An edition version.", choices=EDITIONS)

_EDITION: Final = Either(
    (
        _VERSION,
        Items(_VERSION, least=1),
        Table(
            {"from": _VERSION, "until": _VERSION},
            "The versions of one line from the first up to, not including, the second.",
            called="{from, until}",
        ),
    ),
    "The versions it holds for: one, a list, or {from, until} (until excludes). "
    "Otherwise those in which all its rules hold.",
)
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
        "body": Anything("The body's JSON is exactly this."),
        "body_includes": Anything("The body's JSON is this, or has more keys, at every depth."),
        "body_at": Table(
            {}, "Each match of the JSONPath is exactly this, and there is one.", rest=Anything()
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
        "sequence": Items(Table(_REPLY_KEYS), "One reply after the other; the last stays.", least=1),
    },
    "How the request is answered; without one, with a plausible empty success.",
    called="a mapping such as {json: …}",
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
    called="a mapping such as {host: openrouter.ai}",
)
_INTERACTIONS: Final = Items(INTERACTION, "The requests that must be sent, in this order; [] is none at all.")
_ALLOWED: Final = Items(_LOOK_UP, "Requests that may come any time, and their replies.")
_FORBIDDEN: Final = Items(_PATTERN, "Requests that may never be sent.")
_ORDER: Final = Text("Whether the interactions come in this order.", choices=("strict", "any"))

# ------------------------------------------------------------------ input


def _given(inner: Shape, about: str) -> Shape:
    return Either((inner, Null()), about)


_MAPPING: Final = Table({}, rest=Anything())
_INPUT: Final = Table(
    {
        "operation": _given(Text(choices=OPERATIONS), "What is asked for; otherwise chat."),
        "edition": _given(_VERSION, "The edition to follow; otherwise the one that is run."),
        "model": Anything("The model ref, such as openrouter/anthropic/claude-sonnet-4-6."),
        "base_url": Anything("The base URL; null: the provider's own."),
        "api_key": Anything("The API key, best ${canary.api_key}."),
        "thinking": Anything("The thinking level: off, minimal, low, medium, high, xhigh, adaptive, max."),
        "system": Anything("The system prompt."),
        "history": _given(Items(_MAPPING), "The turns so far."),
        "tools": _given(Items(Anything()), "Tools: name, description, parameters (JSON Schema)."),
        "params": _given(_MAPPING, "Parameters configured for the model."),
        "headers": _given(_MAPPING, "The caller's own headers."),
        "body": _given(_MAPPING, "Fields already in the body."),
        "model_meta": _given(_MAPPING, "What is known of the model."),
        "options": _given(_MAPPING, "Options of this call: max_tokens, temperature, tool_choice, …"),
        "config": _given(_MAPPING, "The configuration."),
        "env": _given(_MAPPING, "Environment variables."),
        "prompt": Anything("Image and video: the prompt."),
        "count": Anything("Image: how many."),
        "images": _given(Items(_MAPPING), "Image and video: pictures to start from."),
        "videos": _given(Items(_MAPPING), "Video: clips to start from."),
        "size": Anything("Image and video: the size, such as 1024x1024."),
        "aspect_ratio": Anything("Image and video: such as 16:9."),
        "resolution": Anything("Image and video: such as 720P."),
        "duration": Anything("Video: seconds."),
        "generate_audio": Anything("Video: whether with sound."),
        "seed": Anything("Video: the seed."),
        "callback_url": Anything("Video: where to report."),
        "text": Anything("Speech: what to say."),
        "voice": Anything("Speech: the voice."),
        "format": Anything("Speech: the audio format."),
        "speed": Anything("Speech: how fast."),
        "calls": Anything("Preflight: how many calls are planned."),
        "retries": Anything("Preflight: how often each may be sent anew."),
        "max_cost": Anything("Preflight: the most that may be spent, in USD."),
        "now": Anything("Preflight: the time at which a key is to be valid; otherwise the present."),
        "timeout_ms": Anything("The time limit."),
        "elapsed_ms": _given(Number(least=0), "Milliseconds since this client's last operation."),
    },
    "What the implementation is given. null: not given.",
    called="a mapping of what the implementation is given",
)

# ------------------------------------------------------------------ suites

STEP: Final = Table(
    {
        "input": Variable(_INPUT),
        "interactions": Variable(_INTERACTIONS),
        "order": _ORDER,
        "outcome": Variable(OUTCOME),
        "allow_requests": Variable(_ALLOWED),
        "forbid_requests": Variable(_FORBIDDEN),
    },
    "One operation of the client.",
    required=("interactions",),
    called="a mapping with input and interactions",
)
INPUT_KEYS: Final = tuple(_INPUT.keys)
"""The keys of `input`."""

_ROW: Final = Table(
    {"id": _ID, "editions": _EDITION},
    "A row: the scenario is run once with ${each.NAME} for each of its keys.",
    rest=Variable(Anything()),
    called="a mapping of values",
)
_SCENARIO: Final = Table(
    {
        "id": _ID,
        "about": Text("What it claims, in a sentence."),
        "rules": _RULE_IDS,
        "tags": _TAGS,
        "editions": _EDITION,
        "evidence": _EVIDENCE,
        "reading": Text("Disputed: which reading is held to.", choices=("docs", "build")),
        "requires": Items(Text(choices=FEATURES), "Features it needs beyond what its keys say."),
        "for_each": Items(_ROW, "Rows; each makes a case.", least=1),
        "variant_of": Text("The id of the scenario whose input it starts from."),
        **STEP.keys,
        "steps": Items(STEP, "Operations of one client, one after the other.", least=1),
    },
    "One scenario.",
    required=("id",),
    called="a mapping with id and interactions",
)

SUITE: Final = Table(
    {
        "suite": Text(
            "The suite's name, such as openrouter/attribution.",
            pattern=rf"{_PART}(?:/{_PART})*",
            hint="made of letters, digits and . _ -, in parts joined by /",
        ),
        "about": Text("What the suite is about."),
        "editions": _EDITION,
        "evidence": _EVIDENCE,
        "tags": _TAGS,
        "rules": _RULE_IDS,
        "vars": Table({}, "Variables, inserted as ${NAME}.", rest=Anything()),
        "defaults": Table(
            {
                "input": Variable(_INPUT),
                "request": Variable(REQUEST),
                "allow_requests": Variable(_ALLOWED),
                "forbid_requests": Variable(_FORBIDDEN),
            },
            "What is laid under every scenario.",
        ),
        "scenarios": Items(_SCENARIO, "The scenarios.", least=1),
    },
    "A suite of scenarios for the provider conformance harness.",
    required=("suite", "scenarios"),
    called="a mapping with suite and scenarios",
)

# ------------------------------------------------------------------ rules

_OPERATION: Final = Text("An operation.", choices=OPERATIONS)
_RULE: Final = Table(
    {
        "id": _ID,
        "text": Text("The rule, in one sentence.", pattern=r"[\s\S]*\S[\s\S]*", hint="a sentence"),
        "editions": _EDITION,
        "evidence": Text("How well it is founded.", choices=EVIDENCE),
        "operation": Either(
            (_OPERATION, Items(_OPERATION, least=1)), "The operations it is about; otherwise chat."
        ),
        "source": Text("Where it is said."),
        "where": Items(
            Text("A header's name, a JSONPath, or url, outcome, requests, timing."),
            "Where a difference is charged to it.",
        ),
    },
    "One rule.",
    required=("id", "text", "editions", "evidence", "source"),
    called="a mapping with id and text",
)
RULES: Final = Table(
    {"rules": Items(_RULE, "The rules.")},
    "Rules that scenarios name.",
    required=("rules",),
    called="a mapping with rules",
)

NAMED: Final = {
    id(REQUEST): "request",
    id(_REPLY): "reply",
    id(INTERACTION): "interaction",
    id(_INPUT): "input",
    id(OUTCOME): "outcome",
    id(_LOOK_UP): "look_up",
    id(_PATTERN): "pattern",
    id(_SCALAR): "scalar",
    id(_PATHS): "paths",
    id(STEP): "step",
    id(_SCENARIO): "scenario",
    id(_EDITION): "editions",
    id(_RULE): "rule",
}
"""Names of the shapes that stand in several places, by their identity."""
