"""What leaks past the tables: rights that are too wide, and a server log that quotes clients."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from psycopg import Connection

from app.database.lock_down import describe_open
from app.doctor.finding import Finding

_QUIET = {
    "log_error_verbosity": ("terse",),
    "log_min_error_statement": ("panic", "fatal", "log"),
    "log_statement": ("none", "ddl"),
    "log_min_duration_statement": ("-1",),
    "log_min_duration_sample": ("-1",),
    "log_transaction_sample_rate": ("0",),
    "log_parameter_max_length_on_error": ("0",),
    "auto_explain.log_min_duration": ("-1",),
    "pgaudit.log_parameter": ("off",),
}
"""Values that keep clients out of the server's log, a setting each; the first is advised."""


def check_rights(conn: Connection[Any]) -> Iterator[Finding]:
    found = conn.execute(
        "SELECT fault, mend, grave FROM novabot_internal.find_open_rights()"
    ).fetchall()
    for fault, mend, grave in found:
        yield Finding("fault" if grave else "warning", "rights", fault, mend)
    row = conn.execute(
        "SELECT rolname, rolsuper, current_setting('novabot.embedded', true) = 'on'"
        " FROM pg_roles WHERE rolname = current_user"
    ).fetchone()
    role, is_superuser, is_embedded = row or ("?", False, False)
    if is_superuser and not is_embedded:
        yield Finding(
            "warning",
            "rights",
            f"novabot connects as {role}, a superuser",
            "give it a role that owns this database and nothing else",
        )
    elif not found:
        told = "the superuser of the embedded server" if is_superuser else "no superuser"
        yield Finding("ok", "rights", f"{role} is {told}, PUBLIC has no rights")


def check_connecting(conn: Connection[Any]) -> Iterator[Finding]:
    found = describe_open(conn)
    if found is None:
        yield Finding("ok", "connecting", "PUBLIC may not connect")
        return
    rights, revoke = found
    yield Finding(
        "warning",
        "connecting",
        f"PUBLIC has {rights} on this database: any role of the server can fill the queue of"
        " notifications, and then no reset commits",
        f"{revoke} (novabot migrate --lock-down does it, and sees that the services' roles can"
        " connect)",
    )


def check_server_log(conn: Connection[Any]) -> Iterator[Finding]:
    found = dict(
        conn.execute(
            "SELECT name, setting FROM pg_settings WHERE name = ANY (%s)", (list(_QUIET),)
        ).fetchall()
    )
    loud = {name: value for name, value in found.items() if value not in _QUIET[name]}
    for name, value in sorted(loud.items()):
        yield Finding(
            "warning",
            "server log",
            f"{name} = {value}: clients' numbers and texts can get into the server's log, which"
            " no reset cleans",
            f"ALTER SYSTEM SET {name} = '{_QUIET[name][0]}'; SELECT pg_reload_conf()",
        )
    if not loud:
        yield Finding("ok", "server log", "quotes no keys, statements or parameters")
