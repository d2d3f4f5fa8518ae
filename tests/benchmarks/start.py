"""How long until something answers: the command line, its imports, and `novabot up`."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx2
import psutil

from tests.benchmarks.figures import Section, time_rounds
from tests.benchmarks.server import Place, make_folder
from tests.system.nova import ROOT, free_ports

ROUNDS = 5
DEADLINE = 60.0
SLOWEST = 5
"""Imports to name."""


def measure(_: Place) -> Iterator[Section]:
    section = Section("start: from the shell's point of view")
    acts = {
        "python -c pass": lambda: _run("-c", "pass"),
        "novabot --help": lambda: _run("-m", "app", "--help"),
        "import app.bot.app": lambda: _run("-c", "import app.bot.app"),
        "import app.dashboard.app": lambda: _run("-c", "import app.dashboard.app"),
    }
    for name, taken in time_rounds(acts, ROUNDS).items():
        base = section.figures[0].name if section.figures else None
        section.add(name, taken, "ms", than=base)
    with make_folder() as directory:
        first, stopped_first = _start_up(directory)
        again, stopped = _start_up(directory)
    section.add("novabot up: first start, until all are ready", [first], "s")
    section.add(
        "novabot up: again, until all are ready", [again], "s", than=section.figures[-1].name
    )
    section.add("novabot up: Ctrl-C until it is gone", [stopped_first, stopped], "s")
    section.note(f"the slowest imports of --help: {', '.join(_list_imports())}")
    yield section


def _run(*arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return done.stderr


def _list_imports() -> list[str]:
    """The packages outside ours that cost the most, with all that they import."""
    costs: dict[str, int] = {}
    for line in _run("-X", "importtime", "-m", "app", "--help").splitlines():
        _, _, rest = line.partition("|")
        cost, _, name = rest.partition("|")
        if cost.strip().isdecimal() and not name.strip().startswith(("app", "encodings", "site")):
            package = name.strip().partition(".")[0]
            costs[package] = max(costs.get(package, 0), int(cost))
    slowest = sorted(costs, key=lambda package: -costs[package])[:SLOWEST]
    return [f"{package} {costs[package] / 1000:.0f} ms" for package in slowest]


def _start_up(directory: Path) -> tuple[float, float]:
    """Seconds until every /ready is green, and from Ctrl-C until the process is gone."""
    dashboard, simulator, *bots = _find_ports()
    arguments = ["--dashboard-port", str(dashboard), "--simulator-port", str(simulator)]
    arguments += ["--bot-port", str(bots[0]), "--data", str(directory)]
    started = time.monotonic()
    with ExitStack() as stack:
        output = stack.enter_context((directory / "up.log").open("w+"))
        http = stack.enter_context(httpx2.Client(trust_env=False, timeout=2))
        process = subprocess.Popen(
            [sys.executable, "-m", "app", "up", *arguments],
            cwd=ROOT,
            env={name: value for name, value in os.environ.items() if not _is_setting(name)},
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        stack.callback(_kill_family, process)
        waiting = {dashboard, simulator, *bots}
        while waiting and time.monotonic() < started + DEADLINE and process.poll() is None:
            waiting -= {port for port in waiting if _is_ready(http, port)}
            time.sleep(0.02)
        if waiting:
            output.seek(0)
            raise RuntimeError(f"novabot up (exit status {process.poll()}): {output.read()}")
        ready = time.monotonic() - started
        told = time.monotonic()
        process.send_signal(signal.SIGINT)
        process.wait(DEADLINE)
        return ready, time.monotonic() - told


def _find_ports() -> list[int]:
    """The dashboard's, the simulator's, and two in a row for the bots."""
    while True:
        dashboard, simulator, first = free_ports(3)
        if len({dashboard, simulator, first, first + 1}) == 4 and first + 1 < 65536:
            return [dashboard, simulator, first, first + 1]


def _is_ready(http: httpx2.Client, port: int) -> bool:
    try:
        return http.get(f"http://127.0.0.1:{port}/ready").status_code == 200
    except httpx2.TransportError:
        return False


def _kill_family(process: subprocess.Popen[bytes]) -> None:
    """Whatever is left of it."""
    if process.poll() is None:
        for child in psutil.Process(process.pid).children(recursive=True):
            child.kill()
        process.kill()
        process.wait()


def _is_setting(name: str) -> bool:
    return name.startswith(("NOVABOT_", "WHATSAPP_", "DATABASE_URL", "LISTEN_DATABASE_URL"))
