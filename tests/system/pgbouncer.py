"""A real PgBouncer in front of an embedded server."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Literal

import psycopg
from psycopg.conninfo import conninfo_to_dict

from app.database.account import find_account, make_folder
from tests.system.nova import free_ports, wait_for

PROGRAM = shutil.which("pgbouncer", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")


@contextmanager
def run_pgbouncer(
    database_url: str, directory: Path, mode: Literal["transaction", "session"]
) -> Iterator[str]:
    """The URL of the same database through PgBouncer.

    `directory` is a folder that the server's account can get to; PgBouncer runs as that account,
    because it refuses to run as root.
    """
    assert PROGRAM is not None
    parts = conninfo_to_dict(database_url)
    (port,) = free_ports(1)
    account = find_account()
    home = directory / "pgbouncer"
    make_folder(home, account)
    target = " ".join(f"{name}={parts[name]}" for name in ("host", "dbname", "user", "password"))
    (home / "pgbouncer.ini").write_text(
        f"[databases]\nnova = {target} port={parts.get('port', 5432)}\n"
        "[pgbouncer]\nlisten_addr = 127.0.0.1\n"
        f"listen_port = {port}\nunix_socket_dir =\nauth_type = any\npool_mode = {mode}\n"
        "default_pool_size = 5\n"
    )
    with (home / "pgbouncer.log").open("wb") as log:
        process = subprocess.Popen(
            [PROGRAM, str(home / "pgbouncer.ini")],
            cwd="/",
            env={},
            stdout=log,
            stderr=log,
            **account.drop,
        )
    url = f"postgresql://novabot@127.0.0.1:{port}/nova"

    def answers() -> bool:
        with suppress(psycopg.OperationalError), psycopg.connect(url, connect_timeout=2):
            return True
        assert process.poll() is None, (home / "pgbouncer.log").read_text()
        return False

    try:
        wait_for(answers, "PgBouncer to answer")
        yield url
    finally:
        process.kill()
        process.wait()
