"""A Python of a minor version, and a virtual environment of it with Nova and its tests."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from tests.matrix.missing import Missing

_PROBE = "import ensurepip, sys, venv; print('%d.%d' % sys.version_info[:2])"
_INSTALLED_FROM = (Path("pyproject.toml"), Path("constraints.txt"))


def find_python(version: str) -> Path | None:
    """The interpreter of a version such as 3.12: on the PATH, pyenv's or uv's."""
    return next((python for python in _list_pythons(version) if _is(python, version)), None)


def get_environment(version: str, folder: Path) -> Path:
    """The interpreter of a virtual environment that has Nova and what its tests need.

    It is installed anew when what it was installed from has changed. Raises Missing.
    """
    python = find_python(version)
    if python is None:
        raise Missing(
            f"no Python {version} with venv and ensurepip is on the PATH, in pyenv or in uv"
        )
    home = folder / f"python-{version}"
    stamp = home / "installed"
    own = home / "bin/python"
    newest = max(path.stat().st_mtime for path in _INSTALLED_FROM)
    if stamp.is_file() and stamp.stat().st_mtime >= newest and _is(own, version):
        return own
    _run(str(python), "-m", "venv", "--clear", str(home))
    pip = (str(own), "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
    _run(*pip, "--constraint", "constraints.txt", "--editable", ".[test]")
    stamp.touch()
    return own


def _list_pythons(version: str) -> Iterator[Path]:
    on_path = shutil.which(f"python{version}")
    if on_path is not None:
        yield Path(on_path)
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    yield from sorted((pyenv / "versions").glob(f"{version}.*/bin/python{version}"))
    if shutil.which("uv") is not None:
        command = ["uv", "python", "find", "--no-python-downloads", version]
        found = subprocess.run(command, capture_output=True, text=True, check=False)
        if found.returncode == 0:
            yield Path(found.stdout.strip())


def _is(python: Path, version: str) -> bool:
    """pyenv leaves a command on the PATH for versions that it then refuses to run."""
    try:
        command = [str(python), "-c", _PROBE]
        told = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError:
        return False
    return told.returncode == 0 and told.stdout.strip() == version


def _run(*command: str) -> None:
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    if ran.returncode != 0:
        said = [line for line in ran.stderr.splitlines() if "WARNING" not in line]
        raise Missing(f"{' '.join(command)} failed: {said[-1] if said else ran.stdout.strip()}")
