"""Operators who log in to the dashboard, their web sessions, and the tokens of its JSON API."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, cast

from argon2 import PasswordHasher
from psycopg import errors

from app.crm.errors import AccountsError
from app.database.queries import Source, fetch_one, fetch_value

Role = Literal["admin", "operator", "viewer"]

MOST_CHARACTERS = 1024
"""Of a name or password: as many as the login form takes."""
TOKEN_PREFIX = "nova_"
"""Tells people and secret scanners what kind of secret a text is."""


@dataclass(frozen=True, slots=True)
class Operator:
    """A person who is logged in."""

    name: str
    role: Role

    @property
    def may_change(self) -> bool:
        return self.role != "viewer"


@dataclass(frozen=True, slots=True)
class Account:
    """What a login is judged by."""

    name: str
    password_hash: str


async def add_operator(source: Source, name: str, role: Role, password: str) -> None:
    """Adds an account. Raises AccountsError if there is one of that name, or no password."""
    name = name.strip()
    if not name:
        raise AccountsError("An account needs a name")
    if not password:
        raise AccountsError("The password is empty: type one, or give it on standard input")
    if any(len(text) > MOST_CHARACTERS or "\0" in text for text in (name, password)):
        raise AccountsError(
            f"Names and passwords have at most {MOST_CHARACTERS} characters, and no NUL"
        )
    try:
        await fetch_value(
            source,
            'INSERT INTO public."Operator" (name, role, "passwordHash") VALUES (%s, %s, %s)'
            " RETURNING name",
            (name, role, hash_password(password)),
        )
    except errors.UniqueViolation as error:
        raise AccountsError(f"There is an account named {name} already: choose another") from error


async def add_first_operator(source: Source, name: str, password: str) -> bool:
    """Adds an admin if there is no account at all; says whether it did."""
    if await fetch_value(source, 'SELECT EXISTS (SELECT FROM public."Operator")'):
        return False
    added = await fetch_value(
        source,
        'INSERT INTO public."Operator" (name, role, "passwordHash")'
        """ SELECT %s, 'admin', %s WHERE NOT EXISTS (SELECT FROM public."Operator")"""
        " ON CONFLICT DO NOTHING RETURNING name",
        (name, hash_password(password)),
    )
    return added is not None


async def begin_login(source: Source, account: str, address: str) -> datetime | None:
    """Counts a login before its password is judged: None, or the time to try again."""
    return cast(
        "datetime | None",
        await fetch_value(
            source, "SELECT novabot_internal.begin_login(%s, %s)", [account, address]
        ),
    )


async def find_account(source: Source, name: str) -> Account | None:
    return await fetch_one(
        source,
        Account,
        'SELECT name, "passwordHash" AS password_hash FROM public."Operator" WHERE name = %s',
        [name],
    )


async def finish_login(
    source: Source, account: str, address: str, token_hash: bytes, old_token_hash: bytes
) -> None:
    """After a right password: a new web session takes the place of the old one."""
    await fetch_value(
        source,
        "SELECT novabot_internal.finish_login(%s, %s, %s, %s)",
        [account, address, token_hash, old_token_hash],
    )


async def end_web_session(source: Source, token_hash: bytes) -> None:
    await fetch_value(
        source,
        'DELETE FROM public."WebSession" WHERE "tokenHash" = %s RETURNING operator',
        [token_hash],
    )


async def find_web_session(source: Source, token_hash: bytes) -> Operator | None:
    """The operator who is logged in with this cookie; None once it is not valid."""
    return await fetch_one(
        source, Operator, "SELECT * FROM novabot_internal.find_web_session(%s)", [token_hash]
    )


async def create_token(source: Source, name: str) -> str:
    """A new API token. Only its digest is kept, so this is the one time it can be read.

    Raises AccountsError.
    """
    name = name.strip()
    if not name:
        raise AccountsError("A token needs a name, that of the program which will use it")
    token = TOKEN_PREFIX + secrets.token_urlsafe(32)
    await fetch_value(
        source,
        'INSERT INTO public."ApiToken" ("tokenHash", name) VALUES (%s, %s) RETURNING name',
        (hash_token(token), name),
    )
    return token


async def find_token(source: Source, token: str) -> str | None:
    """The name of an API token; None for one that is unknown or revoked."""
    return cast(
        "str | None",
        await fetch_value(
            source, "SELECT novabot_internal.find_api_token(%s)", [hash_token(token)]
        ),
    )


def hash_password(password: str) -> str:
    """An argon2id hash, with its salt and parameters."""
    return PasswordHasher().hash(password)


def hash_cookie(key: str, token: str) -> bytes:
    """What "WebSession" keeps of a cookie. A new key (NOVABOT_SECRET_KEY) ends every session."""
    return hmac.digest(key.encode(), token.encode(), "sha256")


def hash_token(token: str) -> bytes:
    """What "ApiToken" keeps of a token: it is random, so it needs no salt."""
    return hashlib.sha256(token.encode()).digest()
