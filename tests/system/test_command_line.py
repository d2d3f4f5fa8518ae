"""The commands as processes: what they print, and how they exit."""

from __future__ import annotations

import asyncio
import json
import os
import pty
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager, suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from psycopg import AsyncConnection

from app.cli.environment import ask_database
from app.cli.near_misses import describe_near_misses
from app.cli.receipts import reset_clients
from app.crm import resetting
from app.crm.operators import hash_token
from app.database import queries
from app.database.connection import ending_after
from tests.commands import list_commands
from tests.sql.persons import World
from tests.system.pgbouncer import needs_pgbouncer, run_pgbouncer

ROOT = Path(__file__).parents[2]

Novabot = Callable[..., subprocess.CompletedProcess[str]]

ARGUMENTS = {"reset": "6281717407674", "operator add": "ana", "token create": "crm-export"}
"""What a command is not run without."""
NEED_NO_SETTINGS = {"up", "remove"}
WHATSAPP = {
    "WHATSAPP_ACCESS_TOKEN": "token",
    "WHATSAPP_PHONE_NUMBER_ID": "123",
    "WHATSAPP_APP_SECRET": "secret",
    "WHATSAPP_VERIFY_TOKEN": "token",
}


@pytest.fixture
def novabot(database_url: str) -> Novabot:
    """Runs a command on the test's database."""

    def run(
        *arguments: str, given: str = "", **environment: str
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "app", *arguments],
            cwd=ROOT,
            env=make_environment(database_url) | environment,
            input=given,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return run


@pytest.fixture
def watching(database_url: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", "app", "watch"],
        cwd=ROOT,
        env=make_environment(database_url),
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        yield process
        process.kill()


def make_environment(database_url: str) -> dict[str, str]:
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("NOVABOT_", "WHATSAPP_", "DATABASE_", "LISTEN_"))
    }
    return inherited | {"DATABASE_URL": database_url}


def read_terminal(database_url: str, *arguments: str) -> str:
    """What a command that succeeds writes on standard error, which is a terminal."""
    ours, theirs = pty.openpty()
    with os.fdopen(ours, "rb", buffering=0) as screen:
        process = subprocess.Popen(
            [sys.executable, "-m", "app", *arguments],
            cwd=ROOT,
            env=make_environment(database_url) | {"COLUMNS": "200"},
            stdout=subprocess.DEVNULL,
            stderr=theirs,
        )
        os.close(theirs)
        written = b""
        # Linux answers EIO at the end of a terminal.
        with process, suppress(OSError):
            while part := screen.read(4096):
                written += part
    assert process.returncode == 0, written
    return written.decode().replace("\r\n", "\n")


def test_migrate_says_what_it_did_and_that_there_was_nothing_to_do(
    novabot: Novabot, connection: psycopg.Connection
) -> None:
    connection.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    first = novabot("migrate")
    assert first.returncode == 0, first.stderr
    assert first.stdout.startswith("applied 0001_")
    assert "applied functions, triggers and views" in first.stdout
    assert novabot("migrate").stdout == "the schema is current\n"


def test_migrate_makes_the_first_login_when_it_is_given_a_password(
    novabot: Novabot, connection: psycopg.Connection
) -> None:
    for expected in (True, False):
        told = novabot("migrate", NOVABOT_ADMIN_PASSWORD="correct horse")
        assert told.returncode == 0, told.stderr
        assert ("added the first login, admin" in told.stdout) is expected
    assert connection.execute('SELECT name, role FROM "Operator"').fetchall() == [
        ("admin", "admin")
    ]


