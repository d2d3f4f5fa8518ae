"""What is shown when something fails: one handler for all errors, one clear page or JSON."""

from __future__ import annotations

from dataclasses import dataclass

import psycopg
from psycopg import errors
from psycopg_pool import PoolClosed, PoolTimeout
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app import telemetry
from app.dashboard.pages import render
from app.dashboard.services import services_of
from app.dashboard.words import load_words

UNREADABLE_HANDLE = "ST001"
"""The SQLSTATE of what read_handle can't read."""

EXPECTED = (HTTPException, psycopg.Error, PoolTimeout, PoolClosed)
"""What is answered here; anything else is a fault of ours and is also logged with its trace."""

_BUSY = (errors.LockNotAvailable, errors.DeadlockDetected, errors.QueryCanceled)
_SCHEMA = (
    errors.UndefinedTable,
    errors.UndefinedFunction,
    errors.UndefinedColumn,
    errors.InvalidSchemaName,
)
_AWAY = (
    psycopg.OperationalError,
    psycopg.InterfaceError,
    errors.ReadOnlySqlTransaction,
    PoolTimeout,
    PoolClosed,
)
_OUTCOMES: tuple[tuple[tuple[type[Exception], ...], tuple[int, str]], ...] = (
    (_BUSY, (503, "503_busy")),
    (_SCHEMA, (503, "503_schema")),
    (_AWAY, (503, "503")),
    ((psycopg.DataError,), (400, "400")),
)
"""The first that fits; the busy ones are operational errors too."""


@dataclass(frozen=True, slots=True)
class Failure:
    status: int
    title: str
    """A key of the texts, and so is `text`."""
    text: str
    detail: str = ""
    """For programs, in place of the text."""


async def answer_failure(request: Request, error: Exception) -> Response:
    failure = describe_failure(error)
    if isinstance(error, (psycopg.Error, PoolTimeout, PoolClosed)):
        telemetry.report_database_failure(error, getattr(error, "sqlstate", None))
    if isinstance(error, errors.ReadOnlySqlTransaction):
        # A primary that was replaced and left up: all connections have to move.
        await services_of(request).pool.drain()
    headers = dict(error.headers or {}) if isinstance(error, HTTPException) else {}
    if failure.status == 503:
        headers["Retry-After"] = "5"
    if request.url.path.startswith("/api/"):
        reason = failure.detail or load_words("en").t(f"failure.{failure.text}")
        return JSONResponse({"error": reason}, failure.status, headers)
    return render(request, "failure.html", status=failure.status, headers=headers, failure=failure)


def describe_failure(error: Exception) -> Failure:
    if isinstance(error, HTTPException):
        known = str(error.status_code) if error.status_code in {403, 404, 405, 413} else "400"
        given = error.detail if error.detail.startswith(known) else f"{known}_text"
        return Failure(error.status_code, known, given)
    if isinstance(error, psycopg.Error) and error.sqlstate == UNREADABLE_HANDLE:
        return Failure(404, "404", "404_client", error.diag.message_primary or "")
    status, title = next(
        (outcome for kinds, outcome in _OUTCOMES if isinstance(error, kinds)), (500, "500")
    )
    return Failure(status, title, f"{title}_text")
