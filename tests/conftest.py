"""A real PostgreSQL for every test: one server a run, a migrated template, a clone a test."""

from __future__ import annotations

import io
import os
import shutil
import signal
import sys
import tempfile
import uuid
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest
import structlog
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict
from pytest_postgresql.janitor import DatabaseJanitor

from app.database.migrating.migrations import migrate
from app.database.pool import Pool, open_pool
from app.local.cluster import ROLE
from app.local.embedded import EmbeddedServer

_ROOM = 6 * 1024**3
"""Bytes: more than the servers of all workers write together."""
_EXPECTED_SKIPS = (
    "MERGE came with PostgreSQL 15",
    "only root has another user to run it as",
    "only root may mount a small disk to fill",
    "only root may unshare its mounts",
    "the schema is still that of the last release",
)
"""The reasons for which a test may be skipped in CI."""

# Both measure wall time, which on a busy machine says nothing about the test.
settings.register_profile(
    "nova", settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
)
settings.load_profile("nova")

# A shell starts what runs in its background with SIGINT ignored, and the processes of the tests,
# some of which it is to end, would inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_report_header() -> str:
    programs = _find_given_programs()
    return f"postgresql: {programs or 'the embedded one'}"


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with a test that is given time of its own come first: at the end of a run, no worker
    waits for the other's.

    Within both halves the order is that of pytest-randomly.
    """
    long = {item.path for item in items if item.get_closest_marker("timeout")}
    items.sort(key=lambda item: item.path not in long)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """In CI, a test that is skipped for anything but its server's version or user fails."""
    report = yield
    if report.skipped and os.environ.get("CI") and isinstance(report.longrepr, tuple):
        reason = str(report.longrepr[2]).removeprefix("Skipped: ")
        if reason not in _EXPECTED_SKIPS:
            report.outcome = "failed"
            report.longrepr = f"{item.nodeid} is skipped, which CI does not allow: {reason}"
    return report


@pytest.fixture(scope="session")
def anyio_backend() -> tuple[str, dict[str, Any]]:
    return "asyncio", {"use_uvloop": True}


@pytest.fixture(scope="session", autouse=True)
def unicode_table() -> None:
    """On a new machine, Hypothesis's first text takes seconds, which no test has to answer for."""
    st.text().validate()


@pytest.fixture(scope="session")
def log_stream() -> io.StringIO:
    """Where services in threads log to.

    Not to pytest's streams, which it reads, closes and exchanges from another thread: that loses
    lines, and at a bad moment crashes the interpreter.
    """
    stream = io.StringIO()
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(stream))
    return stream


@pytest.fixture(autouse=True)
def logged(
    log_stream: io.StringIO, caplog: pytest.LogCaptureFixture
) -> Iterator[Callable[[], str]]:
    """What the services in threads, and the libraries, have logged since the test began; shown if
    it fails.
    """
    log_stream.seek(0)
    log_stream.truncate()
    yield lambda: log_stream.getvalue() + caplog.text
    sys.stdout.write(log_stream.getvalue())


@pytest.fixture(scope="session")
def programs() -> Path | None:
    """The bin folder of the PostgreSQL to test on; None is the embedded one."""
    return _find_given_programs()


@pytest.fixture(scope="session")
def start_server() -> Iterator[Callable[[Path | None], EmbeddedServer]]:
    """Starts the server of a bin folder at its first use, with a migrated database `novabot`."""
    with ExitStack() as stack:

        @cache
        def start(programs: Path | None) -> EmbeddedServer:
            directory = stack.enter_context(_make_data_dir(_find_roomy_memory()))
            server = EmbeddedServer(directory, programs=programs, durable=False)
            stack.enter_context(server)
            with psycopg.connect(server.url(), autocommit=True) as conn:
                migrate(conn)
                _make_logins_cheap(conn, server)
            return server

        yield start


@pytest.fixture(scope="session")
def copy_database(
    start_server: Callable[[Path | None], EmbeddedServer],
) -> Iterator[Callable[[EmbeddedServer, str], AbstractContextManager[str]]]:
    """Copies a database, of a server and a name, for as long as the context lasts; its URL.

    It asks for `start_server` so that the servers outlive its connections to them.
    """
    with ExitStack() as stack:

        @cache
        def connect(url: str) -> psycopg.Connection:
            return stack.enter_context(psycopg.connect(url, autocommit=True))

        def copy(server: EmbeddedServer, template: str) -> AbstractContextManager[str]:
            return _copy(connect(server.url("postgres")), server, template)

        yield copy


