"""`novabot up` as a process: what it starts, what it mends, and that it leaves nothing behind."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import httpx2
import psutil
import psycopg
import pytest

from app.local.embedded import find_running_url
from tests.system.nova import free_ports

ROOT = Path(__file__).parents[2]
DEADLINE = 30.0
LIBPQ_VARIABLES = {
    "PGHOST": "db.invalid",
    "PGHOSTADDR": "127.0.0.1",
    "PGPORT": "6543",
    "PGDATABASE": "shop",
    "PGUSER": "ana",
    "PGPASSWORD": "hunter2",
    "PGPASSFILE": "/nowhere",
    "PGSERVICE": "nowhere",
    "PGOPTIONS": "-c no_such_setting=1",
    "PGSSLMODE": "nonsense",
    "PGCHANNELBINDING": "require",
    "PGREQUIREAUTH": "none",
    "PGREQUIREPEER": "nobody",
    "PGTARGETSESSIONATTRS": "standby",
    "PGCONNECT_TIMEOUT": "soon",
    "PGTZ": "Nowhere",
}
"""Each of them, alone, ends a connection that it steers, or leads it elsewhere."""

UpProcess = subprocess.Popen[str]
StartUp = Callable[..., UpProcess]


@pytest.fixture
def ports() -> tuple[int, int, int]:
    """Free ports: the dashboard's, the simulator's, and the first bot's with one after it."""
    while True:
        dashboard, simulator, bot, after = free_ports(4)
        if after == bot + 1:
            return dashboard, simulator, bot


@pytest.fixture
def start_up(data_dir: Path, ports: tuple[int, int, int]) -> Iterator[StartUp]:
    """Starts up with stand-in services; whatever is left of it afterwards is killed."""
    started: list[UpProcess] = []

    def start(
        *, data: Path = data_dir, at: tuple[int, int, int] = ports, **environment: str
    ) -> UpProcess:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.system.standin", "up", str(data), *map(str, at)],
            cwd=ROOT,
            env=clean_environment() | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        started.append(process)
        return process

    try:
        yield start
    finally:
        for process in started:
            kill_all(find_family(process))
            process.kill()
            process.wait()
            if process.stdout is not None:
                process.stdout.close()


def clean_environment() -> dict[str, str]:
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("NOVABOT_", "WHATSAPP_", "DATABASE_", "LISTEN_"))
    }


