"""The listener against a real PostgreSQL: what it evicts, and what it does when nothing arrives."""

from __future__ import annotations

import asyncio
import functools
import json
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, nullcontext
from datetime import timedelta
from uuid import UUID, uuid4

import psycopg
import pytest

from app.database.errors import Unavailable
from app.database.pool import Pool, open_pool
from app.sessions import acknowledgement, clock
from app.sessions import listener as listening
from app.sessions.acknowledgement import Acknowledgements
from app.sessions.cache import Cache
from app.sessions.evictions import Eviction
from app.sessions.forgotten import read_forgotten
from app.sessions.listener import FRESH_FOR, Listener
from app.sessions.session import Session
from tests.sessions.black_hole import open_door
from tests.sessions.turns import CLIENT, PHONE, read_metric
from tests.sessions.waiting import until

OTHER = "6281298765432"


class ListeningBot:
    """A bot's memory, listener and acknowledgements, without the rest of it."""

    def __init__(self, url: str, pool: Pool) -> None:
        self.id = uuid4()
        self.evictions: list[Eviction] = []
        acknowledgements = Acknowledgements(pool, self.id)
        self.cache = Cache(1_000, self._is_fresh)
        self.listener = Listener(
            url, pool, self.id, self._evict, acknowledgements, suspend=self.cache.suspend
        )
        self._tasks = [
            asyncio.create_task(self.listener.run()),
            asyncio.create_task(acknowledgements.run()),
        ]

    async def until_ready(self) -> None:
        await until(self.listener.is_fresh, "ready")

    def remember(self, connection: psycopg.Connection, phone: str = PHONE) -> None:
        """Keeps the client in memory as the database has it."""
        row = connection.execute(
            'SELECT id, incarnation, nama FROM "User" WHERE id = %s', (f"{phone}@c.us",)
        ).fetchone()
        assert row is not None
        session = Session(id=row[0], incarnation=row[1], nama=row[2])
        assert self.cache.keep(session, phone, self.cache.mark())

    def forgot(self, phone: str = PHONE) -> Callable[[], bool]:
        return lambda: self.listener.is_fresh() and self.cache.find(phone) is None

    def causes(self) -> list[str]:
        return [eviction.cause for eviction in self.evictions]

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        ended = await asyncio.gather(*self._tasks, return_exceptions=True)
        # A cancelled task keeps its exception, whose traceback keeps a connection half made open.
        self._tasks.clear()
        assert all(isinstance(error, asyncio.CancelledError) for error in ended), ended

    def _is_fresh(self) -> bool:
        return self.listener.is_fresh()

    def _evict(self, eviction: Eviction) -> int:
        self.evictions.append(eviction)
        return eviction.apply_to(self.cache)


OpenBot = Callable[..., ListeningBot]


@pytest.fixture
async def open_bot(
    database_url: str, pool: Pool, connection: psycopg.Connection
) -> AsyncIterator[OpenBot]:
    async with AsyncExitStack() as stack:

        def open_one(url: str = database_url, through: Pool = pool) -> ListeningBot:
            bot = ListeningBot(url, through)
            connection.execute(
                "SELECT novabot_internal.report_bot(%s, 'here', 1, true, 0)", (bot.id,)
            )
            stack.push_async_callback(bot.close)
            return bot

        yield open_one


@pytest.fixture
async def bot(open_bot: OpenBot) -> ListeningBot:
    opened = open_bot()
    await opened.until_ready()
    return opened


