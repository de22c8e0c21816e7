"""Whether a request is the one that its reply was recorded for.

The reply of a cassette shows that the provider accepted the request recorded with it. It shows nothing
for a request that is unlike that one: such a case is *unproven*.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import orjson

from harness.cassettes.cassette import Cassette, canonical_body, open_cassette
from harness.masking import Mask
from harness.matchers import escape, normalise_url
from harness.model import Assigned, JsonValue, Request

__all__ = ["prove"]

_SHOWN = 5


def prove(assigned: Assigned, cassettes: Path, mask: Callable[[str], str] | None = None) -> list[str]:
    """How the request differs from its cassette's, a sentence for each difference, secrets masked.

    Empty if its reply comes from no cassette, or if method, URL and body are as recorded; a JSON body is
    compared by value. Headers are not compared: a cassette holds few of them. Raises `LoadError` for a
    cassette that cannot be read and `UsageError` for an interaction that it does not have.
    """
    reply = _reply_of(assigned)
    if reply is None or "cassette" not in reply:
        return []
    cassette = open_cassette(cassettes / reply["cassette"])
    recorded = _recorded(cassette, reply, assigned.request)
    if recorded is None:
        return [f"{reply['cassette']} has no request to this method and URL"]
    where = f"{reply['cassette']}, interaction {recorded[0]}"
    hide = mask or Mask()
    return [f"unlike {where}: {change}" for change in _differences(recorded[1], assigned.request, hide)]


def _reply_of(assigned: Assigned) -> Mapping[str, JsonValue] | None:
    if assigned.interaction is None or not assigned.interaction.replies:
        return None
    replies = assigned.interaction.replies
    return replies[min(assigned.repetition, len(replies) - 1)]


def _recorded(cassette: Cassette, reply: Mapping[str, Any], request: Request) -> tuple[int, Request] | None:
    number = reply.get("interaction")
    found = cassette.find(request) if number is None else cassette.interaction(number)
    return None if found is None else (found.number, found.request)


def _differences(recorded: Request, request: Request, mask: Callable[[str], str]) -> list[str]:
    differences = []
    if recorded.method.upper() != request.method.upper():
        differences.append(f"method {recorded.method} was recorded, {request.method} is sent")
    if normalise_url(recorded.url) != normalise_url(request.url):
        differences.append(mask(f"URL {recorded.url} was recorded, {request.url} is sent"))
    if canonical_body(recorded.body) != canonical_body(request.body):
        differences.extend(_body_differences(recorded.body, request.body, mask))
    return differences


def _body_differences(recorded: bytes, sent: bytes, mask: Callable[[str], str]) -> list[str]:
    from harness.judge import explain

    try:
        changes = explain(escape(orjson.loads(recorded)), orjson.loads(sent))
    except orjson.JSONDecodeError:
        return [f"body of {len(recorded)} bytes was recorded, another of {len(sent)} bytes is sent"]
    told = [f"body {change.told(mask)}" for change in changes[:_SHOWN]]
    more = len(changes) - len(told)
    return [*told, f"body has {more} more differences"] if more else told
