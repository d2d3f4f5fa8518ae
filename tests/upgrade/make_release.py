"""Makes the dump of a release: its own processes live through a story, and pg_dump writes it down.

    python -m tests.upgrade.make_release 0.1.0 --programs /usr/lib/postgresql/15/bin

`--programs` is the bin folder of a PostgreSQL, the older the better: pg_dump writes SETs that
older servers do not know. The story has a row in every table, and a message in every status;
the people in it are invented.
"""

from __future__ import annotations

import argparse
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import psycopg

from app.local.embedded import EmbeddedServer
from tests.system.nova import PASSWORD, PHONE_NUMBER_ID, Nova, wait_for
from tests.upgrade.releases import RELEASES, Release, run_from, unpack

SARI, BAGUS, DEWI = "628005550101", "628005550102", "628005550103"
NURUL, RINI, TONO = "628005550104", "628005550105", "628005550106"
WAYAN, YANTI, AGUS = "628005550107", "628005550108", "628005550109"
PUTU, PASSER_BY, STRANGER = "628005550110", "628005550111", "628005550199"
BY_BSUID, OF_BAGUS, OF_DEWI = "ID.11111111111111111111", "ID.22222222222222222", "ID.333333333333"

STATUSES = {
    "in": {"pending", "answered"},
    "out": {"queued", "sending", "uncertain", "sent", "failed", "delivered", "read"},
}


def main() -> None:
    parser = argparse.ArgumentParser(description="Makes the dump of a release.")
    parser.add_argument("version", choices=[release.version for release in RELEASES])
    parser.add_argument("--programs", type=Path, required=True, metavar="DIR")
    given = parser.parse_args()
    (release,) = (release for release in RELEASES if release.version == given.version)
    with tempfile.TemporaryDirectory(prefix="novabot-release-") as name:
        directory = Path(name)
        directory.chmod(0o711)
        code = unpack(release, directory / "code")
        with EmbeddedServer(directory, programs=given.programs, durable=False) as server:
            live(Nova(server.url(), directory, bots=3, **run_from(code, release)))
            with psycopg.connect(server.url(), autocommit=True) as conn:
                check(conn)
            dump = write_dump(given.programs / "pg_dump", server.url(), release)
        refuse_traces(dump, directory)
    release.dump.write_text(dump, encoding="utf-8")
    print(f"{release.dump}: {len(dump.splitlines())} lines")


def live(nova: Nova) -> None:
    """The story. Bot 2 has a responder that takes its time; bot 1 alone stops cleanly."""
    try:
        order(nova, "migrate", NOVABOT_ADMIN_PASSWORD=PASSWORD)
        nova.start_simulator()
        nova.start_dashboard()
        nova.start_bot(0)
        nova.start_bot(1)
        nova.start_bot(2, NOVABOT_RESPONDER="thinking:make")
        for url in nova.bot_urls:
            nova.wait_ready(url)
        with nova.connect() as conn:
            conn.execute("SET application_name = 'psql'")
            use_the_dashboard(nova, conn)
            reset_by_every_door(nova, conn)
            chat(nova, conn)
            meet_faults(nova, conn)
            stop_in_the_middle(nova, conn)
            # This machine's and its user's name are not published.
            conn.execute("""UPDATE "Bot" SET host = 'release'""")
            conn.execute("""UPDATE "Reset" SET actor = 'ayu' WHERE source = 'cli'""")
    except BaseException:
        print(nova.read_logs(most=10_000))
        raise
    finally:
        nova.close()


def use_the_dashboard(nova: Nova, conn: psycopg.Connection) -> None:
    nova.log_in()
    order(nova, "operator", "add", "putri", "--role", "viewer", stdin=f"{PASSWORD}\n")
    wrong = {"username": "putri", "password": "a guess"}
    assert nova.http.post(f"{nova.dashboard_url}/login", data=wrong).status_code == 401
    order(nova, "token", "create", "old-export")
    conn.execute("""UPDATE "ApiToken" SET "revokedAt" = now() WHERE name = 'old-export'""")


