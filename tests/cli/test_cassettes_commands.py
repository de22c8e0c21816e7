"""`harness cassettes check` and `harness cassettes scrub`, run as a user would."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from harness.cassettes import Recorded, open_cassette, write_cassette
from harness.cassettes.writing import serialize
from harness.model import Reply, Request
from harness.redaction import Scrubber

Harness = Callable[..., "CompletedProcess[str]"]

KEY = "sk-acme-" + "5e" * 24
URL = "https://api.acme.example/v1/chat/completions"
JSON = (("Content-Type", "application/json"),)


def recorded(**given: str) -> Recorded:
    body = json.dumps({"model": "x", "user_id": given.get("user", "REDACTED-user-1")})
    headers = (("Authorization", f"Bearer {given.get('key', 'REDACTED-api-key-1')}"), *JSON)
    return Recorded(0, Request("POST", URL, headers, body.encode()), Reply(200, JSON, (b'{"ok": true}',)))


def days_ago(days: int) -> str:
    return (datetime.now(UTC) - timedelta(days=days)).isoformat()


@pytest.fixture
def cassettes(folder: Path) -> Path:
    """A folder with a clean cassette of ten days ago and one that leaks a key and an id."""
    within = folder / "cassettes"
    metadata = {"source": "live", "recorded_at": days_ago(10)}
    write_cassette(within / "clean.yaml", [recorded()], metadata, Scrubber(environment={}))
    leaky = [recorded(), recorded(key=KEY, user="user_2oXVabcDEF123ghiJKL456mno")]
    (within / "leaky.yaml").write_bytes(serialize(leaky, {}))
    return within


def test_check_tells_the_places_of_secrets_and_never_the_secrets(harness: Harness, cassettes: Path) -> None:
    """Each finding is a file, a line and a place; the exit code is 1."""
    run = harness("cassettes", "check", str(cassettes))
    assert run.returncode == 1
    assert run.stdout.splitlines()[-1] == "2 cassettes, 1 of them with findings (2 in all)"
    assert "leaky.yaml:28:1: interaction 1, request header Authorization: header authorization" in run.stdout
    assert "leaky.yaml:32:1: interaction 1, request body $.user_id: field user_id" in run.stdout
    assert KEY not in run.stdout + run.stderr
    assert "user_2oXV" not in run.stdout + run.stderr


def test_check_looks_into_the_cassettes_folder_by_itself(harness: Harness, cassettes: Path) -> None:
    """Without a path ./cassettes is checked, and what is clean passes with exit code 0."""
    (cassettes / "leaky.yaml").unlink()
    run = harness("cassettes", "check")
    assert (run.returncode, run.stdout) == (0, "1 cassette: no findings\n")


def test_check_knows_the_credentials_of_the_environment(harness: Harness, cassettes: Path) -> None:
    """A secret that has no shape is found if a variable holds it, and told by the variable's name."""
    (cassettes / "leaky.yaml").write_bytes(serialize([recorded()], {"note": "rosebud in winter"}))
    run = harness("cassettes", "check", ACME_TOKEN="rosebud in winter")
    assert "metadata.note: known secret ACME_TOKEN" in run.stdout
    assert "rosebud" not in run.stdout


def test_check_finds_recordings_that_are_too_old(harness: Harness, cassettes: Path) -> None:
    """With --max-age a recording is a finding if it is older, or does not tell its age."""
    (cassettes / "leaky.yaml").write_bytes(serialize([recorded()], {}))
    assert harness("cassettes", "check").returncode == 0
    run = harness("cassettes", "check", "--max-age", "9")
    assert "clean.yaml:1:1: recorded 10 days ago, more than 9" in run.stdout
    assert "leaky.yaml:1:1: its age is unknown" in run.stdout
    assert run.returncode == 1
    assert "clean.yaml" not in harness("cassettes", "check", "--max-age", "11").stdout


def test_check_tells_what_cannot_be_read(harness: Harness, cassettes: Path) -> None:
    """A file that is no cassette is a finding with its place."""
    (cassettes / "leaky.yaml").write_text("interactions: [1")
    run = harness("cassettes", "check")
    assert "leaky.yaml:2:1: this is not a cassette" in run.stdout
    assert run.returncode == 1


