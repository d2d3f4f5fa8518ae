"""Whether turns and resets can be written: what the bots look at each second, and a try."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import psycopg
from psycopg import errors

from app.crm.write_check import RehearsalFailed, describe_refusal, examine_writing, rehearse
from app.database.errors import first_line
from app.doctor.connections import connect_async
from app.doctor.finding import Finding

SUBJECT = "writing"
COMMITS = "commits"
"""That they wait: what commits after it would wait too."""


async def check_writing(database_url: str) -> AsyncGenerator[Finding]:
    """The turn and the reset that are tried are rolled back."""
    async with connect_async(database_url) as conn:
        found = (await examine_writing(conn)).faults
        for fault in found:
            subject = COMMITS if fault.kind == "commits_wait" else SUBJECT
            yield Finding("fault", subject, fault.text, fault.mend)
        if found:
            return
        try:
            await rehearse(conn)
        except (RehearsalFailed, psycopg.Error) as error:
            yield _explain(error)
        else:
            yield Finding("ok", SUBJECT, "a turn and a reset can be made (tried, and rolled back)")


def _explain(error: Exception) -> Finding:
    said = f"a turn and a reset fail: {describe_refusal(error)} ({first_line(error)})"
    match error:
        case errors.DiskFull():
            mend = "free space on the disk, or in the tablespace, that holds this database"
        case errors.LockNotAvailable():
            mend = "find it: SELECT pid, mode FROM pg_locks WHERE relation = '\"User\"'::regclass"
        case _:
            mend = 'look for triggers, rules and policies of your own on our tables: \\d "User"'
    return Finding("fault", SUBJECT, said, mend)
