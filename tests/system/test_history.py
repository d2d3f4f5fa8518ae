"""Thousands of concurrent chats and resets, under faults, are what one register would answer.

`NOVABOT_HISTORY_SEED` repeats a run's chances, `NOVABOT_HISTORY_SECONDS` sets how long one lasts.
"""

from __future__ import annotations

import os
import secrets
from contextlib import ExitStack
from pathlib import Path

import pytest

from app.local.embedded import EmbeddedServer
from tests.system.history.faults import FAULTS, RESTARTS
from tests.system.history.restarts import Restarts, restarting
from tests.system.history.run import RESPONDER, run_history
from tests.system.nova import run_nova

SECONDS = float(os.environ.get("NOVABOT_HISTORY_SECONDS", "25"))

PLANS = {
    "calm": [],
    "signals and listeners": ["listeners cut", "signals lost", "signals malformed", "rows held"],
    "everything": list(FAULTS),
}


@pytest.mark.timeout(SECONDS * 1.2 + 120)
@pytest.mark.parametrize("plan", PLANS)
def test_every_history_is_linearizable(
    request: pytest.FixtureRequest, tmp_path: Path, plan: str
) -> None:
    seed = int(os.environ.get("NOVABOT_HISTORY_SEED") or secrets.randbelow(2**32))
    with ExitStack() as stack:
        restarts: Restarts | None = None
        if set(PLANS[plan]) & set(RESTARTS):
            server: EmbeddedServer = request.getfixturevalue("own_server")
            url = server.url()
            restarts = stack.enter_context(restarting(server))
        else:
            url = request.getfixturevalue("database_url")
        nova = stack.enter_context(
            run_nova(url, tmp_path, bots=3, dashboard=True, NOVABOT_RESPONDER=RESPONDER)
        )
        outcome = run_history(nova, seed, SECONDS, PLANS[plan], restarts=restarts)
    print(f"{plan}, seed {seed}: {outcome.summary()}")
    assert not outcome.breaches, "\n".join([f"seed {seed}", *outcome.breaches])
    assert set(outcome.struck) >= set(PLANS[plan]) - {"a bot killed"}
    assert outcome.operations > 300
    assert outcome.record.moved > 0
