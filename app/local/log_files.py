"""Log files that outlast a restart and stay bounded: appended to, set aside by size, few kept."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import BinaryIO, Self

SIZE_LIMIT = 5_000_000
"""Bytes after which a file is set aside, as `bot-1.log.1`."""
KEPT_FILES = 3
"""Files set aside that are kept of each log; `.1` is the newest."""


class LogFile:
    """A log that this process writes. Close it, or use it as a context manager."""

    def __init__(self, path: Path, size_limit: int = SIZE_LIMIT) -> None:
        self._path = path
        self._size_limit = size_limit
        self._file = open_log(path, size_limit)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def write(self, line: bytes) -> None:
        """Appends a line, at once; a full file is set aside first."""
        if self._file.tell() + len(line) > self._size_limit:
            self._file.close()
            self._file = open_log(self._path, self._size_limit - len(line))
        self._file.write(line)
        self._file.flush()

    def close(self) -> None:
        self._file.close()


def open_log(path: Path, size_limit: int = SIZE_LIMIT) -> BinaryIO:
    """The log, to be appended to; if it has more than `size_limit` bytes, a new one."""
    if path.exists() and path.stat().st_size > max(size_limit, 0):
        _shift(path)
        path.rename(_aside(path, 1))
    return path.open("ab")


def bound_log(path: Path, size_limit: int = SIZE_LIMIT) -> None:
    """Sets aside what a full log holds while another process has it open to append.

    That process goes on writing at the beginning of the emptied file. A line that it writes
    between the copy and the emptying is lost.
    """
    if path.stat().st_size <= size_limit:
        return
    _shift(path)
    shutil.copy2(path, _aside(path, 1))
    with path.open("r+b") as log:
        log.truncate()


def _shift(path: Path) -> None:
    """Makes room for a newest file; the oldest goes."""
    for number in range(KEPT_FILES, 0, -1):
        if _aside(path, number).exists():
            _aside(path, number).replace(_aside(path, number + 1))
    _aside(path, KEPT_FILES + 1).unlink(missing_ok=True)


def _aside(path: Path, number: int) -> Path:
    return path.with_name(f"{path.name}.{number}")