def test_reset_prints_a_receipt_for_each_and_fails_for_what_it_cannot_read(
    novabot: Novabot, connection: psycopg.Connection
) -> None:
    connection.execute("""INSERT INTO "User" (id) VALUES ('6281717407674@c.us')""")
    connection.execute("""INSERT INTO "Session" ("userId") VALUES ('6281717407674@c.us')""")
    told = novabot("reset", "081?", "0817-1740-7674", "+62 812 0000 1111")
    assert told.returncode == 1
    assert re.fullmatch(
        r"reset \d+: 1 client, 1 session, 0 conversations, by 0817-1740-7674\n"
        r"reset \d+: 0 clients, 0 sessions, 0 conversations, by \+62 812 0000 1111\n",
        told.stdout,
    )
    unreadable, unknown = told.stderr.splitlines()
    assert unreadable.startswith("novabot: 081?: ")
    assert "0817-1740-7674" in unreadable
    assert unknown.startswith("novabot: +62 812 0000 1111: no client has this address")
    sources = connection.execute('SELECT DISTINCT source, actor FROM "Reset"').fetchall()
    assert [source for source, _ in sources] == ["cli"]


def test_a_receipt_names_each_bot_and_who_is_missing(
    novabot: Novabot, connection: psycopg.Connection
) -> None:
    connection.execute("""INSERT INTO "User" (id) VALUES ('6281717407674@c.us')""")
    bots = connection.execute(
        """INSERT INTO "Bot" (id, host, pid, "startedAt", "seenAt", listening)
           SELECT gen_random_uuid(), 'here', 42, now() - interval '1 minute',
               now() + interval '1 minute', true
           RETURNING id"""
    ).fetchall()
    connection.execute(
        """INSERT INTO "Bot" (id, host, pid, "startedAt", "seenAt")
           SELECT gen_random_uuid(), 'away', 43, now() - interval '1 day',
               now() - interval '1 hour'"""
    )
    told = novabot("reset", "--wait", "0.1", "0817-1740-7674")
    assert told.returncode == 0
    (_, missing, silent) = told.stdout.splitlines()
    assert re.search(
        r"\(away, pid 43\) is silent since \d{4}-.*answers no client from memory", silent
    )
    assert missing.endswith(
        f"bot {bots[0][0]} (here, pid 42) is missing; it answers no client from memory"
    )
    connection.execute(
        """INSERT INTO "ResetAck" ("resetId", "botId", evicted, "ackedAt")
           SELECT r.id, b.id, 1, r.at + interval '3 ms' FROM "Reset" AS r, "Bot" AS b"""
    )
    lines = novabot("reset", "--json", "--wait", "0", "-", given="\n0817-1740-7674\n").stdout
    read = json.loads(lines)
    assert (read["handle"], read["clients"], read["acks"]) == ("0817-1740-7674", 0, [])
    assert read["missing"] == [str(bots[0][0])]
    assert novabot("reset", "--json", "--dry-run", "0817-1740-7674").returncode == 2


def test_a_dry_run_tells_what_a_reset_would_delete_and_deletes_nothing(
    novabot: Novabot, connection: psycopg.Connection
) -> None:
    world = World(connection)
    world.say(0, "628110000001", "ID.1", name="Andi")
    world.say(10, "628110000001", "ID.2", name="Budi")
    told = novabot("reset", "--dry-run", "081?", "0811-0000-001", "+62 812 0000 1111")
    assert told.returncode == 1
    first, addresses, stays = told.stdout.splitlines()
    assert first == ("628110000001@c.us: a reset would delete 1 client, 1 session, 2 conversations")
    assert addresses == "  its addresses: 628110000001, ID.2"
    assert stays.startswith("  stays: ID.1, who had one of these addresses until ")
    assert told.stderr.splitlines()[1] == "novabot: +62 812 0000 1111: no client has this address"
    assert world.names() == {"628110000001@c.us": "Budi", "ID.1": "Andi"}
    assert connection.execute('SELECT FROM "Reset"').fetchall() == []


def test_an_unknown_client_is_reset_with_zeros_and_success(novabot: Novabot) -> None:
    told = novabot("reset", "6281200001111@c.us")
    assert told.returncode == 0
    assert re.fullmatch(
        r"reset \d+: 0 clients, 0 sessions, 0 conversations, by 6281200001111@c.us\n", told.stdout
    )
    assert told.stderr == (
        "novabot: 6281200001111@c.us: no client has this address, so nothing was deleted\n"
    )


