from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from app.local.embedded import EmbeddedServer
from tests.system.history.run import RESPONDER
from tests.system.nova import Nova, run_nova


@pytest.fixture(scope="module")
def shared_server(start_server: Callable[[Path | None], EmbeddedServer]) -> EmbeddedServer:
    return start_server(None)


@pytest.fixture(scope="module")
def shared_database(shared_server: EmbeddedServer) -> Iterator[str]:
    """The URL of a database for the tests of a module."""
    with _make_database(shared_server) as url:
        yield url


@pytest.fixture(scope="module")
def nova(shared_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nova]:
    """One running system for the tests of a module: two bots and the dashboard."""
    directory = tmp_path_factory.mktemp("nova")
    with run_nova(shared_database, directory, dashboard=True, NOVABOT_RESPONDER=RESPONDER) as made:
        yield made


@contextmanager
def _make_database(server: EmbeddedServer) -> Iterator[str]:
    name = f"test_{uuid.uuid4().hex}"
    with psycopg.connect(server.url("postgres"), autocommit=True) as conn:
        conn.execute(f"CREATE DATABASE {name} TEMPLATE novabot STRATEGY FILE_COPY".encode())
        yield server.url(name)
        conn.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())
