"""`novabot remove`, on a machine of its own where this is root: it removes a system user."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.local.system_user import USER_NAME

ROOT = Path(__file__).parents[2]
PATHS = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
ENVIRONMENT = os.environ | {"PYTHONPATH": PATHS}
"""A command that enters the machine leaves its working directory behind."""
DEADLINE = 30.0
SERVE = """
import sys
from pathlib import Path
from app.local.embedded import EmbeddedServer
with EmbeddedServer(Path(sys.argv[1]), durable=False) as server:
    print(server.process.pid, flush=True)
    sys.stdin.read()
"""
MACHINE = """
mount --bind "$0" /etc && mount -t tmpfs tmpfs /var/lib && echo ready && exec cat
"""
OTHER_DATABASE = "/var/lib/novabot/0123456789ab"
is_root = os.geteuid() == 0

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def inside(data_dir: Path) -> Iterator[list[str]]:
    """What begins a command on a machine with its own /etc, /var/lib and processes, for root."""
    if not is_root:
        yield []
        return
    shutil.copytree("/etc", data_dir / "etc", symlinks=True)
    unshare = ("unshare", "--mount", "--pid", "--fork", "--mount-proc")
    machine = subprocess.Popen(
        [*unshare, "sh", "-c", MACHINE, str(data_dir / "etc")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with machine:
        assert machine.stdout is not None
        if machine.stdout.readline() != "ready\n":
            pytest.skip("only root may unshare its mounts")
        children = Path(f"/proc/{machine.pid}/task/{machine.pid}/children").read_text()
        yield ["nsenter", "--target", children.split()[0], "--mount", "--pid"]
        machine.communicate()


@pytest.fixture
def run(inside: list[str]) -> Run:
    def run(*command: str, given: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*inside, *command],
            env=ENVIRONMENT,
            input=given,
            capture_output=True,
            text=True,
            timeout=DEADLINE,
            check=False,
        )

    return run


def test_it_refuses_while_the_server_runs_asks_and_removes_what_up_has_made_and_nothing_else(
    run: Run, inside: list[str], data_dir: Path
) -> None:
    closed = data_dir / "closed"
    closed.mkdir(mode=0o700)
    folder = closed / "nova"
    remove = (sys.executable, "-m", "app", "remove", "--data", str(folder))

    server = subprocess.Popen(
        [*inside, sys.executable, "-c", SERVE, str(folder)],
        env=ENVIRONMENT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with server:
        assert server.stdout is not None
        assert server.stdout.readline()
        refused = run(*remove, "--yes")
        assert refused.returncode == 1
        assert f"{folder} is in use by another novabot" in refused.stderr
        server.communicate()
    assert server.returncode == 0

    for name in ("logs/bot-1.log.1", "secrets/NOVABOT_SECRET_KEY", "secrets/mine", "notes"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).touch()
    database = (folder / "postgres").readlink() if is_root else folder / "postgres"
    listed = [
        "This is removed for good:",
        f"  {database}: the database, with all its clients and conversations",
        f"  {folder}/logs: 2 files",
        f"  {folder}/secrets: 1 file",
    ]
    run("mkdir", "-p", OTHER_DATABASE)
    stays = [f"The system user stays, for its databases in {OTHER_DATABASE}."] if is_root else []
    asked = run(*remove, given="n\n")
    assert asked.returncode == 1
    assert asked.stdout.splitlines() == [*listed, *stays, "Remove all of it? [y/N]: "]
    assert run("test", "-f", f"{database}/data/PG_VERSION").returncode == 0

    run("rmdir", OTHER_DATABASE)
    goes = [f"  /var/lib/novabot, and the system user {USER_NAME}"] if is_root else []
    removed = run(*remove, "--yes")
    assert removed.returncode == 0, removed.stderr
    assert removed.stdout.splitlines() == [*listed, *goes, "removed"]
    left = sorted(path.relative_to(folder) for path in folder.rglob("*"))
    assert left == [Path("notes"), Path("secrets"), Path("secrets/mine")]
    if is_root:
        assert run("getent", "passwd", USER_NAME).returncode == 2
        assert run("test", "-e", "/var/lib/novabot").returncode == 1
    run("mkdir", "-p", OTHER_DATABASE)
    again = run(*remove, "--yes")
    assert (again.returncode, again.stdout) == (1, "")
    told = " ".join([f"novabot: `novabot up` has left nothing in {folder}.", *stays])
    assert again.stderr == f"{told}\n"