def test_a_path_that_is_not_there_is_bad_usage(harness: Harness, cassettes: Path) -> None:
    """A wrong path is told with the nearest name, exit code 4."""
    run = harness("cassettes", "check", str(cassettes / "claen.yaml"))
    assert run.returncode == 4
    assert "did you mean 'clean.yaml'?" in run.stderr


def test_scrub_makes_foreign_cassettes_fit_to_be_committed(harness: Harness, cassettes: Path) -> None:
    """What is scrubbed into another folder passes the check; the originals stay."""
    before = (cassettes / "leaky.yaml").read_bytes()
    run = harness("cassettes", "scrub", str(cassettes), "-o", "out")
    assert run.returncode == 0
    assert run.stdout.splitlines()[-1] == "2 cassettes scrubbed"
    assert (cassettes / "leaky.yaml").read_bytes() == before
    out = cassettes.parent / "out"
    assert harness("cassettes", "check", str(out)).returncode == 0
    assert open_cassette(out / "leaky.yaml").metadata["source"] == "imported"
    assert open_cassette(out / "clean.yaml").metadata["source"] == "live"


def test_scrub_in_place_replaces_the_files(harness: Harness, cassettes: Path) -> None:
    """--in-place leaves no file with a secret, and scrubbing again changes no byte."""
    assert harness("cassettes", "scrub", "--in-place", str(cassettes)).returncode == 0
    once = {file.name: file.read_bytes() for file in cassettes.iterdir()}
    assert KEY.encode() not in b"".join(once.values())
    assert harness("cassettes", "scrub", "--in-place", str(cassettes)).returncode == 0
    assert {file.name: file.read_bytes() for file in cassettes.iterdir()} == once


def test_scrub_goes_on_after_a_file_it_cannot_use(harness: Harness, cassettes: Path) -> None:
    """An unreadable file is told and left as it is; the others are scrubbed, and the exit code is 1."""
    (cassettes / "broken.yaml").write_text("interactions: [1")
    run = harness("cassettes", "scrub", "--in-place", str(cassettes))
    assert run.returncode == 1
    assert "broken.yaml:2:1: this is not a cassette" in run.stderr
    assert run.stdout.splitlines()[-1] == "2 of 3 cassettes scrubbed"
    assert (cassettes / "broken.yaml").read_text() == "interactions: [1"


def test_scrub_asks_where_to(harness: Harness, cassettes: Path) -> None:
    """Nothing is overwritten unless that is said."""
    for options in ((), ("--in-place", "-o", "out")):
        run = harness("cassettes", "scrub", str(cassettes), *options)
        assert run.returncode == 4
        assert "--in-place or -o FOLDER" in run.stderr


def test_a_wrong_subcommand_is_told_with_the_nearest(harness: Harness) -> None:
    """The group knows its commands by name."""
    run = harness("cassettes", "chekc")
    assert run.returncode == 4
    assert "did you mean 'check'?" in run.stderr


def test_show_tells_the_model_of_any_request(harness: Harness, folder: Path) -> None:
    """Named in the body, or in the path; sound and video by their type and size."""

    def asked(path: str, body: bytes, media_type: str, reply: bytes) -> Recorded:
        request = Request("POST" if body else "GET", f"https://api.acme.example{path}", JSON, body)
        return Recorded(0, request, Reply(200, (("Content-Type", media_type),), (reply,)))

    recordings = [
        asked("/v1beta/models/small-2:streamGenerateContent", b"{}", "text/event-stream", b"data: {}\n\n"),
        asked("/v1/audio/speech", b'{"model": "acme/voice"}', "audio/mpeg", b"\xff\xf3\x14\xc0" * 42),
        asked("/v1/videos", b'{"model": "acme/clip"}', "application/json", b'{"id": "job-1"}'),
        asked("/v1/videos/job-1/content", b"", "video/mp4", b"\0\0\0\x10ftyp" + b"\xff" * 9),
    ]
    (folder / "shown.yaml").write_bytes(serialize(recordings, {}))
    shown = harness("cassettes", "show", "shown.yaml").stdout
    rows = [line.split() for line in shown.splitlines() if line[:3].strip().isdigit()]
    assert [row[3:6] for row in rows] == [
        ["small-2", "stream", rows[0][5]],
        ["acme/voice", "audio/mpeg", "168"],
        ["acme/clip", "JSON", "15"],
        ["-", "video/mp4", "17"],
    ]
