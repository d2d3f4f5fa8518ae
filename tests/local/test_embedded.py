"""The embedded server: started, found, protected, mended."""

from __future__ import annotations

import os
import shutil
import stat
from pathlib import Path

import psutil
import psycopg
import pytest

from app.local.embedded import EmbeddedServer, EmbeddedServerError, find_running_url
from app.local.log_files import bound_log
from app.local.postgres_programs import find_program
from app.local.system_user import SYSTEM_DIRECTORY

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root has another user to run it as")


def start(directory: Path) -> EmbeddedServer:
    return EmbeddedServer(directory, durable=False)


def read(server: EmbeddedServer, query: str) -> object:
    with psycopg.connect(server.url()) as conn:
        row = conn.execute(query.encode()).fetchone()
        return row[0] if row else None


def test_it_is_found_while_it_runs_and_its_data_is_kept(data_dir: Path) -> None:
    assert find_running_url(data_dir) is None
    with start(data_dir) as server:
        assert find_running_url(data_dir) == server.url()
        with psycopg.connect(server.url()) as conn:
            conn.execute("CREATE TABLE kept AS SELECT 42 AS number")
    assert find_running_url(data_dir) is None
    with start(data_dir) as server:
        assert read(server, "SELECT number FROM kept") == 42


def test_it_listens_on_its_private_socket_alone_and_asks_for_a_password(data_dir: Path) -> None:
    with start(data_dir) as server:
        assert read(server, "SHOW listen_addresses") == ""
        home = (data_dir / "postgres").resolve()
        assert stat.S_IMODE(home.stat().st_mode) == 0o700
        assert stat.S_IMODE((home / "password").stat().st_mode) == 0o600
        wrong = server.url().replace("novabot:", "novabot:wrong", 1)
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(wrong)


def test_its_log_keeps_neither_keys_nor_statements(data_dir: Path) -> None:
    with start(data_dir) as server, psycopg.connect(server.url(), autocommit=True) as conn:
        conn.execute("CREATE TABLE clients (id text PRIMARY KEY)")
        conn.execute("INSERT INTO clients VALUES ('6281717407674@c.us')")
        with pytest.raises(psycopg.errors.UniqueViolation):
            conn.execute("INSERT INTO clients VALUES ('6281717407674@c.us')")
        log = server.log_path.read_text()
        assert "duplicate key" in log
        assert "6281717407674" not in log


def test_a_process_id_that_another_process_has_by_now_does_no_harm(data_dir: Path) -> None:
    with start(data_dir) as server:
        kept = (data_dir / "postgres" / "data" / "postmaster.pid").read_text()
        assert server.process is not None
        server.process.kill()
        server.process.wait()
    pid_file = data_dir / "postgres" / "data" / "postmaster.pid"
    pid_file.write_text(kept.replace(kept.splitlines()[0], str(os.getpid()), 1))
    with start(data_dir) as server:
        assert read(server, "SELECT 1") == 1


def test_two_servers_on_one_folder_are_refused_in_a_line(data_dir: Path) -> None:
    with start(data_dir), pytest.raises(EmbeddedServerError, match="in use by another novabot"):
        start(data_dir).start()


def test_a_long_path_gets_a_short_socket_which_is_removed(data_dir: Path) -> None:
    long = data_dir / ("x" * 60) / ("y" * 60)
    long.parent.mkdir(mode=0o711)
    with start(long) as server:
        assert read(server, "SELECT 1") == 1
        assert find_running_url(long) == server.url()
        socket_dir = Path(str(read(server, "SHOW unix_socket_directories")))
        assert stat.S_IMODE(socket_dir.stat().st_mode) == 0o700
    assert not socket_dir.exists()


def test_data_of_another_version_is_refused_in_a_line(data_dir: Path) -> None:
    with start(data_dir):
        pass
    (data_dir / "postgres" / "data" / "PG_VERSION").write_text("12\n")
    with pytest.raises(EmbeddedServerError, match="made by PostgreSQL 12, and this is"):
        start(data_dir).start()


@as_root
def test_a_folder_closed_to_the_servers_user_stays_closed(data_dir: Path) -> None:
    closed = data_dir / "closed"
    closed.mkdir(mode=0o700)
    directory = closed / "data"
    try:
        with start(directory) as server:
            assert read(server, "SELECT 1") == 1
            assert (directory / "postgres").resolve().parent == SYSTEM_DIRECTORY
            assert stat.S_IMODE(closed.stat().st_mode) == 0o700
            assert find_running_url(directory) == server.url()
        with start(directory) as server:
            assert read(server, "SELECT 1") == 1
    finally:
        shutil.rmtree((directory / "postgres").resolve())


@as_root
def test_data_that_was_moved_into_a_closed_folder_is_refused_in_a_line(data_dir: Path) -> None:
    directory = data_dir / "data"
    with start(directory):
        pass
    data_dir.chmod(0o700)
    with pytest.raises(EmbeddedServerError, match=r"closed to the database's user.*--data DIR"):
        start(directory).start()


@as_root
def test_as_root_it_runs_as_another_user(data_dir: Path) -> None:
    with start(data_dir) as server:
        assert server.process is not None
        assert psutil.Process(server.process.pid).uids().effective != 0


def test_its_log_outlasts_a_restart(data_dir: Path) -> None:
    with start(data_dir) as server, psycopg.connect(server.url(), autocommit=True) as conn:
        with pytest.raises(psycopg.errors.DivisionByZero):
            conn.execute("SELECT 1 / 0")
        before = server.log_path.read_bytes()
        assert b"division by zero" in before
    with start(data_dir) as server:
        assert server.log_path.read_bytes().startswith(before)


def test_a_log_that_is_full_is_set_aside_while_the_server_writes_to_it(data_dir: Path) -> None:
    with start(data_dir) as server, psycopg.connect(server.url(), autocommit=True) as conn:

        def fail() -> None:
            with pytest.raises(psycopg.errors.DivisionByZero):
                conn.execute("SELECT 1 / 0")

        fail()
        before = server.log_path.read_bytes()
        bound_log(server.log_path, size_limit=len(before) - 1)
        assert server.log_path.read_bytes() == b""
        assert server.log_path.with_name("postgres.log.1").read_bytes() == before
        fail()
        after = server.log_path.read_bytes()
        assert after.count(b"division by zero") == 1
        assert after[:1] != b"\0", "the server writes at the beginning of the emptied file"


def test_a_failed_start_is_told_by_its_own_lines_of_the_log(data_dir: Path) -> None:
    with start(data_dir) as server:
        log = server.log_path
    with log.open("a") as file:
        file.write("2026-11-27 09:00:00 UTC [1] FATAL:  a failure of an earlier start\n")
    (data_dir / "postgres" / "data" / "postgresql.conf").write_text("no_such_setting = 1\n")
    with pytest.raises(EmbeddedServerError, match="did not start") as caught:
        start(data_dir).start()
    assert "earlier start" not in str(caught.value)
    assert "no_such_setting" in log.read_text()


def test_its_client_programs_are_at_hand() -> None:
    for name in ("psql", "pgbench", "pg_basebackup"):
        assert find_program(name) is not None
    assert find_program("no-such-program") is None
