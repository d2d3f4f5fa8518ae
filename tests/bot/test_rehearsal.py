"""Turns and resets fail on a server that answers: /ready and the doctor say why, until the cure."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from app.bot import rehearsal
from app.crm.write_check import examine_writing, rehearse
from app.database.connection import open_async_connection
from app.database.migrating.migrations import migrate
from app.database.pool import Pool
from app.doctor.examination import examine
from app.doctor.finding import Finding
from app.local.embedded import EmbeddedServer
from app.local.system_user import find_system_user
from app.notifications import SESSION_CHANGED, SESSION_RESET, connect_listener, listen
from tests.bot.conftest import StartBot
from tests.bot.outboxes import queue
from tests.bot.running_bots import POOL_SIZE, Api, RunningBot
from tests.sessions.turns import PHONE
from tests.sessions.waiting import until
from tests.sql.acts import one
from tests.system.faults.servers import make_standby, promote, wait_until_it_follows
from tests.system.pgbouncer import needs_pgbouncer, run_pgbouncer

STUCK = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
WAITER = "628111222333"
CONNECTIONS = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'novabot bot'"


@pytest.fixture
def small_disk() -> Iterator[Path]:
    """A file system of 64 MB that the server's user owns."""
    folder = Path("/tmp") / f"novabot-disk-{os.getpid()}"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", str(folder)],
        capture_output=True,
        check=False,
    )
    try:
        if mounted.returncode != 0:
            pytest.skip("only root may mount a small disk to fill")
        user = find_system_user()
        (folder / "tablespace").mkdir()
        shutil.chown(folder / "tablespace", user.uid, user.gid)
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], capture_output=True, check=False)
        folder.rmdir()


async def until_unready(bot: RunningBot, reason: str) -> None:
    async def says_why() -> bool:
        answer = await bot.get("/ready")
        return answer.status_code == 503 and reason in answer.text

    await until(says_why, f"unready for {reason}")


async def look(url: str, subject: str = "writing") -> list[Finding]:
    """What the doctor says; it runs event loops of its own."""
    found = await asyncio.to_thread(lambda: list(examine(url, url)))
    return [finding for finding in found if finding.subject == subject]


def run_sql(conn: psycopg.Connection, *statements: str) -> None:
    for statement in statements:
        conn.execute(statement.encode())


async def test_what_is_rehearsed_is_rolled_back_and_notifies_nobody(
    pool: Pool, connection: psycopg.Connection, database_url: str
) -> None:
    async with connect_listener(database_url, "test") as listening:
        await listen(listening, (SESSION_RESET, SESSION_CHANGED, "end"))
        await rehearse(pool)
        connection.execute('NOTIFY "end"')
        async for notification in listening.notifies(timeout=10, stop_after=1):
            assert notification.channel == "end"
    for table in ("User", "Session", "Alias", "Conversation", "Reset", "Delivery", "Forgotten"):
        assert connection.execute(f'SELECT FROM "{table}"'.encode()).fetchall() == []


