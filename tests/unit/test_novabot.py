"""What a responder's author imports, from the wheel and as version 0.1 documented it."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import app.messages
import app.sessions.session
import novabot

ROOT = Path(__file__).parents[2]
AS_DOCUMENTED_BY_0_1 = "from app.sessions.session import Message, Reply, Session, instant"
IMPORTS = f"""
import sys
sys.path.insert(0, sys.argv[1])
from novabot import Message, Outgoing, Reply, Responder, Session, instant
{AS_DOCUMENTED_BY_0_1}
import novabot, app
print(novabot.__file__, app.__file__)
"""


def test_both_ways_lead_to_the_same_values() -> None:
    for name in ("Message", "Reply", "instant"):
        values = {getattr(module, name) for module in (novabot, app.messages, app.sessions.session)}
        assert len(values) == 1, name
    assert novabot.Session is app.sessions.session.Session


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (found,) = folder.glob("*.whl")
    return found


def test_a_wheel_has_both_packages_their_types_and_the_sql(wheel: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path)
    for name in ("app/py.typed", "novabot/py.typed", "app/_sql/migrations/0001_model.sql"):
        assert (tmp_path / name).is_file(), name
    done = subprocess.run(
        [sys.executable, "-P", "-c", IMPORTS, str(tmp_path)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert {Path(path).parent.parent for path in done.stdout.split()} == {tmp_path}
