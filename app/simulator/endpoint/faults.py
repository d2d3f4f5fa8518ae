"""Faults that tests order for coming sends."""

from __future__ import annotations

from typing import Annotated, Literal

import anyio
import msgspec

from app.simulator.endpoint.refusals import RefusalError

DEFAULT_CODES = {400: 131009, 401: 190, 429: 130429, 500: 131000, 503: 131016}


class Fault(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What happens to a valid send, in this order; every part is optional.

    Wait `delay_seconds`; `hold` until released; `drop` "before": close without accepting;
    `status`/`code`: refuse with Meta's error; accept; `drop` "after": close without answering.
    `hold_statuses`: the accepted message's callbacks wait for the release.
    `to`: only for this address. `times`: for so many sends, else until cleared.
    `marks`: it happens to read marks, not to sends; they wait, are held or are refused.
    """

    delay_seconds: Annotated[float, msgspec.Meta(ge=0, le=600)] = 0.0
    hold: bool = False
    drop: Literal["before", "after"] | None = None
    status: Annotated[int, msgspec.Meta(ge=400, le=599)] | None = None
    code: int | None = None
    hold_statuses: bool = False
    to: str | None = None
    marks: bool = False
    times: Annotated[int, msgspec.Meta(ge=1)] | None = None

    def refusal(self) -> RefusalError | None:
        """The refusal it asks for; a code alone comes with the status Meta gives it."""
        if self.status is None and self.code is None:
            return None
        status = self.status or (401 if self.code in (0, 190) else 400)
        code = DEFAULT_CODES.get(status, 131000) if self.code is None else self.code
        return RefusalError(
            code, f"(#{code}) Ordered fault", "This fault was ordered by a test.", status=status
        )


class Faults:
    """The faults in force, oldest first; the first that fits a send is applied to it."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._left: list[int | None] = []
        self._gate: anyio.Event = anyio.Event()

    def add(self, fault: Fault) -> None:
        self._faults.append(fault)
        self._left.append(fault.times)

    def in_force(self) -> list[Fault]:
        return list(self._faults)

    def take(self, address: str | None) -> Fault | None:
        """The fault for a send to this address, or for a read mark if it is None, counted off."""
        for index, fault in enumerate(self._faults):
            if fault.marks != (address is None) or fault.to not in (None, address):
                continue
            left = self._left[index]
            if left is not None:
                self._left[index] = left - 1
                if left == 1:
                    del self._faults[index], self._left[index]
            return fault
        return None

    def gate(self) -> anyio.Event:
        """Set at the next release."""
        return self._gate

    def release(self) -> None:
        """Lets everything held go on, and ends the faults that hold."""
        holding = [f.hold or f.hold_statuses for f in self._faults]
        self._faults = [f for f, h in zip(self._faults, holding, strict=True) if not h]
        self._left = [n for n, h in zip(self._left, holding, strict=True) if not h]
        self._gate.set()
        self._gate = anyio.Event()

    def clear(self) -> None:
        """Ends all faults; what was held goes on."""
        self._faults.clear()
        self._left.clear()
        self.release()
