"""Reading files as text, in bounded memory."""

from __future__ import annotations

import stat
from pathlib import Path

from harness.errors import Location, Problem
from harness.yaml_reader.limits import MAX_BYTES

__all__ = ["ReadError", "decode", "read_bytes", "read_text"]


class ReadError(Exception):
    """A file cannot be read any further; `problem` says why."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem


def read_text(path: Path) -> str:
    """The text of a file. Raises `ReadError` if it is not a regular file, is too large or is not UTF-8."""
    return decode(read_bytes(path), str(path))


def read_bytes(path: Path) -> bytes:
    """The bytes of a file. Raises `ReadError` if it is not a regular file or is too large."""
    try:
        size = _size_of(path)
        with path.open("rb") as file:
            raw = file.read(size + 1)
        if len(raw) > size:
            raise ValueError("is being written to: try again")
    except OSError as error:
        raise ReadError(_at_top(str(path), f"cannot be read: {error.strerror or error}")) from None
    except ValueError as error:
        raise ReadError(_at_top(str(path), str(error))) from None
    return raw


def decode(raw: bytes, file: str) -> str:
    """The text that a file's bytes are in UTF-8. Raises `ReadError`."""
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = raw[: error.start]
        line = before.count(b"\n") + 1
        column = len(before[before.rfind(b"\n") + 1 :].decode("utf-8", "replace")) + 1
        problem = Problem(Location(file, line, column), "is not UTF-8 text: save it as UTF-8")
        raise ReadError(problem) from None


def _at_top(file: str, message: str) -> Problem:
    return Problem(Location(file, 1, 1), message)


def _size_of(path: Path) -> int:
    """The size of a file. Raises ValueError if it should not be read."""
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):
        raise ValueError("is not a regular file")
    if status.st_size > MAX_BYTES:
        size = status.st_size / 1024**2
        raise ValueError(f"has {size:.0f} MiB; more than {MAX_BYTES // 1024**2} MiB cannot be read")
    return status.st_size