def test_a_terminal_is_told_similar_addresses_shortened_and_a_pipe_none(
    novabot: Novabot, database_url: str, connection: psycopg.Connection
) -> None:
    connection.execute(
        """INSERT INTO "User" (id) VALUES ('6281717407674@c.us'), ('6285217407675@c.us')"""
    )
    handles = ("0817-1740-7675", "+1 650 387 9439")
    terminal = read_terminal(database_url, "reset", *handles)
    assert terminal.splitlines() == [
        "novabot: 0817-1740-7675: no client has this address, so nothing was deleted",
        "  similar addresses:",
        "    +628…674: one digit differs, is missing, is too many, or two are swapped",
        "    +628…675: ends in the same 7 digits",
        "novabot: +1 650 387 9439: no client has this address, so nothing was deleted",
        "  no client has a similar address",
    ]
    piped = novabot("reset", *handles, FORCE_COLOR="1", TTY_COMPATIBLE="1")
    assert piped.returncode == 0
    assert "…" not in piped.stdout + piped.stderr
    assert "similar" not in piped.stdout + piped.stderr
    assert connection.execute('SELECT count(*) FROM "User"').fetchone() == (2,)


def test_similar_addresses_behind_another_transactions_lock_are_told_to_be_so(
    database_url: str, connection: psycopg.Connection
) -> None:
    with connection.transaction():
        connection.execute('LOCK TABLE "User" IN ACCESS EXCLUSIVE MODE')
        told = ask_database(database_url, lambda conn: describe_near_misses(conn, "0817-1740-7675"))
    assert "another transaction" in told


def test_a_client_held_by_another_transaction_is_told_and_the_others_are_reset(
    novabot: Novabot, connection: psycopg.Connection
) -> None:
    connection.execute("""INSERT INTO "User" (id) VALUES ('6281717407674@c.us')""")
    with connection.transaction():
        connection.execute('SELECT FROM "User" FOR UPDATE')
        told = novabot("reset", "081717407674", "+62 812 0000 1111")
    assert told.returncode == 1
    assert told.stderr.startswith("novabot: 081717407674: another transaction holds this client")
    assert "0 clients, 0 sessions, 0 conversations" in told.stdout
    assert len(connection.execute('SELECT FROM "User"').fetchall()) == 1


def test_a_client_whose_rows_something_keeps_is_told_and_the_others_are_reset(
    novabot: Novabot, connection: psycopg.Connection
) -> None:
    connection.execute(
        """
        INSERT INTO "User" (id) VALUES ('6281717407674@c.us');
        INSERT INTO "Session" ("userId") VALUES ('6281717407674@c.us');
        CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
        CREATE TRIGGER keep BEFORE DELETE ON "Session" FOR EACH ROW EXECUTE FUNCTION keep()
        """
    )
    told = novabot("reset", "081717407674", "+62 812 0000 1111")
    assert told.returncode == 1
    assert re.match(r"reset \d+: 0 clients, 0 sessions, 0 conversations", told.stdout)
    complaint = told.stderr.splitlines()[0]
    assert complaint.startswith("novabot: 081717407674: nothing was reset: ")
    assert 'kept by trigger keep on "Session"' in complaint
    assert 'DROP TRIGGER keep ON public."Session"' in complaint
    assert connection.execute('SELECT count(*) FROM "Session"').fetchone() == (1,)


