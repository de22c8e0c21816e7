"""Recorded provider traffic in vcrpy's format: opened, looked up, and held against a request."""

from __future__ import annotations

from harness.cassettes.cassette import Cassette, open_cassette
from harness.cassettes.proof import prove
from harness.cassettes.reading import Recorded

__all__ = ["Cassette", "Recorded", "open_cassette", "prove"]
