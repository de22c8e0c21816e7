"""The vocabulary of the harness as frozen values. No I/O, and nothing of ours but errors is imported.

Data goes one way: a `Case` is performed by an `Implementation`, which gives an `Observation`;
judging it gives a `Judgement`, and the run turns that into a `Verdict`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, TypeAlias

from harness.errors import Location

__all__ = [
    "DECLARED_INPUTS",
    "EVIDENCE",
    "FEATURES",
    "OUTCOME_WORDS",
    "Assigned",
    "BlindSpot",
    "Case",
    "CaseRun",
    "Difference",
    "DifferenceKind",
    "Failure",
    "Headers",
    "Implementation",
    "ImplementationInfo",
    "Interaction",
    "JsonValue",
    "Judgement",
    "Location",
    "Observation",
    "Reply",
    "Request",
    "Responder",
    "Rule",
    "RuleScope",
    "Status",
    "Step",
    "StepObservation",
    "Verdict",
    "reason_phrase",
]

JsonValue: TypeAlias = Any
"""What `json.loads` returns: None, bool, int, float, str, list or dict of these."""

Headers: TypeAlias = tuple[tuple[str, str], ...]
"""Name-value pairs as sent: order, letter case and repeats are kept."""

OUTCOME_WORDS = ("text", "tool_calls", "usage", "finish_reason", "error", "artifacts")
"""The words of an outcome that every contract has."""

EVIDENCE = ("documented", "observed", "disputed")
"""How well a rule is founded, strongest first."""

FEATURES = ("outcome", "replies", "clock", "steps")
"""What an implementation may be able to do beyond answering with one request."""

DECLARED_INPUTS = frozenset({"tools", "params", "headers", "body", "options", "config", "env"})
"""Inputs that only some implementations take, and declare (`ImplementationInfo.inputs`).

