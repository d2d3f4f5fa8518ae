"""`novabot remove`: what `novabot up` has made on this machine, listed first and then removed.

Nothing else goes: a file or folder of another name stays, and the folder with it.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Generator, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from app.local.data_folder import DataFolderError, find_server, take_lock
from app.local.system_user import (
    SYSTEM_DIRECTORY,
    USER_NAME,
    has_system_user,
    is_in_use,
    list_folders,
    list_program_copies,
    remove_system_user,
)

_LOCK = "postgres.lock"
_MADE = {
    "logs": re.compile(r"(bot-\d+|dashboard|simulator|postgres)\.log(\.\d)?"),
    "secrets": re.compile(r"(NOVABOT|WHATSAPP)_[A-Z_]+"),
}
"""The names of the files that `novabot up` makes, by their folder."""


@dataclass(frozen=True, slots=True)
class Removal:
    """What `carry_out` removes."""

    data_dir: Path
    database: Path | None
    """The folder with the password and the data; elsewhere where root's folder is closed."""
    files: tuple[Path, ...]
    system_user: bool
    """Whether the system user and its folder go too."""
    need: str
    """Why they stay, if they do."""

    @property
    def is_empty(self) -> bool:
        return not (self.database or self.files or self.system_user)

    def describe(self) -> Iterator[str]:
        """A line for each thing that goes."""
        if self.database is not None:
            yield f"{self.database}: the database, with all its clients and conversations"
        for name in _MADE:
            number = sum(file.parent.name == name for file in self.files)
            if number:
                yield f"{self.data_dir / name}: {number} {'file' if number == 1 else 'files'}"
        if self.system_user:
            yield f"{SYSTEM_DIRECTORY}, and the system user {USER_NAME}"


@contextmanager
def open_removal(data_dir: Path) -> Generator[Removal]:
    """What there is to remove; no server can start in the folder while the context lasts.

    Raises DataFolderError if one runs there.
    """
    lock = data_dir / _LOCK
    with take_lock(lock) if lock.exists() else nullcontext():
        database = (data_dir / "postgres").resolve()
        # Another PostgreSQL's folder may have that name; ours has a password beside the data.
        found = database if (database / "password").is_file() else None
        server = find_server(database / "data") if found else None
        if server is not None:
            raise DataFolderError(
                f"PostgreSQL runs in {database} (process {server.pid}): stop it first"
            )
        is_there = os.geteuid() == 0 and (has_system_user() or SYSTEM_DIRECTORY.is_dir())
        need = _find_need(database) if is_there else ""
        files = tuple(_list_files(data_dir))
        yield Removal(data_dir, found, files, system_user=is_there and not need, need=need)


def carry_out(removal: Removal) -> None:
    """Can be repeated after it failed. Raises OSError and SystemUserError."""
    if removal.database is not None:
        _remove_database(removal.database)
    link = removal.data_dir / "postgres"
    if link.is_symlink() and not link.exists():
        link.unlink()
    for file in removal.files:
        file.unlink()
    for name in _MADE:
        _remove_if_empty(removal.data_dir / name)
    if removal.system_user:
        for copy in list_program_copies():
            shutil.rmtree(copy)
        _remove_if_empty(SYSTEM_DIRECTORY)
        remove_system_user()
    (removal.data_dir / _LOCK).unlink(missing_ok=True)
    _remove_if_empty(removal.data_dir)


def _remove_database(folder: Path) -> None:
    """The password last: a folder with one is known to be ours, should this be cut short."""
    for path in sorted(folder.iterdir(), key=lambda path: path.name == "password"):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
    folder.rmdir()


def _find_need(database: Path) -> str:
    """What needs the system user, except for this database; empty if nothing does."""
    others = [str(folder) for folder in list_folders() if folder != database]
    if others:
        return f"its databases in {', '.join(others)}"
    return "processes that run as it" if is_in_use() else ""


def _list_files(data_dir: Path) -> Iterator[Path]:
    for name, made in _MADE.items():
        if (data_dir / name).is_dir():
            yield from sorted(
                file for file in (data_dir / name).iterdir() if made.fullmatch(file.name)
            )


def _remove_if_empty(folder: Path) -> None:
    if folder.is_dir() and not folder.is_symlink() and not any(folder.iterdir()):
        folder.rmdir()
