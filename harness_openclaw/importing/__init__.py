"""Recorded chat completions as scenarios of the contract: what was asked is inferred from what was sent."""

from __future__ import annotations

from typing import Final

from harness.cassettes.importing import read_chat_request
from harness.contracts import Inverted
from harness.model import Request
from harness_openclaw.importing.expecting import expected_body
from harness_openclaw.importing.inverting import input_of

__all__ = ["invert"]

_EDITIONS: Final = ("2026-04", "2026-05", "latest")
_HEADERS: Final = {"Authorization": "Bearer ${canary.api_key}"}


def invert(request: Request) -> Inverted:
    """Return the input from which the contract makes a recorded chat completion, and what is expected: the
    same URL, and a body that says the same to the provider.

    Raises NotInvertible for other requests and for those that the contract never sends.
    """
    chat = read_chat_request(request)
    expected = {"method": "POST", "url": chat.url, "body": expected_body(chat)}
    return Inverted(input_of(chat), expected, _HEADERS, _EDITIONS)
