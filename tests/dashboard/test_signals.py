from __future__ import annotations

import asyncio

from app.dashboard.live.subscriptions import (
    ANYTHING,
    MOST_PENDING,
    NOT_LISTENING,
    Signal,
    Signals,
    Subscription,
    choose_signal,
)
from app.notifications import read_notification


def read_signal(channel: str, payload: str) -> Signal:
    return choose_signal(read_notification(channel, payload))


def acknowledged(number: int) -> Signal:
    return read_signal("reset_acknowledged", f'{{"reset": {number}}}')


async def test_what_happens_while_a_page_is_busy_is_told_together() -> None:
    subscription = Subscription()
    for number in (1, 2, 1):
        subscription.add(acknowledged(number))
    assert await subscription.take() == (acknowledged(1), acknowledged(2))


async def test_too_much_becomes_anything() -> None:
    subscription = Subscription()
    for number in range(MOST_PENDING + 1):
        subscription.add(acknowledged(number))
    assert await subscription.take() == (ANYTHING,)


async def test_a_page_is_first_told_whether_the_dashboard_is_listening() -> None:
    signals = Signals()
    with signals.subscribe() as subscription:
        assert await subscription.take() == (NOT_LISTENING,)
        signals.publish(ANYTHING)
        assert await subscription.take() == (ANYTHING,)
    with signals.subscribe() as subscription:
        assert await subscription.take() == (ANYTHING,)


async def test_closing_ends_every_stream() -> None:
    signals = Signals()
    with signals.subscribe() as subscription:
        await subscription.take()
        waiting = asyncio.create_task(subscription.take())
        await asyncio.sleep(0)
        signals.close()
        assert await waiting == ()
    with signals.subscribe() as later:
        assert await later.take() == ()


def test_what_cannot_be_read_means_anything() -> None:
    for payload in ("", "rubbish", "[1]", "7", "null"):
        assert read_signal("session_reset", payload) == ANYTHING
    assert read_signal("reset_acknowledged", '{"reset": "*"}') == Signal(
        "acknowledged", '{"reset": "*"}'
    )
    assert read_signal("session_reset", '{"reset": 1, "clients": "*", "new": 1}') == Signal(
        "reset", '{"reset": 1, "clients": "*"}'
    )
