"""A request as the judge looks at it: URL in parts, headers by name, body as JSON; each read once."""

from __future__ import annotations

from typing import Any

import orjson

from harness.matchers import MISSING, SplitUrl, query_of, read_json, split_url
from harness.model import Request

__all__ = ["RequestView"]


class RequestView:
    """An observed request. `headers` maps names in lower case to their values in order, `names` to the
    names as sent."""

    __slots__ = ("_body", "_problem", "_query", "_url", "_written_as", "headers", "names", "request")

    def __init__(self, request: Request) -> None:
        self.request = request
        self.headers: dict[str, list[str]] = {}
        self.names: dict[str, str] = {}
        for name, value in request.headers:
            lowered = name.lower()
            self.headers.setdefault(lowered, []).append(value)
            self.names.setdefault(lowered, name)
        self._url: SplitUrl | None = None
        self._query: dict[str, list[str]] | None = None
        self._body: Any = _UNREAD
        self._problem: str | None = None
        self._written_as: Any = _UNREAD

    @property
    def url(self) -> SplitUrl:
        if self._url is None:
            self._url = split_url(self.request.url)
        return self._url

    @property
    def query(self) -> dict[str, list[str]]:
        if self._query is None:
            self._query = query_of(self.request.url)
        return self._query

    @property
    def body(self) -> Any:
        """The body's JSON value; `MISSING` where it is empty or has a problem."""
        if self._body is _UNREAD:
            self._read()
        return self._body

    @property
    def body_problem(self) -> str | None:
        """Why the body cannot be read as JSON (an empty one has no problem, it is `MISSING`)."""
        if self._body is _UNREAD:
            self._read()
        return self._problem

    def is_written_as(self, expected: Any) -> bool:
        """Whether the body is the expected JSON as it would be written, byte for byte: then it need not be
        read. False says nothing: keys may come in another order, there may be spaces between them or
        matchers."""
        if self._written_as is not expected:
            if not _is_text_of(expected, self.request.body):
                return False
            self._written_as = expected
        return True

    def _read(self) -> None:
        self._body = MISSING
        if self.request.body:
            try:
                self._body = read_json(self.request.body)
            except ValueError as error:
                self._problem = str(error)


_UNREAD = object()


def _is_text_of(expected: Any, body: bytes) -> bool:
    try:
        wanted = orjson.dumps(expected)
    except TypeError:
        return False
    return wanted == body and (b"$" not in wanted or b'"$' not in wanted)  # a single sign is found faster
