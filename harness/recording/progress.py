"""Which cases are recorded, in a file, so that a recording can be resumed."""

from __future__ import annotations

import os
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path

import orjson

from harness.model import Case

__all__ = ["Progress"]

_VERSION = 1


class Progress:
    """The finished cases of a recording, in a file. It holds their names and a digest of the implementation's
    address.

    With `resume` those of the previous run count; otherwise the file starts empty.
    """

    def __init__(self, file: Path, implementation: str, *, resume: bool) -> None:
        self._file = file
        self._implementation = blake2b(implementation.encode(), digest_size=16).hexdigest()
        self._finished: set[tuple[str, str]] = set()
        if resume:
            self._finished = self._read()

    def is_finished(self, case: Case) -> bool:
        """Return whether the case was recorded in this run or the one that is resumed."""
        return (case.name, case.edition) in self._finished

    def finish(self, case: Case) -> None:
        """Add a case, and write the file at once. Raises `OSError` if it cannot be written."""
        self._finished.add((case.name, case.edition))
        self._file.parent.mkdir(parents=True, exist_ok=True)
        ignore = self._file.parent / ".gitignore"
        if not ignore.exists():
            ignore.write_text("*\n", "utf-8")
        stated = {
            "version": _VERSION,
            "implementation": self._implementation,
            "finished": sorted(self._finished),
        }
        draft = self._file.with_name(f".{self._file.name}.{os.getpid()}")
        try:
            draft.write_bytes(orjson.dumps(stated, option=orjson.OPT_INDENT_2))
            draft.replace(self._file)
        finally:
            with suppress(OSError):
                draft.unlink(missing_ok=True)

    def _read(self) -> set[tuple[str, str]]:
        try:
            stated = orjson.loads(self._file.read_bytes())
            if stated["version"] != _VERSION or stated["implementation"] != self._implementation:
                return set()
            return {(name, edition) for name, edition in stated["finished"]}
        except (OSError, ValueError, KeyError, TypeError):
            return set()
