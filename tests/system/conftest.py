from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from app.local.embedded import EmbeddedServer
from tests.system.nova import Nova, run_nova


@pytest.fixture(scope="module")
def shared_nova(
    start_server: Callable[[Path | None], EmbeddedServer],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Nova]:
    """One running system for the tests of a module: two bots and the dashboard."""
    server = start_server(None)
    name = f"test_{uuid.uuid4().hex}"
    with psycopg.connect(server.url("postgres"), autocommit=True) as conn:
        conn.execute(f"CREATE DATABASE {name} TEMPLATE novabot".encode())
    with run_nova(server.url(name), tmp_path_factory.mktemp("nova"), dashboard=True) as nova:
        yield nova


@pytest.fixture
def nova(database_url: str, tmp_path: Path) -> Iterator[Nova]:
    """A running system of the test's own: two bots, no dashboard."""
    with run_nova(database_url, tmp_path) as running:
        yield running
