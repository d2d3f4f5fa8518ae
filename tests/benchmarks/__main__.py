"""`python -m tests.benchmarks [NAME …] [--json FILE]`: all of them, or the ones named."""

from __future__ import annotations

import argparse
import signal
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from rich.console import Console

from tests.benchmarks import (
    alternatives,
    bulk,
    forgetting,
    memory,
    names,
    redis_sessions,
    start,
    turns,
    webhook,
)
from tests.benchmarks.figures import Section, show, write_json
from tests.benchmarks.server import Place, open_place

BENCHMARKS: dict[str, Callable[[Place], Iterable[Section]]] = {
    "forgetting": forgetting.measure,
    "alternatives": alternatives.measure,
    "redis": redis_sessions.measure,
    "turns": turns.measure,
    "webhook": webhook.measure,
    "bulk": bulk.measure,
    "memory": memory.measure,
    "start": start.measure,
    "names": names.measure,
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(BENCHMARKS))
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every figure there too")
    arguments = parser.parse_args()
    chosen = arguments.names or list(BENCHMARKS)
    unknown = [name for name in chosen if name not in BENCHMARKS]
    if unknown:
        parser.error(f"no benchmark {', '.join(unknown)}: there are {', '.join(BENCHMARKS)}")
    console = Console(width=None if sys.stdout.isatty() else 120)
    sections: list[Section] = []
    began = time.monotonic()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with open_place() as place:
        versions = place.versions()
        try:
            for name in chosen:
                started = time.monotonic()
                for section in BENCHMARKS[name](place):
                    sections.append(section)
                    show(section, console)
                console.print(f"{name}: {time.monotonic() - started:.0f} s\n", style="dim")
        finally:
            if arguments.json is not None:
                write_json(sections, versions, arguments.json)
    console.print(f"all: {time.monotonic() - began:.0f} s", style="dim")


if __name__ == "__main__":
    main()
