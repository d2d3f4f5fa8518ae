"""`novabot doctor`: each fault is really made, found, told how to mend, mended, and gone."""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from io import StringIO
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from psycopg.conninfo import make_conninfo
from rich.console import Console

from app.database.connection import open_async_connection
from app.database.migrating.migrations import migrate
from app.doctor.activity import check_sessions
from app.doctor.bots import check_bots, check_clocks
from app.doctor.examination import examine, run_async
from app.doctor.finding import Finding
from app.doctor.notification_check import ACKNOWLEDGEMENT_TIMEOUT, _check_acknowledgements
from app.doctor.report import show
from app.doctor.schema import read_shipped
from app.doctor.server import judge_version
from app.notifications import RESET_ACKNOWLEDGED, connect_listener, listen
from tests.system.nova import ROOT, wait_for
from tests.system.test_command_line import make_environment

AGAIN = "novabot migrate --force"
BROKEN = """
    CREATE OR REPLACE FUNCTION novabot_internal.reset_deleted() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp AS 'BEGIN RETURN NULL; END'
"""


def look(url: str, subject: str, listen_url: str | None = None) -> list[Finding]:
    """What the doctor says of one subject."""
    return [found for found in examine(url, listen_url or url) if found.subject == subject]


def look_once(url: str, subject: str, listen_url: str | None = None) -> Finding:
    (finding,) = look(url, subject, listen_url)
    return finding


def run_doctor(url: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "app", "doctor"],
        cwd=ROOT,
        env=make_environment(url) | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture
def other(database_url: str) -> Iterator[psycopg.Connection]:
    """Another program's connection."""
    with psycopg.connect(database_url, autocommit=True) as conn:
        yield conn


def test_a_sound_database_has_no_fault_and_is_left_as_it_was(
    database_url: str, connection: psycopg.Connection
) -> None:
    told = run_doctor(database_url)
    assert (told.returncode, told.stderr) == (0, "")
    assert "fault" not in told.stdout
    for line in (
        "ok       database: answers, and is the read-write primary",
        "ok       schema: current",
        "ok       triggers: all present, ENABLE ALWAYS; foreign keys cascade",
        "ok       listening: direct",
    ):
        assert line in told.stdout.splitlines()
    assert re.search(
        r"^ok {7}signal: a real delete was notified after [\d.]+ ms", told.stdout, re.MULTILINE
    )
    receipts = connection.execute('SELECT source, clients, sessions FROM "Reset"').fetchall()
    assert receipts == [("novabot doctor", 1, 0)]
    for table in ("User", "Alias"):
        assert connection.execute(f'SELECT FROM "{table}"'.encode()).fetchall() == []


def test_the_commands_exit_code_and_lines_tell_a_fault(
    database_url: str, connection: psycopg.Connection
) -> None:
    connection.execute('ALTER TABLE "User" DISABLE TRIGGER ALL')
    connection.execute('ALTER TABLE "User" ENABLE TRIGGER ALL')
    told = run_doctor(database_url)
    assert told.returncode == 1
    line = next(line for line in told.stdout.splitlines() if "reset_deleted" in line)
    assert line.startswith(
        'fault    triggers: trigger reset_deleted on "User" is not ENABLE ALWAYS'
    )
    assert line.endswith(f"→ {AGAIN}")
    assert told.stdout.splitlines()[-1].startswith("9 faults, ")
    subprocess.run(
        [sys.executable, "-m", "app", "migrate", "--force"],
        cwd=ROOT,
        env=make_environment(database_url),
        check=True,
        capture_output=True,
    )
    assert run_doctor(database_url).returncode == 0


def test_bad_settings_exit_2_and_an_absent_database_1(tmp_path: Path) -> None:
    told = run_doctor("", NOVABOT_DATA_DIR=str(tmp_path))
    assert told.returncode == 2
    assert f"no database answers in {tmp_path}: start it with `novabot up" in told.stderr
    told = run_doctor(f"postgresql://nova:hunter2@/nova?host={tmp_path}")
    assert told.returncode == 1
    assert told.stdout.startswith("fault    database: does not answer: ")
    assert "hunter2" not in told.stdout + told.stderr


def test_on_a_terminal_it_is_a_table(database_url: str) -> None:
    output = StringIO()
    sound = show(
        examine(database_url, database_url), Console(file=output, force_terminal=True, width=250)
    )
    assert sound
    assert "To mend" in output.getvalue()
    assert "┃" in output.getvalue()


