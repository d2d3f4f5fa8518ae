"""What must hold of a record, whatever faults struck."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice

from app.bot.outbox import RECHECK_AFTER
from tests.system.history.driver import UNKNOWN
from tests.system.history.linearizability import NOTHING, Operation, find_violation
from tests.system.history.record import Record
from tests.system.history.stalls import go_back

ASKS = ("ask", "meet", "late ask")
IN_FLIGHT = RECHECK_AFTER + 1.0
"""Seconds that a sending begun before a reset may take to reach the Cloud API, while every service
runs: one that stands still, or waits for a processor, holds it up for as long."""


def find_faults(record: Record) -> Iterator[str]:
    """Each breach of a promise, as text."""
    read = {arrival.number: arrival.read for arrival in record.arrivals}
    for phone, history in record.histories.items():
        judged = [replace(o, result=read.get(o.number)) if o.kind in ASKS else o for o in history]
        violation = find_violation(judged)
        if violation is not None:
            yield f"{phone}: {violation}"
    yield from _find_told_to_others(record)
    yield from _find_repeated(record)
    yield from _find_late(record)


def _find_told_to_others(record: Record) -> Iterator[str]:
    """What a person whose addresses change said, told to another one or sent elsewhere."""
    for arrival in record.arrivals:
        asker = record.owners.get(arrival.number)
        for name in {*arrival.read} - {NOTHING}:
            teller = record.owners.get(int(name[1:]))
            if teller != asker:
                yield f"{asker} asked ({arrival}) and was told what {teller} said"
        if asker is not None and arrival.to not in record.had[asker]:
            yield f"the answer to {asker} went to an address of another person: {arrival}"


def _find_repeated(record: Record) -> Iterator[str]:
    times: dict[int, list[float]] = defaultdict(list)
    for arrival in record.arrivals:
        times[arrival.number].append(arrival.at)
    for number, at in times.items():
        if len(at) > 1:
            yield f"operation {number} was answered {len(at)} times: {at}"


def _find_late(record: Record) -> Iterator[str]:
    """Answers from before a reset whose sending can't have begun before it."""
    arrivals = {arrival.number: arrival for arrival in record.arrivals}
    for phone, history in record.histories.items():
        resets = sorted(
            (o for o in history if o.kind in ("reset", "remake") and o.certain),
            key=lambda o: o.invoked,
        )
        for told in history:
            arrival = arrivals.get(told.number)
            if arrival is None or told.kind not in ("ask", "tell") or arrival.read == UNKNOWN:
                continue
            late = _find_reset_between(told, resets, go_back(arrival.at, IN_FLIGHT, record.stalls))
            if late is not None:
                yield f"{phone}: {arrival} was sent after\n  {late}\n  and answers\n  {told}"


def _find_reset_between(
    told: Operation, resets: Sequence[Operation], begun: float
) -> Operation | None:
    """A reset, of those in the order of their invocation, that lies wholly between: after it was
    told, and before its sending can have begun."""
    begun_after = bisect_right(resets, told.returned, key=lambda o: o.invoked)
    for reset in islice(resets, begun_after, None):
        if reset.invoked > begun:
            return None
        if reset.returned < begun:
            return reset
    return None
