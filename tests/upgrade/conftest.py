"""Databases of each release: as it left them, and brought to the current schema."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from app.database.migrating.migrations import migrate
from app.local.embedded import EmbeddedServer
from tests.system.nova import Nova, wait_for
from tests.upgrade.releases import LAST, RELEASES, Release, unpack


@pytest.fixture(params=RELEASES, ids=lambda release: release.version)
def release(request: pytest.FixtureRequest) -> Release:
    """Each of the releases that an upgrade may start from."""
    return request.param


@pytest.fixture(scope="session")
def restore() -> Callable[[EmbeddedServer, Release], str]:
    """Restores a release's dump, once a server; the name of the database, to be cloned."""

    @cache
    def restore_once(server: EmbeddedServer, release: Release) -> str:
        name = f"release_{release.version.replace('.', '_')}"
        with psycopg.connect(server.url("postgres"), autocommit=True) as conn:
            conn.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(quoted(name)))
        with psycopg.connect(server.url(name)) as conn:
            conn.execute(release.dump.read_bytes())
        return name

    return restore_once


@pytest.fixture
def old_url(
    server: EmbeddedServer, release: Release, restore: Callable[[EmbeddedServer, Release], str]
) -> Iterator[str]:
    """The URL of a database as the release left it."""
    with clone(server, restore(server, release)) as url:
        yield url


@pytest.fixture
def old(old_url: str) -> Iterator[psycopg.Connection]:
    """An autocommit connection to a database as the release left it."""
    with psycopg.connect(old_url, autocommit=True) as conn:
        yield conn


@pytest.fixture
def upgraded(old: psycopg.Connection) -> psycopg.Connection:
    """The same, brought to the current schema."""
    migrate(old)
    return old


@pytest.fixture
def fresh(database_url: str) -> Iterator[psycopg.Connection]:
    """An autocommit connection to a database that was empty and then migrated."""
    with psycopg.connect(database_url, autocommit=True) as conn:
        yield conn


@pytest.fixture(scope="session")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Release], Path]:
    """The folder with the sources of a release."""
    return cache(lambda release: unpack(release, tmp_path_factory.mktemp("release")))


@pytest.fixture
def open_nova(
    server: EmbeddedServer,
    restore: Callable[[EmbeddedServer, Release], str],
    tmp_path: Path,
) -> Iterator[Callable[[], Nova]]:
    """Makes a system, with nothing running yet, on a database as the last release left it."""
    with ExitStack() as stack:

        def open_on_clone() -> Nova:
            url = stack.enter_context(clone(server, restore(server, LAST)))
            nova = Nova(url, tmp_path, bots=3)
            stack.callback(nova.close)
            return nova

        yield open_on_clone


@contextmanager
def clone(server: EmbeddedServer, template: str) -> Iterator[str]:
    """The URL of a copy of a database, for as long as the context lasts."""
    name = f"test_{uuid.uuid4().hex}"
    with psycopg.connect(server.url("postgres"), autocommit=True) as conn:
        conn.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(quoted(name), quoted(template))
        )
        try:
            yield server.url(name)
        finally:
            conn.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(quoted(name)))


def wait_until_listening(nova: Nova, bot: int) -> None:
    """A bot that need not be ready hears resets."""
    wait_for(lambda: nova.ask(nova.bot_urls[bot] + "/live") == 200, f"bot {bot} to run")
    wait_for(lambda: nova.metric(bot, "novabot_listener_up") == 1, f"bot {bot} to listen")


def quoted(name: str) -> sql.Identifier:
    return sql.Identifier(name)
