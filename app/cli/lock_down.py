"""`novabot migrate --lock-down`: closes the database to roles that do not need it."""

from __future__ import annotations

import typer

from app.cli.errors import fail
from app.database.connection import open_connection
from app.database.lock_down import LockDown, lock_down, preview_lock_down
from app.database.migrating.exclusion import NAME
from app.settings import Settings


def close_database(settings: Settings, *, ask: bool, change: bool = True) -> None:
    """Says which roles lose CONNECT, and takes it from PUBLIC once that is confirmed."""
    with open_connection(settings.listen_database_url, NAME) as conn:
        services = {_find_role(settings.database_url), _find_role(settings.listen_database_url)}
        would = preview_lock_down(conn, services)
        if would is None:
            typer.echo(f"PUBLIC may not connect to {conn.info.dbname}: nothing to close")
            return
        _show(would)
    if not change:
        return
    # No connection is kept while a person thinks.
    if ask and not typer.confirm("Close it?"):
        fail("The database is as open as before")
    with open_connection(settings.listen_database_url, NAME) as conn:
        lock_down(conn, services)
    typer.echo("closed; sessions that are open go on")


def _show(would: LockDown) -> None:
    typer.echo(would.statement)
    typer.echo(f"  can connect as before: {', '.join(would.keep)} (the services)")
    typer.echo(f"  cannot connect any more: {', '.join(would.lose) or 'no role'}")
    typer.echo("  only the owner, and roles that are granted TEMPORARY, can make temporary tables")
    if would.give_back:
        typer.echo(f"  {would.give_back} gives it back: name those that need it")


def _find_role(url: str) -> str:
    with open_connection(url) as conn:
        return str(conn.execute("SELECT session_user").fetchall()[0][0])