async def test_sequences_that_logical_replication_left_behind(
    own_server: EmbeddedServer, start_bot: StartBot
) -> None:
    with psycopg.connect(own_server.url("postgres"), autocommit=True) as conn:
        run_sql(conn, "ALTER SYSTEM SET wal_level = logical", "CREATE DATABASE replica")
    own_server.stop()
    own_server.start()
    url = own_server.url("replica")
    with (
        psycopg.connect(own_server.url(), autocommit=True) as primary,
        psycopg.connect(url, autocommit=True) as replica,
    ):
        migrate(replica)
        run_sql(
            primary,
            'INSERT INTO "Reset" (actor, source, clients, sessions, conversations)'
            " SELECT 'ana', 'api', 0, 0, 0 FROM generate_series(1, 20)",
            'CREATE PUBLICATION all_resets FOR TABLE "Reset"',
            "SELECT pg_create_logical_replication_slot('resets', 'pgoutput')",
        )
        run_sql(
            replica,
            f"CREATE SUBSCRIPTION resets CONNECTION '{make_conninfo(own_server.url())}'"
            " PUBLICATION all_resets WITH (create_slot = false, slot_name = resets)",
        )
        count = 'SELECT count(*) FROM "Reset"'
        await until(lambda: replica.execute(count).fetchone() == (20,), "the copy")
        # The switch-over: services are led to the replica.
        run_sql(
            replica,
            "ALTER SUBSCRIPTION resets DISABLE",
            "ALTER SUBSCRIPTION resets SET (slot_name = NONE)",
            "DROP SUBSCRIPTION resets",
        )
        bot = await start_bot(url=url, ready=False)
        await until_unready(bot, 'the sequence of "Reset".id is behind its table')
        with pytest.raises(psycopg.errors.UniqueViolation):
            replica.execute("SELECT reset_client('6281717407674')")
        (finding,) = await look(url)
        assert finding.level == "fault" and '"Reset".id' in finding.text
        run_sql(replica, finding.mend)
        await bot.until_ready()
        assert [found.level for found in await look(url)] == ["ok"]
        replica.execute("SELECT reset_client('6281717407674')")


def test_every_sequence_of_our_tables_is_compared(connection: psycopg.Connection) -> None:
    sequences = connection.execute(
        "SELECT s.oid::regclass::text, c.relname, a.attname FROM pg_class AS s"
        " JOIN pg_depend AS d ON d.objid = s.oid AND d.deptype IN ('a', 'i')"
        " JOIN pg_class AS c ON c.oid = d.refobjid"
        " JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = d.refobjsubid"
        " WHERE s.relkind = 'S' AND c.relnamespace = 'public'::regnamespace ORDER BY c.relname"
    ).fetchall()
    assert len(sequences) >= 6
    run_sql(
        connection,
        "SET session_replication_role = replica",
        'INSERT INTO "AccountEvent" (id, field, event, subject, severity, detail)'
        " VALUES (9, 'other', '', '', 'note', '')",
        'INSERT INTO "Conversation" (id, "userId", direction, kind, body, at)'
        " VALUES (9, 'x', 'in', 'text', '', now())",
        'INSERT INTO "IdentityEvent" (id, "fromDigests", "toDigests", "numberChanged", at)'
        " VALUES (9, '{}', '{}', false, now())",
        "INSERT INTO \"IdentityNote\" (id, \"userId\", kind, at) VALUES (9, 'x', 'merged', now())",
        "INSERT INTO \"LoginAttempt\" (id, subject) VALUES (9, 'x')",
        'INSERT INTO "Reset" (id, actor, source, clients, sessions, conversations)'
        " VALUES (9, 'ana', 'api', 0, 0, 0)",
        "INSERT INTO \"SetAside\" (id, item, reason) VALUES (9, '{}', 'odd')",
        "RESET session_replication_role",
    )
    late = connection.execute(
        "SELECT relation, id_column FROM novabot_internal.find_late_sequences() ORDER BY 1"
    ).fetchall()
    assert late == [(table, column) for _, table, column in sequences]


async def test_an_empty_digest_key(
    start_bot: StartBot, connection: psycopg.Connection, database_url: str
) -> None:
    bot = await start_bot()
    (key,) = connection.execute('DELETE FROM "DigestKey" RETURNING key').fetchall()
    await until_unready(bot, 'the table "DigestKey" is empty: run novabot doctor')
    (finding,) = await look(database_url)
    assert finding.level == "fault" and "from a backup" in finding.mend
    connection.execute('INSERT INTO "DigestKey" (key) VALUES (%s)', key)
    await bot.until_ready()
    assert [found.level for found in await look(database_url)] == ["ok"]


def fill(path: Path) -> None:
    """Writes until the disk is full."""
    with path.open("wb", buffering=0) as file:
        while free := shutil.disk_usage(path).free:
            file.write(b"x" * min(free, 1 << 20))


