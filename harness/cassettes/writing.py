"""Recorded interactions onto the disk: scrubbed, searched once more, and in place whole or not at all.

The file is vcrpy's format, version 1, and stock vcrpy replays it. Bodies stay byte for byte what they are
after scrubbing: vcrpy takes a response body only as a string, so JSON is kept as text, in a literal block
where YAML allows it. What vcrpy has no place for is in `metadata`: where each chunk of a streamed body
ended, the pause before it, and how an answer failed.
"""

from __future__ import annotations

import os
import secrets
import stat
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

import yaml

from harness._version import __version__
from harness.cassettes.reading import VERSION, Recorded
from harness.errors import HarnessError, UsageError, did_you_mean
from harness.model import Headers, JsonValue, Reply
from harness.redaction import Finding, Scrubbed, Scrubber, scan

__all__ = ["SOURCES", "CassetteLeak", "serialize", "write_cassette"]

SOURCES = ("live", "simulated", "imported")
_FIRST = ("recorded_at", "source", "host", "scenario", "scenario_digest", "implementation", "harness")
_UNFOLDED = 2**31 - 1  # characters a line
_SUFFIX = ".writing"
_ABANDONED_S = 3600.0


class CassetteLeak(HarnessError):  # noqa: N818 - what happened, not what went wrong in the program
    """A cassette that would hold a secret; it is not written. `findings` say where, never what."""

    def __init__(self, path: Path, findings: Sequence[Finding]) -> None:
        self.findings = tuple(findings)
        places = "\n".join(f"  {finding.place}: {finding.rule}" for finding in findings)
        super().__init__(
            f"{path} not written; it would contain secrets:\n{places}",
            hint="Nothing was saved.",
        )


def write_cassette(
    path: Path,
    interactions: Sequence[Recorded],
    metadata: Mapping[str, JsonValue] | None = None,
    scrubber: Scrubber | None = None,
) -> Scrubbed[Recorded]:
    """Scrub `interactions` and store them at `path`; what was stored is returned.

    `metadata` says where they come from: recorded_at, source (live, simulated or imported), host,
    scenario, scenario_digest, implementation. The file that was there stays until the new one is complete.
    Raises `CassetteLeak` if a secret is left after scrubbing, `UsageError` for an unknown source, and
    `OSError` if the disk does not take it; then nothing is changed, and nothing is left behind.
    """
    scrubber = scrubber or Scrubber()
    scrubbed = scrubber.scrub(interactions, _with_origin(metadata or {}, interactions))
    data = serialize(scrubbed.interactions, scrubbed.metadata)
    findings = scan(data, scrubber.known, rules=scrubber.rules)
    if findings:
        raise CassetteLeak(path, findings)
    path.parent.mkdir(parents=True, exist_ok=True)
    _remove_abandoned(path)
    _put(path, data)
    return scrubbed


def _with_origin(metadata: Mapping[str, JsonValue], interactions: Sequence[Recorded]) -> dict[str, JsonValue]:
    from urllib.parse import urlsplit

    source = metadata.get("source")
    if source is not None and source not in SOURCES:
        hint = did_you_mean(str(source), SOURCES, list_known=True)
        raise UsageError(f"unknown cassette source {source!r}{hint}")
    known = {"harness": __version__, **metadata}
    if "host" not in known and interactions:
        known["host"] = urlsplit(interactions[0].request.url).hostname or ""
    return known


# ------------------------------------------------------------------ the format


def serialize(interactions: Sequence[Recorded], metadata: Mapping[str, JsonValue]) -> bytes:
    """The bytes of a cassette in vcrpy's format, ASCII only: vcrpy reads in the encoding of the system."""
    stated = {
        "version": VERSION,
        "metadata": _metadata(interactions, metadata),
        "interactions": [_interaction(recorded) for recorded in interactions],
    }
    dumped: str = yaml.dump(stated, Dumper=_dumper(), sort_keys=False, width=_UNFOLDED, allow_unicode=False)
    return dumped.encode("ascii")


