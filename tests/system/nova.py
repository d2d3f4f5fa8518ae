"""The real processes on loopback: bots, dashboard, simulator, on the test's own database."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from itertools import count, islice
from pathlib import Path
from typing import Any

import httpx2
import psycopg

from app.simulator.cloud_api import encode, new_wamid, sign
from tests.webhook_bodies import text_body

ROOT = Path(__file__).parents[2]
PHONE_NUMBER_ID = "106540352242922"
APP_SECRET = "a-secret-of-the-tests"
PASSWORD = "correct horse battery staple"
_WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
_PORTS = (10_000 + 5_000 * _WORKER + number % 5_000 for number in count(7 * os.getpid()))
"""Below those that Linux gives to outgoing connections, and of each worker of the tests its own."""
DEADLINE = 20.0
"""Seconds that a test waits for what must come."""


def free_ports(number: int) -> list[int]:
    """Ports that no process listens on now, and that no outgoing connection will be given."""
    return list(islice(filter(_is_free, _PORTS), number))


def wait_for(condition: Callable[[], Any], what: str, seconds: float = DEADLINE) -> Any:
    """The first true value of the condition; fails with `what` after the deadline."""
    deadline = time.monotonic() + seconds
    while True:
        found = condition()
        if found:
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {seconds:g} s in vain for {what}")
        time.sleep(0.01)  # the poll of a condition with a deadline


class Process:
    """One process of the product; its output is kept for the failure report."""

    def __init__(
        self, name: str, arguments: list[str], environment: Mapping[str, str], log: Path
    ) -> None:
        self.name = name
        self.log = log
        with log.open("ab") as output:
            self.popen = subprocess.Popen(
                [sys.executable, "-m", "app", *arguments],
                cwd=ROOT,
                env=dict(environment),
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        return self.popen.pid

    def send(self, number: signal.Signals) -> None:
        os.kill(self.popen.pid, number)

    def kill(self) -> None:
        """kill -9, and waits until it is gone."""
        if self.popen.poll() is None:
            self.send(signal.SIGKILL)
        self.popen.wait()

    def stop(self, seconds: float = 15) -> int:
        """SIGTERM; the exit status."""
        if self.popen.poll() is None:
            self.send(signal.SIGTERM)
        return self.popen.wait(seconds)

    def read_log(self) -> str:
        return self.log.read_text(errors="replace")


class Nova:
    """The whole system; `bots` is in the order of their ports."""

    def __init__(
        self, database_url: str, directory: Path, *, bots: int = 2, **environment: str
    ) -> None:
        self.database_url = database_url
        self.directory = directory
        simulator, dashboard, *ports = free_ports(bots + 2)
        self.bot_urls = [f"http://127.0.0.1:{port}" for port in ports]
        self.simulator_url = f"http://127.0.0.1:{simulator}"
        self.dashboard_url = f"http://127.0.0.1:{dashboard}"
        self.environment = {
            **{name: value for name, value in os.environ.items() if not _is_setting(name)},
            "DATABASE_URL": database_url,
            "WHATSAPP_ACCESS_TOKEN": "a-token-of-the-tests",
            "WHATSAPP_PHONE_NUMBER_ID": PHONE_NUMBER_ID,
            "WHATSAPP_APP_SECRET": APP_SECRET,
            "WHATSAPP_VERIFY_TOKEN": "a-verify-token-of-the-tests",
            "WHATSAPP_API_URL": f"{self.simulator_url}/v24.0",
            "WHATSAPP_MESSAGES_PER_SECOND": "0",
            "NOVABOT_JOIN_SECONDS": "0",
            "NOVABOT_SIMULATOR_ALLOWED": "1",
            "NOVABOT_DATA_DIR": str(directory),
            "NOVABOT_LOG_FORMAT": "json",
            **environment,
        }
        self.bots: list[Process | None] = [None] * bots
        self.services: dict[str, Process] = {}
        self.http = httpx2.Client(timeout=15, trust_env=False)
        self._started = 0

    def start(self, *, dashboard: bool = False) -> None:
        """Starts everything and waits until all of it is ready."""
        self.start_simulator()
        for index in range(len(self.bots)):
            self.start_bot(index)
        if dashboard:
            self.start_dashboard()
        for index in range(len(self.bots)):
            self.wait_ready(self.bot_urls[index])

    def start_simulator(self) -> None:
        bots = [argument for url in self.bot_urls for argument in ("--bot", url)]
        self.services["simulator"] = self.run(
            "simulator", "--port", self.simulator_url.rpartition(":")[2], *bots
        )
        self.wait_ready(self.simulator_url)

    def start_dashboard(self) -> None:
        self.services["dashboard"] = self.run(
            "dashboard", "--port", self.dashboard_url.rpartition(":")[2]
        )
        self.wait_ready(self.dashboard_url)

    def start_bot(self, index: int, **environment: str) -> Process:
        port = self.bot_urls[index].rpartition(":")[2]
        bot = self.run("bot", "--port", port, **environment)
        self.bots[index] = bot
        return bot

    def bot(self, index: int) -> Process:
        bot = self.bots[index]
        assert bot is not None
        return bot

    def run(self, *arguments: str, **environment: str) -> Process:
        """A command of ours as a process."""
        self._started += 1
        log = self.directory / f"{self._started:02}-{arguments[0]}.log"
        return Process(arguments[0], list(arguments), self.environment | environment, log)

    def command(
        self, *arguments: str, stdin: str | None = None, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        """Runs a command of ours to its end."""
        return subprocess.run(
            [sys.executable, "-m", "app", *arguments],
            cwd=ROOT,
            env=self.environment | environment,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def log_in(self, role: str = "operator") -> None:
        """The HTTP client is logged in to the dashboard from now on."""
        added = self.command("operator", "add", "wati", "--role", role, stdin=f"{PASSWORD}\n")
        assert added.returncode == 0, added.stderr
        form = {"username": "wati", "password": PASSWORD}
        assert self.http.post(f"{self.dashboard_url}/login", data=form).status_code == 303

    def connect(self) -> psycopg.Connection:
        return psycopg.connect(self.database_url, autocommit=True)

    def wait_ready(self, url: str, status: int = 200) -> None:
        wait_for(lambda: self.ask(url + "/ready") == status, f"{url}/ready to be {status}")

    def ask(self, url: str) -> int | None:
        """The status of a GET; None while no process answers."""
        try:
            return self.http.get(url, timeout=5).status_code
        except httpx2.TransportError:
            return None

    def post(self, bot: int, body: dict[str, Any]) -> int:
        """Posts a signed webhook body to a bot, as WhatsApp does; the HTTP status."""
        raw = encode(body)
        headers = {"X-Hub-Signature-256": sign(raw, APP_SECRET), "Content-Type": "application/json"}
        return self.http.post(
            f"{self.bot_urls[bot]}/webhook", content=raw, headers=headers
        ).status_code

    def say(self, sender: str, text: str, *, bot: int = 0, wamid: str | None = None) -> str:
        """A client writes, and a bot has taken it; the message's id."""
        message_id = wamid or new_wamid(sender, "in")
        body = text_body(sender, text, phone_number_id=PHONE_NUMBER_ID, message_id=message_id)
        status = self.post(bot, body)
        assert status == 200, f"bot {bot} answered {status}"
        return message_id

    def last_sent(self) -> int:
        """The sequence number of the last request that the Cloud API got."""
        return self.http.get(f"{self.simulator_url}/control/messages").json()["last"]

    def answers(self, to: str, after: int = 0, wait: float = 0) -> list[dict[str, Any]]:
        """What the Cloud API has accepted for a phone since a sequence number."""
        query = f"to={to}&after={after}&wait={wait}&outcome=accepted"
        return self.http.get(
            f"{self.simulator_url}/control/messages?{query}", timeout=wait + 10
        ).json()["messages"]

    def ask_for_answer(self, sender: str, text: str, *, bot: int = 0) -> str:
        """A client writes, and gets an answer; its text."""
        before = self.last_sent()
        self.say(sender, text, bot=bot)
        answers = self.answers(sender, before, wait=DEADLINE)
        assert answers, f"no answer to {text!r}"
        return answers[0]["text"]

    def fault(self, **fault: Any) -> None:
        """What the Cloud API does to the next requests."""
        self.http.post(f"{self.simulator_url}/control/faults", json=fault).raise_for_status()

    def clear_faults(self) -> None:
        self.http.delete(f"{self.simulator_url}/control/faults").raise_for_status()

    def release(self) -> None:
        """Lets go of the requests that a fault holds."""
        self.http.post(f"{self.simulator_url}/control/release").raise_for_status()

    def metric(self, bot: int, name: str) -> float:
        """A metric of a bot by its full name with labels; 0 if it has not been counted."""
        for line in self.http.get(f"{self.bot_urls[bot]}/metrics").text.splitlines():
            if line.startswith(f"{name} "):
                return float(line.rpartition(" ")[2])
        return 0.0

    def read_logs(self, most: int = 0) -> str:
        """All of them; with `most`, that many characters of the end of each."""
        return "\n".join(
            f"===== {path.name}\n{path.read_text(errors='replace')[-most:]}"
            for path in sorted(self.directory.glob("*.log"))
        )

    def close(self) -> None:
        """Ends whatever still runs."""
        self.http.close()
        for process in [*(bot for bot in self.bots if bot), *self.services.values()]:
            if process.popen.poll() is None:
                process.send(signal.SIGCONT)
            process.kill()


@contextmanager
def run_nova(
    database_url: str,
    directory: Path,
    *,
    bots: int = 2,
    dashboard: bool = False,
    **environment: str,
) -> Iterator[Nova]:
    """The whole system, ready, for as long as the context lasts."""
    nova = Nova(database_url, directory, bots=bots, **environment)
    try:
        nova.start(dashboard=dashboard)
        yield nova
    except BaseException:
        print(nova.read_logs(most=20_000))
        raise
    finally:
        nova.close()


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        return probe.connect_ex(("127.0.0.1", port)) != 0


def _is_setting(name: str) -> bool:
    return name.startswith(("NOVABOT_", "WHATSAPP_", "DATABASE_URL", "LISTEN_DATABASE_URL"))
