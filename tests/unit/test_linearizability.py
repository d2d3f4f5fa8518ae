"""The judge must be able to say no."""

from __future__ import annotations

import pytest

from tests.system.history.linearizability import Operation, find_violation


def op(
    number: int,
    kind: str,
    start: float,
    end: float,
    value: str | None = None,
    result: object = None,
    *,
    certain: bool = True,
) -> Operation:
    return Operation(number, kind, value, result, start, end, "", certain)  # type: ignore[arg-type]


LINEARIZABLE = {
    "nothing": [],
    "told, then asked": [op(1, "tell", 0, 1, "Ani"), op(2, "ask", 2, 3, result=("Ani", "Ani"))],
    "asked beside the telling, either way": [
        op(1, "tell", 0, 5, "Ani"),
        op(2, "ask", 1, 2, result=("-", "-")),
        op(3, "ask", 3, 4, result=("Ani", "Ani")),
    ],
    "a reset beside an ask": [
        op(1, "tell", 0, 1, "Ani"),
        op(2, "reset", 2, 5, result=1),
        op(3, "ask", 3, 4, result=("Ani", "Ani")),
        op(4, "ask", 6, 7, result=("-", "-")),
    ],
    "a session dropped": [
        op(1, "tell", 0, 1, "Ani"),
        op(2, "drop session", 2, 3),
        op(3, "ask", 4, 5, result=("Ani", "-")),
    ],
    "a reset whose answer was lost, and that happened": [
        op(1, "tell", 0, 1, "Ani"),
        op(2, "reset", 2, 3, certain=False),
        op(3, "ask", 4, 5, result=("-", "-")),
    ],
    "a reset whose answer was lost, and that did not happen": [
        op(1, "tell", 0, 1, "Ani"),
        op(2, "reset", 2, 3, certain=False),
        op(3, "ask", 4, 5, result=("Ani", "Ani")),
    ],
    "an edit of an unknown client": [
        op(1, "edit", 0, 1, "Ani", 0),
        op(2, "ask", 2, 3, result=("-", "-")),
    ],
}

VIOLATIONS = {
    "a reset whose answer was lost, and that happens after its connection ended": [
        op(1, "tell", 0, 1, "Ani"),
        op(2, "reset", 2, 3, certain=False),
        op(3, "ask", 4, 5, result=("Ani", "Ani")),
        op(4, "ask", 6, 7, result=("-", "-")),
    ],
    "the old name after a reset": [
        op(1, "tell", 0, 1, "Petang"),
        op(2, "reset", 2, 3, result=1),
        op(3, "ask", 4, 5, result=("Petang", "Petang")),
    ],
    "the old context after a reset": [
        op(1, "tell", 0, 1, "Petang"),
        op(2, "reset", 2, 3, result=1),
        op(3, "ask", 4, 5, result=("-", "Petang")),
    ],
    "a name that came back later": [
        op(1, "tell", 0, 1, "Petang"),
        op(2, "reset", 2, 3, result=1),
        op(3, "ask", 4, 5, result=("-", "-")),
        op(4, "ask", 6, 7, result=("Petang", "Petang")),
    ],
    "a told name lost": [op(1, "tell", 0, 1, "Ani"), op(2, "ask", 2, 3, result=("-", "-"))],
    "an edit lost": [
        op(1, "tell", 0, 1, "Ani"),
        op(2, "edit", 2, 3, "Budi", 1),
        op(3, "ask", 4, 5, result=("Ani", "Ani")),
    ],
    "new then old": [
        op(1, "tell", 0, 9, "Ani"),
        op(2, "ask", 1, 2, result=("Ani", "Ani")),
        op(3, "ask", 3, 4, result=("-", "-")),
    ],
}


@pytest.mark.parametrize("name", LINEARIZABLE)
def test_a_possible_history_passes(name: str) -> None:
    assert find_violation(LINEARIZABLE[name]) is None


@pytest.mark.parametrize("name", VIOLATIONS)
def test_an_impossible_history_is_found(name: str) -> None:
    assert find_violation(VIOLATIONS[name]) is not None


def test_a_violation_is_shown_without_what_has_nothing_to_do_with_it() -> None:
    noise = [op(10 + i, "tell", -20 + i, -19.5 + i, f"x{i}") for i in range(10)]
    violation = find_violation([*noise, *VIOLATIONS["the old name after a reset"]])
    assert violation is not None
    assert [o.number for o in violation.operations] == [1, 2, 3]
