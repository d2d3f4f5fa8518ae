"""The folder of an embedded server: its lock, password and socket, and what a crash leaves."""

from __future__ import annotations

import fcntl
import hashlib
import os
import secrets
import signal
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import IO

import psutil

from app.local.system_user import SystemUser, SystemUserError, can_enter, make_folder

PORT = 5432
"""Part of the socket's name; no TCP port is opened."""
_LONGEST_SOCKET_PATH = 100
_STOP_TIMEOUT = 5.0
"""Seconds that a server gets to end after each signal."""


class DataFolderError(Exception):
    """The folder cannot be used now; the text says why and what to do."""


def take_lock(path: Path) -> IO[str]:
    """The lock file, open and locked; the kernel unlocks it when its process ends."""
    lock = path.open("a+")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.seek(0)
        owner = lock.read().strip()
        lock.close()
        raise DataFolderError(
            f"{path.parent} is in use by another novabot (process {owner}): stop that one, or"
            " give another folder with --data DIR"
        ) from None
    lock.truncate(0)
    lock.write(str(os.getpid()))
    lock.flush()
    return lock


def find_server(data: Path) -> psutil.Process | None:
    """The server that runs on this data, also one that outlived its owner."""
    try:
        process = psutil.Process(int((data / "postmaster.pid").read_bytes().splitlines()[0]))
        return process if _serves(process, data) else None
    except (FileNotFoundError, IndexError, ValueError, psutil.NoSuchProcess):
        return None


def end_leftover(data: Path) -> None:
    """Ends a server that outlived its owner; removes the pid file of one that is gone."""
    process = find_server(data)
    if process is not None:
        _end(process)
    elif data.is_dir():
        _wait_for_backends(data)
    # Another process may have its id by now, and PostgreSQL would take that for a live server.
    (data / "postmaster.pid").unlink(missing_ok=True)


def _end(process: psutil.Process) -> None:
    for order in (signal.SIGINT, signal.SIGQUIT):
        try:
            process.send_signal(order)
            process.wait(_STOP_TIMEOUT)
        except psutil.TimeoutExpired:
            continue
        except psutil.NoSuchProcess:
            pass
        return
    raise DataFolderError(f"A PostgreSQL left behind does not end (process {process.pid}): kill it")


def _serves(process: psutil.Process, data: Path) -> bool:
    """Whether the process is a server of this data, whatever path it was started with."""
    if process.name() != "postgres" or process.uids().effective != data.stat().st_uid:
        return False
    try:
        # A server works in its data folder.
        folders = [process.cwd()]
    except psutil.AccessDenied:
        # To root without CAP_SYS_PTRACE, as in a container: the path follows -D.
        folders = process.cmdline()[1:]
    return any(Path(folder).exists() and data.samefile(folder) for folder in folders)


def _wait_for_backends(data: Path) -> None:
    """Backends of a killed postmaster run until they next check for it; no server starts beside
    them."""
    backends: list[psutil.Process] = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):  # gone meanwhile
            if _serves(process, data):
                backends.append(process)
    _, alive = psutil.wait_procs(backends, _STOP_TIMEOUT)
    if alive:
        pids = ", ".join(str(process.pid) for process in alive)
        raise DataFolderError(
            f"Processes of a killed PostgreSQL still run in {data} ({pids}): kill them"
        )


def find_or_make_password(path: Path, user: SystemUser) -> str:
    if not path.exists():
        fresh = path.with_name("password.new")
        fresh.unlink(missing_ok=True)
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            os.fchown(file.fileno(), user.uid, user.gid)
            file.write(secrets.token_hex(24) + "\n")
        fresh.rename(path)
    return path.read_text().strip()


def make_socket_dir(folder: Path, user: SystemUser) -> Path:
    """`socket` in the folder or, where no socket can have that path, a folder for temporary files.

    Raises SystemUserError if there is none for this user.
    """
    inside = folder / "socket"
    if _can_hold_socket(inside):
        make_folder(inside, user)
        return inside
    name = f"novabot-{hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]}"
    refusal = SystemUserError("No folder for temporary files can hold a socket: set TMPDIR")
    # make_folder refuses what another user has put there.
    for parent in dict.fromkeys((tempfile.gettempdir(), "/tmp", "/var/tmp")):  # noqa: S108
        path = Path(parent, name)
        if _can_hold_socket(path) and can_enter(path.parent, user):
            try:
                make_folder(path, user)
            except (SystemUserError, OSError) as error:
                refusal = SystemUserError(str(error))
            else:
                return path
    raise refusal


def _can_hold_socket(directory: Path) -> bool:
    """libpq takes a comma for the end of a host; postmaster.pid has the path on one line."""
    path = str(directory / f".s.PGSQL.{PORT}")
    short = len(os.fsencode(path)) <= _LONGEST_SOCKET_PATH
    return short and path.isprintable() and "," not in path


def clear_socket(socket_dir: Path) -> None:
    """Removes the socket of a killed server, of which no process runs any more.

    Its lock names a process id. PostgreSQL takes it for a live server if it is a zombie's, or
    another process has it by now.
    """
    for name in (f".s.PGSQL.{PORT}.lock", f".s.PGSQL.{PORT}"):
        (socket_dir / name).unlink(missing_ok=True)
