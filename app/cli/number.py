"""The business's number: `novabot number`, `novabot number resume`."""

from __future__ import annotations

import sys

import typer

from app.cli.environment import ask_database, load_settings
from app.cli.errors import report_errors

commands = typer.Typer(help="Whether the business's number may send.", invoke_without_command=True)


@commands.callback()
def number(context: typer.Context) -> None:
    """Say whether the business's number may send, and if not, since when and why.

    Exit code 1 while it is stopped.
    """
    if context.invoked_subcommand is not None:
        return
    with report_errors():
        from app.crm.sending.number import describe_trouble, list_numbers

        troubles = ask_database(load_settings().database_url, list_numbers)
        for trouble in troubles:
            typer.echo(describe_trouble(trouble))
        if not troubles:
            typer.echo("the number sends")
        if any(trouble.state == "stopped" for trouble in troubles):
            sys.exit(1)


@commands.command(epilog="Example: `novabot number resume`")
def resume() -> None:
    """Send again, after the cause has been mended. What is queued goes out."""
    with report_errors():
        from app.crm.sending.number import resume_numbers

        resumed = ask_database(load_settings().database_url, resume_numbers)
        typer.echo("it sends again" if resumed else "it was neither stopped nor slowed")
