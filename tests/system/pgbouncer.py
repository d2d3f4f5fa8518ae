"""A real PgBouncer in front of a server, run as the server's own unprivileged user."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal
from urllib.parse import quote

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from app.local.system_user import find_system_user, make_folder
from tests.system.nova import free_ports, wait_for

_SETTINGS = """
[databases]
* = host={socket} port=5432

[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = {users}
pool_mode = {mode}
max_client_conn = 200
default_pool_size = 80
"""
"""In session mode, every connection of every pool of ours keeps one of the pooler's."""
_TLS_SETTINGS = """
client_tls_sslmode = require
client_tls_key_file = {key}
client_tls_cert_file = {certificate}
"""

PROGRAM = shutil.which("pgbouncer", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")

needs_pgbouncer = pytest.mark.skipif(PROGRAM is None, reason="there is no pgbouncer here")


class PgBouncer:
    """Start and stop it; its URL stays the same."""

    def __init__(
        self, url: str, directory: Path, mode: Literal["session", "transaction"], *, tls: bool
    ) -> None:
        parts = {name: str(value) for name, value in conninfo_to_dict(url).items()}
        (self._port,) = free_ports(1)
        self._log = directory / "pgbouncer.log"
        self._settings = directory / "pgbouncer.ini"
        users = directory / "users.txt"
        users.write_text(f'"{parts["user"]}" "{parts["password"]}"\n')
        settings = _SETTINGS.format(socket=parts["host"], port=self._port, users=users, mode=mode)
        if tls:
            key, certificate = _make_certificate(directory)
            settings += _TLS_SETTINGS.format(key=key, certificate=certificate)
        self._settings.write_text(settings)
        login = f"{quote(parts['user'])}:{quote(parts['password'])}"
        self.url = f"postgresql://{login}@127.0.0.1:{self._port}/{parts['dbname']}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        assert PROGRAM is not None
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [PROGRAM, str(self._settings)],
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                **find_system_user().drop,
            )
        wait_for(self._answers, f"PgBouncer to answer, see {self._log}")

    def kill(self) -> None:
        """Its clients and servers lose their connections at once."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.url, connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True


@contextmanager
def run_pgbouncer(
    url: str, directory: Path, mode: Literal["session", "transaction"], *, tls: bool = False
) -> Iterator[PgBouncer]:
    """`directory` is empty, and can be entered by the server's user; `tls` is required then."""
    user = find_system_user()
    make_folder(directory / "pgbouncer", user)
    pooler = PgBouncer(url, directory / "pgbouncer", mode, tls=tls)
    for path in (directory / "pgbouncer").iterdir():
        shutil.chown(path, user.uid, user.gid)
    pooler.start()
    try:
        yield pooler
    finally:
        pooler.kill()


def _make_certificate(directory: Path) -> tuple[Path, Path]:
    """A key, and a certificate for it that no authority has signed."""
    key, certificate = directory / "key.pem", directory / "certificate.pem"
    options = "-x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=localhost"
    files = ["-keyout", str(key), "-out", str(certificate)]
    subprocess.run(["openssl", "req", *options.split(), *files], capture_output=True, check=True)
    return key, certificate
