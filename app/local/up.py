"""`novabot up`: the whole system on one machine, for trying it, developing it and small shops."""

from __future__ import annotations

import asyncio
import errno
import os
import secrets
import signal
import socket
import sys
from collections.abc import Awaitable, Callable, Generator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from app.crm.operators import add_first_operator
from app.database.connection import open_async_connection, open_connection
from app.database.migrating.migrations import migrate
from app.local.embedded import EmbeddedServer
from app.local.supervisor import Service, ServiceFailedError, Supervisor
from app.settings import Settings, read_environment

HOST = "127.0.0.1"
FIRST_LOGIN = "admin"
PROGRAM = (sys.executable, "-P", "-m", "app", "--until-eof")
"""Found by PYTHONPATH: the working directory, which -P leaves out, may hold another `app`."""

_WHATSAPP_SECRETS: Mapping[str, Callable[[], str]] = {
    "WHATSAPP_ACCESS_TOKEN": lambda: f"simulated-{secrets.token_urlsafe(24)}",
    "WHATSAPP_PHONE_NUMBER_ID": lambda: str(10**14 + secrets.randbelow(9 * 10**14)),
    "WHATSAPP_APP_SECRET": lambda: secrets.token_hex(16),
    "WHATSAPP_VERIFY_TOKEN": lambda: secrets.token_urlsafe(24),
}
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_SERVER_POLL = 0.5
"""Seconds between two looks at the embedded server: whether it runs, how long its log is."""


class UpError(Exception):
    """The system cannot run; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Ports:
    """Where everything listens, on HOST."""

    dashboard: int
    simulator: int
    first_bot: int
    bots: int
    """How many; each has its own port, from `first_bot` on."""

    def of_bots(self) -> range:
        return range(self.first_bot, self.first_bot + self.bots)


def run_up(settings: Settings, ports: Ports, program: tuple[str, ...] = PROGRAM) -> None:
    """Runs everything until SIGINT, SIGTERM or SIGHUP. Raises UpError, and what starting raises.

    Without WhatsApp's settings it generates them, and starts the simulator to talk to.
    """
    try:
        _run(settings, ports, program)
    except OSError as error:
        raise UpError(
            f"{error.filename or settings.data_dir} can't be used ({error.strerror or error}):"
            " mend that, or give another folder with --data DIR"
        ) from error


def _run(settings: Settings, ports: Ports, program: tuple[str, ...]) -> None:
    simulated = not settings.names_whatsapp
    _check_ports(ports, simulated=simulated)
    _make_folders(settings.data_dir)
    console = Console(highlight=False, soft_wrap=True)
    for order in _SIGNALS:
        signal.signal(order, signal.default_int_handler)
    with _open_database(settings) as (url, server):
        direct = settings.listen_database_url if server is None else url
        with open_connection(direct, "novabot up") as conn:
            migrate(conn, report=lambda line: console.print(Text(line, style="yellow")))
        environment = _make_environment(settings, url, ports, simulated=simulated)
        supervisor = Supervisor(
            _list_services(ports, program, simulated=simulated),
            _add_to_path(read_environment()) | environment,
            settings.data_dir / "logs",
            lambda line: console.print(Text(line, style="yellow")),
        )

        async def announce() -> None:
            # Only now, so that a password is made only where it is shown.
            password = await _add_first_login(settings, direct)
            console.print(_draw_panel(settings, ports, password, simulated=simulated))

        try:
            asyncio.run(_supervise(supervisor, server, announce))
        except ServiceFailedError as error:
            raise UpError(str(error)) from error
        console.print("stopped", style="dim")


def _check_ports(ports: Ports, *, simulated: bool) -> None:
    """Before anything starts, so that a taken port costs nothing."""
    options = [(ports.dashboard, "--dashboard-port")]
    options += [(ports.simulator, "--simulator-port")] if simulated else []
    options += [(port, "--bot-port") for port in ports.of_bots()]
    seen: dict[int, str] = {}
    for port, option in options:
        if port in seen:
            raise UpError(f"Port {port} is given twice: choose another with {option}")
        seen[port] = option
        if port > 65535:
            raise UpError(f"There is no port {port}: choose a lower one with {option}")
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError as error:
                reason = "taken" if error.errno == errno.EADDRINUSE else error.strerror
                raise UpError(f"Port {port} is {reason}: choose another with {option}") from error


def _make_folders(data_dir: Path) -> None:
    """The data folder can be passed through, for the database's user, but not listed."""
    try:
        data_dir.mkdir(mode=0o711, parents=True, exist_ok=True)
        for name in ("logs", "secrets"):
            (data_dir / name).mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise UpError(
            f"{error.filename} can't be made ({error.strerror}): give another folder with"
            " --data DIR"
        ) from error


@contextmanager
def _open_database(settings: Settings) -> Generator[tuple[str, EmbeddedServer | None]]:
    """The URL of the database and, unless DATABASE_URL is set, its embedded server."""
    if settings.database_url:
        yield settings.database_url, None
        return
    with EmbeddedServer(settings.data_dir) as server:
        yield server.url(), server