async def test_a_full_disk(
    small_disk: Path, own_server: EmbeddedServer, start_bot: StartBot
) -> None:
    with psycopg.connect(own_server.url("postgres"), autocommit=True) as conn:
        run_sql(
            conn,
            f"CREATE TABLESPACE small LOCATION '{small_disk / 'tablespace'}'",
            "ALTER DATABASE novabot SET TABLESPACE small",
        )
    bot = await start_bot(url=own_server.url())
    filler = small_disk / "filler"
    fill(filler)
    # No message comes: nothing has failed yet. Then one is refused, and the bot tries a turn.
    texts = iter(range(10_000))

    async def is_refused() -> bool:
        return await bot.say(f"{next(texts)} {'x' * 3000}", PHONE) == 503

    await until(is_refused, "a message that the disk does not take")
    await until_unready(bot, "turns and resets cannot be made: the database's disk is full")
    (finding,) = await look(own_server.url())
    assert finding.level == "fault"
    assert "disk is full" in finding.text and "free space" in finding.mend
    filler.unlink()
    await bot.until_ready()
    assert await bot.say("siapa nama saya", PHONE) == 200
    assert [found.level for found in await look(own_server.url())] == ["ok"]


@needs_pgbouncer
async def test_a_pooler_whose_connections_only_read(
    own_server: EmbeddedServer, data_dir: Path, start_bot: StartBot
) -> None:
    folder = data_dir / "pooler"
    folder.mkdir(mode=0o711)
    with (
        run_pgbouncer(own_server.url(), folder, "transaction") as pooler,
        psycopg.connect(own_server.url(), autocommit=True) as conn,
    ):
        bot = await start_bot(url=pooler.url, listen_url=own_server.url())
        # The pooler's connections to the server, whoever used them last; its clients stay.
        cut = (
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
            " AND datname = 'novabot' AND application_name <> 'novabot listener'"
        )
        run_sql(conn, "ALTER DATABASE novabot SET default_transaction_read_only = on", cut)
        await until_unready(bot, "the connections only read (default_transaction_read_only)")
        found = await asyncio.to_thread(lambda: list(examine(pooler.url, own_server.url())))
        told = next(finding for finding in found if finding.level == "fault")
        assert "default_transaction_read_only" in told.text + told.mend
        run_sql(conn, "SET default_transaction_read_only = off")
        run_sql(conn, "ALTER DATABASE novabot RESET default_transaction_read_only", cut)
        await bot.until_ready()


async def test_direct_connections_that_only_read(
    start_bot: StartBot, connection: psycopg.Connection
) -> None:
    bot = await start_bot()
    name = connection.info.dbname
    cut = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    run_sql(connection, f"ALTER DATABASE {name} SET default_transaction_read_only = on", cut)
    await until_unready(bot, "the connections only read (default_transaction_read_only)")
    run_sql(connection, f"ALTER DATABASE {name} RESET default_transaction_read_only")
    await bot.until_ready()


