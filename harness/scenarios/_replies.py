"""Replies that cannot be given."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Mapping
from typing import Any, Final

from harness.scenarios._folders import Cassettes
from harness.schema.raw_values import Address, Flaw

__all__ = ["reply_flaws"]

_BODIES: Final = ("json", "text", "sse", "base64")
_WITH_CASSETTE: Final = frozenset({"cassette", "interaction", "check_request", "fault"})


def reply_flaws(reply: Mapping[str, Any], at: Address, cassettes: Cassettes | None) -> Iterator[Flaw]:
    """What is wrong with a reply as a whole; without `cassettes` recordings need not be there."""
    if "sequence" in reply:
        others = [key for key in reply if key != "sequence"]
        if others:
            yield (*at, others[0]), f"{others[0]} belongs in the replies of the sequence"
        for index, one in enumerate(reply["sequence"]):
            yield from reply_flaws(one, (*at, "sequence", index), cassettes)
        return
    bodies = [key for key in _BODIES if key in reply]
    if len(bodies) > 1:
        yield (*at, bodies[1]), f"a reply has one body, not {' and '.join(bodies)}"
    if "base64" in reply:
        try:
            base64.b64decode(reply["base64"], validate=True)
        except (binascii.Error, ValueError) as error:
            yield (*at, "base64"), f"is not base64: {error}"
    if "cassette" not in reply:
        for key in ("interaction", "check_request"):
            if key in reply:
                yield (*at, key), f"{key} is for a reply with a cassette"
        return
    others = [key for key in reply if key not in _WITH_CASSETTE]
    if others:
        yield (*at, others[0]), f"{others[0]} comes from the cassette: remove one of them"
    if cassettes is not None:
        try:
            cassettes.find(reply["cassette"])
        except ValueError as error:
            yield (*at, "cassette"), str(error)