@pytest.fixture
def clients(connection: psycopg.Connection) -> None:
    connection.execute(
        "INSERT INTO \"User\" (id, nama) SELECT p || '@c.us', 'Petang' FROM unnest(%s::text[]) p",
        ([PHONE, OTHER],),
    )


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Proofs every tenth of a second, for tests that break the connection again and again."""
    monkeypatch.setattr(listening, "INTERVAL", 0.1)


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """No proof is late: for tests whose burst a busy machine takes longer than DEADLINE to read."""
    monkeypatch.setattr(listening, "DEADLINE", 100.0)


@pytest.fixture
async def complaints() -> AsyncIterator[list[str]]:
    """What the event loop reported: exceptions that no task retrieved."""
    found: list[str] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: found.append(str(context)))
    yield found
    loop.set_exception_handler(None)


def read_acks(connection: psycopg.Connection, bot: UUID) -> dict[int, int]:
    rows = connection.execute(
        'SELECT "resetId", evicted FROM "ResetAck" WHERE "botId" = %s', (bot,)
    ).fetchall()
    return dict(rows)


def count_acks(connection: psycopg.Connection, bot: UUID) -> int:
    row = connection.execute(
        'SELECT count(*) FROM "ResetAck" WHERE "botId" = %s', (bot,)
    ).fetchone()
    assert row is not None
    return row[0]


def has_acked(connection: psycopg.Connection, bot: UUID, reset: int) -> bool:
    return reset in read_acks(connection, bot)


def count_listeners(connection: psycopg.Connection) -> int:
    row = connection.execute(
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE application_name = 'novabot listener' AND datname = current_database()"
    ).fetchone()
    assert row is not None
    return row[0]


def reset_once(connection: psycopg.Connection, statement: bytes = b'DELETE FROM "User"') -> int:
    connection.execute(statement)
    row = connection.execute('SELECT max(id) FROM "Reset"').fetchone()
    assert row is not None
    return row[0]


# Evicting


async def test_it_is_not_ready_before_its_own_notification_came_back(open_bot: OpenBot) -> None:
    bot = open_bot()
    assert not bot.listener.is_fresh()
    await bot.until_ready()
    assert bot.listener.is_fresh()
    assert bot.causes() == ["gap"]


async def test_it_stays_ready(bot: ListeningBot) -> None:
    begun = time.monotonic()
    await until(
        lambda: not bot.listener.is_fresh() or time.monotonic() > begun + FRESH_FOR + 1,
        "more than one proof's worth of time",
    )
    assert bot.listener.is_fresh(), "no second proof came"
    assert bot.causes() == ["gap"]


@pytest.mark.usefixtures("clients")
@pytest.mark.parametrize(
    ("statement", "cause"),
    [
        ("DELETE FROM \"User\" WHERE id LIKE '628171%'", "reset"),
        ("SELECT reset_client('0817-1740-7674')", "reset"),
        ("UPDATE \"User\" SET nama = 'Budi' WHERE id LIKE '628171%'", "edit"),
        ("UPDATE \"User\" SET id = '62899999999@c.us' WHERE id LIKE '628171%'", "edit"),
        ("NOTIFY session_reset, '6281717407674@c.us'", "hand"),
        (
            "SET session_replication_role = replica; DELETE FROM \"User\" WHERE id LIKE '628171%'",
            "reset",
        ),
    ],
)
async def test_one_client_is_evicted_and_the_others_are_not(
    bot: ListeningBot, connection: psycopg.Connection, statement: str, cause: str
) -> None:
    bot.remember(connection)
    bot.remember(connection, OTHER)
    connection.execute(statement.encode())
    await until(bot.forgot(), "eviction")
    assert bot.cache.find(OTHER) is not None
    assert bot.causes() == ["gap", cause]


@pytest.mark.usefixtures("clients")
@pytest.mark.parametrize(
    "statement",
    [
        'TRUNCATE "User" CASCADE',
        'TRUNCATE "Session"',
        "NOTIFY session_reset, '*'",
        "NOTIFY session_reset",
        "NOTIFY session_reset, 'hello'",
        "NOTIFY session_reset, '{\"reset\": 42}'",
        "NOTIFY session_changed",
        "SELECT pg_notify('session_reset', repeat('[', 7999))",
        "SELECT pg_notify('session_reset', repeat('x', 7999))",
        "SELECT pg_notify('session_reset', '{\"reset\": 42, \"clients\": [7]}')",
    ],
)
async def test_all_sessions_are_evicted_and_it_goes_on(
    bot: ListeningBot, connection: psycopg.Connection, statement: str
) -> None:
    bot.remember(connection)
    bot.remember(connection, OTHER)
    connection.execute(statement.encode())
    await until(lambda: len(bot.cache) == 0, "eviction")
    assert bot.listener.is_fresh()
    connection.execute("INSERT INTO \"User\" (id) VALUES ('1234567@c.us') ")
    bot.remember(connection, "1234567")
    connection.execute("DELETE FROM \"User\" WHERE id = '1234567@c.us'")
    await until(bot.forgot("1234567"), "the next eviction")
    assert bot.causes().count("gap") == 1


@pytest.mark.usefixtures("clients")
async def test_a_delete_that_is_rolled_back_evicts_no_session(
    bot: ListeningBot, connection: psycopg.Connection
) -> None:
    bot.remember(connection)
    connection.execute('BEGIN; DELETE FROM "User"; ROLLBACK')
    connection.execute('BEGIN; SAVEPOINT a; TRUNCATE "User" CASCADE; ROLLBACK TO a; COMMIT')
    # Notifications keep the order of commits: when this one is here, those would be.
    connection.execute("NOTIFY session_reset, '12025550123@c.us'")
    await until(lambda: len(bot.evictions) == 2, "the last notification")
    assert bot.causes() == ["gap", "hand"]
    assert bot.cache.find(PHONE) is not None
    assert read_acks(connection, bot.id) == {}


# Acknowledging


@pytest.mark.usefixtures("clients")
async def test_a_reset_is_acknowledged_with_what_it_dropped(
    bot: ListeningBot, open_bot: OpenBot, connection: psycopg.Connection
) -> None:
    other = open_bot()
    await other.until_ready()
    bot.remember(connection)
    bot.remember(connection, OTHER)
    reset = reset_once(connection)
    await until(lambda: reset in read_acks(connection, bot.id), "acknowledgement")
    await until(lambda: reset in read_acks(connection, other.id), "acknowledgement")
    assert read_acks(connection, bot.id) == {reset: 2}
    assert read_acks(connection, other.id) == {reset: 0}


@pytest.mark.usefixtures("clients")
async def test_an_edit_and_a_notification_by_hand_are_acknowledged_nowhere(
    bot: ListeningBot, connection: psycopg.Connection
) -> None:
    for statement in (
        b"UPDATE \"User\" SET nama = 'Budi'",
        b"NOTIFY session_reset, '*'",
        b"NOTIFY session_reset, 'hello'",
        b'NOTIFY session_reset, \'{"reset": 99, "clients": "*"}\'',
    ):
        connection.execute(statement)
    reset = reset_once(connection)
    await until(lambda: reset in read_acks(connection, bot.id), "acknowledgement")
    assert read_acks(connection, bot.id).keys() == {reset}


@pytest.mark.usefixtures("clients")
async def test_a_notification_twice_is_acknowledged_once(
    bot: ListeningBot, connection: psycopg.Connection
) -> None:
    bot.remember(connection)
    row = connection.execute('SELECT incarnation FROM "User" WHERE id = %s', (CLIENT,)).fetchone()
    assert row is not None
    reset = reset_once(connection)
    again = json.dumps({"reset": reset, "clients": [str(row[0])]})
    for _ in range(3):
        connection.execute("SELECT pg_notify('session_reset', %s)", (again,))
    last = json.dumps({"reset": reset, "clients": []})
    connection.execute("SELECT pg_notify('session_reset', %s)", (last,))
    await until(lambda: len(bot.evictions) == 6, "all notifications")
    await until(lambda: reset in read_acks(connection, bot.id), "acknowledgement")
    assert read_acks(connection, bot.id) == {reset: 1}


@pytest.mark.usefixtures("patient")
@pytest.mark.timeout(300)
async def test_ten_thousand_resets_at_once_are_all_notified_and_acknowledged(
    bot: ListeningBot, connection: psycopg.Connection
) -> None:
    # In a thread: while the resets are made, the listener's event loop has to run.
    await asyncio.to_thread(
        connection.execute,
        "DO $$ BEGIN FOR n IN 1..10000 LOOP"
        " INSERT INTO \"User\" (id) VALUES ('62811' || n || '@c.us');"
        ' DELETE FROM "User"; END LOOP; END $$',
    )
    await until(lambda: len(bot.evictions) >= 10_001, "all notifications", 100)
    await until(lambda: count_acks(connection, bot.id) == 10_000, "all acknowledgements", 100)
    assert Counter(bot.causes()) == {"gap": 1, "reset": 10_000}
    await bot.until_ready()


@pytest.mark.usefixtures("clients")
async def test_resets_it_was_not_there_for_are_acknowledged_once_it_listens(
    open_bot: OpenBot, connection: psycopg.Connection
) -> None:
    first, second = (
        reset_once(connection),
        reset_once(connection, b"SELECT reset_client('62811999')"),
    )
    old = reset_once(connection, b"SELECT reset_client('62811998')")
    connection.execute("UPDATE \"Reset\" SET at = at - interval '2 days' WHERE id = %s", (old,))
    bot = open_bot()
    await until(lambda: len(read_acks(connection, bot.id)) == 2, "acknowledgements")
    assert read_acks(connection, bot.id) == {first: 0, second: 0}


# Gaps


@pytest.mark.usefixtures("clients", "quick")
async def test_a_listener_that_is_cut_off_again_and_again_comes_back_and_misses_nothing(
    bot: ListeningBot, connection: psycopg.Connection, complaints: list[str]
) -> None:
    async def gap_is(number: int) -> bool:
        return read_metric("novabot_listener_gaps_total") == before + number

    before = read_metric("novabot_listener_gaps_total")
    for number in range(1, 9):
        connection.execute("INSERT INTO \"User\" (id) VALUES ('6281234567@c.us')")
        bot.remember(connection, "6281234567")
        remembered = bot.cache.find("6281234567")
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name = 'novabot listener' AND datname = current_database()"
        )
        reset = reset_once(connection, b"DELETE FROM \"User\" WHERE id = '6281234567@c.us'")
        await until(functools.partial(gap_is, number), "the gap")
        await bot.until_ready()
        assert bot.cache.find("6281234567") is None and remembered is not None
        assert await gap_is(number)
        await until(functools.partial(has_acked, connection, bot.id, reset), "acknowledgement")
        assert count_listeners(connection) == 1
    assert complaints == []


@pytest.mark.usefixtures("clients")
async def test_behind_a_black_hole_nothing_is_remembered_and_it_finds_its_way_out(
    database_url: str, open_bot: OpenBot, connection: psycopg.Connection
) -> None:
    async with open_door(database_url) as (url, door):
        bot = open_bot(url)
        await bot.until_ready()
        bot.remember(connection)
        door.swallowing = True
        begun = time.monotonic()
        reset = reset_once(connection)
        await until(lambda: not bot.listener.is_fresh(), "the silence noticed", FRESH_FOR + 0.2)
        assert bot.cache.find(PHONE) is None and len(bot.cache) == 0
        assert time.monotonic() - begun <= FRESH_FOR + 0.2
        opened = door.connections
        await until(lambda: door.connections > opened, "an attempt to connect anew", 3)
        door.swallowing = False
        await bot.until_ready()
        await until(lambda: reset in read_acks(connection, bot.id), "acknowledgement")
        assert bot.cache.find(PHONE) is None
        await bot.close()


@pytest.mark.usefixtures("clients")
async def test_a_pool_in_a_black_hole_proves_nothing(
    database_url: str, open_bot: OpenBot, connection: psycopg.Connection
) -> None:
    async with open_door(database_url) as (url, door):
        through = await open_pool(url, name="test")
        bot = open_bot(database_url, through)
        await bot.until_ready()
        bot.remember(connection)
        door.swallowing = True
        await until(lambda: not bot.listener.is_fresh(), "the silence noticed", FRESH_FOR + 0.2)
        assert bot.cache.find(PHONE) is None
        door.swallowing = False
        await until(bot.listener.is_fresh, "ready", 30)
        await bot.close()
        await through.close(timeout=1)


async def test_a_process_that_stood_still_does_not_trust_itself(
    bot: ListeningBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after SIGSTOP and SIGCONT: the clock went on, and the loop has not run yet."""
    bot.cache.keep(Session(id=CLIENT, incarnation=uuid4()), PHONE, bot.cache.mark())
    assert bot.cache.find(PHONE) is not None
    now = clock.now
    monkeypatch.setattr(clock, "now", lambda: now() + 30)
    assert not bot.listener.is_fresh()
    assert bot.cache.find(PHONE) is None and len(bot.cache) == 0