@pytest.mark.parametrize(
    ("damage", "finding"),
    [
        (BROKEN, "reset_deleted is not as shipped"),
        (
            "ALTER FUNCTION novabot_internal.commit_turn SECURITY INVOKER",
            "commit_turn is not as shipped",
        ),
        (
            "ALTER FUNCTION novabot_internal.mark_forgotten RESET ALL",
            "mark_forgotten is not as shipped",
        ),
        ("DROP FUNCTION novabot_internal.prune_digests", "prune_digests is missing"),
    ],
)
def test_a_function_that_is_not_as_shipped_is_told_and_mended_by_migrate(
    database_url: str, connection: psycopg.Connection, damage: str, finding: str
) -> None:
    connection.execute(damage.encode())
    found = Finding("fault", "functions", f"novabot_internal.{finding}", AGAIN)
    assert look(database_url, "functions") == [found]
    migrate(connection, force=True)
    assert look_once(database_url, "functions").level == "ok"


@pytest.mark.parametrize(
    "stranger",
    [
        "novabot_internal.is_alive(text)",
        "novabot_internal.of_another_name()",
        "public.reset_client(character varying)",
    ],
)
def test_a_function_that_can_be_called_in_place_of_ours_is_told(
    database_url: str, connection: psycopg.Connection, stranger: str
) -> None:
    connection.execute(
        f"CREATE FUNCTION {stranger} RETURNS boolean LANGUAGE sql AS 'SELECT true'".encode()
    )
    found = look_once(database_url, "functions")
    assert found.text.startswith(f"{stranger} is not ours")
    connection.execute(f"SET search_path = ''; {found.mend}".encode())
    assert look_once(database_url, "functions").level == "ok"


def test_a_newer_schema_that_works_with_this_release_is_no_fault(
    database_url: str, connection: psycopg.Connection
) -> None:
    release = """
        CREATE OR REPLACE FUNCTION novabot_internal.schema_release(
            OUT release text, OUT oldest_working text
        ) RETURNS record LANGUAGE sql AS $$ SELECT '99.0.0', '%s' $$
    """
    connection.execute((release % "0.2.0").encode())
    told = run_doctor(database_url)
    assert (told.returncode, told.stderr) == (0, "")
    assert "ok       schema: of the newer release 99.0.0, which works with this one" in told.stdout
    connection.execute((release % "98.0.0").encode())
    found = look_once(database_url, "schema")
    assert (found.level, found.text) == ("fault", "The database is newer than this novabot")
    assert found.mend.endswith("install the newer one")


def test_every_function_of_the_sql_files_is_compared() -> None:
    text = "".join(path.read_text() for path in (ROOT / "sql").glob("*.sql"))
    assert len(read_shipped()) == len(
        re.findall(r"^CREATE OR REPLACE (?:FUNC|PROC)", text, re.MULTILINE)
    )


def test_a_delete_without_a_notification_is_told(
    database_url: str, connection: psycopg.Connection
) -> None:
    connection.execute(BROKEN)
    silent = look_once(database_url, "signal")
    assert (silent.level, silent.mend) == ("fault", AGAIN)
    assert "no notification came" in silent.text
    assert connection.execute('SELECT FROM "Alias"').fetchall() == []
    migrate(connection, force=True)
    assert look_once(database_url, "signal").level == "ok"


def test_a_delete_that_deletes_nothing_is_told_and_its_canary_goes_later(
    database_url: str, connection: psycopg.Connection
) -> None:
    connection.execute('CREATE RULE keep AS ON DELETE TO "User" DO INSTEAD NOTHING')
    assert "deletes nothing" in look_once(database_url, "signal").text
    (drift,) = look(database_url, "triggers")
    connection.execute(drift.mend.encode())
    assert len(connection.execute('SELECT FROM "User"').fetchall()) == 2
    connection.execute('UPDATE "User" SET "createdAt" = now() - interval \'1 hour\'')
    assert look_once(database_url, "signal").level == "ok"
    assert connection.execute('SELECT FROM "User"').fetchall() == []


def test_what_another_program_hangs_on_the_tables_is_told(
    database_url: str, connection: psycopg.Connection
) -> None:
    assert look_once(database_url, "foreign").level == "ok"
    connection.execute(
        """
        CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
        CREATE TRIGGER keep BEFORE DELETE ON "Alias" FOR EACH ROW EXECUTE FUNCTION keep();
        CREATE TRIGGER note AFTER INSERT ON "Session" FOR EACH ROW EXECUTE FUNCTION keep()
        """
    )
    keeping, noting = look(database_url, "foreign")
    assert (keeping.level, noting.level) == ("fault", "warning")
    assert 'trigger keep on "Alias"' in keeping.text
    assert 'DROP TRIGGER keep ON public."Alias"' in keeping.mend
    assert 'trigger note on "Session"' in noting.text


