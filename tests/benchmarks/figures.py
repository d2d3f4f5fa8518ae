"""What a benchmark hands back: figures with their spread, each beside a baseline of the same run.

Nothing here judges: no figure fails a run.
"""

from __future__ import annotations

import asyncio
import json
import math
import os
import platform
import statistics
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from rich.console import Console
from rich.table import Table

_SCALES = {"µs": 1e6, "ms": 1e3, "s": 1.0}
"""What a time in seconds is multiplied by; a value in another unit is shown as it is."""


@dataclass(frozen=True, slots=True)
class Figure:
    """`p50` and `p99` of `samples` values in `unit`; p99 of fewer than 100 is the largest."""

    name: str
    unit: str
    samples: int
    p50: float
    p99: float
    rate: float | None
    """How many a second, where the benchmark counted that."""
    baseline: str | None
    ratio: float | None
    """p50 (of a rate: its inverse) divided by the baseline's."""


@dataclass
class Section:
    """One table. A baseline is named by the figure's name, added before."""

    title: str
    figures: list[Figure] = field(default_factory=list[Figure])
    notes: list[str] = field(default_factory=list[str])

    def add(
        self,
        name: str,
        values: Sequence[float],
        unit: str = "ms",
        *,
        than: str | None = None,
        rate: float | None = None,
    ) -> Figure:
        """Adds the values (seconds, where the unit is one of time)."""
        scale = _SCALES.get(unit, 1.0)
        ordered = sorted(value * scale for value in values)
        p50 = statistics.median(ordered)
        p99 = ordered[math.ceil(0.99 * len(ordered)) - 1]
        ratio = None
        if than is not None:
            base = next(figure for figure in self.figures if figure.name == than)
            if rate is not None and base.rate is not None:
                ratio = base.rate / rate
            elif base.p50 > 0 and p50 > 0 and base.unit == unit:
                ratio = p50 / base.p50
        figure = Figure(name, unit, len(ordered), p50, p99, rate, than, ratio)
        self.figures.append(figure)
        return figure

    def note(self, text: str) -> None:
        """A line below the table."""
        self.notes.append(text)


def time_rounds(
    acts: Mapping[str, Callable[[], object]], rounds: int, each: int = 1
) -> dict[str, list[float]]:
    """Seconds of every call: the acts take turns, `each` calls at a time."""
    taken: dict[str, list[float]] = {name: [] for name in acts}
    for _ in range(rounds):
        for name, act in acts.items():
            for _ in range(each):
                started = time.perf_counter()
                act()
                taken[name].append(time.perf_counter() - started)
    return taken


async def run_side_by_side(
    work: Callable[[int], Awaitable[object]], count: int, at_once: int
) -> tuple[list[float], float]:
    """`work(worker)` so many times by so many workers: seconds of each call, and of the whole."""
    taken: list[float] = []
    left = count

    async def run(worker: int) -> None:
        nonlocal left
        while left > 0:
            left -= 1
            started = time.perf_counter()
            await work(worker)
            taken.append(time.perf_counter() - started)

    started = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for worker in range(at_once):
            group.create_task(run(worker))
    return taken, time.perf_counter() - started


def show(section: Section, console: Console) -> None:
    """The section as a table in the terminal."""
    table = Table(title=section.title, title_justify="left", title_style="bold")
    table.add_column("measured", overflow="fold")
    for heading in ("n", "p50", "p99", "/s", "÷"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("baseline", overflow="fold", style="dim")
    for figure in section.figures:
        table.add_row(
            figure.name,
            f"{figure.samples:,}",
            f"{_round(figure.p50)} {figure.unit}",
            f"{_round(figure.p99)} {figure.unit}",
            "" if figure.rate is None else f"{figure.rate:,.0f}",
            "" if figure.ratio is None else f"{figure.ratio:.2f}",
            figure.baseline or "",
        )
    console.print(table)
    for text in section.notes:
        console.print(f"  {text}", style="dim", highlight=False)
    console.print()


def write_json(sections: Sequence[Section], versions: Mapping[str, str], path: Path) -> None:
    """Everything, for comparing runs."""
    machine = {"cores": os.cpu_count(), "python": platform.python_version(), **versions}
    document = {"machine": machine, "sections": [asdict(section) for section in sections]}
    path.write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def _round(value: float) -> str:
    """Three digits that count."""
    if value == 0 or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.{max(0, 2 - math.floor(math.log10(abs(value))))}f}"
