"""What the actors write down, for the judge."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from itertools import count

from tests.system.history.linearizability import Kind, Operation


@dataclass(frozen=True, slots=True)
class Arrival:
    """A message that the Cloud API accepted."""

    number: int
    """Of the operation it answers."""
    read: tuple[str, str]
    at: float
    to: str = ""


@dataclass(frozen=True, slots=True)
class Keeper:
    """A DBA's trigger that keeps rows from a DELETE, or undoes it. Times of the monotonic clock."""

    table: str
    kind: str
    begun: float
    made: float
    """Between `made` and `gone` it was there."""
    gone: float
    dropped: float


@dataclass(frozen=True, slots=True)
class Refusal:
    """A reset, or another DELETE, that such a trigger made fail."""

    door: str
    sqlstate: str
    invoked: float
    returned: float


@dataclass
class Record:
    """Everything that happened."""

    histories: dict[str, list[Operation]] = field(default_factory=dict)
    arrivals: list[Arrival] = field(default_factory=list)
    refused: int = 0
    """Deliveries that had to be made again."""
    owners: dict[int, str] = field(default_factory=dict)
    """Which person made an operation, of those whose addresses change."""
    moved: int = 0
    """Changes of addresses that were carried out."""
    by_hand: int = 0
    """Edits of "Alias" by SQL."""
    had: dict[str, set[str]] = field(default_factory=dict)
    """The addresses that such a person ever had."""
    retried: int = 0
    """SQL statements of ours that a deadlock ended: they have done nothing."""
    lost: int = 0
    """Statements and requests whose answer was lost: they may have happened."""
    keepers: list[Keeper] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    unanswered: set[int] = field(default_factory=set)
    """The wishes to be forgotten that the bots left to a person, as far as their rows are there."""
    orphans: int = 0
    """Rows of clients who are not there, at the end."""
    excuses: int = 0
    """Answers that told a client so."""
    stalls: list[tuple[float, float]] = field(default_factory=list)
    """From when until when a service stood still."""
    numbers: count[int] = field(default_factory=lambda: count(1))

    def count(self) -> int:
        return sum(len(history) for history in self.histories.values())

    def note(self, client: str, operation: Operation) -> None:
        self.histories.setdefault(client, []).append(operation)

    def note_write(
        self,
        client: str,
        kind: Kind,
        invoked: float,
        result: object,
        how: str,
        value: str | None = None,
        *,
        certain: bool = True,
    ) -> None:
        """An operator's or DBA's operation that has just returned."""
        returned = time.monotonic()
        number = next(self.numbers)
        self.note(client, Operation(number, kind, value, result, invoked, returned, how, certain))

    def note_refusal(self, door: str, sqlstate: str, invoked: float) -> None:
        """A reset that has just failed whole: nothing of it may have happened."""
        self.refusals.append(Refusal(door, sqlstate, invoked, time.monotonic()))