def test_a_lock_that_keeps_deletes_waiting_is_told(
    database_url: str, other: psycopg.Connection
) -> None:
    with other.transaction():
        other.execute('LOCK TABLE "User" IN SHARE MODE')
        blocked = look_once(database_url, "signal")
        assert blocked.level == "fault"
        assert "waits for another transaction's lock" in blocked.text
        with psycopg.connect(database_url) as conn:
            holders = conn.execute(blocked.mend.partition(": ")[2].encode()).fetchall()
        assert (other.info.backend_pid, "ShareLock") in holders
    assert look_once(database_url, "signal").level == "ok"


async def test_an_acknowledgement_among_very_many_is_noticed_at_once(
    database_url: str, connection: psycopg.Connection
) -> None:
    """The notification names none of more than fifty resets."""
    bot = uuid4()
    connection.execute("SELECT novabot_internal.report_bot(%s, 'here', 7, true, 0)", (bot,))
    reset, *others = (
        row[0]
        for row in connection.execute(
            "SELECT r.id FROM generate_series(1, 51), LATERAL reset_client('6281717407674') AS r"
        )
    )
    async with (
        await open_async_connection(database_url) as conn,
        connect_listener(database_url, "test") as listener,
    ):
        await listen(listener, [RESET_ACKNOWLEDGED])
        began = time.monotonic()
        checking = asyncio.create_task(_check_acknowledgements(conn, listener, reset))
        done, _ = await asyncio.wait([checking], timeout=0.3)
        assert not done
        connection.execute(
            "SELECT novabot_internal.acknowledge_resets(%s, %s, %s)",
            (bot, [reset, *others], [0] * 51),
        )
        assert (await checking).level == "ok"
        assert time.monotonic() - began < ACKNOWLEDGEMENT_TIMEOUT


def test_bots_that_are_deaf_silent_or_do_not_acknowledge_are_told(
    database_url: str, connection: psycopg.Connection
) -> None:
    assert look_once(database_url, "bots").text == "none is listening"
    deaf, silent, mute, late = (str(uuid4()) for _ in range(4))
    for bot, listening in ((deaf, False), (silent, True), (mute, True), (late, False)):
        connection.execute(
            "SELECT novabot_internal.report_bot(%s, 'here', 7, %s, 0)", (bot, listening)
        )
    assert "is just starting" in next(run_async(check_bots(database_url))).text
    connection.execute("""UPDATE "Bot" SET "startedAt" = "startedAt" - interval '1 hour'""")
    connection.execute(
        """UPDATE "Bot" SET "seenAt" = now() - interval '2 minutes' WHERE id = %s""", (silent,)
    )
    connection.execute(
        """UPDATE "Bot" SET "seenAt" = now() - interval '6 seconds' WHERE id = %s""", (late,)
    )
    told = [(found.level, found.text) for found in run_async(check_bots(database_url))]
    findings = list(examine(database_url, database_url))
    assert [level for level, _ in told] == ["fault", "warning", "warning", "ok"]
    assert f"bot {deaf[:8]} (process 7 on here) runs and does not listen" in told[0][1]
    assert f"bot {late[:8]} (process 7 on here) has not reported for " in told[1][1]
    assert f"bot {silent[:8]} (process 7 on here) was last seen 12" in told[2][1]
    assert told[3] == ("ok", "1 listening")
    (unheard,) = [found for found in findings if found.subject == "acknowledgement"]
    assert unheard.level == "warning"
    assert mute[:8] in unheard.text and silent[:8] not in unheard.text
    retire = next(found.mend for found in findings if silent[:8] in found.mend)
    connection.execute(retire.partition(": ")[2].encode())
    for bot in (deaf, mute, late):
        connection.execute("SELECT novabot_internal.retire_bot(%s)", (bot,))
    assert look_once(database_url, "bots").text == "none is listening"
    assert look_once(database_url, "acknowledgement").level == "ok"


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ("track_counts = off", "track_counts is off"),
        ("session_replication_role = replica", "foreign keys do not fire"),
    ],
)
def test_settings_that_break_resets_are_faults(
    database_url: str, connection: psycopg.Connection, change: str, text: str
) -> None:
    name = connection.info.dbname
    connection.execute(f"ALTER DATABASE {name} SET {change}".encode())
    assert any(
        found.level == "fault" and text in found.text for found in look(database_url, "settings")
    )
    connection.execute(f"ALTER DATABASE {name} RESET ALL".encode())
    assert all(found.level != "fault" for found in look(database_url, "settings"))


