"""Is a client's history one that a single register, written and read at instants, could have had?

The register is None (no such client) or a pair: the name in the client's row, and the one in the
session's context, "-" for nothing. Every operation takes effect at one instant between its
invocation and its return. The checker keeps every state that the register may be in: at a return,
the operation must have taken effect in some order with those running beside it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

State: TypeAlias = tuple[str, str] | None
Kind = Literal[
    "tell",
    "ask",
    "reset",
    "remake",
    "drop session",
    "edit",
    "look",
    "meet",
    "late ask",
    "loss",
]

NOTHING = "-"


LATEST = 20
"""Seconds before a breach of which everything is told."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What a reader saw in the tables."""

    state: State


@dataclass(frozen=True, slots=True)
class Operation:
    """What one client of the system did. Times are of one monotonic clock, in seconds."""

    number: int
    kind: Kind
    value: str | None
    """The name told or edited in."""
    result: object
    """An ask: (row's name, context's name). A look: the state, as `Seen`. Reset and edit: how many
    clients. None: not known."""
    invoked: float
    returned: float
    how: str = ""
    certain: bool = True
    """False: its answer was lost, or does not say whether it happened. If it did, then before its
    return: the connection outlives what a statement does."""

    def __str__(self) -> str:
        return (
            f"{self.invoked:9.4f} – {self.returned:9.4f}  {self.number:>6}"
            f" {'' if self.certain else 'perhaps '}{self.kind}"
            f"{'' if self.value is None else ' ' + self.value} → {self.result}  ({self.how})"
        )


@dataclass(frozen=True, slots=True)
class Violation:
    """The shortest part of a history that shows that no register could have had it."""

    operations: tuple[Operation, ...]
    failing: Operation
    latest: tuple[Operation, ...]
    """All of the last LATEST seconds before it: what led there need not be part of the proof."""

    def __str__(self) -> str:
        lines = "\n".join(f"  {operation}" for operation in self.operations)
        latest = "\n".join(f"  {operation}" for operation in self.latest)
        return (
            f"no order explains operation {self.failing.number}:\n{lines}\n"
            f"and of the {LATEST} s before it, all:\n{latest}"
        )


def find_violation(history: Iterable[Operation]) -> Violation | None:
    """None if the history is linearizable."""
    operations = sorted(history, key=lambda o: o.invoked)
    failing = _find_failing(operations)
    if failing is None:
        return None
    shown = [o for o in operations if o.invoked <= failing.returned]
    for candidate in list(shown):
        rest = [o for o in shown if o is not candidate]
        read = {value for o in rest if isinstance(o.result, tuple) for value in o.result}
        if candidate is not failing and candidate.value not in read and _find_failing(rest):
            shown = rest
    latest = [o for o in operations if failing.returned - LATEST <= o.returned <= failing.returned]
    return Violation(tuple(shown), failing, tuple(latest))


def apply(state: State, operation: Operation) -> Iterator[State]:
    """The states that it may leave; none if it could not have had its result in this state."""
    if not operation.certain:
        yield state
    result = operation.result
    match operation.kind:
        case "tell":
            assert operation.value is not None
            yield (operation.value, operation.value)
        case "ask":
            after = state or (NOTHING, NOTHING)
            if result is None or result == after:
                yield after
        case "meet" | "late ask":
            # The first text from a new address, and one from an old address that comes late: the
            # person is known there, or (yet, any more) a stranger.
            if result in (None, (NOTHING, NOTHING), state):
                yield state
        case "loss":
            # What was said stays with a client to whom the person's addresses do not lead.
            yield None if state is None else (NOTHING, NOTHING)
        case "reset":
            if result is None or result == (0 if state is None else 1):
                yield None
        case "drop session":
            yield None if state is None else (state[0], NOTHING)
        case "remake":
            yield (NOTHING, NOTHING)
        case "look":
            if result == Seen(state):
                yield state
        case "edit":
            if result is None or result == (0 if state is None else 1):
                yield None if state is None else (operation.value or NOTHING, state[1])


def _find_failing(operations: Sequence[Operation]) -> Operation | None:
    """The first operation at whose return no order is left."""
    events = sorted(
        [(o.invoked, 0, i) for i, o in enumerate(operations)]
        + [(o.returned, 1, i) for i, o in enumerate(operations)]
    )
    pending: set[int] = set()
    possible: set[tuple[State, frozenset[int]]] = {(None, frozenset())}
    for _, is_return, index in events:
        if not is_return:
            pending.add(index)
            continue
        reached = _expand(operations, possible, pending)
        possible = {(s, done - {index}) for s, done in reached if index in done}
        pending.discard(index)
        if not possible:
            return operations[index]
    return None


def _expand(
    operations: Sequence[Operation],
    possible: set[tuple[State, frozenset[int]]],
    pending: set[int],
) -> set[tuple[State, frozenset[int]]]:
    """Every state reachable when any of the running operations take effect, in any order."""
    reached = set(possible)
    frontier = list(possible)
    while frontier:
        state, done = frontier.pop()
        for index in pending - done:
            for after in apply(state, operations[index]):
                config = (after, done | {index})
                if config not in reached:
                    reached.add(config)
                    frontier.append(config)
    return reached
