"""Connections of the tests of sql/."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, nullcontext

import psycopg
import pytest

from tests.sql.acts import Listening, Notices, taking_turns_in_groups


@pytest.fixture
def connect(database_url: str) -> Iterator[Callable[[], psycopg.Connection]]:
    """Opens further connections to the test's database, as other people would."""
    with ExitStack() as stack:
        yield lambda: stack.enter_context(psycopg.connect(database_url, autocommit=True))


@pytest.fixture
def other(connect: Callable[[], psycopg.Connection]) -> psycopg.Connection:
    """Another client of the database."""
    return connect()


@pytest.fixture
def listening(connect: Callable[[], psycopg.Connection]) -> Listening:
    """Hears all notifications."""
    return Listening.open(connect(), connect())


@pytest.fixture
def notices(connection: psycopg.Connection) -> Notices:
    """What the server tells `connection`."""
    return Notices.of(connection)


@pytest.fixture(params=["alone", "in a group"])
def each_way(request: pytest.FixtureRequest) -> Iterator[None]:
    """Turns are committed alone, or as a bot does it: in a group where that can judge them."""
    with taking_turns_in_groups() if request.param == "in a group" else nullcontext():
        yield