def test_a_database_that_is_read_only_is_told(
    database_url: str, connection: psycopg.Connection
) -> None:
    name = connection.info.dbname
    connection.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on".encode())
    (finding,) = examine(database_url, database_url)
    assert (finding.level, finding.subject) == ("fault", "primary")
    assert "default_transaction_read_only" in finding.text
    connection.execute("SET default_transaction_read_only = off")
    connection.execute(f"ALTER DATABASE {name} RESET default_transaction_read_only".encode())
    assert look_once(database_url, "database").level == "ok"


@pytest.mark.parametrize(
    ("change", "text", "mend"),
    [
        ("""DELETE FROM "Migration" WHERE name = 'sql/*.sql'""", "behind", "novabot migrate"),
        (
            """INSERT INTO "Migration" (name, checksum) VALUES ('9999_later.sql', '')""",
            "The database is newer than this novabot",
            "it has 9999_later.sql; install the newer one",
        ),
        ("DROP SCHEMA public CASCADE; CREATE SCHEMA public", "behind", "novabot migrate"),
    ],
    ids=["behind", "ahead", "empty"],
)
def test_another_schema_is_told_and_nothing_is_tried_on_it(
    database_url: str, connection: psycopg.Connection, change: str, text: str, mend: str
) -> None:
    connection.execute(change.encode())
    findings = list(examine(database_url, database_url))
    (schema,) = [found for found in findings if found.level == "fault"]
    assert (schema.subject, schema.mend) == ("schema", mend)
    assert text in schema.text
    assert "signal" not in {found.subject for found in findings}


@pytest.mark.parametrize(
    ("number", "level"),
    [
        (130022, "fault"),
        (140020, "warning"),
        (140021, "ok"),
        (150015, "warning"),
        (150018, "ok"),
        (170007, "warning"),
        (180001, "warning"),
        (180002, "ok"),
        (190000, "ok"),
    ],
)
def test_versions_that_are_too_old_or_lose_notifications_are_told(number: int, level: str) -> None:
    assert judge_version(number).level == level


def test_a_listener_in_an_open_transaction_is_told_and_ended(
    database_url: str, connection: psycopg.Connection
) -> None:
    url = make_conninfo(database_url, application_name="novabot listener")
    # Closed, not left, because leaving commits.
    with closing(psycopg.connect(url, autocommit=True)) as listener:
        listener.execute("LISTEN session_reset")
        listener.execute("BEGIN")
        stuck = look_once(database_url, "sessions")
        assert stuck.level == "fault"
        assert f"process {listener.info.backend_pid} (novabot listener" in stuck.text
        connection.execute(stuck.mend.encode())
        wait_for(lambda: look_once(database_url, "sessions").level == "ok", "it to be gone")


def test_a_transaction_left_open_for_long_is_told(
    connection: psycopg.Connection, other: psycopg.Connection
) -> None:
    with other.transaction():
        other.execute("SELECT 1")
        assert [found.level for found in check_sessions(connection)] == ["ok"]
        (left,) = check_sessions(connection, timedelta(0))
        assert left.level == "warning"
        assert left.mend == f"SELECT pg_terminate_backend({other.info.backend_pid})"
    assert [found.level for found in check_sessions(connection, timedelta(0))] == ["ok"]


def test_rows_of_clients_who_are_not_there_are_counted_and_deleted(
    database_url: str, connection: psycopg.Connection
) -> None:
    assert look_once(database_url, "orphans").level == "ok"
    connection.execute(
        """INSERT INTO "User" (id) VALUES ('628111@c.us'), ('628222@c.us');
           INSERT INTO "Conversation" ("userId", direction, body)
           SELECT id, 'in', 'x' FROM "User", generate_series(1, 2);
           ALTER TABLE "User" DISABLE TRIGGER ALL;
           DELETE FROM "User" WHERE id = '628111@c.us';
           ALTER TABLE "User" ENABLE TRIGGER ALL"""
    )
    left = look_once(database_url, "orphans")
    assert left.level == "warning"
    assert '2 in "Conversation", 1 in "Alias"' in left.text
    connection.execute(left.mend.encode())
    assert look_once(database_url, "orphans").level == "ok"
    assert connection.execute('SELECT DISTINCT "userId" FROM "Conversation"').fetchall() == [
        ("628222@c.us",)
    ]


