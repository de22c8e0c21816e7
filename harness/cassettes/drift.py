"""Whether a request is the one that its reply was recorded for.

The reply of a cassette shows that the provider accepted the request recorded with it. It shows nothing
for a request that is unlike that one: such a case is *unverified*.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from harness.cassettes.bodies import body_changes
from harness.cassettes.cassette import Cassette, open_cassette
from harness.cassettes.cassette_miss import explain_miss
from harness.cassettes.request_key import place_of
from harness.model import Assigned, JsonValue, Request
from harness.redaction import Redactor

__all__ = ["find_drift", "reply_of"]

_SHOWN = 5


def find_drift(assigned: Assigned, cassettes: Path, mask: Callable[[str], str] | None = None) -> list[str]:
    """How the request differs from its cassette's, a sentence for each difference, secrets masked.

    Empty if its reply comes from no cassette, or if method, URL and body are as recorded; a JSON body is
    compared by value. Headers are not compared: a cassette holds few of them. Raises `LoadError` for a
    cassette that cannot be read and `UsageError` for an interaction that it does not have.
    """
    reply = reply_of(assigned)
    if reply is None or "cassette" not in reply:
        return []
    cassette = open_cassette(cassettes / reply["cassette"])
    recorded = _recorded(cassette, reply, assigned)
    hide = mask or Redactor()
    if recorded is None:
        miss = explain_miss(cassette, assigned.request, (), hide)
        return [miss.message, *miss.details]
    where = f"{reply['cassette']}, interaction {recorded[0]}"
    return [f"unlike {where}: {change}" for change in _differences(recorded[1], assigned.request, hide)]


def reply_of(assigned: Assigned) -> Mapping[str, JsonValue] | None:
    """The reply, as its scenario has it, that an assigned request got; None if it has none."""
    if assigned.interaction is None or not assigned.interaction.replies:
        return None
    replies = assigned.interaction.replies
    return replies[min(assigned.repetition, len(replies) - 1)]


def _recorded(cassette: Cassette, reply: Mapping[str, Any], assigned: Assigned) -> tuple[int, Request] | None:
    number = reply.get("interaction")
    if number is not None:
        return number, cassette.interaction(number).request
    found = cassette.find(assigned.request, assigned.turn)
    return None if found is None else (found.number, found.request)


def _differences(recorded: Request, request: Request, mask: Callable[[str], str]) -> list[str]:
    differences = []
    (method, url), (sent_method, sent_url) = place_of(recorded), place_of(request)
    if method != sent_method:
        differences.append(f"method {recorded.method} was recorded, {request.method} is sent")
    if url != sent_url:
        differences.append(mask(f"URL {recorded.url} was recorded, {request.url} is sent"))
    changes = body_changes(recorded.body, request.body, mask)
    more = len(changes) - _SHOWN
    return [*differences, *changes[:_SHOWN], *([f"body has {more} more differences"] if more > 0 else [])]
