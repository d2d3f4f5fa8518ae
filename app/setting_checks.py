"""The checks of settings: each returns the value, or raises ValueError with its fault."""

from __future__ import annotations

import re
from urllib.parse import unquote, urlsplit

import psycopg
from psycopg.conninfo import conninfo_to_dict
from psycopg.pq import Conninfo
from pydantic import SecretStr

_PARAMETER_ADVICE = {
    "pgbouncer": ", and set LISTEN_DATABASE_URL to a direct connection",
    "schema": "; the tables are in the schema public",
    "ssl": ", or write sslmode=require",
}
"""What else to do about parameters of other drivers, where there is something."""


def check_database_url(url: str) -> str:
    if url and not url.startswith(("postgresql://", "postgres://")):
        raise ValueError("is not a libpq URL: it begins with postgresql://")
    try:
        conninfo_to_dict(url)
    except psycopg.Error:
        unknown = _list_unknown_parameters(url)
        if unknown:
            raise ValueError(
                f"libpq knows no parameter {', '.join(unknown)}: remove it from the URL"
                + _PARAMETER_ADVICE.get(unknown[0], "")
            ) from None
        raise ValueError("is not a libpq URL: postgresql://user:password@host/database") from None
    return url


def _list_unknown_parameters(url: str) -> list[str]:
    """Those of the URL's query, as other programs' drivers have them; never their values."""
    known = {option.keyword.decode() for option in Conninfo.get_defaults()}
    address = re.sub(r"^\w+://([^@/]*@)?", "", url)
    names = [unquote(part.partition("=")[0]) for part in address.partition("?")[2].split("&")]
    return [name for name in names if re.fullmatch(r"\w+", name) and name not in known]


def check_http_url(url: str) -> str:
    if not re.fullmatch(r"https?://[^\s/?#]+(/[^\s?#]*)?", url):
        raise ValueError("is not a URL: it begins with https:// and has no query")
    try:
        _ = urlsplit(url).port
    except ValueError:
        raise ValueError("is not a URL: its port is no number up to 65535") from None
    return url.rstrip("/")


def check_digits(value: str) -> str:
    if not re.fullmatch(r"[0-9]*", value):
        raise ValueError("is not an id: it has digits only (it is not the phone number)")
    return value


def check_factory(value: str) -> str:
    if not re.fullmatch(r"[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*", value):
        raise ValueError("is not of the form package.module:factory")
    return value


def check_token(token: SecretStr) -> SecretStr:
    text = token.get_secret_value()
    if not text.isascii() or not text.isprintable() or " " in text:
        raise ValueError("holds characters that no token has: copy it again")
    return token


def check_secret_key(key: SecretStr) -> SecretStr:
    if len(key.get_secret_value()) < 32:
        raise ValueError(
            "is too short: it needs at least 32 characters, from `openssl rand -hex 32`"
        )
    return key


def strip_line_end(value: object) -> object:
    """Removes the line end that files and shells add to a secret."""
    match value:
        case str():
            return value.strip()
        case SecretStr():
            return SecretStr(value.get_secret_value().strip())
        case _:
            return value
