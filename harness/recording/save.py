"""From a case's answers to its files: what is fit to be kept, written, and proved by reading it back."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from harness.cassettes import Cassette, Recorded, Replay
from harness.cassettes.reading import read
from harness.cassettes.writing import write_cassette
from harness.model import Case, ImplementationInfo, JsonValue, Reply, Request
from harness.recording.classify import Failure, failure_of, is_stream, native_form
from harness.recording.live_responder import Exchange
from harness.recording.plan import expected_failure
from harness.redaction import Redactor, Scrubber
from harness_openclaw.reference.openrouter.checks import unfit

__all__ = ["Origin", "flaws", "save", "scenario_digest"]

_CHAT = "/chat/completions"


class Origin:
    """What the files of a recording say of where they come from."""

    def __init__(self, about: ImplementationInfo, source: str) -> None:
        self._about = about
        self._source = source

    def of(self, case: Case, exchanges: Sequence[Exchange]) -> dict[str, JsonValue]:
        """The metadata of a file with these exchanges."""
        stated: dict[str, JsonValue] = {
            "recorded_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "source": self._source,
            "scenario": case.name,
            "scenario_digest": scenario_digest(case),
            "implementation": " ".join(filter(None, (self._about.name, self._about.version))),
            "edition": case.edition,
        }
        tried = {
            str(number): list(made.call.tried) for number, made in enumerate(exchanges) if made.call.tried
        }
        return {**stated, "retried_after": tried} if tried else stated


def flaws(case: Case, exchanges: Sequence[Exchange], *, cache_hits: bool) -> Iterator[str]:
    """Why the answers of a case are not what its recording should hold, a sentence each.

    Of a step that expects to be refused one answer has to be the refusal: what leads there, a look at the
    catalog or at a job, is answered as always.
    """
    mask = Redactor(case.canaries)
    for number, step in enumerate(case.steps):
        expected = expected_failure(case, step)
        answered = [_Answered.of(made) for made in exchanges if made.step == number]
        wrong = [(each, each.wrong(expected, cache_hits=cache_hits)) for each in answered]
        for each, what in wrong:
            if what is not None:
                yield mask(f"{each.request.method} {each.request.url} {what}")
        if expected is not None and answered and not any(each.failure for each in answered):
            last = answered[-1]
            what = f"was answered with {last.reply.status}, and the case expects an error"
            yield mask(f"{last.request.method} {last.request.url} {what}")


@dataclass(frozen=True, slots=True)
class _Answered:
    """A request, the whole of its answer, and how that failed, if it did; `problem` is the network's word."""

    request: Request
    reply: Reply
    failure: Failure | None
    problem: str

    @classmethod
    def of(cls, made: Exchange) -> _Answered:
        reply = made.call.finish()
        failure = failure_of(reply, made.request.url)
        return cls(made.request, reply, failure, made.call.arriving.problem)

    def wrong(self, expected: Mapping[str, Any] | None, *, cache_hits: bool) -> str | None:
        """What is wrong with the answer, in a step that expects this failure, or none."""
        if self.failure is None:
            return _wrong_success(self.request, self.reply, cache_hits=cache_hits)
        if expected is None:
            return f"was answered by a failure ({self.failure.kind}): {self.problem or self.failure.said}"
        kind = expected.get("class")
        if isinstance(kind, str) and kind != self.failure.kind:
            said = self.failure.said
            return f"was answered by a failure ({self.failure.kind}), and {kind} is expected: {said}"
        return None


def _wrong_success(request: Request, reply: Reply, *, cache_hits: bool) -> str | None:
    """Why an answer that did not fail is not fit to be kept."""
    if not 200 <= reply.status < 300:
        return f"was answered with {reply.status}"
    is_chat = request.url.partition("?")[0].endswith(_CHAT)
    if is_chat and not is_stream(reply.headers) and not _is_json(reply.body):
        return "was answered by what is neither JSON nor a stream of events"
    wrong = None if native_form(request.url) is not None else unfit(reply, cache_hits=cache_hits)
    return None if wrong is None else f"was answered by {wrong} (OR-PRE-09)"


def _is_json(body: bytes) -> bool:
    try:
        orjson.loads(body)
    except orjson.JSONDecodeError:
        return False
    return True


def save(
    path: Path, case: Case, exchanges: Sequence[Exchange], origin: Origin, scrubber: Scrubber
) -> str | None:
    """Write the exchanges to `path`, scrubbed, and play them back to the requests they were made with.

    Gives what is wrong with the file that was written, None if nothing is. Raises `CassetteLeak` if it
    would hold a secret, and `OSError`.
    """
    recorded = tuple(
        Recorded(number, _bare(made.request), made.call.finish()) for number, made in enumerate(exchanges)
    )
    scrubbed = write_cassette(path, recorded, origin.of(case, exchanges), scrubber)
    return _unlike(Cassette(path, *read(path)), scrubbed.interactions, recorded)


def _bare(request: Request) -> Request:
    return replace(request, timeout_ms=None, after_ms=None)


def _unlike(cassette: Cassette, stored: Sequence[Recorded], made: Sequence[Recorded]) -> str | None:
    """Return how a cassette differs from what was stored in it, or from what it has to answer."""
    replay = Replay(cassette)
    for kept, found, before in zip(stored, cassette.interactions, made, strict=True):
        if (kept.request.method, kept.request.url, kept.request.body) != (
            found.request.method,
            found.request.url,
            found.request.body,
        ):
            return f"interaction {kept.number} reads back with another request"
        if (kept.reply.status, kept.reply.body) != (found.reply.status, found.reply.body):
            return f"interaction {kept.number} reads back with another answer"
        asked = before.request if kept.request.body == before.request.body else kept.request
        played = replay.answer(replace(asked, url=kept.request.url)).recorded
        if played is None or played.number != kept.number:
            return f"interaction {kept.number} is not played for its own request"
    return None


def scenario_digest(case: Case) -> str:
    """A digest of what the case asks for and expects; the same in every run and on every machine."""
    stated: list[Mapping[str, Any]] = [
        {
            "input": step.input,
            "interactions": [
                {"request": each.request, "replies": [_placeless(reply) for reply in each.replies]}
                for each in step.interactions
            ],
            "outcome": step.outcome,
        }
        for step in case.steps
    ]
    text = orjson.dumps(stated, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS).decode()
    return hashlib.blake2b(Redactor(case.canaries)(text).encode(), digest_size=16).hexdigest()


def _placeless(reply: Mapping[str, Any]) -> dict[str, Any]:
    """A reply without the folder in which its recording is."""
    named = {"cassette": Path(reply["cassette"]).name} if "cassette" in reply else {}
    return {**reply, **named}
