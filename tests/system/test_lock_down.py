"""`novabot migrate --lock-down`: PUBLIC may not connect any more, and the services still can."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from app.database.lock_down import lock_down, preview_lock_down
from app.database.migrating.migrations import MigrationError
from app.doctor.examination import examine
from tests.system.nova import Nova

SUFFIX = uuid4().hex
CLERK, SERVICE, GRANTED = (f"{name}_{SUFFIX}" for name in ("clerk", "service", "granted"))
PASSWORD = "a-password-of-the-tests"


@pytest.fixture
def urls(connection: psycopg.Connection, database_url: str) -> Iterator[dict[str, str]]:
    """The URL of each of three roles: one has CONNECT through a group, the others from PUBLIC."""
    group = f"group_{SUFFIX}"
    name = connection.info.dbname
    connection.execute(f"CREATE ROLE {group}; GRANT CONNECT ON DATABASE {name} TO {group}".encode())
    for role in (CLERK, SERVICE, GRANTED):
        connection.execute(f"CREATE ROLE {role} LOGIN PASSWORD '{PASSWORD}'".encode())
    connection.execute(f"GRANT {group} TO {GRANTED}".encode())
    parts = conninfo_to_dict(database_url)
    yield {
        role: database_url.replace(f"{parts['user']}:{parts['password']}@", f"{role}:{PASSWORD}@")
        for role in (CLERK, SERVICE, GRANTED)
    }
    roles = f"{CLERK}, {SERVICE}, {GRANTED}, {group}"
    connection.execute(f"DROP OWNED BY {roles}; DROP ROLE {roles}".encode())


def can_connect(url: str) -> bool:
    try:
        psycopg.connect(url).close()
    except psycopg.OperationalError as error:
        if "permission denied for database" not in str(error):
            raise
        return False
    return True


def test_the_roles_of_the_services_and_those_with_a_grant_can_connect_and_others_are_named(
    connection: psycopg.Connection, database_url: str, urls: dict[str, str], tmp_path: Path
) -> None:
    nova = Nova(urls[SERVICE], tmp_path, LISTEN_DATABASE_URL=database_url)
    try:
        for arguments in (("--plan", "--lock-down"), ("--lock-down",)):
            told = nova.command("migrate", *arguments, stdin="n\n")
            assert told.returncode == ("--plan" not in arguments), told.stderr
            lines = told.stdout.splitlines()
            name = connection.info.dbname
            assert f'REVOKE CONNECT, TEMPORARY ON DATABASE "{name}" FROM PUBLIC' in lines
            (loses,) = (line for line in lines if "cannot connect any more:" in line)
            assert CLERK in loses and SERVICE not in loses and GRANTED not in loses
            (keeps,) = (line for line in lines if "can connect as before:" in line)
            assert SERVICE in keeps and connection.info.user in keeps
            assert all(map(can_connect, urls.values()))
        assert "as open as before" in told.stderr

        told = nova.command("migrate", "--lock-down", "--yes")
        assert told.returncode == 0, told.stderr
        assert {role: can_connect(url) for role, url in urls.items()} == {
            CLERK: False,
            SERVICE: True,
            GRANTED: True,
        }
        temporary = "SELECT has_database_privilege('public', current_database(), 'TEMPORARY')"
        assert connection.execute(temporary).fetchone() == (False,)
        assert lock_down(connection, ()) is None
    finally:
        nova.close()


def test_who_may_not_change_it_is_told_who_may_and_nothing_is_changed(
    connection: psycopg.Connection, urls: dict[str, str]
) -> None:
    with psycopg.connect(urls[CLERK], autocommit=True) as conn:
        for attempt in (preview_lock_down, lock_down):
            with pytest.raises(MigrationError, match="as the database's owner or a superuser, REV"):
                attempt(conn, ())
    assert can_connect(urls[CLERK])


def test_the_doctor_warns_while_public_may_connect(
    connection: psycopg.Connection, database_url: str
) -> None:
    def look() -> list[tuple[str, str, str]]:
        return [
            (found.level, found.text, found.mend)
            for found in examine(database_url, database_url)
            if found.subject == "connecting"
        ]

    ((level, text, mend),) = look()
    assert level == "warning"
    assert "PUBLIC has CONNECT, TEMPORARY" in text
    statement = mend.partition(" (")[0]
    connection.execute(statement.replace("CONNECT, ", "").encode())
    assert "PUBLIC has CONNECT on" in look()[0][1]
    connection.execute(statement.encode())
    assert look() == [("ok", "PUBLIC may not connect", "")]
