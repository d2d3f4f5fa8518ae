"""What is answered when something fails: one handler for all errors, one page or JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import psycopg
from psycopg import errors
from psycopg_pool import PoolClosed, PoolTimeout
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app.crm.errors import (
    CrmError,
    ResetNotMade,
    ResetUnconfirmed,
    RowsKeptError,
    UnknownClient,
    UnknownReset,
    UnreadableHandle,
)
from app.dashboard.media.errors import MediaError
from app.dashboard.web.rendering import render
from app.dashboard.web.state import state_of
from app.telemetry import dashboard as telemetry

EXPECTED = (HTTPException, CrmError, MediaError, psycopg.Error, PoolTimeout, PoolClosed)
"""What is answered here; anything else is a fault of ours, and is also logged with its trace."""

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
_BY_ERROR: tuple[tuple[tuple[type[Exception], ...], str], ...] = (
    ((UnreadableHandle, UnknownClient), "404_client"),
    ((UnknownReset,), "404_receipt"),
    ((RowsKeptError,), "409_kept"),
    ((ResetNotMade,), "503_not_reset"),
    ((ResetUnconfirmed,), "503_unconfirmed"),
    ((CrmError, psycopg.DataError), "400"),
    (_BUSY, "503_busy"),
    (_SCHEMA, "503_schema"),
    (_AWAY, "503"),
)
"""The first that fits. The errors of _BUSY are OperationalErrors too, so they come before _AWAY."""
_BY_STATUS: Mapping[int, str] = {403: "403", 404: "404", 405: "405", 413: "413"}

_WITHOUT_REASON = (ResetNotMade, ResetUnconfirmed)
"""Their own text may name the database's host: it is logged alone."""

_FOR_PROGRAMS: Mapping[str, str] = {
    "400": "Something in the address or the form is not what it should be.",
    "403": "Your account may read, and change nothing. Ask an admin for another role.",
    "403_origin": "The request came from another website. Nothing was done.",
    "404": "There is nothing at this address.",
    "405": "This address takes no such request.",
    "409_kept": "Nothing was reset: something in the database keeps rows of the client.",
    "413": "The form was larger than any form here should be.",
    "500": "This is our fault, and it has been logged. Nothing was half done.",
    "503": (
        "The database does not answer. Ask again in a moment. If something was to be changed,"
        " check whether it is done."
    ),
    "503_busy": (
        "An open transaction of another database session holds what was to be changed or read."
        " Nothing was deleted or changed. Try again when it has ended."
    ),
    "503_not_reset": (
        "Nothing was reset: the database could not be reached, or did not answer in time. Ask"
        " again in a moment."
    ),
    "503_unconfirmed": (
        "It is not known yet whether the client was reset: the connection to the database was lost"
        " at the commit. Ask for GET /api/resets/N with the number in `reset` once the database"
        " answers: with a receipt of this `at` the client is forgotten, else nothing was reset."
    ),
    "503_schema": "The schema is not the one of this novabot: run “novabot migrate”.",
}
"""What the API says, in English. Errors of app/crm carry their own text."""


@dataclass(frozen=True, slots=True)
class Failure:
    status: int
    key: str
    """Names the page's texts: `failure.KEY` the title, `failure.KEY_text` what to do."""
    reason: str
    """For programs."""
    reset: int | None = None
    """The receipt that there is if a reset was made of which that is not known yet."""
    at: datetime | None = None
    """That receipt's time: after a crash another reset may have its number."""


async def answer_failure(request: Request, error: Exception) -> Response:
    """A page, or JSON below /api; the database's own errors are also logged."""
    failure = describe_failure(error)
    if isinstance(error, (psycopg.Error, PoolTimeout, PoolClosed, *_WITHOUT_REASON)):
        telemetry.report_database_failure(error)
    if isinstance(error, MediaError):
        telemetry.report_media_failed(error.key, str(error))
    if isinstance(error, RowsKeptError):
        telemetry.report_rows_kept(str(error))
    if isinstance(error, errors.ReadOnlySqlTransaction):
        # A primary that was replaced and left up: all connections have to move.
        await state_of(request).pool.drain()
    headers = dict(error.headers or {}) if isinstance(error, HTTPException) else {}
    if failure.status == 503:
        headers["Retry-After"] = "5"
    if request.url.path.startswith("/api/"):
        told: dict[str, object] = {"error": failure.reason}
        if failure.reset is not None:
            told["reset"] = failure.reset
            told["at"] = failure.at.isoformat() if failure.at is not None else None
        return JSONResponse(told, failure.status, headers)
    return render(request, "failure.html", status=failure.status, headers=headers, failure=failure)


def describe_failure(error: Exception) -> Failure:
    if isinstance(error, HTTPException):
        key = _BY_STATUS.get(error.status_code, "400")
        if error.detail in _FOR_PROGRAMS:
            key = error.detail
        return Failure(error.status_code, key, _FOR_PROGRAMS[key])
    if isinstance(error, MediaError):
        return Failure(error.status, error.key, str(error))
    key = next((key for kinds, key in _BY_ERROR if isinstance(error, kinds)), "500")
    tells = isinstance(error, CrmError) and not isinstance(error, _WITHOUT_REASON)
    reason = str(error) if tells else _FOR_PROGRAMS[key]
    if isinstance(error, ResetUnconfirmed):
        return Failure(int(key[:3]), key, reason, error.reset, error.at)
    return Failure(int(key[:3]), key, reason)
