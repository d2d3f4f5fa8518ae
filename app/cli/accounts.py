"""Accounts and tokens: `operator add`, `token create`."""

from __future__ import annotations

import sys
from typing import Annotated, Literal

import typer

from app.cli.environment import ask_database, load_settings
from app.cli.errors import report_errors

operators = typer.Typer(help="Accounts for the dashboard.", no_args_is_help=True)
tokens = typer.Typer(help="Tokens for the JSON API.", no_args_is_help=True)


@operators.command("add", epilog="Example: `novabot operator add ana --role viewer`")
def operator_add(
    name: str, role: Annotated[Literal["admin", "operator", "viewer"], typer.Option()] = "operator"
) -> None:
    """Add an account. Asks for the password, or reads it from standard input."""
    with report_errors():
        from app.crm.operators import add_operator

        settings = load_settings()
        if sys.stdin.isatty():
            password = str(typer.prompt("Password", hide_input=True, confirmation_prompt=True))
        else:
            password = sys.stdin.readline().rstrip("\r\n")
        ask_database(settings.database_url, lambda conn: add_operator(conn, name, role, password))
        typer.echo(f"{name} can log in as {role}")


@tokens.command("create", epilog="Example: `novabot token create crm-export`")
def token_create(name: str) -> None:
    """Make a token for the JSON API. It is shown once, on the last line."""
    with report_errors():
        from app.crm.operators import create_token

        url = load_settings().database_url
        token = ask_database(url, lambda conn: create_token(conn, name))
        typer.echo("Keep it now: it is not shown again.", err=True)
        typer.echo(token)