def _metadata(interactions: Sequence[Recorded], metadata: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    computed = ("chunks", "pauses_ms", "faults")
    names = [name for name in _FIRST if name in metadata]
    names += sorted(name for name in metadata if name not in _FIRST and name not in computed)
    told = {name: metadata[name] for name in names}
    replies = [(str(number), recorded.reply) for number, recorded in enumerate(interactions)]
    per_reply = {
        "chunks": {
            n: _Row(len(chunk) for chunk in reply.chunks) for n, reply in replies if _has_chunks(reply)
        },
        "pauses_ms": {
            n: _Row(round(pause, 1) for pause in reply.pauses_ms) for n, reply in replies if reply.pauses_ms
        },
        "faults": {n: reply.fault for n, reply in replies if reply.fault},
    }
    return told | {name: values for name, values in per_reply.items() if values}


def _has_chunks(reply: Reply) -> bool:
    """Whether a reader would not find the chunks by itself."""
    if len(reply.chunks) != 1 or reply.pauses_ms:
        return bool(reply.chunks)
    return any(name.lower() == "content-type" and "event-stream" in value for name, value in reply.headers)


def _interaction(recorded: Recorded) -> dict[str, Any]:
    request, reply = recorded.request, recorded.reply
    return {
        "request": {
            "method": request.method,
            "uri": request.url,
            "headers": _by_name(request.headers),
            "body": _text(request.body),
        },
        "response": {
            "status": {"code": reply.status, "message": reply.phrase},
            "headers": _by_name(reply.headers),
            "body": {"string": _text(reply.body)},
        },
    }


def _by_name(headers: Headers) -> dict[str, list[str]]:
    named: dict[str, list[str]] = {}
    for name, value in headers:
        named.setdefault(name, []).append(value)
    return named


def _text(body: bytes) -> str | bytes:
    """A body as vcrpy stores it: text where it is text."""
    try:
        return body.decode()
    except UnicodeDecodeError:
        return body


class _Row(list[float]):
    """A list that stays on one line."""


def _dumper() -> type[Any]:
    class Dumper(getattr(yaml, "CSafeDumper", yaml.SafeDumper)):  # type: ignore[misc]
        """Writes long texts and JSON as literal blocks, and repeats what occurs twice."""

        def ignore_aliases(self, data: object) -> bool:
            return True

    Dumper.add_representer(str, _represent_text)
    Dumper.add_representer(_Row, _represent_row)
    return Dumper


def _represent_text(dumper: Any, text: str) -> Any:
    block = "\n" in text or text.startswith(("{", "["))
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if block else None)


def _represent_row(dumper: Any, row: _Row) -> Any:
    return dumper.represent_sequence("tag:yaml.org,2002:seq", row, flow_style=True)


# ------------------------------------------------------------------ the disk


def _put(path: Path, data: bytes) -> None:
    """Replace `path` atomically: readers see the old file or the new one, even after a crash."""
    with _beside(path) as file:
        mode = stat.S_IMODE(path.stat().st_mode if path.exists() else os.fstat(file.fileno()).st_mode)
        _allow(file, 0o600)
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
        _allow(file, mode)
        Path(file.name).replace(path)
    _sync_folder(path.parent)


@contextmanager
def _beside(path: Path) -> Iterator[BinaryIO]:
    """A new file in the folder of `path`, locked while it is written, gone if that fails."""
    while True:
        beside = path.with_name(f".{path.name}.{secrets.token_hex(8)}{_SUFFIX}")
        with beside.open("xb") as file:
            try:
                if not _lock(file) or _is_removed(file):
                    continue
                yield file
            except BaseException:
                beside.unlink(missing_ok=True)
                raise
            return


def _remove_abandoned(path: Path) -> None:
    """Remove what processes that were killed while writing `path` have left."""
    for left in path.parent.glob(f".{_escaped(path.name)}.*{_SUFFIX}"):
        with suppress(OSError), left.open("rb+") as file:
            if _lock(file, old=time.time() - left.stat().st_mtime > _ABANDONED_S):
                left.unlink()


def _escaped(name: str) -> str:
    from glob import escape

    return escape(name)


def _lock(file: BinaryIO, *, old: bool = True) -> bool:
    """Take the lock that lasts as long as the process; where there are none, age decides."""
    try:
        import fcntl
    except ImportError:
        return old
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _is_removed(file: BinaryIO) -> bool:
    """Whether another process took the new file for an abandoned one before it was locked."""
    return os.name == "posix" and os.fstat(file.fileno()).st_nlink == 0


def _allow(file: BinaryIO, mode: int) -> None:
    if hasattr(os, "fchmod"):
        os.fchmod(file.fileno(), mode)


def _sync_folder(folder: Path) -> None:
    if os.name == "posix":
        opened = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)