def reset_by_every_door(nova: Nova, conn: psycopg.Connection) -> None:
    def truncate() -> None:
        conn.execute('TRUNCATE "User" CASCADE')

    def delete() -> None:
        conn.execute('DELETE FROM "User"')

    def call() -> None:
        conn.execute("SELECT * FROM reset_client(%s)", (PASSER_BY,))

    def command() -> None:
        order(nova, "reset", PASSER_BY)

    def api() -> None:
        token = order(nova, "token", "create", "export").splitlines()[-1]
        headers = {"Authorization": f"Bearer {token}"}
        url = f"{nova.dashboard_url}/api/clients/{PASSER_BY}"
        assert nova.http.delete(url, headers=headers).status_code == 200

    def page() -> None:
        url = f"{nova.dashboard_url}/clients/{PASSER_BY}@c.us/reset"
        assert nova.http.post(url).status_code == 303

    def by_chat() -> None:
        nova.ask_for_answer(PASSER_BY, "lupakan saya")

    for door in (truncate, delete, call, command, api, page, by_chat):
        for bot in (0, 1):
            nova.ask_for_answer(PASSER_BY, "nama saya Petang", bot=bot)
        door()
        wait_for_acknowledgements(conn)
    order(nova, "reset", STRANGER)


def chat(nova: Nova, conn: psycopg.Connection) -> None:
    nova.ask_for_answer(SARI, "Hai, nama saya Sari", bot=0)
    nova.ask_for_answer(SARI, "siapa nama saya?", bot=1)
    say(nova, SARI, "My name is Sari Dewi", profile_name="Sari 🌸")
    for kind in ("image", "location", "reaction", "unsupported"):
        say(nova, SARI, "ini", type=kind)

    say(nova, BY_BSUID, "nama saya Łukasz")
    say(nova, BAGUS, "nama saya Bagus", bsuid=OF_BAGUS)
    # Known by number and by BSUID apart, until a message shows both: a merge.
    say(nova, DEWI, "nama saya Dewi")
    say(nova, OF_DEWI, "halo")
    say(nova, DEWI, "halo lagi", bsuid=OF_DEWI)
    wait_for_acknowledgements(conn)

    say(nova, NURUL, "nama saya Nurul")
    conn.execute('UPDATE "User" SET "pausedAt" = now() WHERE id = %s', (f"{NURUL}@c.us",))
    say(nova, NURUL, "ada orang?")

    # What a DBA writes by hand.
    putu = f"{PUTU}@c.us"
    conn.execute('INSERT INTO "User" (id, nama) VALUES (%s, %s)', (putu, "Putu"))
    conn.execute('INSERT INTO "Session" ("userId") VALUES (%s)', (putu,))
    conn.execute('INSERT INTO "Conversation" ("userId", body) VALUES (%s, %s)', (putu, "halo"))

    metadata = {"display_phone_number": "15550783881", "phone_number_id": PHONE_NUMBER_ID}
    unreadable = {"from": RINI, "id": "wamid.unreadable", "timestamp": "kemarin"}
    unreadable |= {"type": "text", "text": {"body": "halo"}}
    raw = {"messaging_product": "whatsapp", "metadata": metadata, "messages": [unreadable]}
    control(nova, "say", bot=0, raw=raw, retry=False)


def meet_faults(nova: Nova, conn: psycopg.Connection) -> None:
    before = nova.last_sent()
    nova.ask_for_answer(RINI, "halo")
    wait_for_status(conn, RINI, "delivered")
    (sent,) = nova.answers(RINI, before)
    control(nova, "status", id=sent["id"], status="read", to=RINI)
    wait_for_status(conn, RINI, "read")

    nova.fault(to=TONO, hold_statuses=True, times=1)
    say(nova, TONO, "nama saya Tono")
    wait_for_status(conn, TONO, "sent")
    nova.fault(to=WAYAN, code=131026)
    say(nova, WAYAN, "nama saya Wayan")
    wait_for_status(conn, WAYAN, "failed")
    nova.fault(to=YANTI, drop="after", hold_statuses=True, times=1)
    say(nova, YANTI, "nama saya Yanti")
    wait_for_status(conn, YANTI, "uncertain")


