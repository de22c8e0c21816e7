"""How a request differs from the one that its reply was recorded for.

The reply of a cassette shows that the provider accepted the recorded request. It shows nothing for a
request that differs from it: such a case is *unverified*.
"""

from __future__ import annotations

from collections.abc import Callable

from harness.cassettes.bodies import body_changes
from harness.cassettes.replay import Played
from harness.cassettes.request_key import place_of
from harness.model import Request

__all__ = ["find_drift"]

_SHOWN = 5


def find_drift(played: Played, cassette: str, mask: Callable[[str], str]) -> list[str]:
    """Return how a request differs from the recorded one that answered it, a sentence for each difference.

    Empty if method, URL and body are as recorded; a JSON body is compared by value. Headers are not
    compared: a cassette holds few of them. For a request that nothing answered, the sentences explain the
    miss. `cassette` names the file in them, and `mask` hides secrets.
    """
    if played.miss is not None:
        return [played.miss.message, *played.miss.details]
    assert played.recorded is not None
    differences = _differences(played.recorded.request, played.request, mask)
    where = f"{cassette}, interaction {played.recorded.number}"
    return [f"differs from {where}: {difference}" for difference in differences]


def _differences(recorded: Request, request: Request, mask: Callable[[str], str]) -> list[str]:
    differences = []
    (method, url), (sent_method, sent_url) = place_of(recorded), place_of(request)
    if method != sent_method:
        differences.append(f"method: recorded {recorded.method}, sent {request.method}")
    if url != sent_url:
        differences.append(mask(f"URL: recorded {recorded.url}, sent {request.url}"))
    changes = body_changes(recorded.body, request.body, mask)
    more = len(changes) - _SHOWN
    return [*differences, *changes[:_SHOWN], *([f"body has {more} more differences"] if more > 0 else [])]
