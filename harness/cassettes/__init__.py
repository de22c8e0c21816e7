"""Recorded provider traffic in vcrpy's format: opened, looked up, replayed, and held against a request.

What replays and what writes cassettes is imported when it is first asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from harness.cassettes.cassette import Cassette, open_cassette
from harness.cassettes.proof import prove
from harness.cassettes.reading import Recorded, Repair

if TYPE_CHECKING:
    from harness.cassettes.misses import Miss
    from harness.cassettes.replay import Player
    from harness.cassettes.writing import CassetteLeak, write_cassette

__all__ = [
    "Cassette",
    "CassetteLeak",
    "Miss",
    "Player",
    "Recorded",
    "Repair",
    "open_cassette",
    "prove",
    "write_cassette",
]

_LATER = {
    "CassetteLeak": "writing",
    "Miss": "misses",
    "Player": "replay",
    "write_cassette": "writing",
}


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"harness.cassettes.{_LATER[name]}"), name)
