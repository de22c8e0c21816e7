"""Recorded traffic of many projects: all of it is read, and all of it is replayed.

`HARNESS_CORPUS=all` replays every cassette both ways; otherwise a sample is taken.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest
from replaying import Tally, in_process, over_the_wire

from harness.cassettes import open_cassette
from harness.cassettes.importing import import_cassettes
from harness.matchers import accepts

ROOT = Path(__file__).resolve().parents[2]
WHOLE = os.environ.get("HARNESS_CORPUS") == "all"
DIALECTS = {"vcrpy-parsed_body": ("parsed_body",), "vcrpy-oldhttpx": ("old-httpx",)}


@pytest.fixture(scope="module")
def corpus() -> Path:
    folder = Path(os.environ.get("HARNESS_EVIDENCE", ROOT / "../shared/evidence")) / "cassettes"
    if not (folder / "INDEX.json").is_file():
        pytest.skip(f"no recorded traffic in {folder} (set HARNESS_EVIDENCE)")
    return folder


def every(step: int, files: list[Any]) -> list[Any]:
    return files if WHOLE else files[::step]


def files_of(corpus: Path, pattern: str = "*/*/*.yaml") -> list[Path]:
    return sorted(corpus.glob(pattern))


def tell(tally: Tally, capsys: pytest.CaptureFixture[str]) -> None:
    if WHOLE:
        with capsys.disabled():
            sys.stdout.write("\n  ".join((f"\n{tally}", *tally.nameless)))


def test_every_file_loads_in_its_dialect(corpus: Path) -> None:
    """None is refused, and each is known for what the index says it is, with all its interactions."""
    told = json.loads((corpus / "INDEX.json").read_bytes())
    found = {each["path"]: open_cassette(corpus / each["path"]) for each in every(4, told)}
    assert {path: (cassette.dialects, len(cassette.interactions)) for path, cassette in found.items()} == {
        each["path"]: (DIALECTS.get(each["dialect"], ("vcrpy",)), each["n_interactions"])
        for each in told
        if each["path"] in found
    }


def test_what_was_put_right_is_told(corpus: Path) -> None:
    """Each departure that the index lists is a repair with its place in the file."""
    told = [each for each in json.loads((corpus / "INDEX.json").read_bytes()) if each["odd"]]
    for odd, says in (
        ("response header as str", "are not lists"),
        ("header !!binary", "are binary"),
        ("content-encoding gzip but body is plain", "is stored decoded"),
        ("old httpx dialect", "vcrpy 4"),
        ("response.parsed_body", "of its response is stored as parsed JSON"),
    ):
        paths = [each["path"] for each in told if odd in each["odd"]]
        assert paths
        for path in every(10, paths):
            cassette = open_cassette(corpus / path)
            repairs = [repair for repair in cassette.repairs if says in repair.message]
            assert repairs, f"{path}: {odd}"
            assert all(repair.location.line > 1 for repair in repairs)


def test_all_traffic_replays_in_process(corpus: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The other providers too."""
    tally = in_process(every(25, files_of(corpus)))
    tell(tally, capsys)
    assert tally.interactions > 100
    assert not tally.refused
    assert not tally.failed


def test_all_traffic_replays_over_the_wire(corpus: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Through the capture server, over TLS; only a host that is a placeholder cannot be asked."""
    tally = over_the_wire(every(40, files_of(corpus)))
    tell(tally, capsys)
    assert tally.interactions > 50
    assert not tally.failed
    assert len(tally.nameless) <= 1


def test_recorded_chat_completions_are_imported_whatever_the_provider(corpus: Path) -> None:
    """A client that adds nothing to its input makes the expected request."""
    imported = import_cassettes(every(7, files_of(corpus)))
    assert len(imported.scenarios) > 100
    for scenario in imported.scenarios:
        given, expected = scenario.inverted.input, scenario.inverted.request
        own: Any = given.get("body", {})
        assert accepts(expected["body"], {"model": given["model"], "messages": given["history"], **own})
