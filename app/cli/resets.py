"""Resets: `reset`, `watch`."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from app.cli.environment import ask_database, load_settings
from app.cli.errors import fail, report_errors

commands = typer.Typer()


@commands.command(
    epilog="Examples: `novabot reset 0817-1740-7674` · `novabot reset --json - < handles.txt`"
)
def reset(
    handles: Annotated[
        list[str],
        typer.Argument(
            metavar="HANDLE...",
            help="Client id, phone number in any usual spelling, or BSUID;"
            " a single - reads them from standard input, one a line.",
        ),
    ],
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Print what would be deleted, and delete nothing."),
    ] = False,
    wait: Annotated[
        float,
        typer.Option(
            metavar="SECONDS", min=0.0, help="How long to wait until every bot has forgotten."
        ),
    ] = 2.0,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print each receipt as a line of JSON.")
    ] = False,
) -> None:
    """Forget clients, everywhere and at once, and print the receipts.

    A receipt has the counts, each bot with its milliseconds, and who is missing; that of an
    unknown client has zeros. A bot that is missing answers no client from memory.
    """
    with report_errors():
        import asyncio

        from app.cli.dry_run import describe_resets
        from app.cli.receipts import reset_clients

        if dry_run and as_json:
            fail("--dry-run prints no receipts: leave --json out", code=2)
        url = load_settings().database_url
        asked = _read_handles() if handles == ["-"] else handles
        if dry_run:
            done = ask_database(url, lambda conn: describe_resets(conn, asked))
            sys.exit(0 if done else 1)
        sys.exit(asyncio.run(reset_clients(url, asked, wait=wait, as_json=as_json)))


def _read_handles() -> list[str]:
    """One a line, from standard input."""
    return [line.strip() for line in sys.stdin if line.strip()]


@commands.command()
def watch() -> None:
    """Follow resets and their acknowledgements live. Ctrl-C ends it."""
    with report_errors():
        import asyncio

        from app.cli.watching import watch_resets

        asyncio.run(watch_resets(load_settings().listen_database_url))