async def test_a_reset_on_a_server_that_is_held_up_waits(
    connection: psycopg.Connection,
    database_url: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """No deadline of ours ends it, however short: its user can interrupt it."""

    def soon(
        conn: AsyncConnection[Any], seconds: float | None
    ) -> AbstractAsyncContextManager[None]:
        return ending_after(conn, None if seconds is None else 0.05)

    monkeypatch.setattr(queries, "ending_after", soon)
    monkeypatch.setattr(resetting, "ending_after", soon)
    connection.execute("""INSERT INTO "User" (id) VALUES ('6281717407674@c.us')""")
    with connection.transaction():
        connection.execute('SELECT FROM "User" FOR UPDATE')
        command = asyncio.create_task(reset_clients(database_url, ["081717407674"]))
        done, _ = await asyncio.wait([command], timeout=0.5)
        assert not done
    assert await command == 0
    assert "1 client, 0 sessions, 0 conversations" in capsys.readouterr().out


def test_an_operator_is_added_once_with_a_password_from_standard_input(
    novabot: Novabot, connection: psycopg.Connection
) -> None:
    added = novabot("operator", "add", "ana", "--role", "viewer", given="correct horse\n")
    assert added.returncode == 0, added.stderr
    rows = connection.execute('SELECT name, role, "passwordHash" FROM "Operator"').fetchall()
    assert [(name, role) for name, role, _ in rows] == [("ana", "viewer")]
    assert rows[0][2].startswith("$argon2id$")
    again = novabot("operator", "add", "ana", given="correct horse\n")
    assert (again.returncode, again.stdout) == (1, "")
    assert "already" in again.stderr
    nothing = novabot("operator", "add", "budi", given="\n")
    assert nothing.returncode == 1
    assert novabot("operator", "add", "budi", "--role", "king", given="x\n").returncode == 2


def test_a_token_is_alone_on_the_last_line_and_only_its_digest_is_kept(
    novabot: Novabot, connection: psycopg.Connection
) -> None:
    made = novabot("token", "create", "crm")
    token = made.stdout.splitlines()[-1]
    assert re.fullmatch(r"nova_[\w-]{43}", token)
    rows = connection.execute('SELECT "tokenHash", name FROM "ApiToken"').fetchall()
    assert rows == [(hash_token(token), "crm")]


@pytest.fixture
def machine(tmp_path: Path) -> str:
    """A PATH with nothing but a psql, which says that it is the machine's."""
    (tmp_path / "psql").write_text('#!/bin/sh\necho "the machine\'s psql $*"\n')
    (tmp_path / "psql").chmod(0o755)
    return str(tmp_path)


def test_psql_passes_its_arguments_on_and_its_exit_code_back(
    novabot: Novabot, machine: str
) -> None:
    told = novabot("psql", "-Atc", "SELECT 40 + 2", "-v", "ON_ERROR_STOP=1", PATH=machine)
    assert (told.returncode, told.stdout) == (0, "42\n"), told.stderr
    assert novabot("psql", "-c", "SELECT nonsense").returncode == 1


@needs_pgbouncer
def test_psql_is_the_machines_where_connections_are_encrypted(
    novabot: Novabot, database_url: str, data_dir: Path, machine: str
) -> None:
    """The embedded one has no TLS."""
    with run_pgbouncer(database_url, data_dir, "session", tls=True) as pooler:
        told = novabot("psql", "-c", "SELECT 1", DATABASE_URL=pooler.url, PATH=machine)
        assert told.stdout.startswith("the machine's psql -d user=novabot "), told.stderr
        told = novabot("psql", DATABASE_URL=pooler.url, PATH="/nowhere")
    assert told.returncode == 1
    assert told.stderr.endswith("has no TLS: install PostgreSQL's client\n")


def test_a_delete_in_psql_shows_its_receipt(
    novabot: Novabot, connection: psycopg.Connection
) -> None:
    connection.execute("""INSERT INTO "User" (id) VALUES ('6281717407674@c.us')""")
    told = novabot("psql", "-c", 'DELETE FROM "User"')
    assert "1 client, 0 sessions, 0 conversations; SELECT * FROM reset_receipt(" in told.stderr


def test_watch_shows_a_reset_as_it_happens(
    watching: subprocess.Popen[str], connection: psycopg.Connection
) -> None:
    assert watching.stdout is not None
    assert "watching" in watching.stdout.readline()
    connection.execute("""INSERT INTO "User" (id) VALUES ('6281717407674@c.us')""")
    connection.execute('DELETE FROM "User"')
    assert "1 client, 0 sessions, 0 conversations  by novabot" in watching.stdout.readline()
    connection.execute("NOTIFY session_reset, '*'")
    assert "notified by hand: '*'" in watching.stdout.readline()


def test_watch_shows_each_acknowledgement_once(
    watching: subprocess.Popen[str], connection: psycopg.Connection
) -> None:
    assert watching.stdout is not None
    assert "watching" in watching.stdout.readline()
    bots = [str(uuid4()), str(uuid4())]
    for bot in bots:
        connection.execute("SELECT novabot_internal.report_bot(%s, 'here', 7, true, 0)", (bot,))
    connection.execute("SELECT reset_client('6281717407674')")
    reset = re.search(r"reset (\d+): 0 clients", watching.stdout.readline())
    assert reset is not None
    connection.execute("""NOTIFY reset_acknowledged, '{"reset": "*"}'""")
    for bot, evicted, heard, told in (
        (bots[0], 1, True, r"dropped 1 session after [\d.]+ ms"),
        (bots[1], 0, False, "was not connected, or is of 0.1; it confirmed that it forgot"),
    ):
        connection.execute(
            "SELECT novabot_internal.acknowledge_resets(%s, ARRAY[%s]::bigint[],"
            " ARRAY[%s]::bigint[], ARRAY[CASE WHEN %s THEN clock_timestamp() END])",
            (bot, int(reset[1]), evicted, heard),
        )
        assert re.search(
            rf"reset {reset[1]}: bot {bot[:8]} \(process 7\) {told}$",
            watching.stdout.readline().rstrip(),
        )


def test_watch_goes_on_after_its_connections_are_lost(
    watching: subprocess.Popen[str], connection: psycopg.Connection
) -> None:
    assert watching.stdout is not None
    assert "watching" in watching.stdout.readline()
    connection.execute("SELECT reset_client('6281717407674')")
    assert "0 clients" in watching.stdout.readline()
    connection.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    assert "the connection is lost; trying again" in watching.stdout.readline()
    assert "watching" in watching.stdout.readline()
    connection.execute("SELECT reset_client('6281717407674')")
    assert "0 clients" in watching.stdout.readline()


@pytest.mark.parametrize(
    "arguments",
    [("migrate",), ("reset", "6281717407674@c.us"), ("token", "create", "x"), ("watch",)],
    ids=" ".join,
)
def test_a_database_that_is_away_is_told_in_a_line(
    novabot: Novabot, arguments: tuple[str, ...], tmp_path: Path
) -> None:
    told = novabot(*arguments, DATABASE_URL=f"postgresql://nova:hunter2@/nova?host={tmp_path}")
    assert (told.returncode, told.stdout) == (1, "")
    assert told.stderr.startswith("novabot: The database does not answer: ")
    assert told.stderr.count("\n") == 1
    assert "hunter2" not in told.stderr


def test_a_database_without_a_schema_is_told_what_to_run(
    novabot: Novabot, connection: psycopg.Connection
) -> None:
    connection.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    for arguments in (("reset", "6281717407674@c.us"), ("token", "create", "x"), ("watch",)):
        told = novabot(*arguments)
        assert told.returncode == 1
        assert "run `novabot migrate`" in told.stderr


@pytest.mark.parametrize("command", sorted(list_commands().keys() - NEED_NO_SETTINGS))
def test_without_settings_a_command_exits_2_and_names_what_is_missing(
    novabot: Novabot, command: str, tmp_path: Path
) -> None:
    arguments = f"{command} {ARGUMENTS.get(command, '')}".split()
    told = novabot(*arguments, DATABASE_URL="", NOVABOT_DATA_DIR=str(tmp_path))
    assert told.returncode == 2
    start = f"start it with `novabot up --data {tmp_path}`"
    assert f"novabot: NOVABOT_DATA_DIR: no database answers in {tmp_path}: {start}" in told.stderr
    assert ("WHATSAPP_APP_SECRET" in told.stderr) is (command == "bot")


def test_a_bot_that_has_no_way_to_meta_says_so_in_a_line(novabot: Novabot) -> None:
    told = novabot("bot", ALL_PROXY="socks5h://127.0.0.1:1080", NO_PROXY="", **WHATSAPP)
    assert (told.returncode, told.stdout) == (2, "")
    assert told.stderr == (
        "novabot: ALL_PROXY: a SOCKS proxy cannot be used: set it to http://host:port, or"
        " unset it\n"
    )


def test_the_simulator_refuses_to_run_by_itself(novabot: Novabot) -> None:
    told = novabot("simulator", **WHATSAPP)
    assert told.returncode == 2
    assert "use `novabot up`" in told.stderr
    assert "simulator " not in novabot("--help").stdout
