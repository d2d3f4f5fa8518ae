"""Who asks: the operator of a web session, or the program of an API token."""

from __future__ import annotations

from typing import cast

from starlette.requests import Request

from app.crm.operators import Operator, find_token, find_web_session, hash_cookie
from app.dashboard.web.state import pool_of, services_of

SESSION_COOKIE = "novabot_session"


def operator_of(request: Request) -> Operator | None:
    """The operator that was found for this request; None on pages that are open."""
    return cast("Operator | None", getattr(request.state, "operator", None))


def actor_of(request: Request) -> str:
    """The name that a receipt shows. Raises RuntimeError on an open route."""
    actor = cast("str | None", getattr(request.state, "actor", None))
    if actor is None:
        raise RuntimeError("this route does not ask for a login or a token")
    return actor


def hash_presented(request: Request) -> bytes:
    """What "WebSession" keeps of the cookie that came along; the digest of "" without one."""
    return hash_session(request, request.cookies.get(SESSION_COOKIE, ""))


def hash_session(request: Request, token: str) -> bytes:
    """What "WebSession" keeps of this cookie."""
    return hash_cookie(services_of(request).settings.secret_key.get_secret_value(), token)


async def identify_operator(request: Request) -> Operator | None:
    """The operator whose session cookie came along, if it is still valid."""
    if not request.cookies.get(SESSION_COOKIE):
        return None
    operator = await find_web_session(pool_of(request), hash_presented(request))
    if operator is not None:
        request.state.operator = operator
        request.state.actor = operator.name
    return operator


async def identify_program(request: Request) -> str | None:
    """The name of the API token that came along, if it is not revoked."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        return None
    name = await find_token(pool_of(request), token.strip())
    request.state.actor = name
    return name
