"""What commands work with: the settings, and a connection to the database in use."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from psycopg import AsyncConnection

    from app.settings import Settings

Answer = TypeVar("Answer")


def load_settings(*need: str) -> Settings:
    """The settings, with the embedded database if it runs and no other is set.

    Raises SettingsError if DATABASE_URL or one of `need` is missing.
    """
    from app.local.embedded import find_running_url
    from app.settings import load_settings as load

    return load(need=("database_url", *need), find_database=find_running_url)


def ask_database(
    url: str, work: Callable[[AsyncConnection[tuple[Any, ...]]], Awaitable[Answer]]
) -> Answer:
    """What `work` returns, given a connection of its own."""
    import asyncio

    from app.database.connection import open_async_connection

    async def run() -> Answer:
        async with await open_async_connection(url) as conn:
            return await work(conn)

    return asyncio.run(run())
