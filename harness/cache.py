"""Parsed suites kept between runs, as JSON in the user's cache folder.

An entry is used only if it was made from the same bytes by the same code; whatever else is found there
counts as nothing. `HARNESS_CACHE_DIR` names another folder, `HARNESS_CACHE=0` does without.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from contextlib import suppress
from functools import cache
from hashlib import blake2b, sha1
from pathlib import Path
from typing import Final
from zlib import crc32

import orjson

from harness.model import JsonValue

__all__ = ["Cache", "digest_of"]

_MAX_ENTRIES: Final = 2000
_PACKAGE: Final = Path(__file__).resolve().parent
_READERS: Final = ("contracts", "matchers", "scenarios", "schema", "yaml_reader")


@cache
def _code() -> bytes:
    """What tells this version of the reading code from any other."""
    files = [
        _PACKAGE / "model.py",
        *(file for reader in _READERS for file in sorted((_PACKAGE / reader).glob("*.py"))),
    ]
    parts = [f"{sys.version_info[:2]}{sys.platform}"]
    for file in files:
        status = file.stat()
        parts.append(f"{file.name}:{status.st_size}:{status.st_mtime_ns}")
    return "\n".join(parts).encode()


def digest_of(parts: Iterable[bytes]) -> str:
    """A digest of these bytes and of the code that reads them."""
    digest = sha1(_code(), usedforsecurity=False)  # the fastest there is, and nothing to be kept safe
    for part in parts:
        digest.update(len(part).to_bytes(8, "little"))
        digest.update(part)
    return digest.hexdigest()


def _folder() -> Path | None:
    if os.environ.get("HARNESS_CACHE", "1") == "0":
        return None
    named = os.environ.get("HARNESS_CACHE_DIR")
    if named:
        return Path(named)
    from platformdirs import user_cache_path

    return user_cache_path("provider-conformance-harness", appauthor=False) / "suites"


def _for_this_user(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


class Cache:
    """Entries by name, each with the digest of what it was made from."""

    def __init__(self) -> None:
        self._at = _folder()
        self._written = False

    def get(self, name: str, digest: str) -> JsonValue:
        """The value stored under a name for this digest, or None."""
        if self._at is None:
            return None
        try:
            with self._path(self._at, name).open("rb") as file:
                header = file.readline(64).split()
                if len(header) != 2 or header[0] != digest.encode():
                    return None
                payload = file.read()
            return orjson.loads(payload) if int(header[1]) == crc32(payload) else None
        except (OSError, ValueError):
            return None

    def put(self, name: str, digest: str, value: JsonValue) -> None:
        """Store a value. Nothing happens if it cannot be."""
        if self._at is None:
            return
        with suppress(OSError, TypeError):
            payload = orjson.dumps(value, default=list)
            self._at.mkdir(parents=True, exist_ok=True)
            target = self._path(self._at, name)
            draft = self._at / f".new-{os.urandom(8).hex()}"
            try:
                with open(draft, "xb", opener=_for_this_user) as file:
                    file.write(b"%s %d\n" % (digest.encode(), crc32(payload)))
                    file.write(payload)
                draft.replace(target)
            finally:
                draft.unlink(missing_ok=True)
            self._written = True

    def tidy(self) -> None:
        """After new entries, drop the oldest if there are very many."""
        if self._at is None or not self._written:
            return
        with suppress(OSError):
            entries = list(os.scandir(self._at))
            if len(entries) > _MAX_ENTRIES:
                entries.sort(key=lambda entry: entry.stat().st_mtime_ns)
                for entry in entries[: len(entries) // 2]:
                    Path(entry.path).unlink(missing_ok=True)

    @staticmethod
    def _path(folder: Path, name: str) -> Path:
        return folder / f"{blake2b(name.encode(), digest_size=16).hexdigest()}.json"
