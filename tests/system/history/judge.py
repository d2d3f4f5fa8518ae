"""What must hold of a record, whatever faults struck."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice

from app.bot.sending.outbox import RECHECK_AFTER
from app.database.errors import ROWS_KEPT
from tests.system.history.driver import UNKNOWN
from tests.system.history.linearizability import NOTHING, Operation, find_violation
from tests.system.history.record import Record
from tests.system.history.stalls import go_back

ASKS = ("ask", "meet", "late ask")
PLAIN = ("sql", "delete of many", "delete and insert")
"""Doors that are a DBA's DELETE: an error that a trigger raises there is PostgreSQL's own."""
SILENT = {"skips the row", "skips the row, meaning to let it go"}
"""Triggers that raise no error of their own."""
IN_FLIGHT = RECHECK_AFTER + 1.0
"""Seconds that a sending begun before a reset may take to reach the Cloud API, while every service
runs: one that stands still, or waits for a processor, holds it up for as long."""


def find_faults(record: Record) -> Iterator[str]:
    """Each breach of a promise, as text."""
    read = {arrival.number: arrival.read for arrival in record.arrivals}
    histories = {
        client: [_settle_message(operation, record, read) for operation in history]
        for client, history in record.histories.items()
    }
    for client, history in histories.items():
        judged = [replace(o, result=read.get(o.number)) if o.kind in ASKS else o for o in history]
        violation = find_violation(judged)
        if violation is not None:
            yield f"{client}: {violation}"
    yield from _find_told_to_others(record)
    yield from _find_repeated(record)
    yield from _find_late(record, histories)
    yield from _find_wrong_refusals(record)
    yield from _find_not_refused(record)
    if record.orphans:
        yield f"{record.orphans} rows are left of clients who were reset"
    for number in sorted(record.unanswered & read.keys()):
        yield f"the wish {number} was left to a person, and the client was told that it is done"


def _settle_message(told: Operation, record: Record, read: Mapping[int, object]) -> Operation:
    """A message as what it was: a wish that a trigger kept is like any other one, and what a
    trigger kept from being answered may lie among the items set aside."""
    if told.kind not in ("tell", "ask", "reset") or not told.how.startswith("bot "):
        return told
    if told.number in record.unanswered:
        return replace(told, kind="ask")
    can_be_kept = any(k.begun < told.returned and told.invoked < k.dropped for k in record.keepers)
    # Its row goes with the next reset; an answer says that it was taken.
    return replace(told, certain=told.number in read or not can_be_kept)


def _find_wrong_refusals(record: Record) -> Iterator[str]:
    """Resets that failed for no reason, or with another error than ours."""
    for refusal in record.refusals:
        causes = {
            k.kind
            for k in record.keepers
            if k.begun < refusal.returned and refusal.invoked < k.dropped
        }
        if not causes or (
            refusal.sqlstate != ROWS_KEPT and (refusal.door not in PLAIN or causes <= SILENT)
        ):
            yield f"{refusal} is explained by no trigger: {causes or 'there was none'}"


def _find_not_refused(record: Record) -> Iterator[str]:
    """Resets of clients that were done while a trigger kept their addresses: each has one."""
    on_addresses = [k for k in record.keepers if k.table == "Alias"]
    for client, history in record.histories.items():
        for done in history:
            if done.kind != "reset" or done.result != 1 or client in record.had:
                continue
            if any(k.made < done.invoked and done.returned < k.gone for k in on_addresses):
                yield f"{client}: a trigger kept its address, and it was reset:\n  {done}"


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


def _find_late(record: Record, histories: Mapping[str, Sequence[Operation]]) -> Iterator[str]:
    """Answers from before a reset whose sending can't have begun before it."""
    arrivals = {arrival.number: arrival for arrival in record.arrivals}
    for phone, history in histories.items():
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