async def _add_first_login(settings: Settings, url: str) -> str | None:
    """Its password if there was no account, else None."""
    password = settings.admin_password.get_secret_value() or secrets.token_urlsafe(12)
    async with await open_async_connection(url) as conn:
        return password if await add_first_operator(conn, FIRST_LOGIN, password) else None


def _make_environment(
    settings: Settings, url: str, ports: Ports, *, simulated: bool
) -> dict[str, str]:
    """What is added to, or replaced in, our environment for the children."""
    environment = {"NOVABOT_DATA_DIR": str(settings.data_dir.absolute())}
    if not settings.database_url:
        environment |= {"DATABASE_URL": url, "LISTEN_DATABASE_URL": url}
    if not settings.secret_key:
        environment["NOVABOT_SECRET_KEY"] = _find_or_make_secret(
            settings.data_dir / "secrets" / "NOVABOT_SECRET_KEY", lambda: secrets.token_hex(32)
        )
    if simulated:
        for name, make in _WHATSAPP_SECRETS.items():
            environment[name] = _find_or_make_secret(settings.data_dir / "secrets" / name, make)
        environment["NOVABOT_SIMULATOR_ALLOWED"] = "1"
        if "whatsapp_api_url" not in settings.model_fields_set:
            environment["WHATSAPP_API_URL"] = f"http://{HOST}:{ports.simulator}/v24.0"
    return environment


def _add_to_path(environment: dict[str, str]) -> dict[str, str]:
    source = str(Path(__file__).resolve().parents[2])
    paths = [source, *filter(None, [environment.get("PYTHONPATH")])]
    return environment | {"PYTHONPATH": os.pathsep.join(paths)}


def _find_or_make_secret(path: Path, make: Callable[[], str]) -> str:
    if not path.exists():
        fresh = path.with_name(f"{path.name}.new")
        fresh.unlink(missing_ok=True)
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(f"{make()}\n")
        fresh.rename(path)
    return path.read_text().strip()


def _list_services(
    ports: Ports, program: tuple[str, ...], *, simulated: bool
) -> tuple[Service, ...]:
    def serve(name: str, command: str, port: int, *more: str) -> Service:
        return Service(name, (*program, command, "--host", HOST, "--port", str(port), *more), port)

    services = [
        serve(f"bot-{number}", "bot", port) for number, port in enumerate(ports.of_bots(), start=1)
    ]
    services.append(serve("dashboard", "dashboard", ports.dashboard))
    if simulated:
        bots = [item for port in ports.of_bots() for item in ("--bot", f"http://{HOST}:{port}")]
        services.append(serve("simulator", "simulator", ports.simulator, *bots))
    return tuple(services)


def _draw_panel(
    settings: Settings, ports: Ports, password: str | None, *, simulated: bool
) -> Panel:
    lines = Table.grid(padding=(0, 2))
    lines.add_row("Dashboard", f"http://{HOST}:{ports.dashboard}")
    if password is None:
        lines.add_row("", "log in as before; more accounts: novabot operator add NAME")
    elif settings.admin_password:
        lines.add_row("First login", f"{FIRST_LOGIN}, with the password in NOVABOT_ADMIN_PASSWORD")
    else:
        lines.add_row("First login", f"{FIRST_LOGIN}   password {password}   (shown only now)")
    if simulated:
        lines.add_row("Phones", f"http://{HOST}:{ports.simulator}")
    bots = [f"http://{HOST}:{port}" for port in ports.of_bots()]
    lines.add_row("Bots", "\n".join(bots))
    lines.add_row("Data, logs", str(settings.data_dir.absolute()))
    lines.add_row("Database", "novabot psql" + _data_option(settings))
    return Panel(lines, title="Nova is ready", subtitle="Ctrl-C stops it", expand=False)


def _data_option(settings: Settings) -> str:
    """Other commands find the embedded database by its folder."""
    default = Settings.model_fields["data_dir"].default
    if settings.database_url or settings.data_dir == default:
        return ""
    return f"   (with NOVABOT_DATA_DIR={settings.data_dir.absolute()})"


async def _supervise(
    supervisor: Supervisor, server: EmbeddedServer | None, when_ready: Callable[[], Awaitable[None]]
) -> None:
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for order in _SIGNALS:
        loop.add_signal_handler(order, stop.set)
    watcher = asyncio.create_task(_watch_server(server, stop))
    try:
        await supervisor.run(stop, when_ready)
    finally:
        for order in _SIGNALS:
            # What follows takes a second at most and must not be cut short.
            loop.remove_signal_handler(order)
            signal.signal(order, signal.SIG_IGN)
        watcher.cancel()
    if watcher.done():
        watcher.result()


async def _watch_server(server: EmbeddedServer | None, stop: asyncio.Event) -> None:
    if server is None or server.process is None:
        await stop.wait()
        return
    while not stop.is_set():
        if server.process.poll() is not None:
            stop.set()
            raise UpError(f"PostgreSQL ended unexpectedly: see {server.log_path}")
        # A log that cannot be bounded must not end the watch over the server.
        with suppress(OSError):
            server.bound_log()
        await asyncio.sleep(_SERVER_POLL)
