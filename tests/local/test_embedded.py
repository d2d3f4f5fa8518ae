"""The embedded server: started, found, protected, mended."""

from __future__ import annotations

import os
import re
import shutil
import stat
import subprocess
import tempfile
from pathlib import Path
from pwd import getpwnam

import psutil
import psycopg
import pytest

from app.local.data_folder import PORT, DataFolderError, end_leftover, make_socket_dir
from app.local.embedded import EmbeddedServer, EmbeddedServerError, find_running_url
from app.local.log_files import bound_log
from app.local.postgres_programs import (
    ENVIRONMENT,
    find_embedded_programs,
    find_program,
    read_package_version,
)
from app.local.removal import open_removal
from app.local.system_user import (
    SYSTEM_DIRECTORY,
    USER_NAME,
    find_system_user,
    reach_programs,
)
from tests.system.nova import wait_for

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root has another user to run it as")


def start(directory: Path) -> EmbeddedServer:
    return EmbeddedServer(directory, durable=False)


def read(server: EmbeddedServer, query: str) -> object:
    with psycopg.connect(server.url()) as conn:
        row = conn.execute(query.encode()).fetchone()
        return row[0] if row else None


def test_no_other_role_may_connect_to_its_database(data_dir: Path) -> None:
    with start(data_dir) as server:
        read(server, "SELECT 1")
        closed = "has_database_privilege('pg_monitor', current_database(), 'CONNECT, TEMPORARY')"
        assert read(server, f"SELECT {closed}") is False


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


def test_a_living_server_is_ended_whatever_path_it_was_started_with(data_dir: Path) -> None:
    """Two servers on one folder would destroy its data: the pid file of one that lives counts."""
    user = find_system_user()
    with start(data_dir) as server:
        assert server.process is not None
        other = data_dir / "other"
        other.mkdir()
        shutil.chown(other, user.uid)
        (other / "postmaster.pid").write_text(f"{server.process.pid}\n")
        end_leftover(other)
        assert list(other.iterdir()) == []
        assert read(server, "SELECT 1") == 1, "a server of another folder was ended"
    data = data_dir / "postgres" / "data"
    (data_dir / "link").symlink_to(data)
    programs = find_embedded_programs()
    assert programs is not None
    postgres = reach_programs(programs, user, read_package_version()) / "postgres"
    sockets = f"unix_socket_directories={data.parent}/socket"
    left = subprocess.Popen(
        [postgres, "-D", f"{data_dir}/link/", "-c", "listen_addresses=", "-c", sockets],
        cwd="/",
        env=ENVIRONMENT,
        stderr=subprocess.DEVNULL,
        **user.drop,
    )
    try:
        wait_for(lambda: find_running_url(data_dir), "the server that is left behind")
        with pytest.raises(DataFolderError, match=r"runs in .*: stop it"), open_removal(data_dir):
            pass
        with start(data_dir) as server:
            assert left.poll() is not None
            assert read(server, "SELECT 1") == 1
    finally:
        left.kill()
        left.wait()


def test_a_backend_that_outlives_its_postmaster_is_waited_for_and_named(
    data_dir: Path,
) -> None:
    server = start(data_dir)
    server.start()
    conn = psycopg.connect(server.url(), autocommit=True)
    backend = psutil.Process(conn.info.backend_pid)
    try:
        conn.pgconn.send_query(b"DO 'BEGIN LOOP END LOOP; END'")
        wait_for(lambda: backend.cpu_times().user > 0.1, "a backend that never looks up")
        assert server.process is not None
        server.process.kill()
        server.stop()
        with pytest.raises(EmbeddedServerError, match=f"still run .*{backend.pid}"):
            server.start()
    finally:
        backend.kill()
        conn.close()
    with server:
        assert read(server, "SELECT 1") == 1


def test_two_servers_on_one_folder_are_refused_in_a_line(data_dir: Path) -> None:
    with start(data_dir), pytest.raises(EmbeddedServerError, match="in use by another novabot"):
        start(data_dir).start()


def test_a_path_that_no_socket_can_have_gets_a_short_one_which_is_removed(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where the folder for temporary files is such a path, or closed to the server's user."""
    comma, long, private = (data_dir / name for name in ("a,b", "x" * 120, "private"))
    for folder in (comma, long, private):
        folder.mkdir(mode=0o700 if folder == private else 0o755)
    monkeypatch.setattr(tempfile, "tempdir", str(private))
    with start(comma) as server:
        assert find_running_url(comma) == server.url()
        socket_dir = Path(str(read(server, "SHOW unix_socket_directories")))
        assert stat.S_IMODE(socket_dir.stat().st_mode) == 0o700
    assert not socket_dir.exists()
    for temporary in (comma, long):
        monkeypatch.setattr(tempfile, "tempdir", str(temporary))
        chosen = make_socket_dir(long / "postgres", find_system_user())
        chosen.rmdir()
        assert len(str(chosen / f".s.PGSQL.{PORT}")) < 107
        assert "," not in str(chosen)


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
def test_a_users_database_met_as_root_is_left_alone_and_its_user_named(data_dir: Path) -> None:
    database = data_dir / "postgres"
    database.mkdir()
    for owner, advice in (
        ("daemon", "belongs to the user daemon: run novabot as daemon, or give another folder"),
        ("root", f"belongs to root, not to {USER_NAME}: chown -R {USER_NAME} {database}, or"),
        (54321, f"belongs to the user id 54321, not to {USER_NAME}: chown -R {USER_NAME} "),
    ):
        shutil.chown(database, owner)
        with pytest.raises(EmbeddedServerError, match=re.escape(f"{database} {advice}")):
            start(data_dir).start()
    assert list(database.iterdir()) == []


def test_a_full_disk_is_told_by_its_reason(data_dir: Path) -> None:
    """Too small for one step of the start after another."""
    small = data_dir / "small"
    small.mkdir()
    size = ["mount", "-t", "tmpfs", "-o", "mode=711,size=1m", "tmpfs", str(small)]
    if subprocess.run(size, capture_output=True, check=False).returncode != 0:
        pytest.skip("only root may mount a small disk to fill")
    try:
        for megabytes in (1, 38):
            subprocess.run(["mount", "-o", f"remount,size={megabytes}m", str(small)], check=True)
            with pytest.raises(EmbeddedServerError, match="No space left on device"):
                start(small).start()
    finally:
        subprocess.run(["umount", str(small)], check=True)


@as_root
def test_as_root_it_runs_as_another_user_and_tells_a_third_who_runs_it(data_dir: Path) -> None:
    with start(data_dir) as server:
        os.seteuid(getpwnam("daemon").pw_uid)
        try:
            with pytest.raises(EmbeddedServerError, match="run novabot as the user who runs"):
                find_running_url(data_dir)
        finally:
            os.seteuid(0)
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


def test_a_server_program_that_does_not_run_is_told_by_its_reason(data_dir: Path) -> None:
    program = data_dir / "postgres-bin" / "postgres"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\necho 'libpq.so.5: no such file' >&2\nexit 127\n")
    program.chmod(0o755)
    with pytest.raises(EmbeddedServerError, match=f"{program} does not run here: libpq.so.5: no"):
        EmbeddedServer(data_dir, programs=program.parent).start()


def test_its_client_programs_are_at_hand() -> None:
    for name in ("psql", "pgbench", "pg_basebackup"):
        assert find_program(name) is not None
    assert find_program("no-such-program") is None
