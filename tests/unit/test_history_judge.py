"""What the history's judge says of resets that a trigger keeps, and of what is left."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.system.history.judge import find_faults
from tests.system.history.linearizability import Operation
from tests.system.history.record import Arrival, Keeper, Record, Refusal

ALIAS = Keeper("Alias", "skips the row", 10, 11, 19, 20)


def wish(number: int, start: float, end: float) -> Operation:
    return Operation(number, "reset", None, None, start, end, "bot 0")


def tell(number: int, start: float, end: float) -> Operation:
    return Operation(number, "tell", f"n{number}", None, start, end, "bot 0")


def ask(number: int, start: float, end: float) -> Operation:
    return Operation(number, "ask", None, None, start, end, "bot 0")


def record(*operations: Operation, keepers: tuple[Keeper, ...] = (ALIAS,)) -> Record:
    made = Record(keepers=list(keepers))
    for operation in operations:
        made.note("628", operation)
    return made


def answered(made: Record, number: int, read: tuple[str, str]) -> Record:
    made.arrivals.append(Arrival(number, read, 100.0, "628"))
    return made


def left_to_a_person(made: Record, number: int) -> Record:
    made.unanswered.add(number)
    return made


def refused(made: Record, refusal: Refusal) -> Record:
    made.refusals.append(refusal)
    return made


WISH = (tell(1, 1, 2), wish(2, 12, 13), ask(3, 14, 15))
RIGHT: dict[str, Callable[[], Record]] = {
    "a wish that was left to a person, and did nothing": lambda: answered(
        left_to_a_person(record(*WISH), 2), 3, ("n1", "n1")
    ),
    "a wish beside a trigger, of which no row tells": lambda: answered(
        record(*WISH), 3, ("n1", "n1")
    ),
    "a wish beside a trigger that was done": lambda: answered(
        answered(record(*WISH), 2, ("-", "-")), 3, ("-", "-")
    ),
    "a reset that a trigger kept": lambda: refused(record(), Refusal("api", "ST004", 12, 13)),
    "a DELETE that a trigger undid": lambda: refused(
        record(keepers=(Keeper("Session", "raises", 10, 11, 19, 20),)),
        Refusal("sql", "P0001", 12, 13),
    ),
    "a reset that began before the trigger": lambda: record(
        tell(1, 1, 2), Operation(2, "reset", None, 1, 10.5, 12, "api")
    ),
}
WRONG: dict[str, Callable[[], Record]] = {
    "a wish that was left to a person, and was done": lambda: answered(
        left_to_a_person(record(*WISH), 2), 3, ("-", "-")
    ),
    "a wish that was left to a person, and told to be done": lambda: answered(
        answered(left_to_a_person(record(*WISH), 2), 2, ("-", "-")), 3, ("n1", "n1")
    ),
    "a wish that did nothing, without a trigger": lambda: answered(
        record(*WISH, keepers=()), 3, ("n1", "n1")
    ),
    "a wish that did nothing, and was told to be done": lambda: answered(
        answered(record(*WISH), 2, ("-", "-")), 3, ("n1", "n1")
    ),
    "a refusal without a trigger": lambda: refused(record(), Refusal("api", "ST004", 30, 31)),
    "PostgreSQL's error at a door of ours": lambda: refused(
        record(keepers=(Keeper("Session", "raises", 10, 11, 19, 20),)),
        Refusal("reset_client", "P0001", 12, 13),
    ),
    "PostgreSQL's error where the trigger raises none": lambda: refused(
        record(), Refusal("sql", "23503", 12, 13)
    ),
    "a reset that a trigger should have kept": lambda: record(
        tell(1, 1, 2), Operation(2, "reset", None, 1, 12, 13, "api")
    ),
    "rows that are left": lambda: Record(orphans=1),
}


@pytest.mark.parametrize("name", RIGHT)
def test_what_may_be_is_no_breach(name: str) -> None:
    assert list(find_faults(RIGHT[name]())) == []


@pytest.mark.parametrize("name", WRONG)
def test_what_may_not_be_is_a_breach(name: str) -> None:
    assert list(find_faults(WRONG[name]())) != []
