"""The services: `up`, `bot`, `dashboard`, `simulator`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from app.cli.environment import load_settings
from app.cli.errors import fail, report_errors

commands = typer.Typer()

Host = Annotated[str, typer.Option(help="The address to listen on.")]
Port = Annotated[int, typer.Option(min=1, max=65535, help="The port to listen on.")]


@commands.command(
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
    with report_errors():
        from app.local.up import Ports, UpError, run_up
        from app.settings import WHATSAPP
        from app.settings import load_settings as load

        settings = load(data_dir=str(data or ""))
        if settings.names_whatsapp:
            settings = load(need=WHATSAPP, data_dir=str(data or ""))
        from app.bot.responder.loading import ResponderError, load_responder

        try:
            load_responder(settings.responder)
        except ResponderError as error:
            fail(str(error), code=2)
        try:
            run_up(settings, Ports(dashboard_port, simulator_port, bot_port, bots))
        except UpError as error:
            fail(str(error))


@commands.command(epilog="Examples: `novabot remove` · `novabot remove --data /srv/nova`")
def remove(
    data: Annotated[
        Path | None, typer.Option(help="Where the database and the secrets are kept.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Remove what `novabot up` has made: its database, secrets and logs.

    Names all of it and asks first; refuses while it runs. For root, the system user goes too
    once no database needs it. A database of your own, in DATABASE_URL, is left alone.
    """
    with report_errors():
        from app.local.data_folder import DataFolderError
        from app.local.removal import carry_out, open_removal
        from app.local.system_user import SystemUserError
        from app.settings import load_settings as load

        data_dir = load(data_dir=str(data or "")).data_dir.absolute()
        try:
            with open_removal(data_dir) as removal:
                stays = f"The system user stays, for {removal.need}." if removal.need else ""
                if removal.is_empty:
                    fail(f"`novabot up` has left nothing in {data_dir}. {stays}".rstrip())
                typer.echo("This is removed for good:")
                for line in removal.describe():
                    typer.echo(f"  {line}")
                if stays:
                    typer.echo(stays)
                if not yes:
                    typer.confirm("Remove all of it?", abort=True)
                carry_out(removal)
        except (DataFolderError, SystemUserError) as error:
            fail(str(error))
        except OSError as error:
            fail(f"{error.filename or data_dir} can't be removed: {error.strerror}")
        typer.echo("removed")


@commands.command(epilog="Example: `novabot bot --port 8011`; more bots are more such processes.")
def bot(host: Host = "127.0.0.1", port: Port = 8010) -> None:
    """Run one bot. Needs DATABASE_URL and the WHATSAPP_ variables."""
    with report_errors():
        from app.settings import WHATSAPP

        settings = load_settings(*WHATSAPP)
        from app.bot.app import serve
        from app.bot.responder.loading import ResponderError
        from app.way_out import WayOutError

        try:
            serve(settings, host, port)
        except (ResponderError, WayOutError) as error:
            fail(str(error), code=2)


@commands.command(epilog="Example: `novabot dashboard --host 0.0.0.0 --port 8000`")
def dashboard(host: Host = "127.0.0.1", port: Port = 8000) -> None:
    """Run the dashboard. Needs DATABASE_URL; WHATSAPP_ACCESS_TOKEN to show clients' files."""
    with report_errors():
        settings = load_settings()
        from app.dashboard.app import serve
        from app.way_out import WayOutError

        try:
            serve(settings, host, port)
        except WayOutError as error:
            fail(str(error), code=2)


@commands.command(hidden=True)
def simulator(
    host: Host = "127.0.0.1",
    port: Port = 8008,
    bots: Annotated[list[str] | None, typer.Option("--bot", help="A bot's URL.")] = None,
) -> None:
    """Run the phone simulator, for `novabot up` and tests alone."""
    with report_errors():
        from app.settings import WHATSAPP
        from app.settings import load_settings as load

        settings = load(need=WHATSAPP)
        if not settings.simulator_allowed:
            fail("The simulator runs within `novabot up` and tests only: use `novabot up`", code=2)
        from app.simulator.app import serve

        serve(settings, host, port, bots or [])
