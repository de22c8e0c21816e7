"""A recorded response as a reply that holds together: headers that are true of the body, and its chunks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harness.model import Headers, JsonValue, Reply
from harness.redaction import content_encodings

__all__ = ["Timing", "reply_of"]

_FRAMING = "transfer-encoding"
_BODILESS_STATUS = (204, 304)


@dataclass(frozen=True, slots=True)
class Timing:
    """What the metadata of a cassette say of one reply: the lengths of its chunks, the pauses before them
    in milliseconds, and how it broke off. Taken as stated; None where nothing is."""

    lengths: JsonValue = None
    pauses: JsonValue = None
    fault: JsonValue = None

    @classmethod
    def by_number(cls, metadata: Mapping[str, JsonValue]) -> dict[int, Timing]:
        """By the number of the interaction."""
        parts = [_by_number(metadata.get(name)) for name in ("chunks", "pauses_ms", "faults")]
        numbers = {number for part in parts for number in part}
        return {number: cls(*(part.get(number) for part in parts)) for number in numbers}


def _by_number(stated: JsonValue) -> dict[int, JsonValue]:
    if not isinstance(stated, dict):
        return {}
    return {int(number): value for number, value in stated.items() if str(number).isdecimal()}


def reply_of(
    method: str, status: int, headers: Headers, body: bytes, timing: Timing
) -> tuple[Reply, Reply | None, list[str]]:
    """The reply as a client reads it, the same compressed if that is how it is kept, and what was put
    right, a sentence each."""
    repairs: list[str] = []
    codings: list[str] = []
    stream = False
    length: str | None = None
    for name, value in headers:
        lower = name.lower()
        if lower == "content-type":
            stream = value.strip().lower().startswith("text/event-stream")
        elif lower == "content-encoding":
            codings += [coding.strip().lower() for coding in value.split(",") if coding.strip()]
        elif lower == "content-length":
            length = value
        elif lower == _FRAMING:
            headers = _without(headers, _FRAMING)
    if method == "HEAD" or (status in _BODILESS_STATUS and not body):
        return Reply(status, headers, _whole(body), _fault(timing, repairs)), None, repairs
    if length is not None and length.strip() != str(len(body)):
        repairs.append(f"its content-length is {length}, but its body has {len(body)} bytes")
        headers = _with_length(headers, len(body))
    chunks, pauses = _chunks(body, timing, repairs, by_event=stream and not codings)
    fault = _fault(timing, repairs)
    if not codings or codings == ["identity"]:
        return Reply(status, headers, chunks, fault, pauses), None, repairs
    coding = codings[0] if len(codings) == 1 else ""
    undone = content_encodings.undo(coding, chunks or (body,)) if body else None
    if undone is not None:
        encoded = Reply(status, headers, chunks, fault, pauses)
        return _decoded(encoded, undone, stream), encoded, repairs
    if content_encodings.is_text(body):
        repairs.append(f"its body is stored decoded: content-encoding {', '.join(codings)} omitted")
        headers = _without(headers, "content-encoding")
        if stream and len(chunks) == 1 and not pauses:
            chunks = _events(body)
    elif content_encodings.is_known(coding):
        repairs.append(f"its body cannot be decoded as {coding}: kept as it is")
    return Reply(status, headers, chunks, fault, pauses), None, repairs


def _decoded(encoded: Reply, pieces: Sequence[bytes], stream: bool) -> Reply:
    """The reply with what each chunk adds to the body; one that adds nothing is waited for with the next."""
    pauses = encoded.pauses_ms
    chunks: list[bytes] = []
    waits: list[float] = []
    waited = 0.0
    for number, piece in enumerate(pieces):
        waited += pauses[number] if pauses else 0.0
        if piece:
            chunks.append(piece)
            waits.append(waited)
            waited = 0.0
    headers = _without(encoded.headers, "content-encoding")
    headers = _with_length(headers, sum(map(len, chunks)))
    split = _events(b"".join(chunks)) if stream and len(encoded.chunks) == 1 and not pauses else tuple(chunks)
    return Reply(encoded.status, headers, split, encoded.fault, tuple(waits) if pauses else ())


def _without(headers: Headers, dropped: str) -> Headers:
    return tuple(pair for pair in headers if pair[0].lower() != dropped)


def _with_length(headers: Headers, length: int) -> Headers:
    return tuple(
        (name, str(length) if name.lower() == "content-length" else value) for name, value in headers
    )


# ------------------------------------------------------------------ chunks


def _chunks(
    body: bytes, timing: Timing, repairs: list[str], *, by_event: bool
) -> tuple[tuple[bytes, ...], tuple[float, ...]]:
    """The body in the chunks it came in, if the metadata have their lengths, with the pauses before them;
    else a stream by its events."""
    if not body:
        return (), ()
    lengths, pauses = timing.lengths, timing.pauses
    chunks = _events(body) if by_event else (body,)
    if lengths is not None:
        if _add_up(lengths, len(body)):
            chunks = tuple(_cut(body, lengths))
        else:
            repairs.append("the chunk lengths in its metadata do not add up to its body: ignored")
    if pauses is None:
        return chunks, ()
    if not _are_pauses(pauses) or len(pauses) != len(chunks):
        repairs.append("the pauses in its metadata do not match its chunks: ignored")
        return chunks, ()
    return chunks, tuple(map(float, pauses))


def _whole(body: bytes) -> tuple[bytes, ...]:
    return (body,) if body else ()


def _add_up(lengths: Any, size: int) -> bool:
    return (
        isinstance(lengths, list)
        and all(type(length) is int and length > 0 for length in lengths)
        and sum(lengths) == size
    )


def _are_pauses(pauses: Any) -> bool:
    return isinstance(pauses, list) and all(type(pause) in (int, float) and pause >= 0 for pause in pauses)


def _cut(body: bytes, lengths: list[int]) -> Iterator[bytes]:
    start = 0
    for length in lengths:
        yield body[start : start + length]
        start += length


def _events(body: bytes) -> tuple[bytes, ...]:
    end = b"\r\n\r\n" if b"\r\n\r\n" in body else b"\n\n"
    *events, rest = body.split(end)
    whole = [event + end for event in events]
    return (*whole, rest) if rest else tuple(whole)


# ------------------------------------------------------------------ faults

_FAULTS = ("timeout", "reset", "refused", "truncated", "slow")


def _fault(timing: Timing, repairs: list[str]) -> str | None:
    fault = timing.fault
    if fault is None:
        return None
    if fault not in _FAULTS:
        repairs.append(f"unknown fault {fault!r} in its metadata: ignored")
        return None
    return str(fault)
