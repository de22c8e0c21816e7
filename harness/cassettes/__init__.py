"""Recorded provider traffic in vcrpy's format: read, replayed, compared with requests, and written.

What replays and what writes cassettes is imported on first use.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from harness.cassettes.cassette import Cassette, open_cassette
from harness.cassettes.reading import Recorded, Repair

if TYPE_CHECKING:
    from harness.cassettes.cassette_miss import CassetteMiss
    from harness.cassettes.replay import Played, Replay
    from harness.cassettes.writing import CassetteLeak, write_cassette

__all__ = [
    "Cassette",
    "CassetteLeak",
    "CassetteMiss",
    "Played",
    "Recorded",
    "Repair",
    "Replay",
    "open_cassette",
    "write_cassette",
]

_LATER = {
    "CassetteLeak": "writing",
    "CassetteMiss": "cassette_miss",
    "Played": "replay",
    "Replay": "replay",
    "write_cassette": "writing",
}


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"harness.cassettes.{_LATER[name]}"), name)
