"""Every module can be imported, by every Python that is claimed, and none is too long to read."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import app

ROOT = Path(app.__file__).parent
_IMPORT_ALL = """
import importlib, pkgutil
import app
names = [module.name for module in pkgutil.walk_packages(app.__path__, "app.")]
for name in names:
    importlib.import_module(name)
print(len(names))
"""


def test_every_module_can_be_imported_without_a_warning() -> None:
    command = [sys.executable, "-W", "error", "-c", _IMPORT_ALL]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    assert int(ran.stdout) > 50


def test_no_module_has_over_300_lines() -> None:
    lines = {path: len(path.read_text().splitlines()) for path in ROOT.rglob("*.py")}
    assert len(lines) > 100
    assert {str(path): count for path, count in lines.items() if count > 300} == {}
