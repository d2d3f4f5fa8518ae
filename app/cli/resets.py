"""Resets: `reset`, `watch`."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from app.cli.environment import ask_database, load_settings
from app.cli.errors import report_errors

commands = typer.Typer()


@commands.command(
    epilog="Examples: `novabot reset 0817-1740-7674` · `novabot reset 6281717407674@c.us ID.9f3c`"
)
def reset(
    handles: Annotated[
        list[str],
        typer.Argument(
            metavar="HANDLE...", help="Client id, phone number in any usual spelling, or BSUID."
        ),
    ],
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Print what would be deleted, and delete nothing."),
    ] = False,
) -> None:
    """Forget clients, everywhere and at once, and print the receipts.

    An unknown client leaves a receipt of zeros.
    """
    with report_errors():
        from app.cli.dry_run import describe_resets
        from app.cli.receipts import reset_clients

        url = load_settings().database_url
        act = describe_resets if dry_run else reset_clients
        if not ask_database(url, lambda conn: act(conn, handles)):
            sys.exit(1)


@commands.command()
def watch() -> None:
    """Follow resets and their acknowledgements live. Ctrl-C ends it."""
    with report_errors():
        import asyncio

        from app.cli.watching import watch_resets

        asyncio.run(watch_resets(load_settings().listen_database_url))