Every implementation takes the others: model, base_url, api_key, thinking, system, history, and the inputs of
the operations that it declares."""


# ------------------------------------------------------------------ on the wire


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request as an implementation would send it.

    `timeout_ms` is the time limit it is sent with and `after_ms` the time waited since the request
    before it, both in milliseconds and None where the implementation does not tell.
    """

    method: str
    url: str
    headers: Headers = ()
    body: bytes = b""
    timeout_ms: float | None = None
    after_ms: float | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer to a request: a response in chunks, or a fault (perhaps after some chunks).

    `fault` is one of timeout, reset, refused, truncated, slow. `pauses_ms` is how long before each chunk
    the provider paused when it was recorded; empty if that is not known. `reason` is the reason phrase where
    it is not the standard one of the status.
    """

    status: int = 200
    headers: Headers = ()
    chunks: tuple[bytes, ...] = ()
    fault: str | None = None
    pauses_ms: tuple[float, ...] = ()
    reason: str = ""

    @property
    def body(self) -> bytes:
        return b"".join(self.chunks)

    @property
    def phrase(self) -> str:
        """The reason phrase to send."""
        return self.reason or reason_phrase(self.status)


def reason_phrase(status: int) -> str:
    """Return the standard reason phrase of a status; empty if it has none."""
    from http import HTTPStatus

    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


# ------------------------------------------------------------------ rules and cases


@dataclass(frozen=True, slots=True)
class RuleScope:
    """The part of a request in which a difference is charged to a rule (docs/contracts.md, Rules)."""

    headers: tuple[str, ...] = ()  # names, `*` allowed
    body: tuple[str, ...] = ()  # JSONPaths of names, indices, `*` and `..name`
    url: bool = False  # method and URL
    outcome: bool = False
    requests: bool = False  # requests that should not, or should, have been sent
    timing: bool = False  # waits and time limits


@dataclass(frozen=True, slots=True)
class Rule:
    """One numbered statement of the behaviour that scenarios hold an implementation to."""

    id: str
    text: str
    editions: tuple[str, ...]  # the versions it holds for
    evidence: str
    operations: tuple[str, ...]
    source: str
    where: RuleScope
    location: Location


@dataclass(frozen=True, slots=True)
class Interaction:
    """An expected request and how it is answered. `request` and `reply` hold the keys of the scenario
    format with variables filled in; matchers stand in them as written (`{"$any": "string"}`).

    `at` is its address in the case, for `scenarios.locate`: ("interactions", 0) or, in the second of
    several steps, ("steps", 1, "interactions", 0).
    """

    request: Mapping[str, JsonValue]
    at: tuple[str | int, ...]
    id: str | None = None
    replies: tuple[Mapping[str, JsonValue], ...] = ()  # of a sequence several; the last one stays
    check_request: bool = False
    least: int = 1
    most: int | None = 1  # None: any number
    after_ms: tuple[JsonValue, ...] = ()  # numbers, or matchers of numbers


@dataclass(frozen=True, slots=True)
class Step:
    """One operation: what the implementation is given, and what must follow."""

    input: Mapping[str, JsonValue]
    interactions: tuple[Interaction, ...]
    at: tuple[str | int, ...] = ()  # () or ("steps", n)
    order: Literal["strict", "any"] = "strict"
    outcome: Mapping[str, JsonValue] | None = None
    allow_requests: tuple[Interaction, ...] = ()
    forbid_requests: tuple[Mapping[str, JsonValue], ...] = ()

    @property
    def operation(self) -> str:
        operation: str = self.input.get("operation") or "chat"
        return operation


@dataclass(frozen=True, slots=True)
class Case:
    """A scenario expanded over one row and one edition: what is actually run."""

    name: str  # suite/scenario or suite/scenario/row
    suite: str
    edition: str
    steps: tuple[Step, ...]
    file: str
    line: int
    about: str = ""
    evidence: str = "documented"
    reading: str | None = None  # docs or build, of a disputed case
    rules: tuple[Rule, ...] = ()  # those in force in this edition
    tags: tuple[str, ...] = ()
    requires: tuple[str, ...] = ()  # features, from its keys and as declared
    canaries: Mapping[str, str] = field(default_factory=dict)  # name → secret minted for this case
    contract: str = ""  # the contract's name; empty outside any
    base_url: str = ""  # where requests go whose input names no base URL; empty if that is not known
    required_operations: frozenset[str] = frozenset()  # beyond those of its steps, as the contract says
    outcome_words: tuple[str, ...] = OUTCOME_WORDS  # an outcome has at least one of them
    respond: Callable[[Request, MutableMapping[str, Any]], Reply] | None = None
    """The contract's mock provider: it answers what no interaction has a reply for."""

    def provider(self) -> Callable[[Request], Reply] | None:
        """Return the contract's mock provider with a state of its own, or None if there is none."""
        respond = self.respond
        if respond is None:
            return None
        state: dict[str, Any] = {}
        return lambda request: respond(request, state)

    @property
    def title(self) -> str:
        """Its name, with the edition if it has one: `suite/scenario [2026-05]`."""
        return f"{self.name} [{self.edition}]" if self.edition else self.name

    @property
    def operation(self) -> str:
        """The operation of its first step."""
        return self.steps[0].operation

    @property
    def is_recorded(self) -> bool:
        """Whether one of its replies comes from a cassette."""
        for step in self.steps:
            for interaction in (*step.interactions, *step.allow_requests):
                for reply in interaction.replies:
                    if "cassette" in reply:
                        return True
        return False

    @property
    def operations(self) -> frozenset[str]:
        """Everything that an implementation must be able to do."""
        return self.required_operations.union(step.operation for step in self.steps)


# ------------------------------------------------------------------ performing


BlindSpot: TypeAlias = Literal[
    "header-case", "header-order", "header-duplicates", "outcome", "timeout", "timing"
]
"""What a way of observing may be unable to see."""


@dataclass(frozen=True, slots=True)
class StepObservation:
    """What was seen in one step: the requests in the order sent, and what was reported back.

    `outcome` is None when nothing was reported.
    """

    requests: tuple[Request, ...] = ()
    outcome: Mapping[str, JsonValue] | None = None


@dataclass(frozen=True, slots=True)
class Failure:
    """The implementation, its adapter or the way to it broke: the case says nothing about conformance."""

    message: str
    detail: str = ""  # traceback or stderr


@dataclass(frozen=True, slots=True)
class Observation:
    """What an implementation did in a case; with `unsupported`, until it said that it declines the case."""

    steps: tuple[StepObservation, ...] = ()
    blind_spots: frozenset[BlindSpot] = frozenset()
    unsupported: str | None = None  # the implementation's reason why the case is not for it
    broken: Failure | None = None
    notes: tuple[str, ...] = ()  # what is worth telling beside the requests: an exit status, a refused host