async def test_a_listener_without_a_database_goes_on_trying(
    open_bot: OpenBot, database_url: str
) -> None:
    async with open_door(database_url) as (url, door):
        door.swallowing = True
        bot = open_bot(url)
        await until(lambda: door.connections > 1, "a second attempt", 15)
        assert not bot.listener.is_fresh()
        door.swallowing = False
        await bot.until_ready()
        await bot.close()


@pytest.mark.usefixtures("quick")
async def test_a_listener_can_be_stopped_at_any_moment(
    open_bot: OpenBot, connection: psycopg.Connection, complaints: list[str]
) -> None:
    for rounds in range(12):
        bot = open_bot()
        await until(lambda: count_listeners(connection) == 1, "connected")
        for _ in range(rounds * 3):
            await asyncio.sleep(0)
        begun = time.monotonic()
        await bot.close()
        assert time.monotonic() - begun < 2
        await until(lambda: count_listeners(connection) == 0, "disconnected")
    assert complaints == []


@pytest.mark.parametrize("count", [150, 9_999])
async def test_a_reset_of_many_leaves_the_sessions_of_others(
    bot: ListeningBot, connection: psycopg.Connection, clients: None, count: int
) -> None:
    connection.execute(
        "INSERT INTO \"User\" (id) SELECT n || '@c.us' FROM generate_series(1, %s) AS n", (count,)
    )
    bot.remember(connection)
    bot.remember(connection, OTHER)
    connection.execute('DELETE FROM "User" WHERE id <> %s', (f"{OTHER}@c.us",))
    await until(lambda: list(read_acks(connection, bot.id).values()) == [1], "acknowledged")
    assert bot.forgot()()
    assert not bot.forgot(OTHER)()


