"""Runs Spin: a model, its macros, what came out."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

MODELS = Path(__file__).parents[2] / "docs" / "model"
COMPILERS = ("cc", "gcc", "clang")
MEGABYTES = 8_000
DEADLINE = 900
"""Seconds for one search."""

_MISSING = """\
The model is checked with Spin 6.5 and a C compiler; {missing} not on the PATH. Install both:
  Debian, Ubuntu:  apt-get install --no-install-recommends spin gcc libc6-dev
  macOS:           brew install spin && xcode-select --install
  other systems:   https://spinroot.com"""


class Missing(Exception):
    """Spin or a C compiler is not installed; the text says what to do."""


class Failed(Exception):
    """Spin, the compiler or the search ended without a result."""


@dataclass(frozen=True, slots=True)
class Tools:
    spin: str
    compiler: str


@dataclass(frozen=True, slots=True)
class Result:
    """What one search found. `steps` is the counterexample in words; empty: there is none."""

    states: int
    seconds: float
    steps: tuple[str, ...]


def find_tools() -> Tools:
    """Raises Missing."""
    spin = shutil.which("spin")
    compiler = next(filter(None, map(shutil.which, COMPILERS)), None)
    if spin is None or compiler is None:
        missing = [
            name for name, path in (("spin", spin), ("a C compiler", compiler)) if path is None
        ]
        verb = "is" if len(missing) == 1 else "are"
        raise Missing(_MISSING.format(missing=f"{' and '.join(missing)} {verb}"))
    return Tools(spin, compiler)


def search(
    tools: Tools, file: str, macros: Mapping[str, int], *, shortest: bool, end_states: bool
) -> Result:
    """Searches all states, or until the first counterexample. Raises Failed.

    `shortest`: breadth first, so that a counterexample is as short as possible; takes more memory.
    `end_states`: also for states in which nothing can go on.
    """
    began = time.monotonic()
    set_macros = [f"-D{name}={value}" for name, value in macros.items()]
    if shortest:
        set_macros.append("-DBREADTH_FIRST")
    how = ["-DBFS", "-O0"] if shortest else ["-O1"]
    with tempfile.TemporaryDirectory(prefix="novabot-model-") as name:
        folder = Path(name)
        shutil.copy(MODELS / file, folder)
        _run([tools.spin, "-a", *set_macros, file], folder)
        options = ["-w", "-DSAFETY", "-DCOLLAPSE", "-DVECTORSZ=4096", f"-DMEMLIM={MEGABYTES}"]
        _run([tools.compiler, *how, *options, "-o", "pan", "pan.c"], folder)
        ends = [] if end_states else ["-E"]
        said = _run(["./pan", "-m100000", "-w22", *ends], folder)
        summary = re.search(r"errors: (\d+)", said)
        states = re.search(r"([\d.e+]+) states, stored", said)
        if summary is None or states is None or "max search depth too small" in said:
            raise Failed(said)
        steps: tuple[str, ...] = ()
        if summary[1] != "0":
            steps = _replay(tools, file, set_macros, folder)
        elif "Search not completed" in said:
            raise Failed(said)
        return Result(int(float(states[1])), time.monotonic() - began, steps)


def _replay(tools: Tools, file: str, set_macros: list[str], folder: Path) -> tuple[str, ...]:
    told = _run([tools.spin, "-t", *set_macros, file], folder)
    steps = re.findall(r"^ *(?:- (.+)|(property P\d broken))$", told, re.MULTILINE)
    words = tuple(step or broken for step, broken in steps)
    if not words:
        raise Failed(told)
    return words if words[-1].startswith("property") else (*words, "nothing can go on")


def _run(command: list[str], folder: Path) -> str:
    try:
        done = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, timeout=DEADLINE, check=False
        )
    except subprocess.TimeoutExpired:
        raise Failed(f"{command[0]} was not done within {DEADLINE} s") from None
    said = done.stdout + done.stderr
    if done.returncode != 0 and "errors:" not in said:
        raise Failed(f"{' '.join(command)}\n{said}")
    return said