@pytest.fixture
def server(
    start_server: Callable[[Path | None], EmbeddedServer], programs: Path | None
) -> EmbeddedServer:
    return start_server(programs)


@pytest.fixture
def empty_database_url(server: EmbeddedServer) -> Iterator[str]:
    """The URL of a database without a schema, dropped afterwards."""
    url = server.url(f"test_{uuid.uuid4().hex}")
    parts = conninfo_to_dict(url)
    # pytest-postgresql's own server would refuse to run as root; its janitor takes any server.
    with DatabaseJanitor(
        user=str(parts["user"]),
        password=str(parts["password"]),
        host=str(parts["host"]),
        port=parts.get("port", 5432),
        dbname=str(parts["dbname"]),
        template_dbname="template0",
    ):
        yield url


@pytest.fixture
def database_url(
    server: EmbeddedServer,
    copy_database: Callable[[EmbeddedServer, str], AbstractContextManager[str]],
) -> Iterator[str]:
    """The URL of a fresh database of the current schema, dropped afterwards."""
    with copy_database(server, "novabot") as url:
        yield url


@pytest.fixture
def connection(database_url: str) -> Iterator[psycopg.Connection]:
    """An autocommit connection to the test's database."""
    with psycopg.connect(database_url, autocommit=True) as conn:
        yield conn


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[Pool]:
    """A pool on the test's database."""
    opened = await open_pool(database_url, name="test")
    try:
        yield opened
    finally:
        await opened.close()


@pytest.fixture
def own_server(data_dir: Path) -> Iterator[EmbeddedServer]:
    """A PostgreSQL of the test's own, that keeps what it has committed, and is migrated."""
    with EmbeddedServer(data_dir) as server:
        with psycopg.connect(server.url(), autocommit=True) as conn:
            migrate(conn)
        yield server


@pytest.fixture
def stranger(connection: psycopg.Connection) -> Iterator[str]:
    """A role that may connect, and nothing else; dropped afterwards, for roles are the server's."""
    role = f"stranger_{uuid.uuid4().hex}"
    connection.execute(f"CREATE ROLE {role}".encode())
    yield role
    connection.execute(f"DROP OWNED BY {role} CASCADE; DROP ROLE {role}".encode())


@pytest.fixture
def data_dir() -> Iterator[Path]:
    """An empty folder for an embedded server, which its user can reach even if this is root."""
    with _make_data_dir() as directory:
        yield directory


def _find_given_programs() -> Path | None:
    """NOVABOT_TEST_POSTGRES_BIN: the bin folder of another PostgreSQL to test on."""
    given = os.environ.get("NOVABOT_TEST_POSTGRES_BIN")
    return Path(given) if given else None


def _find_roomy_memory() -> Path | None:
    """Where files are held in memory, if there is room: a database is cloned ten times as fast."""
    memory = Path("/dev/shm")
    if os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > _ROOM:
        return memory if psutil.virtual_memory().available > _ROOM else None
    return None


@contextmanager
def _make_data_dir(parent: Path | None = None) -> Generator[Path]:
    directory = Path(tempfile.mkdtemp(prefix="novabot-", dir=parent))
    directory.chmod(0o711)
    try:
        yield directory
    finally:
        home = (directory / "postgres").resolve()
        shutil.rmtree(home, ignore_errors=True)
        shutil.rmtree(directory)


def _make_logins_cheap(conn: psycopg.Connection, server: EmbeddedServer) -> None:
    """Stores the role's password anew, hashed once: the 4096 times cost each connection 2 ms."""
    if conn.info.server_version >= 160000:
        password = str(conninfo_to_dict(server.url())["password"])
        conn.execute("SET scram_iterations = 1")
        conn.execute(
            sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(ROLE), sql.Literal(password))
        )


@contextmanager
def _copy(conn: psycopg.Connection, server: EmbeddedServer, template: str) -> Generator[str]:
    """As DatabaseJanitor does, for the 1700 tests that it would cost two logins each."""
    name = f"test_{uuid.uuid4().hex}"
    # Copied by files, on a server that does not wait for its disk, in half the time. PostgreSQL 14
    # knows no other way.
    strategy = "STRATEGY FILE_COPY" if conn.info.server_version >= 150000 else ""
    conn.execute(
        sql.SQL("CREATE DATABASE {} TEMPLATE {} {}").format(
            sql.Identifier(name), sql.Identifier(template), sql.SQL(strategy)
        )
    )
    try:
        yield server.url(name)
    finally:
        conn.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