async def test_until_it_has_read_who_was_reset_nothing_is_remembered(
    bot: ListeningBot,
    connection: psycopg.Connection,
    clients: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    read, may_end = asyncio.Event(), asyncio.Event()

    async def read_slowly(
        pool: Pool, resets: Sequence[int], deadline: float
    ) -> dict[int, frozenset[UUID]]:
        read.set()
        await may_end.wait()
        return await read_forgotten(pool, resets, deadline)

    monkeypatch.setattr(listening, "read_forgotten", read_slowly)
    connection.execute(
        "INSERT INTO \"User\" (id) SELECT n || '@c.us' FROM generate_series(1, 150) AS n"
    )
    bot.remember(connection)
    bot.remember(connection, OTHER)
    mark = bot.cache.mark()
    connection.execute('DELETE FROM "User" WHERE id <> %s', (f"{OTHER}@c.us",))
    await asyncio.wait_for(read.wait(), 10)
    assert bot.cache.find(PHONE) is None
    assert bot.cache.find(OTHER) is None
    session = Session(id="1@c.us", incarnation=uuid4(), nama="Petang")
    assert not bot.cache.keep(session, "1", bot.cache.mark())
    may_end.set()
    await until(lambda: bot.cache.find(OTHER) is not None, "the others' sessions")
    assert bot.cache.find(PHONE) is None
    assert not bot.cache.keep(session, "1", mark)


async def test_what_cannot_be_read_at_once_is_every_client(
    bot: ListeningBot, connection: psycopg.Connection, database_url: str, clients: None
) -> None:
    connection.execute(
        "INSERT INTO \"User\" (id) SELECT n || '@c.us' FROM generate_series(1, 151) AS n"
    )
    bot.remember(connection, OTHER)
    with psycopg.connect(database_url, autocommit=True) as dba:
        dba.execute("BEGIN")
        dba.execute('DELETE FROM "User" WHERE id <> %s', (f"{OTHER}@c.us",))
        dba.execute('ALTER TABLE "ResetIncarnations" RENAME TO elsewhere')
        dba.execute("COMMIT")
        await until(bot.forgot(OTHER), "every session dropped")
        dba.execute('ALTER TABLE elsewhere RENAME TO "ResetIncarnations"')
    await until(lambda: list(read_acks(connection, bot.id).values()) == [1], "acknowledged")


async def test_reading_whom_many_resets_took_holds_up_neither_the_proof_nor_the_end(
    bot: ListeningBot,
    connection: psycopg.Connection,
    clients: None,
    monkeypatch: pytest.MonkeyPatch,
    quick: None,
) -> None:
    async def never_read(
        pool: Pool, resets: Sequence[int], deadline: float
    ) -> dict[int, frozenset[UUID]]:
        await asyncio.sleep(max(0.0, deadline - time.monotonic()))
        raise Unavailable("no connection to the database")

    monkeypatch.setattr(listening, "read_forgotten", never_read)
    bot.remember(connection, OTHER)
    connection.execute(
        "SELECT pg_notify('session_reset', jsonb_build_object('reset', n, 'clients', '*')::text)"
        " FROM generate_series(1, 50) AS n"
    )
    # The first takes all of the time that there is; the rest drops every session at once.
    await until(lambda: bot.causes().count("reset") == 50, "all of them taken")
    assert bot.causes().count("gap") == 1
    assert bot.forgot(OTHER)()


async def test_a_listener_that_is_stopped_while_it_reads_forgets_before_it_remembers(
    bot: ListeningBot, connection: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = asyncio.Event()

    async def hang(
        pool: Pool, resets: Sequence[int], deadline: float
    ) -> dict[int, frozenset[UUID]]:
        read.set()
        await asyncio.Event().wait()
        return {}

    monkeypatch.setattr(listening, "read_forgotten", hang)
    connection.execute('SELECT pg_notify(\'session_reset\', \'{"reset": 1, "clients": "*"}\')')
    await asyncio.wait_for(read.wait(), 10)
    before = len(bot.evictions)
    monkeypatch.setattr(listening, "DEADLINE", 0.2)
    await until(lambda: len(bot.evictions) > before, "an eviction")
    assert next(eviction.cause for eviction in bot.evictions[before:]) == "reset"


async def test_no_nonce_is_sent_while_there_is_an_obstacle(pool: Pool, database_url: str) -> None:
    obstacle: list[str] = ["commits wait"]
    asked = asyncio.Event()

    def find_obstacle() -> str | None:
        asked.set()
        return obstacle[0] if obstacle else None

    bot = uuid4()
    heard = Listener(
        database_url,
        pool,
        bot,
        lambda _: 0,
        Acknowledgements(pool, bot),
        suspend=nullcontext,
        find_obstacle=find_obstacle,
    )
    running = asyncio.create_task(heard.run())
    try:
        for _ in range(2):
            asked.clear()
            await asyncio.wait_for(asked.wait(), 10)
        assert not heard.is_fresh()
        obstacle.clear()
        await until(heard.is_fresh, "a proof")
    finally:
        running.cancel()


async def test_a_receipt_has_the_moment_of_the_eviction_not_of_the_acknowledgement(
    bot: ListeningBot, connection: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    await bot.until_ready()
    monkeypatch.setattr(acknowledgement, "_GATHER", 0.5)
    query = 'SELECT "evictedAt", "ackedAt" FROM "ResetAck" WHERE "resetId" = %s AND "botId" = %s'

    async def reset() -> timedelta:
        """How long after the eviction the acknowledgement was written."""
        row = connection.execute("SELECT id, at FROM reset_client(%s)", (PHONE,)).fetchone()
        assert row is not None
        await until(lambda: connection.execute(query, (row[0], bot.id)).fetchone(), "acknowledged")
        found = connection.execute(query, (row[0], bot.id)).fetchone()
        assert found is not None
        assert row[1] <= found[0] <= found[1]
        return found[1] - found[0]

    # The first ones may come while others are being written: those are not held back.
    took = [await reset() for _ in range(4)]
    assert max(took) > timedelta(milliseconds=300)
