"""Who may use the dashboard (accounts) and its JSON API (tokens)."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import Any

from argon2 import PasswordHasher
from psycopg import Connection, errors

LONGEST = 1024
"""Characters of a name or password; what the login form takes."""
TOKEN_PREFIX = "nova_"
"""So that secret scanners, and people, know what they found."""


class AccountsError(Exception):
    """The account or token can't be made; the text says why and what to do."""


def add_operator(conn: Connection[Any], name: str, role: str, password: str) -> None:
    """Adds an account. Raises AccountsError if there is one of that name, or no password."""
    name = name.strip()
    if not name:
        raise AccountsError("An account needs a name")
    if not password:
        raise AccountsError("The password is empty: type one, or give it on standard input")
    if any(len(text) > LONGEST or "\0" in text for text in (name, password)):
        raise AccountsError(f"Names and passwords have at most {LONGEST} characters, and no NUL")
    try:
        conn.execute(
            'INSERT INTO "Operator" (name, role, "passwordHash") VALUES (%s, %s, %s)',
            (name, role, hash_password(password)),
        )
    except errors.UniqueViolation as error:
        raise AccountsError(f"There is an account named {name} already: choose another") from error


def add_first_operator(conn: Connection[Any], name: str, password: str) -> bool:
    """Adds an admin if there is no account at all; says whether it did."""
    if conn.execute('SELECT 1 FROM "Operator" LIMIT 1').fetchone() is not None:
        return False
    added = conn.execute(
        'INSERT INTO "Operator" (name, role, "passwordHash")'
        """ SELECT %s, 'admin', %s WHERE NOT EXISTS (SELECT FROM "Operator")"""
        " ON CONFLICT DO NOTHING",
        (name, hash_password(password)),
    )
    return added.rowcount == 1


def create_token(conn: Connection[Any], name: str) -> str:
    """A new API token. Only its digest is kept, so this is the one time it can be read."""
    name = name.strip()
    if not name:
        raise AccountsError("A token needs a name, that of the program which will use it")
    token = TOKEN_PREFIX + secrets.token_urlsafe(32)
    conn.execute(
        'INSERT INTO "ApiToken" ("tokenHash", name) VALUES (%s, %s)', (hash_token(token), name)
    )
    return token


def hash_password(password: str) -> str:
    """An argon2id hash, with its salt and parameters."""
    return PasswordHasher().hash(password)


def hash_cookie(key: str, token: str) -> bytes:
    """What the tables keep of a login's cookie: another NOVABOT_SECRET_KEY logs everybody out."""
    return hmac.digest(key.encode(), token.encode(), "sha256")


def hash_token(token: str) -> bytes:
    """What the tables keep of a random token (no salt: it can't be guessed)."""
    return hashlib.sha256(token.encode()).digest()
