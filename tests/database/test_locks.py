"""The locks of `novabot migrate`: as declared, all at once or none, and told who keeps them."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from psycopg import errors

from app.database.migrating.migrations import MigrationError, migrate
from app.database.migrating.routines import replace_routines
from app.database.migrating.scripts import (
    ROUTINES,
    execute,
    read_migrations,
    set_search_path,
    sql_directory,
)
from app.database.migrating.table_locks import (
    TRY,
    Held,
    TableLock,
    join_locks,
    lock_tables,
    read_locks,
)
from tests.sql.acts import load, take_turn

TAKEN = """
    SELECT l.relation::regclass::text, l.mode
    FROM pg_locks AS l
    WHERE
        l.pid = pg_backend_pid() AND l.locktype = 'relation' AND l.granted
        AND l.relation = ANY (
            SELECT to_regclass(format('public.%%I', t)) FROM unnest(%s::text[]) AS t
        )
"""
FILES = """
    SELECT c.relname, c.relfilenode FROM pg_class AS c
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' ORDER BY 1
"""
STRENGTH = (
    *("AccessShareLock", "RowShareLock", "RowExclusiveLock", "ShareUpdateExclusiveLock"),
    *("ShareLock", "ShareRowExclusiveLock", "ExclusiveLock", "AccessExclusiveLock"),
)
OWN = {"Migration"}
"""A step writes a row there; only another migration minds."""


EXCLUSIVE = {
    "Migration": "name",
    "LoginAttempt": "subject",
    "AddressLock": "bucket",
    "DigestKey": "key",
}
"""The tables whose locks keep others out, each with a column."""
STATEMENTS = {
    "look": 'SELECT FROM public."{table}" FOR UPDATE',
    "write": 'UPDATE public."{table}" SET {column} = {column}',
    "make": 'INSERT INTO public."{table}" DEFAULT VALUES',
    "drop": 'DELETE FROM public."{table}"',
}
OF_0_1 = (
    "1852798561",
    "hashtext('novabot.login')",
    "hashtextextended('novabot address 6281717407674', 0)",
)
"""The advisory locks that novabot used to take."""


def test_each_step_locks_what_is_declared_and_rewrites_no_table(empty_database_url: str) -> None:
    assert set(read_locks()) == {*(script.name for script in read_migrations()), ROUTINES}
    with psycopg.connect(empty_database_url, autocommit=True) as conn:
        for script in read_migrations():
            before = dict(conn.execute(FILES).fetchall())
            with conn.transaction():
                set_search_path(conn, "public, pg_temp")
                execute(conn, script)
                taken = strongest(conn, set(before) - OWN)
            declared = {lock.table: to_pg(lock.mode) for lock in read_locks()[script.name]}
            assert {name: mode for name, mode in taken.items() if mode in STRENGTH[3:]} == declared
            after = dict(conn.execute(FILES).fetchall())
            assert {name: after[name] for name in before} == before, f"{script.name} rewrites"


def test_functions_and_triggers_lock_what_is_declared(connection: psycopg.Connection) -> None:
    tables = {name for name, _ in connection.execute(FILES).fetchall()} - OWN

    def replace(work: Callable[[], None]) -> None:
        with connection.transaction(force_rollback=True):
            work()
            taken = strongest(connection, tables)
        assert {name: mode for name, mode in taken.items() if mode in STRENGTH[3:]} == {
            lock.table: to_pg(lock.mode) for lock in read_locks()[ROUTINES]
        }

    replace_routines(connection, replace)


def test_what_commits_together_is_locked_once_in_the_strongest_mode_and_user_first() -> None:
    locks = join_locks(["0003_outgoing_messages.sql", "0004_identity.sql", ROUTINES])
    assert locks[0].table == "User"
    modes = {lock.table: lock.mode for lock in locks}
    assert len(modes) == len(locks)
    assert modes["User"] == modes["Conversation"] == "ACCESS EXCLUSIVE"
    assert modes["Session"] == "SHARE ROW EXCLUSIVE"


def test_locks_are_taken_together_within_the_time_of_one_try(
    connection: psycopg.Connection, database_url: str
) -> None:
    wanted = [TableLock(name, "ACCESS EXCLUSIVE", "") for name in ("User", "Session", "Alias")]
    with psycopg.connect(database_url) as reader:
        reader.execute('SELECT FROM "Alias"')
        begun = time.monotonic()
        with pytest.raises(Held), connection.transaction():
            lock_tables(connection, wanted)
        assert TRY <= time.monotonic() - begun < 3 * TRY
        assert strongest(connection, {"User"}) == {}
        reader.rollback()
        with connection.transaction():
            lock_tables(connection, wanted)
            assert strongest(connection, {"User", "Alias"}) == dict.fromkeys(
                ("User", "Alias"), "AccessExclusiveLock"
            )


def test_the_message_names_who_is_waited_for_once_and_then_the_next(
    connection: psycopg.Connection, database_url: str
) -> None:
    told: list[str] = []
    first = psycopg.connect(database_url, application_name="nightly dump")
    second = psycopg.connect(database_url, application_name="report")
    process = first.info.backend_pid
    first.execute("UPDATE \"User\" SET nama = 'secret' WHERE false")

    # After a try that finds nothing new.
    timer = threading.Timer(1.3, first.rollback)

    def hand_over(line: str) -> None:
        told.append(line)
        if len(told) == 1:
            second.execute('LOCK TABLE "Session"')
            timer.start()
        elif "nightly" not in line:
            second.rollback()

    try:
        assert migrate(connection, force=True, wait=20, report=hand_over).routines
    finally:
        first.close()
        second.close()
    assert told[0].startswith(f"{ROUTINES} waits, for 20 s at most, for process {process} (")
    assert "(nightly dump, role novabot), idle in transaction, since 20" in told[0]
    timer.join()
    assert told[0].endswith(", statement UPDATE")
    assert "secret" not in told[0]
    # Once of each state, though there were more tries.
    assert [("nightly" in line, "report" in line) for line in told] == [
        (True, False),
        (True, True),
        (False, True),
    ]
    assert told[-1].endswith(", statement LOCK")


def test_the_bound_is_named_with_who_was_waited_for(
    connection: psycopg.Connection, database_url: str
) -> None:
    with psycopg.connect(database_url, application_name="forgotten psql") as other:
        other.execute('UPDATE "User" SET nama = nama')
        with pytest.raises(MigrationError, match=r"gave up after 0\.3 s.*forgotten psql.*UPDATE"):
            migrate(connection, force=True, wait=0.3)


def test_another_migration_is_waited_for_by_name(
    connection: psycopg.Connection, database_url: str
) -> None:
    with psycopg.connect(database_url, application_name="novabot migrate") as other:
        other.execute('LOCK TABLE "Migration" IN SHARE UPDATE EXCLUSIVE MODE')
        waited_for = rf"novabot migrate: gave up.* process {other.info.backend_pid} \(novabot migr"
        with pytest.raises(MigrationError, match=waited_for):
            migrate(connection, wait=0.2)


def test_who_may_only_connect_keeps_no_login_new_client_or_turn_of_a_migration_waiting(
    connection: psycopg.Connection, database_url: str, stranger: str
) -> None:
    with psycopg.connect(database_url) as other:
        other.execute(f"SET ROLE {stranger}".encode())
        # PREPARE locks the tables of its statement before it asks for rights.
        for number, (table, column) in enumerate(EXCLUSIVE.items()):
            for kind, statement in STATEMENTS.items():
                prepare = f"PREPARE {kind}{number} AS {statement}".format(
                    table=table, column=column
                )
                other.execute(prepare.encode())
        for key in OF_0_1:
            other.execute(f"SELECT pg_advisory_xact_lock({key})".encode())
        with pytest.raises(Held), connection.transaction():
            lock_tables(connection, [TableLock("LoginAttempt", "ACCESS EXCLUSIVE", "")])
        assert not migrate(connection, wait=0).routines
        connection.execute("SET lock_timeout = '50ms'")
        login = "SELECT novabot_internal.begin_login('ana', '127.0.0.1')"
        assert connection.execute(login).fetchone() == (None,)
        take_turn(connection, load(connection))
        other.rollback()


def test_no_lock_is_advisory() -> None:
    sources = [*sql_directory().rglob("*.sql"), *Path("app").rglob("*.py")]
    assert len(sources) > 100
    assert [path for path in sources if re.search(r"pg_(try_)?advisory", path.read_text())] == []


def test_clients_at_one_address_are_made_one_after_the_other(
    connection: psycopg.Connection, database_url: str
) -> None:
    with psycopg.connect(database_url) as first, psycopg.connect(database_url) as second:
        lock = "SELECT novabot_internal.lock_addresses(ARRAY['6281717407674', 'ID.1a2b3c'])"
        connection.execute('TRUNCATE "AddressLock"')
        for _ in ("the rows are made", "they are there"):
            first.execute(lock)
            second.execute("SET LOCAL lock_timeout = '50ms'")
            with pytest.raises(errors.LockNotAvailable):
                second.execute(lock)
            second.rollback()
            first.commit()
            second.execute(lock)
            second.commit()


def strongest(conn: psycopg.Connection, tables: set[str]) -> dict[str, str]:
    """The strongest mode in which this session holds each of the tables."""
    found: dict[str, str] = {}
    for name, mode in conn.execute(TAKEN, (sorted(tables),)).fetchall():
        table = name.rpartition(".")[2].strip('"')
        found[table] = max(found.get(table, mode), mode, key=STRENGTH.index)
    return found


def to_pg(mode: str) -> str:
    """SHARE ROW EXCLUSIVE as pg_locks names it."""
    return mode.title().replace(" ", "") + "Lock"