async def test_a_synchronous_standby_that_is_waited_for(
    own_server: EmbeddedServer, start_bot: StartBot, api: Api
) -> None:
    url = own_server.url()
    bot = await start_bot(url=url)
    crowd = [f"628120000{number:04}" for number in range(30)]

    async def say_all() -> set[int]:
        """The same messages each time."""
        said = (bot.say("nama saya Petang", phone, message_id=f"wamid.{phone}") for phone in crowd)
        return set(await asyncio.gather(*said))

    with psycopg.connect(url, autocommit=True) as conn:
        # A standby that is connected, and confirms nothing, is seen by what waits alone.
        with psycopg.connect(url, autocommit=True, replication="database"):
            run_sql(
                conn,
                "ALTER SYSTEM SET synchronous_standby_names = 'nobody'",
                "SELECT pg_reload_conf()",
            )
            saying = asyncio.create_task(say_all())
            most, connections = 0, 0
            while not saying.done():
                most = max(most, one(conn, STUCK))
                connections = max(connections, one(conn, CONNECTIONS))
                await asyncio.sleep(0.02)
            assert await saying == {503}
            assert 0 < most <= POOL_SIZE
            assert connections <= POOL_SIZE + 2  # a replaced one may be just ending
            await until_unready(bot, "commits wait for a synchronous standby: run novabot doctor")
            await until(lambda: one(conn, STUCK) <= 1, "no more than the heartbeat to wait")
            assert await bot.say("nama saya Petang", PHONE) == 503
        conn.execute("SET synchronous_commit = local")
        queue(conn, "from before", phone=WAITER, age=5)
        conn.execute(
            'INSERT INTO "Conversation" ("userId", body, status, address, at)'
            " VALUES (%s, 'hai', 'pending', %s, now() - interval '5 seconds')",
            (f"{WAITER}@c.us", WAITER),
        )
        stuck = conn.execute(STUCK).fetchone()
        assert stuck is not None and stuck[0] <= 3
        # What is refused at once leaves no session of the server behind.
        for number in range(8):
            assert await bot.say("nama saya Petang", f"62811000000{number}") == 503
        await until_row_is_old(bot)
        later = conn.execute(STUCK).fetchone()
        assert later is not None and later[0] <= 3
        # What waits is not begun: each try would be written, and confirmed to nobody.
        begun = 'SELECT sum(attempts) FROM "Conversation" WHERE "userId" = %s'
        assert conn.execute(begun, (f"{WAITER}@c.us",)).fetchone() == (0,)
        (finding,) = await look(url, "commits")
        assert finding.level == "fault" and "synchronous_standby_names" in finding.mend
        assert [found.text for found in await look(url, "signal")] == ["not tried"]
        run_sql(conn, "ALTER SYSTEM RESET synchronous_standby_names", "SELECT pg_reload_conf()")
        await bot.until_ready()
        assert await bot.say("nama saya Petang", PHONE) == 200
        await until(lambda: conn.execute(STUCK).fetchone() == (0,), "no session waits")
        # What was written and not confirmed is not answered twice when it is delivered again.
        assert await say_all() == {200}
        await until(lambda: len(api.recipients()) >= len(crowd) + 3, "all are answered")
        assert Counter(api.recipients()) == Counter([*crowd, PHONE, WAITER, WAITER])


async def test_the_doctor_finds_that_commits_would_wait_before_any_does(
    own_server: EmbeddedServer,
) -> None:
    url = own_server.url()
    with psycopg.connect(url, autocommit=True) as conn:
        run_sql(
            conn,
            "ALTER SYSTEM SET synchronous_standby_names = 'nobody'",
            "SELECT pg_reload_conf()",
        )
        await until(
            lambda: conn.execute("SHOW synchronous_standby_names").fetchone() == ("nobody",),
            "the setting",
        )
        (finding,) = await look(url, "commits")
        assert finding.level == "fault"
        assert conn.execute(STUCK).fetchone() == (0,)
        run_sql(conn, "ALTER SYSTEM RESET synchronous_standby_names", "SELECT pg_reload_conf()")


async def until_row_is_old(bot: RunningBot) -> None:
    def is_old() -> bool:
        return "commits wait" in (bot.bot._heartbeat.find_fault() or "")

    await until(is_old, "the heartbeat's age")


async def test_a_row_that_cannot_be_written_is_told_with_its_age_and_the_reason(
    start_bot: StartBot, connection: psycopg.Connection, database_url: str
) -> None:
    bot = await start_bot()
    with closing(psycopg.connect(database_url)) as blocker:
        blocker.execute('LOCK TABLE "Bot" IN EXCLUSIVE MODE')
        await until_unready(bot, 'its row in "Bot" was last written')
        assert "s ago: another transaction holds a lock" in (await bot.get("/ready")).text
        # Whoever asks writes nothing.
        before = connection.execute('SELECT "seenAt" FROM "Bot"').fetchall()
        await bot.get("/ready")
        assert connection.execute('SELECT "seenAt" FROM "Bot"').fetchall() == before
    await bot.until_ready()