def find_family(process: UpProcess) -> list[psutil.Process]:
    try:
        return psutil.Process(process.pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def read_until(process: UpProcess, pattern: str) -> str:
    """What it printed up to the line with the pattern."""
    assert process.stdout is not None
    text = ""
    for line in process.stdout:
        text += line
        if re.search(pattern, line):
            return text
    raise AssertionError(f"ended without {pattern!r}: {text}")


def wait_for(condition: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < deadline, f"not {what} in {DEADLINE} s"
        time.sleep(0.02)


def kill_all(family: list[psutil.Process]) -> None:
    for one in family:
        # It may have ended by itself, as its parent did.
        with suppress(psutil.NoSuchProcess):
            one.kill()


def wait_until_gone(family: list[psutil.Process]) -> None:
    _, alive = psutil.wait_procs(family, timeout=DEADLINE)
    assert not alive


def find_sockets(data: Path) -> list[Path]:
    return list((data / "postgres").resolve().glob("socket/.s.PGSQL.*"))


def test_everything_is_ready_when_it_says_so_and_gone_when_it_is_stopped(
    start_up: StartUp, data_dir: Path, ports: tuple[int, int, int]
) -> None:
    process = start_up()
    printed = read_until(process, "Ctrl-C stops it")
    assert re.search(r"admin\s+password \S{12,}", printed)
    dashboard, simulator, bot = ports
    for port in (dashboard, simulator, bot, bot + 1):
        assert f"http://127.0.0.1:{port}" in printed
        assert httpx2.get(f"http://127.0.0.1:{port}/ready").status_code == 200
    assert find_sockets(data_dir)
    family = find_family(process)
    assert len(family) >= 5

    before = time.monotonic()
    process.send_signal(signal.SIGINT)
    assert process.wait(10) == 0
    # Services have 1.8 s to end, and are waited for as long again once killed; the server has 3 s.
    assert time.monotonic() - before < 5
    wait_until_gone(family)
    for name in ("bot-1", "bot-2", "dashboard", "simulator"):
        assert (data_dir / "logs" / f"{name}.log").read_text().endswith("ended (exit 0)\n"), name
    assert not find_sockets(data_dir)


def test_libpqs_variables_steer_nothing_that_connects_to_the_embedded_server(
    start_up: StartUp, data_dir: Path
) -> None:
    process = start_up(**LIBPQ_VARIABLES)
    read_until(process, "Ctrl-C stops it")
    services = psutil.Process(process.pid).children()
    assert len(services) == 5
    for service in services:
        assert LIBPQ_VARIABLES.keys().isdisjoint(service.environ())
    environment = clean_environment() | LIBPQ_VARIABLES | {"NOVABOT_DATA_DIR": str(data_dir)}
    asked = run_novabot("psql", "-Atc", "SELECT current_user", environment=environment)
    assert (asked.returncode, asked.stdout) == (0, "novabot\n"), asked.stderr

    elsewhere = environment | {"DATABASE_URL": "postgresql://nova@/nova"}
    asked = run_novabot("psql", "-c", "SELECT 1", environment=elsewhere)
    assert 'service "nowhere" not found' in asked.stderr, "a URL of one's own has libpq's rules"


def test_secrets_are_made_once_and_for_this_user_alone(start_up: StartUp, data_dir: Path) -> None:
    made: list[dict[str, str]] = []
    for _ in range(2):
        process = start_up()
        read_until(process, "Ctrl-C stops it")
        process.terminate()
        assert process.wait(10) == 0
        secrets = sorted((data_dir / "secrets").iterdir())
        made.append({path.name: path.read_text() for path in secrets})
        assert {path.stat().st_mode & 0o777 for path in secrets} == {0o600}
    assert made[0] == made[1]
    assert len(made[0]) == 5


def test_warnings_show_on_the_terminal_and_the_rest_in_the_logs(
    start_up: StartUp, data_dir: Path
) -> None:
    process = start_up()
    printed = read_until(process, "Ctrl-C stops it")
    assert "bot-1: [warning  ] warned" in printed
    assert "GET /ready" not in printed
    assert "GET /ready" in (data_dir / "logs" / "bot-1.log").read_text()


def test_a_killed_bot_comes_back(start_up: StartUp, ports: tuple[int, int, int]) -> None:
    process = start_up()
    read_until(process, "Ctrl-C stops it")
    bot = next(one for one in find_family(process) if one.cmdline()[-1] == str(ports[2] + 1))
    bot.kill()
    assert "SIGKILL" in read_until(process, "bot-2 ended")

    def is_back() -> bool:
        try:
            return httpx2.get(f"http://127.0.0.1:{ports[2] + 1}/ready").status_code == 200
        except httpx2.TransportError:
            return False

    wait_for(is_back, "back")


def test_the_log_of_a_crash_is_kept_by_the_next_start(
    start_up: StartUp, data_dir: Path, ports: tuple[int, int, int]
) -> None:
    log = data_dir / "logs" / "bot-1.log"
    process = start_up()
    read_until(process, "Ctrl-C stops it")
    bot = next(one for one in find_family(process) if one.cmdline()[-1] == str(ports[2]))
    bot.kill()
    read_until(process, "bot-1 ended")
    crash = log.read_text()
    assert f"started as process {bot.pid}" in crash
    assert "GET /ready" in crash
    assert "ended (killed by SIGKILL)" in crash
    process.terminate()
    assert process.wait(10) == 0

    process = start_up()
    read_until(process, "Ctrl-C stops it")
    assert log.read_text().startswith(crash)


def test_the_data_is_found_again_after_a_kill_of_everything(
    start_up: StartUp, data_dir: Path
) -> None:
    process = start_up()
    read_until(process, "Ctrl-C stops it")
    write(data_dir, """INSERT INTO "User" (id) VALUES ('6281717407674@c.us')""")
    family = find_family(process)
    process.kill()
    kill_all(family)
    wait_until_gone(family)

    process = start_up()
    assert "log in as before" in read_until(process, "Ctrl-C stops it")
    assert write(data_dir, 'SELECT id FROM "User"') == [("6281717407674@c.us",)]


def test_a_server_left_behind_is_taken_over(start_up: StartUp, data_dir: Path) -> None:
    process = start_up()
    read_until(process, "Ctrl-C stops it")
    family = find_family(process)
    postmaster = next(one for one in family if one.cmdline()[0].endswith("/postgres"))
    # Stopped, it cannot end with its parent, as it does otherwise.
    postmaster.suspend()
    process.kill()
    wait_until_gone([one for one in family if one.cmdline()[:1] == [sys.executable]])
    assert postmaster.is_running()
    postmaster.resume()

    process = start_up()
    read_until(process, "Ctrl-C stops it")
    assert find_running_url(data_dir) is not None


@pytest.mark.skipif(sys.platform != "linux", reason="needs Linux's pdeathsig")
def test_nothing_outlives_a_killed_up(start_up: StartUp) -> None:
    process = start_up()
    read_until(process, "Ctrl-C stops it")
    family = find_family(process)
    process.kill()
    wait_until_gone(family)


def test_a_taken_port_is_told_before_anything_starts(
    start_up: StartUp, data_dir: Path, ports: tuple[int, int, int]
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", ports[2] + 1))
        taken.listen()
        process = start_up()
        printed, _ = process.communicate(timeout=DEADLINE)
    assert process.returncode == 1
    assert printed == f"novabot: Port {ports[2] + 1} is taken: choose another with --bot-port\n"
    assert list(data_dir.iterdir()) == []


def test_a_service_that_fails_again_and_again_ends_everything_with_its_last_lines(
    start_up: StartUp, data_dir: Path
) -> None:
    (data_dir / "broken-dashboard").touch()
    process = start_up()
    printed, _ = process.communicate(timeout=DEADLINE)
    assert process.returncode == 1
    assert printed.endswith("novabot: dashboard does not start (exit 1):\nthis one is broken\n")
    assert not find_sockets(data_dir)


def test_a_second_up_on_the_same_data_is_refused(
    start_up: StartUp, data_dir: Path, ports: tuple[int, int, int]
) -> None:
    first = start_up()
    read_until(first, "Ctrl-C stops it")
    dashboard, simulator, bot = free_ports(3)
    second = start_up(at=(dashboard, simulator, bot))
    printed, _ = second.communicate(timeout=DEADLINE)
    assert second.returncode != 0
    assert f"in use by another novabot (process {first.pid})" in printed
    assert first.poll() is None


def test_a_data_folder_that_cannot_be_made_is_told_in_a_line(
    start_up: StartUp, data_dir: Path
) -> None:
    (data_dir / "file").touch()
    process = start_up(data=data_dir / "file" / "data")
    printed, _ = process.communicate(timeout=DEADLINE)
    assert process.returncode == 1
    assert re.fullmatch(r"novabot: .*/file/data can't be made \(Not a directory\): .*\n", printed)


def test_a_file_of_the_data_folder_that_cannot_be_used_is_told_in_a_line(
    start_up: StartUp, data_dir: Path, database_url: str
) -> None:
    secret = data_dir / "secrets" / "NOVABOT_SECRET_KEY"
    secret.mkdir(parents=True)
    process = start_up(DATABASE_URL=database_url)
    printed, _ = process.communicate(timeout=DEADLINE)
    assert process.returncode == 1
    assert printed.startswith(f"novabot: {secret} can't be used (Is a directory): mend that, or ")
    assert printed.count("\n") == 1


def test_half_of_whatsapps_settings_is_refused_with_all_that_is_missing() -> None:
    environment = clean_environment() | {"WHATSAPP_ACCESS_TOKEN": "x", "NOVABOT_LOCALE": "nl"}
    environment |= {"WHATSAPP_PHONE_NUMBER_ID": "123"}
    refused = run_novabot("up", environment=environment)
    assert refused.returncode == 2
    environment["NOVABOT_LOCALE"] = "en"
    refused = run_novabot("up", environment=environment)
    assert refused.returncode == 2
    assert [line.split()[1] for line in refused.stderr.splitlines()] == [
        "WHATSAPP_APP_SECRET:",
        "WHATSAPP_VERIFY_TOKEN:",
    ]


def test_help_loads_no_service() -> None:
    """So that it answers at once: what a command needs is imported when it runs."""
    shown = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "app", "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert "Run everything on this machine" in shown.stdout
    loaded = {line.rpartition("|")[2].strip() for line in shown.stderr.splitlines()}
    assert "app.cli" in loaded
    assert loaded.isdisjoint({"psycopg", "starlette", "uvicorn", "pydantic", "app.settings"})


def run_novabot(
    *arguments: str, environment: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "app", *arguments],
        cwd=ROOT,
        env=environment or clean_environment(),
        capture_output=True,
        text=True,
        timeout=DEADLINE,
        check=False,
    )


def write(data: Path, statement: str) -> list[tuple[object, ...]]:
    url = find_running_url(data)
    assert url is not None
    with psycopg.connect(url, autocommit=True) as conn:
        cursor = conn.execute(statement.encode())
        return cursor.fetchall() if cursor.description else []
