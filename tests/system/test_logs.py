"""What a process writes into its log when something fails that nothing expected.

Each event is one line that names the error, its place in our code and its cause; nothing in it
quotes what a client wrote.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import psycopg
import pytest

from tests.system.failing_service import SECRET
from tests.system.nova import DEADLINE, ROOT, free_ports, wait_for

PLACE = "system/failing_service.py:"
FAIL = next(
    f"{PLACE}{number}"
    for number, line in enumerate(
        (ROOT / "tests" / PLACE.rstrip(":")).read_text().splitlines(), start=1
    )
    if "raise ValueError" in line
)


class Failing:
    """The service's process, an HTTP client of it, and its log."""

    def __init__(self, log_format: str, log: Path) -> None:
        (port,) = free_ports(1)
        self.log = log
        with log.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.system.failing_service", log_format, str(port)],
                cwd=ROOT,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        transport = httpx2.HTTPTransport(retries=0)
        self.http = httpx2.Client(
            base_url=f"http://127.0.0.1:{port}", transport=transport, timeout=15
        )
        wait_for(self.is_ready, "the service")

    def is_ready(self) -> bool:
        assert self.process.poll() is None, self.log.read_text()
        try:
            return self.http.get("/ready").status_code == 200
        except httpx2.TransportError:
            return False

    def lines(self) -> list[str]:
        return self.log.read_text().splitlines()

    def find(self, text: str) -> list[str]:
        return [line for line in self.lines() if text in line]

    def close(self) -> None:
        self.http.close()
        self.process.kill()
        self.process.wait()


@pytest.fixture(params=["console", "json"])
def log_format(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def failing(log_format: str, tmp_path: Path) -> Iterator[Failing]:
    service = Failing(log_format, tmp_path / "failing.log")
    try:
        yield service
        assert not [word for word in SECRET.split() if word in service.log.read_text()]
        assert "Traceback" not in service.log.read_text()
        if log_format == "json":
            assert all(json.loads(line)["service"] for line in service.lines())
    finally:
        service.close()


def test_an_error_in_a_request_is_named_with_its_place_and_its_cause(failing: Failing) -> None:
    assert failing.http.get(f"/request/{SECRET}").status_code == 500
    (line,) = wait_for(lambda: failing.find("Exception in ASGI"), "the error in the log")
    assert "KeyError" in line
    assert PLACE in line
    assert f"ValueError at {FAIL}" in line
    (request,) = failing.find("/request/{client}")
    assert "500" in request


def test_errors_of_tasks_callbacks_threads_and_finalizers_are_named_with_their_place(
    failing: Failing,
) -> None:
    for path, told in (
        ("/callback", "Exception in callback"),
        ("/task", "Task exception was never retrieved"),
        ("/thread", "thread ends by an unexpected error"),
        ("/finalizer", "unraisable error"),
    ):
        assert failing.http.get(path).status_code == 200
        (line,) = wait_for(lambda told=told: failing.find(told), told)
        assert "ValueError" in line
        assert FAIL in line


def test_an_application_that_cannot_start_says_why(log_format: str) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "tests.system.failing_service", log_format, "0", "at-start"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=DEADLINE,
        check=False,
    )
    assert ended.returncode != 0
    (line,) = [line for line in ended.stderr.splitlines() if "application failed" in line]
    assert "ValueError" in line
    assert FAIL in line
    assert not [word for word in SECRET.split() if word in ended.stderr]
    assert "Traceback" not in ended.stderr


def test_an_error_that_ends_the_process_is_its_last_line(failing: Failing) -> None:
    failing.http.get("/end")
    assert failing.process.wait(15) == 1
    last = failing.lines()[-1]
    assert "process ends by an unexpected error" in last
    assert f"ValueError at {FAIL}" in last


@pytest.mark.parametrize(
    ("statement", "told", "kept"),
    [
        ("INSERT INTO named VALUES ('{0}'), ('{0}')", "UniqueViolation 23505", "named_pkey"),
        ("SELECT 1 FROM missing", "UndefinedTable 42P01", "missing"),
        ("SELECT '{0}'::uuid", "InvalidTextRepresentation 22P02", ""),
        ("DO $$ BEGIN RAISE '{0}' USING ERRCODE = '23505'; END $$", "UniqueViolation 23505", ""),
        ("DO $$ BEGIN RAISE 'no {0}' USING ERRCODE = 'ST001'; END $$", "ST001", ""),
    ],
)
def test_an_error_of_the_database_is_named_with_what_quotes_no_data(
    failing: Failing, empty_database_url: str, statement: str, told: str, kept: str
) -> None:
    with psycopg.connect(empty_database_url, autocommit=True) as conn:
        conn.execute("CREATE TABLE IF NOT EXISTS named (name text PRIMARY KEY)")
    query: dict[str, Any] = {"url": empty_database_url, "statement": statement.format(SECRET)}
    assert failing.http.get("/database", params=query).status_code == 500
    (line,) = wait_for(lambda: failing.find("Exception in ASGI"), "the error in the log")
    assert told in line
    assert kept in line
    assert PLACE in line
