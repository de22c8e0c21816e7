"""A cassette on the disk is whole and clean, whatever happens to the process that writes it."""

from __future__ import annotations

import os
import random
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from harness.cassettes import Recorded, open_cassette, write_cassette
from harness.cassettes.files import cassettes_in
from harness.model import Reply, Request
from harness.redaction import Scrubber, scan

KEY = "sk-acme-" + "3f9a" * 12
URL = "https://api.acme.example/v1/chat/completions"
JSON = (("Content-Type", "application/json"),)
SCRUBBER = Scrubber({"api_key": KEY}, environment={})

WRITER = """
import sys
from pathlib import Path
from harness.cassettes import Recorded, write_cassette
from harness.redaction import Scrubber
from harness.model import Reply, Request

key = "sk-acme-" + "3f9a" * 12
scrubber = Scrubber({"api_key": key}, environment={})
target = Path(sys.argv[1])
number = 0
while True:
    number += 1
    body = (b'{"key":"%s","n":%d,"text":"' % (key.encode(), number)) + b"x" * (number * 997 % 60_000) + b'"}'
    request = Request("POST", "https://api.acme.example/v1", (("Authorization", f"Bearer {key}"),), body)
    interactions = [Recorded(n, request, Reply(200, (), (body,))) for n in range(number % 5 + 1)]
    write_cassette(target, interactions, {"source": "simulated", "of": len(interactions)}, scrubber)
    print(number, flush=True)
"""

FORKING = """
import os, signal, sys, time
import harness.cassettes.writing
source, folder, moments = sys.argv[1], sys.argv[2], [float(each) for each in sys.argv[3:]]
writer = compile(source, "writer", "exec")
for moment in moments:
    written, told = os.pipe()
    child = os.fork()
    if not child:
        sys.argv = ["writer", folder + "/hello.yaml"]
        os.dup2(told, 1)
        try:
            exec(writer, {"__name__": "writer"})
        finally:
            os._exit(1)
    os.read(written, 1)
    time.sleep(moment)
    os.kill(child, signal.SIGKILL)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    os.close(written)
    os.close(told)
    print(status, flush=True)
"""


def recorded(text: str = "hi") -> Recorded:
    request = Request(
        "POST", URL, (("Authorization", f"Bearer {KEY}"), *JSON), b'{"content":"%s"}' % text.encode()
    )
    return Recorded(0, request, Reply(200, JSON, (b"{}",)))


@pytest.mark.skipif(os.name != "posix", reason="kills processes by signal")
def test_a_writer_killed_at_any_moment_leaves_a_whole_cassette_or_none(tmp_path: Path) -> None:
    """After 50 kills at random moments the cassette is whole and clean, and so is all that lies about."""
    chance = random.Random(20261120)
    moments = [f"{chance.uniform(0.0, 0.02):.4f}" for _ in range(50)]
    command = [sys.executable, "-c", FORKING, WRITER, str(tmp_path), *moments]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    assert run.stdout.split() == [str(-signal.SIGKILL)] * 50, run.stderr
    (target,) = cassettes_in([tmp_path])
    told = yaml.safe_load(target.read_bytes())
    assert told["metadata"]["of"] == len(open_cassette(target).interactions)
    for file in tmp_path.iterdir():
        assert KEY.encode() not in file.read_bytes()
        assert scan(file.read_bytes(), SCRUBBER.known) == []
    write_cassette(target, [recorded()], {}, SCRUBBER)
    assert [file.name for file in tmp_path.iterdir()] == ["hello.yaml"]


def test_what_a_killed_writer_left_is_removed_and_nothing_else(tmp_path: Path) -> None:
    """The next writing of the same cassette clears away what is abandoned, not what belongs to others."""
    abandoned = tmp_path / ".hello.yaml.0123456789abcdef.writing"
    for file in (abandoned, tmp_path / ".other.yaml.0123456789abcdef.writing", tmp_path / ".hello.yaml.swp"):
        file.write_text("half")
    write_cassette(tmp_path / "hello.yaml", [recorded()], {}, SCRUBBER)
    left = {".hello.yaml.swp", ".other.yaml.0123456789abcdef.writing", "hello.yaml"}
    assert {file.name for file in tmp_path.iterdir()} == left


@pytest.mark.skipif(os.name != "posix", reason="locks are advisory elsewhere")
def test_the_file_of_a_writer_at_work_is_left_alone(tmp_path: Path) -> None:
    """What another process is just writing is not taken for abandoned."""
    import fcntl

    at_work = tmp_path / ".hello.yaml.0123456789abcdef.writing"
    with at_work.open("wb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        write_cassette(tmp_path / "hello.yaml", [recorded()], {}, SCRUBBER)
        assert at_work.exists()


@pytest.mark.skipif(os.name != "posix", reason="permissions of files")
def test_until_it_is_complete_only_its_owner_may_read_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The unfinished file is the owner's alone and holds nothing secret; the finished one is as any other."""
    seen: list[tuple[int, bytes]] = []
    sync = os.fsync

    def watch(descriptor: int) -> None:
        seen.extend((stat.S_IMODE(each.stat().st_mode), each.read_bytes()) for each in tmp_path.glob(".*"))
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", watch)
    write_cassette(tmp_path / "hello.yaml", [recorded(KEY)], {}, SCRUBBER)
    plain = tmp_path / "plain"
    plain.touch()
    assert [mode for mode, _ in seen] == [0o600]
    assert KEY.encode() not in seen[0][1]
    assert (tmp_path / "hello.yaml").stat().st_mode == plain.stat().st_mode


@pytest.mark.skipif(os.name != "posix", reason="permissions of files")
def test_the_permissions_of_a_cassette_stay(tmp_path: Path) -> None:
    """A cassette that is written anew is open to whom it was open before."""
    target = tmp_path / "hello.yaml"
    target.touch()
    target.chmod(0o640)
    write_cassette(target, [recorded()], {}, SCRUBBER)
    assert stat.S_IMODE(target.stat().st_mode) == 0o640


def test_a_failure_of_the_disk_leaves_nothing_behind(tmp_path: Path) -> None:
    """If the file cannot be put in place, the folder is as it was."""
    (tmp_path / "hello.yaml").mkdir()
    with pytest.raises(OSError, match="hello"):
        write_cassette(tmp_path / "hello.yaml", [recorded()], {}, SCRUBBER)
    assert [file.name for file in tmp_path.iterdir()] == ["hello.yaml"]


def test_what_is_being_written_is_never_taken_for_a_cassette(tmp_path: Path) -> None:
    """Unfinished files are hidden and have a suffix of their own."""
    (tmp_path / ".hello.yaml.0123456789abcdef.writing").write_text("interactions: []")
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "hello.yaml").write_text("interactions: []")
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "x.yaml").write_text("interactions: []")
    assert cassettes_in([tmp_path]) == [tmp_path / "deep" / "hello.yaml"]


def test_two_writers_at_once_leave_one_whole_cassette(tmp_path: Path) -> None:
    """Processes that write the same cassette do not disturb each other."""
    target = tmp_path / "hello.yaml"
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(target)], stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    try:
        for _ in range(20):
            for writer in writers:
                assert writer.stdout is not None
                assert writer.stdout.readline()
    finally:
        for writer in writers:
            writer.kill()
            writer.communicate()
    assert yaml.safe_load(target.read_bytes())["metadata"]["of"] == len(open_cassette(target).interactions)
