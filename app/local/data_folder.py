"""The folder of an embedded server: its lock, password and socket, and what a crash leaves."""

from __future__ import annotations

import fcntl
import hashlib
import os
import secrets
import signal
import tempfile
from pathlib import Path
from typing import IO

import psutil

from app.local.system_user import SystemUser

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


def end_leftover(data: Path) -> None:
    """Ends a server that outlived its owner; removes the pid file of one that is gone."""
    pid_file = data / "postmaster.pid"
    try:
        process = psutil.Process(int(pid_file.read_text().splitlines()[0]))
        if str(data) not in process.cmdline():
            raise psutil.NoSuchProcess(process.pid)
        for order in (signal.SIGINT, signal.SIGQUIT):
            process.send_signal(order)
            try:
                process.wait(_STOP_TIMEOUT)
                return
            except psutil.TimeoutExpired:
                continue
        raise DataFolderError(
            f"A PostgreSQL left behind does not end (process {process.pid}): kill it"
        )
    except (FileNotFoundError, psutil.NoSuchProcess):
        # Another process may have its id by now, and PostgreSQL would take that for a live server.
        pid_file.unlink(missing_ok=True)
    except (IndexError, ValueError):
        pid_file.unlink()


def find_or_make_password(path: Path, user: SystemUser) -> str:
    if not path.exists():
        fresh = path.with_name("password.new")
        fresh.unlink(missing_ok=True)
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            os.fchown(file.fileno(), user.uid, user.gid)
            file.write(secrets.token_hex(24) + "\n")
        fresh.rename(path)
    return path.read_text().strip()


def choose_socket_dir(folder: Path) -> Path:
    socket_dir = folder / "socket"
    if len(os.fsencode(socket_dir / f".s.PGSQL.{PORT}")) <= _LONGEST_SOCKET_PATH:
        return socket_dir
    name = hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"novabot-{name}"


def clear_socket(socket_dir: Path) -> None:
    """Removes the socket of a killed server, of which no process runs any more.

    Its lock names a process id. PostgreSQL takes it for a live server if it is a zombie's, or
    another process has it by now.
    """
    for name in (f".s.PGSQL.{PORT}.lock", f".s.PGSQL.{PORT}"):
        (socket_dir / name).unlink(missing_ok=True)
