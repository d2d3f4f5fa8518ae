"""What a log line says about an error: its kind, its place, and what it came from.

The message of an exception may quote what a client wrote, so it is left out. Kept are the
messages that cannot: those of the operating system, of lost connections, and PostgreSQL's own
for the classes of errors below (the values are in its DETAIL, which is left out).
"""

from __future__ import annotations

import os
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from traceback import walk_tb
from typing import cast

import psycopg

LONGEST_CHAIN = 8
"""Errors that one line describes."""

_QUOTING_NOTHING = frozenset({"08", "23", "25", "40", "53", "55", "57", "58"})
"""SQLSTATE classes: connection, constraint, transaction state, rollback, resources, object state,
operator intervention, system."""
_SCHEMA_FAULTS = frozenset({"42501", "42883", "42P01"})
"""Insufficient privilege, undefined function, undefined table: they name parts of the schema."""
_RAISE = "exec_stmt_raise"
"""The server's function behind RAISE in PL/pgSQL, whose message can say anything."""

_SOURCE = Path(__file__).resolve().parents[2]
_APPLICATION = str(_SOURCE / "app") + os.sep
_LIBRARIES = tuple({sysconfig.get_path(name) for name in ("stdlib", "purelib", "platlib")})


def describe_error(error: BaseException) -> dict[str, str]:
    """The fields of a log line: `error`, `at`, `trace`, and `caused_by` where there is a cause."""
    first, *causes = _list_chain(error)
    described = {"error": _name(first), "at": _find_place(first), "trace": _trace(first)}
    if causes:
        described["caused_by"] = "; ".join(f"{_name(one)} at {_find_place(one)}" for one in causes)
    return described


def _list_chain(error: BaseException) -> list[BaseException]:
    """The error, then its causes and the members of groups; each once."""
    chain: list[BaseException] = []
    waiting: list[BaseException] = [error]
    while waiting and len(chain) < LONGEST_CHAIN:
        one = waiting.pop(0)
        if any(one is known for known in chain):
            continue
        chain.append(one)
        if isinstance(one, BaseExceptionGroup):
            waiting.extend(cast("BaseExceptionGroup[BaseException]", one).exceptions)
        cause = one.__cause__ or (None if one.__suppress_context__ else one.__context__)
        if cause is not None:
            waiting.append(cause)
    return chain


def _name(error: BaseException) -> str:
    kind = type(error).__qualname__
    match error:
        case psycopg.Error() if error.sqlstate is not None:
            primary = error.diag.message_primary
            kind = f"{kind} {error.sqlstate}"
            return f"{kind}: {primary}" if primary and _quotes_nothing(error) else kind
        case psycopg.OperationalError() | psycopg.InterfaceError():
            return f"{kind}: {str(error).partition(chr(10))[0]}" if str(error) else kind
        case OSError(errno=int(number)) if number > 0:
            return f"{kind}: {os.strerror(number)}"
        case _:
            return kind


def _quotes_nothing(error: psycopg.Error) -> bool:
    sqlstate = error.sqlstate or ""
    known = sqlstate[:2] in _QUOTING_NOTHING or sqlstate in _SCHEMA_FAULTS
    return known and error.diag.source_function != _RAISE


def _find_place(error: BaseException) -> str:
    """The innermost frame that is not a library's, as `app/crm/clients.py:42`."""
    frames = list(_list_frames(error))
    own = [place for place, is_own in frames if is_own]
    return own[-1] if own else frames[-1][0] if frames else "?"


def _trace(error: BaseException) -> str:
    """The frames that are not a library's, outermost first, and the innermost of all."""
    frames = list(_list_frames(error))
    kept = [place for place, is_own in frames[:-1] if is_own] + [place for place, _ in frames[-1:]]
    return " > ".join(kept) or "?"


def _list_frames(error: BaseException) -> Iterator[tuple[str, bool]]:
    """Each frame as file:line, and whether it is of ours or of the operator's responder."""
    for frame, line in walk_tb(error.__traceback__):
        file = frame.f_code.co_filename
        if file.startswith(_APPLICATION):
            yield f"{Path(file).relative_to(_SOURCE)}:{line}", True
        else:
            is_own = file.startswith(os.sep) and not file.startswith(_LIBRARIES)
            yield f"{'/'.join(Path(file).parts[-2:])}:{line}", is_own
