from __future__ import annotations

from collections.abc import Iterator

import httpx2 as httpx
import psycopg
import pytest

from tests.dashboard.running import Dashboard, add_operators, run_dashboard


@pytest.fixture
def dashboard(database_url: str, connection: psycopg.Connection) -> Iterator[Dashboard]:
    add_operators(connection)
    with run_dashboard(database_url) as running:
        yield running


@pytest.fixture
def ana(dashboard: Dashboard) -> Iterator[httpx.Client]:
    """An operator's browser, in English."""
    with dashboard.logged_in() as client:
        yield client


@pytest.fixture
def vera(dashboard: Dashboard) -> Iterator[httpx.Client]:
    """A viewer's browser."""
    with dashboard.logged_in("vera") as client:
        yield client


@pytest.fixture
def program(dashboard: Dashboard) -> Iterator[httpx.Client]:
    with dashboard.program() as client:
        yield client
