"""Thousands of concurrent chats and resets, under faults, are what one register would answer.

`NOVABOT_HISTORY_SEED` repeats a run's chances, `NOVABOT_HISTORY_SECONDS` sets how long one lasts.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path

import pytest

from tests.system.history.faults import FAULTS
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
def test_every_history_is_linearizable(database_url: str, tmp_path: Path, plan: str) -> None:
    seed = int(os.environ.get("NOVABOT_HISTORY_SEED") or secrets.randbelow(2**32))
    with run_nova(
        database_url, tmp_path, bots=3, dashboard=True, NOVABOT_RESPONDER=RESPONDER
    ) as nova:
        outcome = run_history(nova, seed, SECONDS, PLANS[plan])
    print(f"{plan}, seed {seed}: {outcome.summary()}")
    assert not outcome.breaches, "\n".join([f"seed {seed}", *outcome.breaches])
    assert set(outcome.struck) >= set(PLANS[plan]) - {"a bot killed"}
    assert outcome.operations > 300
    assert outcome.record.moved > 0