class Responder(Protocol):
    """Gives the reply to a request that an implementation makes in a step (counted from 0)."""

    def __call__(self, step: int, request: Request) -> Reply: ...


@dataclass(frozen=True, slots=True)
class CaseRun:
    """A case to perform, and who answers its requests.

    `live` answers them where a reply can be passed on while it comes in: called like `answers`, it may give
    a `harness.wire` LiveReply as well. `wait` lets the waits of an implementation with a virtual clock pass
    (seconds); without it they take no time.
    """

    case: Case
    answers: Responder
    live: Callable[[int, Request], Any] | None = None
    wait: Callable[[float], None] | None = None


@dataclass(frozen=True, slots=True)
class ImplementationInfo:
    """An implementation's own account of itself. `inputs` of ("*",) means all of them.

    `in_real_time` tells that an answer that never comes takes as long as its own time limit.
    """

    name: str
    address: str
    mode: Literal["shape", "send"] = "shape"
    version: str = ""
    language: str = ""
    homepage: str = ""
    operations: tuple[str, ...] = ("chat",)
    inputs: tuple[str, ...] = ("*",)
    features: tuple[str, ...] = ()
    concurrency: int = 1
    in_real_time: bool = False
    edition: str | None = None  # the one it is meant for
    vars: Mapping[str, JsonValue] = field(default_factory=dict)  # its own `app.*`
    known_failing: str | None = None  # path of its list
    notes: tuple[str, ...] = ()  # what is worth telling about the way it is reached


class Implementation(Protocol):
    """The thing under test, reached through `harness.connect`."""

    @property
    def about(self) -> ImplementationInfo: ...

    def perform(self, jobs: Iterable[CaseRun], *, at_once: int = 1) -> Iterator[tuple[Case, Observation]]:
        """Perform the jobs, at most `at_once` at a time, and yield each as it ends (in any order).

        A case that breaks the implementation yields an `Observation` with `broken`.
        Raises `ImplementationError` when no case at all can be performed any more.
        """
        ...

    def close(self) -> None: ...


# ------------------------------------------------------------------ judging


DifferenceKind: TypeAlias = Literal[
    "request", "method", "url", "headers", "body", "timing", "outcome", "secret"
]
"""`request`: one never sent, or one that should not have been sent. `secret`: a canary out of place."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One way in which an observation departs from the expectation.

    `path` is the header's name, the JSONPath in the body or outcome, or empty. `message` is one line
    with values shortened and canaries under their names. `at` is the address of the expectation in the
    case, `location` the same as a place in its file. `request` counts the step's requests from 0.
    """

    kind: DifferenceKind
    path: str
    message: str
    at: tuple[str | int, ...] = ()
    step: int = 0
    request: int | None = None
    expected: JsonValue = None
    actual: JsonValue = None
    rules: tuple[str, ...] = ()
    location: Location | None = None


@dataclass(frozen=True, slots=True)
class Assigned:
    """A request and the interaction it was counted for (None: it fits none)."""

    request: Request
    interaction: Interaction | None
    repetition: int = 0  # which of the interaction's repeats this is, from 0

    @property
    def reply(self) -> Mapping[str, JsonValue] | None:
        """The reply that the interaction states for this repetition: of several the last one stays."""
        replies = () if self.interaction is None else self.interaction.replies
        return replies[min(self.repetition, len(replies) - 1)] if replies else None


@dataclass(frozen=True, slots=True)
class Judgement:
    """All differences, what could not be checked, and which request went where, by step."""

    differences: tuple[Difference, ...]
    unchecked: tuple[str, ...] = ()
    assigned: tuple[tuple[Assigned, ...], ...] = ()


Status: TypeAlias = Literal["passed", "failed", "errored", "known_failing", "not_applicable", "skipped"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """The result of a case for one implementation."""

    case: Case
    status: Status
    implementation: str = ""
    differences: tuple[Difference, ...] = ()
    unchecked: tuple[str, ...] = ()
    unverified: tuple[str, ...] = ()
    reason: str = ""  # why it errored, is known to fail, is not applicable or was skipped
    detail: str = ""
    observation: Observation | None = None
    played: tuple[tuple[str, int | None], ...] = ()  # cassette and interaction by request; None: a miss
    duration_s: float = 0.0
