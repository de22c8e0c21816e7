"""Takes everything secret out of recorded interactions before they are stored.

Never used before a comparison: what is judged is the request as it was sent.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

from harness.model import Headers, JsonValue, Reply, Request
from harness.redaction.bodies import Chunked, chunked, decode, from_utf8, to_utf8, with_boundaries
from harness.redaction.finding import Reading, TextScrubber
from harness.redaction.known import Known
from harness.redaction.messages import as_url, encode, first_value, reading_of, secret_part
from harness.redaction.names import credentials_in, key_kind, kind_of_header, treatment
from harness.redaction.placeholders import Placeholders, is_empty_cookie, is_placeholder
from harness.redaction.rules import COMMON, RedactionRules, Side
from harness.redaction.spans import moved

__all__ = ["Scrubbed", "Scrubber"]

_NOTE = "scrubbed"


class Exchange(Protocol):
    """A recorded request with its reply: a dataclass, `encoded` being the reply as it was compressed."""

    @property
    def request(self) -> Request: ...
    @property
    def reply(self) -> Reply: ...
    @property
    def encoded(self) -> Reply | None: ...


_Exchange = TypeVar("_Exchange", bound=Exchange)


class Scrubbed(NamedTuple, Generic[_Exchange]):
    """Interactions and metadata without secrets; `metadata["scrubbed"]` names the rules that found some."""

    interactions: tuple[_Exchange, ...]
    metadata: dict[str, JsonValue]


class Scrubber:
    """Replaces secrets in recorded interactions by placeholders such as `REDACTED-api-key-1`.

    `secrets` are values that must not be stored, by name: keys and canaries. Every value of `environment`
    (else the process's own) that looks like a credential is one of them. They are found in whatever way
    they are written; other secrets are found by the header, parameter or key they stand in and by their
    shape (docs/cassettes.md, Scrubbing). `rules` add headers that are kept.

    Within one cassette a secret has one placeholder. Scrubbing what is scrubbed changes nothing.
    """

    def __init__(
        self,
        secrets: Mapping[str, str] | None = None,
        *,
        environment: Mapping[str, str] | None = None,
        rules: RedactionRules = COMMON,
    ) -> None:
        ambient = credentials_in(os.environ if environment is None else environment)
        self.known = Known({**ambient, **(secrets or {})})
        self.rules = rules

    def scrub(
        self, interactions: Sequence[_Exchange], metadata: Mapping[str, JsonValue] | None = None
    ) -> Scrubbed[_Exchange]:
        """Return the interactions of one cassette and its metadata, scrubbed; the arguments stay."""
        stated = dict(metadata or {})
        placeholders = Placeholders(_texts(interactions, stated))
        cassette = _Cassette(TextScrubber(self.known, placeholders), self.rules)
        scrubbed = tuple(cassette.interaction(each) for each in interactions)
        stored: dict[str, JsonValue] = cassette.value("", stated)
        noted = stored.get(_NOTE)
        before = noted if isinstance(noted, list) else [noted] if isinstance(noted, str) else []
        stored[_NOTE] = sorted({str(rule) for rule in before} | cassette.text.rules)
        return Scrubbed(scrubbed, stored)


def _texts(interactions: Iterable[Exchange], metadata: Mapping[str, JsonValue]) -> Iterator[bytes]:
    """Everything in which a placeholder may already stand."""
    yield encode(repr(metadata))
    for each in interactions:
        yield encode(each.request.url)
        yield each.request.body
        yield each.reply.body
        for name, value in (*each.request.headers, *each.reply.headers):
            yield encode(name)
            yield encode(value)


class _Cassette:
    """One cassette while it is scrubbed."""

    def __init__(self, text: TextScrubber, rules: RedactionRules) -> None:
        self.text = text
        self._rules = rules

    def interaction(self, recorded: _Exchange) -> _Exchange:
        request, reply = self._request(recorded.request), self._reply(recorded.reply, recorded.request.url)
        stored: Any = recorded
        scrubbed: _Exchange = replace(stored, request=request, reply=reply, encoded=None)
        return scrubbed

    def value(self, key: str, value: JsonValue) -> JsonValue:
        """A value of the metadata, with everything in it."""
        if isinstance(value, str):
            left = encode(self._text(value))
            kind = key_kind(encode(key), left)
            if kind is not None and not is_placeholder(left):
                left = self.text.replace(left, f"field {key}", kind)
            return left.decode("utf-8", "surrogatepass")
        if isinstance(value, Mapping):
            return {
                self._text(name) if isinstance(name, str) else name: self.value(str(name), item)
                for name, item in value.items()
            }
        if isinstance(value, list | tuple):
            return [self.value(key, item) for item in value]
        return value

    def _request(self, request: Request) -> Request:
        headers = self._headers(request.headers, "request")
        body = Chunked((request.body,), ())
        if coding := first_value(request.headers, "content-encoding"):
            plain = decode(coding, body)
            if (
                plain is not None
                and self._body("request", request.url, request.headers, plain).body != plain.body
            ):
                body = plain
                headers = _without(headers, "content-encoding")
        scrubbed = self._body("request", request.url, request.headers, body).body
        if scrubbed != request.body:
            headers = _with_length(headers, len(scrubbed))
        url = self._text(request.url, as_url)
        return replace(request, url=url, method=self._text(request.method), headers=headers, body=scrubbed)

    def _reply(self, reply: Reply, url: str) -> Reply:
        headers = self._headers(reply.headers, "response")
        body = chunked(reply.chunks, reply.pauses_ms)
        if coding := first_value(reply.headers, "content-encoding"):
            plain = decode(coding, body)
            if plain is not None:
                body = plain
                headers = _without(headers, "content-encoding")
                self.text.rules.add("content encoding")
        body = self._body("response", url, reply.headers, body)
        if body.body != reply.body or coding:
            headers = _with_length(headers, len(body.body))
        return replace(reply, headers=headers, chunks=body.chunks, pauses_ms=body.pauses_ms)

    def _headers(self, headers: Headers, side: Side) -> Headers:
        kept = []
        for name, value in headers:
            what = treatment(name, side, self._rules)
            if what == "drop":
                self.text.rules.add("response header not listed")
            else:
                kept.append(
                    (
                        self._text(name),
                        self._header(name, value, side) if what == "replace" else self._text(value, as_url),
                    )
                )
        return tuple(kept)

    def _header(self, name: str, value: str, side: Side) -> str:
        scheme, secret = secret_part(value)
        stated = encode(secret)
        kind = kind_of_header(name, side, self._rules)
        if is_placeholder(stated) or (kind == "cookie" and is_empty_cookie(stated)):
            return value
        rule = f"header {name.lower()}" if kind else "request header not listed"
        return scheme + self.text.replace(stated, rule, kind or "header").decode()

    def _body(self, side: Side, url: str, headers: Headers, body: Chunked) -> Chunked:
        reading = reading_of(side, url, headers)
        whole = body.body
        wide = to_utf8(first_value(headers, "content-type"), whole)
        if wide is not None:
            text, charset = wide
            scrubbed = self.text(text, reading).text
            if scrubbed == text:
                return body
            return chunked((from_utf8(scrubbed, charset),), body.pauses_ms[:1])
        redacted = self.text(whole, reading)
        if redacted.text == whole:
            return body
        ends = body.boundaries
        for edits in redacted.passes:
            ends = moved(ends, edits)
        return with_boundaries(redacted.text, ends, body.pauses_ms)

    def _text(self, text: str, reading: Reading | None = None) -> str:
        stated = encode(text)
        redacted = self.text(stated, reading) if reading else self.text(stated)
        return redacted.text.decode("utf-8", "surrogatepass")


def _without(headers: Headers, name: str) -> Headers:
    return tuple(pair for pair in headers if pair[0].lower() != name)


def _with_length(headers: Headers, length: int) -> Headers:
    return tuple(
        (name, str(length) if name.lower() == "content-length" else value) for name, value in headers
    )
