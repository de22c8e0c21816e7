"""The reply to each request of a case, and how the requests compare with the recordings they were played."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from harness.judge import Assignment
from harness.model import Assigned, Case, Difference, JsonValue, Judgement, Reply, Request
from harness.redaction import Redactor
from harness.wire.replies import render

if TYPE_CHECKING:
    from harness.cassettes import Played, Replay

__all__ = ["CaseReplay", "RecordingCheck"]

_NOT_EXPECTED = Reply(
    status=404,
    headers=(("content-type", "application/json"),),
    chunks=(b'{"error":{"code":404,"message":"no interaction of this case expects this request"}}',),
)


class RecordingCheck(NamedTuple):
    """How the requests of a case compare with its recordings.

    Requests that differ are `unverified`, a sentence for each difference, or `differences` where their
    interaction says `check_request`. `played` is the cassette and interaction of each request that a
    cassette was to answer; the interaction is None where it had no answer.
    """

    unverified: tuple[str, ...] = ()
    differences: tuple[Difference, ...] = ()
    played: tuple[tuple[str, int | None], ...] = ()


class CaseReplay:
    """Answers the requests of one case, one after the other, as its interactions say.

    An interaction's reply is written in its scenario, recorded in a cassette below the folder `cassettes`,
    or else comes from the contract's mock provider, with one state for all steps; where the verdict cannot
    depend on the reply, it is a plausible success. A request that no interaction expects is answered 404.
    What a cassette has played in one step is not played again in the next unless nothing else is left.
    """

    def __init__(self, case: Case, cassettes: Path) -> None:
        self._case = case
        self._cassettes = cassettes
        self._respond = case.provider()
        self._assignments: dict[int, Assignment] = {}
        self._any_reply_will_do = _ends_with_one_request(case)
        self._replays: dict[str, Replay] = {}
        self._log: list[tuple[int, Played]] = []

    def __call__(self, step: int, request: Request) -> Reply:
        """Return the reply to a request of a step, counted from 0.

        Raises `UsageError` for a cassette or an interaction that does not exist and `LoadError` for a
        cassette that cannot be read.
        """
        if step not in self._assignments:
            self._assignments[step] = Assignment(self._case.steps[step])
        assigned = self._assignments[step].assign(request)
        if assigned.interaction is None:
            return _NOT_EXPECTED
        reply = assigned.reply
        if reply is None:
            return render({} if self._any_reply_will_do else None, request, respond=self._respond)
        if "cassette" not in reply:
            return render(reply, request, respond=self._respond)
        found = self._play(step, request, reply).reply
        fault = reply.get("fault")
        return found if fault is None else replace(found, fault=fault, pauses_ms=())

    def check(self, judgement: Judgement) -> RecordingCheck:
        """Compare the requests of the judged case with the recordings that answered them.

        A request that its implementation sent without waiting for the reply is played now.
        """
        unverified: list[str] = []
        differences: list[Difference] = []
        played: list[tuple[str, int | None]] = []
        for step, number, assigned, reply in _recorded(judgement):
            from harness.cassettes.drift import find_drift

            one = self._logged(step, assigned.request) or self._play(step, assigned.request, reply)
            played.append((str(reply["cassette"]), None if one.recorded is None else one.recorded.number))
            notes = find_drift(one, reply["cassette"], Redactor(self._case.canaries))
            interaction = assigned.interaction
            assert interaction is not None
            if not interaction.check_request:
                unverified += notes
                continue
            rules = tuple(rule.id for rule in self._case.rules)
            at = (*interaction.at, "reply")
            differences += [Difference("body", "", note, at, step, number, rules=rules) for note in notes]
        return RecordingCheck(tuple(unverified), tuple(differences), tuple(played))

    def _play(self, step: int, request: Request, reply: Mapping[str, JsonValue]) -> Played:
        played = self._replay(reply["cassette"]).answer(request, reply.get("interaction"))
        self._log.append((step, played))
        return played

    def _replay(self, cassette: str) -> Replay:
        if cassette not in self._replays:
            from harness.cassettes import Replay, open_cassette

            self._replays[cassette] = Replay(
                open_cassette(self._cassettes / cassette),
                repeats=True,
                any_body=True,
                mask=Redactor(self._case.canaries),
            )
        return self._replays[cassette]

    def _logged(self, step: int, request: Request) -> Played | None:
        """Take what was played for a request of a step from the log; None if it was not played yet."""
        for index, (played_in, played) in enumerate(self._log):
            if played_in == step and _same(played.request, request):
                del self._log[index]
                return played
        return None


def _recorded(judgement: Judgement) -> Iterator[tuple[int, int, Assigned, Mapping[str, Any]]]:
    """Yield the requests that cassettes are to answer, with step, number and reply."""
    for step, requests in enumerate(judgement.assigned):
        for number, assigned in enumerate(requests):
            reply = assigned.reply
            if reply is not None and "cassette" in reply:
                yield step, number, assigned, reply


def _same(one: Request, other: Request) -> bool:
    return (one.method, one.url, one.body) == (other.method, other.url, other.body)


def _ends_with_one_request(case: Case) -> bool:
    """Whether nothing can follow from the reply: one chat request is expected, and no outcome."""
    if len(case.steps) != 1:
        return False
    (step,) = case.steps
    return (
        step.outcome is None
        and step.operation == "chat"
        and len(step.interactions) == 1
        and step.interactions[0].most == 1
    )
