"""One run: the system, the clients, the faults, the judgement."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from tests.system.history.driver import Driver
from tests.system.history.faults import Faults
from tests.system.history.judge import find_faults
from tests.system.history.record import Record
from tests.system.history.restarts import Restarts
from tests.system.nova import Nova

RESPONDER = "tests.system.history.register:factory"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run came to."""

    operations: int
    struck: dict[str, int]
    breaches: list[str]
    record: Record

    def summary(self) -> str:
        struck = _list(self.struck)
        refused = _list(Counter(refusal.door for refusal in self.record.refusals))
        return (
            f"{self.operations} operations, {len(self.record.arrivals)} answers,"
            f" {self.record.moved} moves, {self.record.by_hand} edits of addresses by hand,"
            f" {self.record.refused} deliveries repeated, {self.record.lost} answers lost,"
            f" {len(self.record.stalls)} stalls,"
            f" {len(self.breaches)} breaches;"
            f" faults: {struck}; resets that a trigger kept: {refused},"
            f" wishes left to a person {len(self.record.unanswered)}×,"
            f" told so {self.record.excuses}×"
        )


def _list(times: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {number}×" for name, number in sorted(times.items())) or "none"


def run_history(
    nova: Nova,
    seed: int,
    seconds: float,
    faults: list[str],
    *,
    clients: int = 12,
    restarts: Restarts | None = None,
) -> Outcome:
    """Runs clients and faults for so long, and judges what they wrote down."""
    chance = random.Random(seed)
    driver = Driver(nova, chance, clients=clients)
    striking = Faults(nova, random.Random(seed + 1), driver.record, restarts)

    async def run() -> None:
        await asyncio.gather(driver.run(seconds), striking.run(faults, seconds - 1))

    asyncio.run(run())
    breaches = list(find_faults(driver.record))
    return Outcome(driver.record.count(), striking.struck, breaches, driver.record)
