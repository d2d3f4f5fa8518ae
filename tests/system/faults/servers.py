"""PostgreSQL servers that are restarted, killed, followed by a standby, promoted."""

from __future__ import annotations

import shutil
import signal
import subprocess
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

import psutil
import psycopg
from psycopg.conninfo import conninfo_to_dict

from app.local.embedded import EmbeddedServer
from app.local.postgres_programs import find_program
from app.local.system_user import find_system_user, make_folder
from tests.system.nova import wait_for


def end_server(server: EmbeddedServer, order: signal.Signals) -> None:
    """Ends a server as the signal says (SIGINT: fast, SIGQUIT: immediate, SIGKILL: a crash)."""
    process = server.process
    assert process is not None
    workers = psutil.Process(process.pid).children(recursive=True)
    process.send_signal(order)
    process.wait(20)
    # After a crash they go when they find their parent gone, and until then nothing starts.
    _, alive = psutil.wait_procs(workers, 20)
    assert not alive
    server.stop()


def make_standby(primary: EmbeddedServer, directory: Path) -> EmbeddedServer:
    """A streaming standby of the primary, not yet started; `directory` is a data folder."""
    user = find_system_user()
    home = directory / "postgres"
    make_folder(home, user)
    password = _data_of(primary).parent / "password"
    shutil.copy2(password, home / "password")
    shutil.chown(home / "password", user.uid, user.gid)
    program = find_program("pg_basebackup")
    assert program is not None
    subprocess.run(
        [
            str(_data_programs(primary) / program.name),
            *("--dbname", primary.url("postgres")),
            *("--pgdata", str(home / "data")),
            *("--checkpoint=fast", "--wal-method=stream", "--write-recovery-conf", "--no-sync"),
        ],
        cwd="/",
        env={},
        check=True,
        capture_output=True,
        **user.drop,
    )
    return EmbeddedServer(directory)


def promote(standby: EmbeddedServer) -> None:
    with psycopg.connect(standby.url("postgres"), autocommit=True) as conn:
        assert conn.execute("SELECT pg_promote(true, 20)").fetchone() == (True,)


def join_urls(*servers: EmbeddedServer) -> str:
    """One URL with the hosts of all, in this order."""
    parts = [conninfo_to_dict(server.url()) for server in servers]
    hosts = ",".join(quote(str(part["host"]), safe="") for part in parts)
    first = parts[0]
    return f"postgresql://{first['user']}:{first['password']}@/{first['dbname']}?host={hosts}"


def wait_until_it_follows(primary: EmbeddedServer, *, state: str) -> None:
    """Until a standby streams from the primary (`state` as in pg_stat_replication.sync_state)."""

    def read_states() -> list[tuple[str, str]]:
        with psycopg.connect(primary.url("postgres"), autocommit=True) as conn:
            return conn.execute("SELECT state, sync_state FROM pg_stat_replication").fetchall()

    wait_for(lambda: ("streaming", state) in read_states(), f"a standby that is {state}")


def _data_of(server: EmbeddedServer) -> Path:
    with psycopg.connect(server.url("postgres"), autocommit=True) as conn:
        row = conn.execute("SHOW data_directory").fetchone()
    assert row is not None
    return Path(row[0])


def _data_programs(server: EmbeddedServer) -> Path:
    """The folder of the programs that this server runs from; its user can reach them."""
    assert server.process is not None
    with suppress(psutil.AccessDenied):
        return Path(psutil.Process(server.process.pid).exe()).parent
    raise AssertionError("this user may not look at the server's process")