def test_a_listener_that_does_not_read_is_told(
    database_url: str, connection: psycopg.Connection
) -> None:
    url = make_conninfo(database_url, application_name="novabot listener")
    with psycopg.connect(url, autocommit=True) as listener:
        listener.execute("LISTEN flood")

        def is_stuck() -> list[Finding]:
            connection.execute(
                "SELECT pg_notify('flood', repeat('x', 7900) || n) FROM generate_series(1, 50) AS n"
            )
            return [found for found in check_sessions(connection) if found.level == "fault"]

        (stuck,) = wait_for(is_stuck, "the listener's socket to be full")
        assert f"process {listener.info.backend_pid} does not read" in stuck.text
        connection.execute(stuck.mend.partition(", or ")[2].encode())
        wait_for(lambda: [found.level for found in check_sessions(connection)] == ["ok"], "its end")


def test_clocks_that_disagree_are_told(connection: psycopg.Connection) -> None:
    def judge(offset: float) -> list[tuple[str, str]]:
        findings = check_clocks(connection, lambda: time.time() + offset)
        return [(found.level, found.text) for found in findings]

    assert judge(0) == [("ok", "the database's and this host's agree")]
    assert judge(5)[0][0] == "warning"
    assert judge(-40)[0][0] == "fault" and "ahead of this host's" in judge(-40)[0][1]
    connection.execute("""INSERT INTO "User" (id) VALUES ('6281717407674@c.us')""")
    connection.execute("""INSERT INTO "Conversation" ("userId", at)
                          VALUES ('6281717407674@c.us', now() + interval '20 seconds')""")
    ((level, text),) = judge(0)
    assert level == "warning" and "behind WhatsApp's" in text


def test_a_silent_webhook_is_told(database_url: str, connection: psycopg.Connection) -> None:
    assert look_once(database_url, "webhook").text == "no message is stored"
    connection.execute("""INSERT INTO "User" (id) VALUES ('6281717407674@c.us')""")
    for age, level in (("25 hours", "warning"), ("1 minute", "ok")):
        connection.execute(
            """INSERT INTO "Conversation" ("userId", at)
               VALUES ('6281717407674@c.us', now() - %s::interval)""",
            (age,),
        )
        assert look_once(database_url, "webhook").level == level


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("log_error_verbosity", "default"),
        ("log_statement", "all"),
        ("log_min_duration_statement", "100"),
        ("log_parameter_max_length_on_error", "-1"),
        ("log_min_error_statement", "error"),
    ],
)
def test_a_server_log_that_quotes_clients_is_told(
    database_url: str, connection: psycopg.Connection, name: str, value: str
) -> None:
    database = connection.info.dbname
    connection.execute(f"ALTER DATABASE {database} SET {name} = '{value}'".encode())
    loud = look_once(database_url, "server log")
    assert loud.level == "warning"
    assert loud.text.startswith(f"{name} = {value}: ")
    assert loud.mend.startswith(f"ALTER SYSTEM SET {name} = ")
    connection.execute(f"ALTER DATABASE {database} RESET {name}".encode())
    assert look_once(database_url, "server log").level == "ok"


@pytest.fixture
def make_role(connection: psycopg.Connection) -> Iterator[Callable[[], tuple[str, str]]]:
    """Makes roles without rights, and gives name and password; dropped afterwards."""
    made: list[str] = []

    def make() -> tuple[str, str]:
        role = f"role_{uuid4().hex}"
        connection.execute(f"CREATE ROLE {role} LOGIN PASSWORD 'secret'".encode())
        made.append(role)
        return role, "secret"

    yield make
    for role in made:
        connection.execute(
            f"REASSIGN OWNED BY {role} TO CURRENT_USER; DROP OWNED BY {role};"
            f" DROP ROLE {role}".encode()
        )


def test_a_superuser_is_told_and_a_role_that_may_not_delete_too(
    database_url: str,
    connection: psycopg.Connection,
    make_role: Callable[[], tuple[str, str]],
) -> None:
    anywhere = make_conninfo(database_url, options="-c novabot.embedded=off")
    assert [found.text for found in look(anywhere, "rights")] == [
        "novabot connects as novabot, a superuser"
    ]
    assert [found.level for found in look(database_url, "rights")] == ["ok"], "it is meant to be"
    role, password = make_role()
    url = make_conninfo(database_url, user=role, password=password)
    assert [found.level for found in look(url, "rights")] == []
    refused = look_once(url, "schema")
    assert refused.level == "fault"
    assert refused.text.startswith("can't be examined: permission denied")
    assert "as the role of the bots" in refused.mend


def test_rights_that_are_too_wide_are_faults(
    database_url: str, connection: psycopg.Connection
) -> None:
    connection.execute('GRANT SELECT ON "Conversation" TO PUBLIC')
    wide = look(database_url, "rights")[0]
    assert (wide.level, wide.text) == ("fault", 'PUBLIC may read or write "Conversation"')
    connection.execute(wide.mend.encode())
    assert "fault" not in {found.level for found in look(database_url, "rights")}