REFUSING = """
    CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql
    AS $$ BEGIN RAISE EXCEPTION 'the secret of the DBA'; END $$;
    CREATE TRIGGER refuse BEFORE INSERT ON "Conversation" EXECUTE FUNCTION refuse()
"""
REFUSED = "turns and resets cannot be made: the database refuses: the log says why"


async def test_a_turn_is_tried_after_a_reconnection(
    start_bot: StartBot, connection: psycopg.Connection
) -> None:
    bot = await start_bot()
    connection.execute(REFUSING)
    connection.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE application_name = 'novabot listener' AND datname = current_database()"
    )
    await until_unready(bot, REFUSED)
    assert "secret" not in (await bot.get("/ready")).text
    connection.execute('DROP TRIGGER refuse ON "Conversation"')
    await bot.until_ready()


async def test_a_turn_is_tried_after_the_database_has_refused_a_message(
    start_bot: StartBot, connection: psycopg.Connection, database_url: str
) -> None:
    bot = await start_bot()
    connection.execute(REFUSING)
    assert await bot.say("nama saya Petang", PHONE) == 503
    await until_unready(bot, REFUSED)
    (finding,) = await look(database_url)
    assert finding.level == "fault" and "triggers, rules and policies" in finding.mend
    connection.execute('DROP TRIGGER refuse ON "Conversation"')
    await bot.until_ready()


async def test_a_client_that_a_trigger_keeps_is_found_at_the_start(
    start_bot: StartBot, connection: psycopg.Connection
) -> None:
    connection.execute("""
        CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
        CREATE TRIGGER keep BEFORE DELETE ON "User" FOR EACH ROW EXECUTE FUNCTION keep()
    """)
    bot = await start_bot(ready=False)
    await until_unready(bot, 'a trigger or rule on "User" keeps a client from being reset')
    connection.execute('DROP TRIGGER keep ON "User"')
    await bot.until_ready()


@pytest.fixture
async def standby(own_server: EmbeddedServer, data_dir: Path) -> AsyncIterator[EmbeddedServer]:
    folder = data_dir / "standby"
    folder.mkdir(mode=0o711)
    with make_standby(own_server, folder) as made:
        yield made


async def test_a_promoted_standby_is_another_server_as_soon_as_it_is_promoted(
    own_server: EmbeddedServer, standby: EmbeddedServer
) -> None:
    wait_until_it_follows(own_server, state="async")

    async def read_timeline() -> tuple[str, ...]:
        url = make_conninfo(standby.url(), target_session_attrs="any")
        async with await open_async_connection(url) as conn:
            return tuple((await examine_writing(conn)).server.split())

    before = await read_timeline()
    async with await open_async_connection(own_server.url()) as conn:
        primary = (await examine_writing(conn)).server.split()
    promote(standby)
    after = await read_timeline()
    assert primary[0] == before[0] == after[0]
    assert primary[1] == "00000001" and after[1] == "00000002"


async def test_another_timeline_behind_the_same_connections_is_tried_anew(
    start_bot: StartBot, connection: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Behind a pooler: no connection of the bot ends."""
    bot = await start_bot()
    connection.execute(REFUSING)
    before = bot.bot._rehearsal._server
    tried = asyncio.Event()

    async def note(pool: Pool) -> None:
        tried.set()
        await rehearse(pool)

    monkeypatch.setattr(rehearsal, "rehearse", note)
    connection.execute("""
        CREATE OR REPLACE FUNCTION novabot_internal.examine_writing(
            OUT server text, OUT faults jsonb
        ) RETURNS record LANGUAGE sql AS $$ SELECT 'another timeline', '[]'::jsonb $$
    """)
    await until_unready(bot, REFUSED)
    assert tried.is_set() and before != "another timeline"
    connection.execute('DROP TRIGGER refuse ON "Conversation"')
    await bot.until_ready()