def stop_in_the_middle(nova: Nova, conn: psycopg.Connection) -> None:
    nova.ask_for_answer(SARI, "satu lagi", bot=2)
    say(nova, SARI, "tunggu", bot=2)
    nova.bot(2).kill()
    assert nova.bot(1).stop() == 0
    nova.fault(to=AGUS, hold=True)
    say(nova, AGUS, "nama saya Agus")
    wait_for_status(conn, AGUS, "sending")
    say(nova, AGUS, "siapa nama saya?")
    nova.fault(to=TONO, code=131056)
    say(nova, TONO, "siapa nama saya?")
    wait_for(lambda: status_of(conn, TONO) == ("queued", 131056), "an answer to be put off")
    nova.bot(0).kill()
    nova.services["simulator"].kill()
    assert nova.services["dashboard"].stop() == 0


def say(nova: Nova, sender: str, text: str, *, bot: int = 0, **more: Any) -> None:
    """A message from a phone, which a bot has taken."""
    told = control(nova, "say", text=text, bot=bot, retry=False, **{"from": sender}, **more)
    assert told["status"] == 200, told


def control(nova: Nova, path: str, **body: Any) -> dict[str, Any]:
    answer = nova.http.post(f"{nova.simulator_url}/control/{path}", json=body)
    answer.raise_for_status()
    return answer.json()


def order(nova: Nova, *arguments: str, stdin: str | None = None, **environment: str) -> str:
    """Runs a command of the release; its standard output."""
    done = nova.command(*arguments, stdin=stdin, **environment)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def wait_for_acknowledgements(conn: psycopg.Connection) -> None:
    ((reset,),) = fetch(conn, 'SELECT max(id) FROM "Reset"')
    conn.execute("CALL wait_for_acks(%s, '10 s')", (reset,))
    assert fetch(conn, "SELECT missing FROM reset_receipt(%s)", reset) == [([],)]


def wait_for_status(conn: psycopg.Connection, sender: str, status: str) -> None:
    wait_for(lambda: status_of(conn, sender)[0] == status, f"{sender}'s answer to be {status}")


def status_of(conn: psycopg.Connection, sender: str) -> tuple[str | None, int | None]:
    """Status and error code of the last answer to a client."""
    rows = fetch(
        conn,
        'SELECT status, "errorCode" FROM "Conversation"'
        " WHERE \"userId\" = %s AND direction = 'out' ORDER BY id DESC LIMIT 1",
        f"{sender}@c.us",
    )
    return rows[0] if rows else (None, None)


def check(conn: psycopg.Connection) -> None:
    """Refuses a story that leaves a table empty, or a status out."""
    tables = fetch(conn, "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
    empty = [name for (name,) in tables if not fetch(conn, f'SELECT FROM "{name}" LIMIT 1')]
    if empty:
        sys.exit(f"the story leaves these tables empty: {', '.join(empty)}")
    for direction, wanted in STATUSES.items():
        found = {
            status
            for (status,) in fetch(
                conn, 'SELECT status FROM "Conversation" WHERE direction = %s', direction
            )
        }
        if found != wanted:
            sys.exit(f"{direction}: the story has {sorted(found)}, not {sorted(wanted)}")


def fetch(conn: psycopg.Connection, statement: str, *parameters: object) -> list[Any]:
    return conn.execute(statement.encode(), parameters or None).fetchall()


def write_dump(program: Path, url: str, release: Release) -> str:
    """Plain SQL without psql's own commands: any driver can run it.

    Grants stay in it, owners do not: a restored database belongs to the role that restores it.
    """
    done = subprocess.run(
        [str(program), "--no-owner", "--column-inserts", "--encoding=UTF8", f"--dbname={url}"],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        sys.exit(f"pg_dump failed: {done.stderr.strip()}")
    lines = [line for line in done.stdout.splitlines() if not line.startswith("\\")]
    head = (
        f"-- What novabot {release.version} leaves in a database: schema and data.\n"
        f"-- Made by tests/upgrade/make_release.py from commit {release.commit}; not edited.\n"
    )
    return head + "\n".join(lines) + "\n"


def refuse_traces(dump: str, directory: Path) -> None:
    """The dump is published: it names no host and no folder of this machine."""
    traces = {
        "the host's name": socket.gethostname(),
        "the temporary folder": str(directory),
        "the home folder": f"{Path.home()}/",
        "a loopback address": "127.0.0.1",
    }
    found = [what for what, trace in traces.items() if trace in dump]
    if found:
        sys.exit(f"the dump holds {', '.join(found)}: nothing was written")


if __name__ == "__main__":
    main()
