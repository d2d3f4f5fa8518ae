"""NOVABOT_RESPONDER: where a responder's module is found, and what is said when it is not."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from app.bot.responder.loading import ResponderError, load_responder
from app.nova import nova

ROOT = Path(__file__).parents[2]
MAKE = """
from novabot import Message, Outgoing, Reply, Responder, Session, instant

def make() -> Responder:
    @instant
    def answer(session: Session, message: Message) -> Reply:
        return Reply({}, (Outgoing("Halo"), message.text))
    return answer

def make_nothing():
    return "Halo"
"""
LOAD = """
import sys
from app.bot.responder.loading import load_responder
from app.messages import is_instant
assert is_instant(load_responder("shop.bot:make"))
import shop.bot, colorsys
print(shop.bot.__file__, colorsys.__file__)
"""


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a responder in it, which is the working directory."""
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "bot.py").write_text(MAKE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    return tmp_path


@pytest.mark.parametrize("path", ["app.nova:nova", "app.bot.nova:nova"])
def test_the_default_one_is_found_under_its_name_and_that_of_the_release_before(path: str) -> None:
    assert load_responder(path) is nova()


def test_a_responder_in_the_working_directory_is_found_and_shadows_nothing(shop: Path) -> None:
    (shop / "colorsys.py").write_text("raise RuntimeError('shadowed')")
    done = subprocess.run(
        [sys.executable, "-P", "-c", LOAD],
        cwd=shop,
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found, standard = done.stdout.split()
    assert Path(found) == shop / "shop" / "bot.py"
    assert Path(standard).parent != shop


@pytest.mark.parametrize("path", ["app.bot:make", "app.shop:make", "app:make", "novabot.x:make"])
def test_a_package_called_as_one_of_ours_is_told_to_take_another_name(path: str) -> None:
    with pytest.raises(ResponderError, match="app and novabot are Nova's: give yours another name"):
        load_responder(path)


def test_a_responder_that_imports_from_an_app_of_its_own_is_told_so(shop: Path) -> None:
    (shop / "shop" / "bot.py").write_text("from app.models import Shop")
    sys.modules.pop("shop.bot", None)
    with pytest.raises(ResponderError, match=r"app\.models.*give yours another name"):
        load_responder("shop.bot:make")


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("shop.bot", "no package.module:factory, such as shop.bot:make"),
        ("shop.bot:", "no package.module:factory, such as shop.bot:make"),
        ("shop.none:make", "ModuleNotFoundError: No module named 'shop.none'"),
        ("shop.bot:none", "AttributeError: module 'shop.bot' has no attribute 'none'"),
        ("shop.bot:make_nothing", "returned str: it has to return the function that answers"),
    ],
)
def test_what_cannot_be_used_says_why(shop: Path, path: str, says: str) -> None:
    sys.modules.pop("shop.bot", None)
    sys.modules.pop("shop", None)
    with pytest.raises(ResponderError) as raised:
        load_responder(path)
    assert says in str(raised.value)
    assert "Nova's" not in str(raised.value)
