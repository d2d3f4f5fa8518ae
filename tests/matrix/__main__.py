"""`make matrix`: the tests of what depends on a version, on every version that Nova claims.

On each PostgreSQL: tests/sql, tests/sessions (but generated lives), tests/database, upgrades. On
each Python: all modules are imported and type-checked, and tests/unit and tests/sql run on the
embedded server. What cannot be found fails the matrix; name a smaller set to leave it out
(`make matrix POSTGRES="14 18"`).
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.matrix.missing import Missing
from tests.matrix.postgres import get_programs
from tests.matrix.pythons import find_python, get_environment

POSTGRES = (14, 15, 16, 17, 18)
FOLDER = Path(".matrix")
"""Where what was fetched and installed is kept, in the project's folder."""

_CLASSIFIER = "Programming Language :: Python :: "
_ON_POSTGRES = (
    "tests/sql",
    "tests/sessions",
    "--ignore=tests/sessions/test_lives.py",
    "tests/database",
    "tests/upgrade/test_behaviour.py",
    "tests/upgrade/test_bystanders.py",
    "tests/upgrade/test_catalog.py",
    "tests/upgrade/test_data.py",
)
_ON_PYTHON = ("tests/unit", "tests/sql")
_PYTEST = ("-m", "pytest", "-q", "-n", "auto", "--maxprocesses", "4", "--dist", "worksteal")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one version came to."""

    name: str
    passed: bool
    note: str


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.matrix", description=__doc__)
    parser.add_argument("--postgres", type=_read_majors, default=POSTGRES, metavar="MAJORS")
    parser.add_argument(
        "--pythons", type=_read_versions, metavar="VERSIONS", help="or: installed, for those found"
    )
    arguments = parser.parse_args()
    os.chdir(Path(__file__).parents[2])
    pythons = _list_claimed() if arguments.pythons is None else arguments.pythons
    outcomes = list(_test_all(arguments.postgres, pythons))
    print("\nmatrix:")
    for outcome in outcomes:
        print(f"  {outcome.name:<15} {'passed' if outcome.passed else 'FAILED'}: {outcome.note}")
    failed = sum(not outcome.passed for outcome in outcomes)
    print(f"{len(outcomes) - failed} passed, {failed} failed")
    sys.exit(1 if failed or not outcomes else 0)


def _read_majors(text: str) -> tuple[int, ...]:
    words = text.split()
    if not all(word.isdecimal() for word in words):
        raise argparse.ArgumentTypeError('name major versions, as in POSTGRES="14 18"')
    return tuple(int(word) for word in words)


def _read_versions(text: str) -> list[str]:
    words = text.split()
    if words != ["installed"] and not all(re.fullmatch(r"3\.\d+", word) for word in words):
        raise argparse.ArgumentTypeError('name versions, as in PYTHONS="3.11 3.13", or: installed')
    return words


def _list_claimed() -> list[str]:
    """The Pythons that pyproject.toml's classifiers name."""
    project = tomllib.loads(Path("pyproject.toml").read_text())["project"]
    classifiers = (line.removeprefix(_CLASSIFIER) for line in project["classifiers"])
    return [rest for rest in classifiers if re.fullmatch(r"3\.\d+", rest)]


def _test_all(majors: tuple[int, ...], versions: list[str]) -> Iterator[Outcome]:
    for major in majors:
        yield _judge(f"PostgreSQL {major}", lambda number=major: _test_postgres(number))
    for version in _list_installed() if versions == ["installed"] else versions:
        yield _judge(f"Python {version}", lambda wanted=version: _test_python(wanted))


def _list_installed() -> list[str]:
    found: list[str] = []
    for version in _list_claimed():
        if find_python(version) is None:
            print(f"matrix: PYTHON {version} IS NOT INSTALLED, AND IS NOT TESTED", flush=True)
        else:
            found.append(version)
    return found


def _judge(name: str, test: Callable[[], bool]) -> Outcome:
    print(f"\nmatrix: {name}", flush=True)
    started = time.monotonic()
    try:
        passed = test()
    except Missing as missing:
        print(f"matrix: {missing}", flush=True)
        return Outcome(name, passed=False, note=f"NOT TESTED: {missing}")
    return Outcome(name, passed, f"{time.monotonic() - started:.0f} s")


def _test_postgres(major: int) -> bool:
    programs = get_programs(major, FOLDER)
    chosen = {} if programs is None else {"NOVABOT_TEST_POSTGRES_BIN": str(programs.resolve())}
    return _passes(sys.executable, *_PYTEST, *_ON_POSTGRES, **chosen)


def _test_python(version: str) -> bool:
    python = str(get_environment(version, FOLDER).absolute())
    types = ("--pythonversion", version, "--pythonpath", python)
    checked = _passes(sys.executable, "-m", "basedpyright", *types)
    return _passes(python, *_PYTEST, *_ON_PYTHON) and checked


def _passes(*command: str, **more: str) -> bool:
    environment = {
        name: value for name, value in os.environ.items() if name != "NOVABOT_TEST_POSTGRES_BIN"
    }
    return subprocess.run(command, env=environment | more, check=False).returncode == 0


if __name__ == "__main__":
    main()
