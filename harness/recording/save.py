"""Save a case's answers to its files, if they are fit to be recorded, and verify what was written."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import orjson

from harness.cassettes import Cassette, Recorded, Replay
from harness.cassettes.reading import read
from harness.cassettes.writing import write_cassette
from harness.model import Case, ImplementationInfo, JsonValue, Reply, Request
from harness.recording.answers import is_stream
from harness.recording.live_responder import Exchange
from harness.recording.plan import expected_failure
from harness.recording.protocol import ProviderFailure
from harness.recording.provider import Provider
from harness.redaction import Redactor, Scrubber

__all__ = ["Origin", "problems", "save", "scenario_digest"]

_MODEL_CALL = re.compile(
    r"/(?:chat/completions|responses|messages)$|:(?:stream)?generateContent$", re.IGNORECASE
)
"""The end of a path whose answers are JSON or events."""


class Origin:
    """What the files of a recording say about their origin."""

    def __init__(self, about: ImplementationInfo, source: str) -> None:
        self._about = about
        self._source = source

    def of(self, case: Case, exchanges: Sequence[Exchange]) -> dict[str, JsonValue]:
        """Return the metadata of a file with these exchanges."""
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


def problems(
    case: Case, exchanges: Sequence[Exchange], provider: Provider, *, cache_hits: bool
) -> Iterator[str]:
    """Yield why the answers of a case are not what its recording should hold, a sentence each.

    In a step that expects an error, one answer has to be that error; what leads to it, such as a look-up in
    a catalog, is answered as always.
    """
    redact = Redactor(case.canaries)
    for number, step in enumerate(case.steps):
        expected = expected_failure(case, step)
        answered = [_Answered.of(made, provider) for made in exchanges if made.step == number]
        for each in answered:
            wrong = each.wrong(expected, provider, cache_hits=cache_hits)
            if wrong is not None:
                yield redact(f"{each.request.method} {each.request.url} {wrong}")
        if expected is not None and answered and not any(each.failure for each in answered):
            last = answered[-1]
            wrong = f"was answered with {last.reply.status}, but the case expects an error"
            yield redact(f"{last.request.method} {last.request.url} {wrong}")


@dataclass(frozen=True, slots=True)
class _Answered:
    """A request, its whole answer, and how that failed; `problem` is how the connection failed."""

    request: Request
    reply: Reply
    failure: ProviderFailure | None
    problem: str

    @classmethod
    def of(cls, made: Exchange, provider: Provider) -> _Answered:
        reply = made.call.finish()
        failure = provider.classify(made.request, reply)
        return cls(made.request, reply, failure, made.call.response.problem)

    def wrong(
        self, expected: Mapping[str, Any] | None, provider: Provider, *, cache_hits: bool
    ) -> str | None:
        """Return what is wrong with the answer in a step that expects this error (None: no error)."""
        if self.failure is None:
            return self._wrong_success(provider, cache_hits=cache_hits)
        kind = None if expected is None else expected.get("class")
        if expected is not None and not isinstance(kind, str):
            return None  # any error will do
        if kind == self.failure.kind:
            return None
        if self.problem:
            return f"failed: {self.problem}"
        instead = "" if kind is None else f", not {kind}"
        return f"was answered with an error ({self.failure.kind}){instead}: {self.failure.message}"

    def _wrong_success(self, provider: Provider, *, cache_hits: bool) -> str | None:
        if not 200 <= self.reply.status < 300:
            return f"was answered with {self.reply.status}"
        path = urlsplit(self.request.url).path
        if _MODEL_CALL.search(path) and not is_stream(self.reply.headers) and not _is_json(self.reply.body):
            return "was answered with neither JSON nor a stream of events"
        wrong = provider.unfit(self.request, self.reply, cache_hits=cache_hits)
        return None if wrong is None else f"was answered with {wrong}"


def _is_json(body: bytes) -> bool:
    try:
        orjson.loads(body)
    except orjson.JSONDecodeError:
        return False
    return True


def save(
    path: Path, case: Case, exchanges: Sequence[Exchange], origin: Origin, scrubber: Scrubber
) -> str | None:
    """Write the exchanges to `path`, scrubbed, and replay them to the requests they were made with.

    Return what is wrong with the file that was written, None if nothing is. Raises `CassetteLeak` if it
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
            return f"interaction {kept.number} reads back with a different request"
        if (kept.reply.status, kept.reply.body) != (found.reply.status, found.reply.body):
            return f"interaction {kept.number} reads back with a different answer"
        asked = before.request if kept.request.body == before.request.body else kept.request
        played = replay.answer(replace(asked, url=kept.request.url)).recorded
        if played is None or played.number != kept.number:
            return f"interaction {kept.number} is not replayed for its own request"
    return None


def scenario_digest(case: Case) -> str:
    """Return a digest of what the case asks for and expects; the same in every run and on every machine."""
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
    """Return a reply without the folder of its recording."""
    named = {"cassette": Path(reply["cassette"]).name} if "cassette" in reply else {}
    return {**reply, **named}
