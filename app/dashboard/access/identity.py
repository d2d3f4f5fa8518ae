"""Who asks: the operator of a web session, or the program of an API token."""

from __future__ import annotations

from starlette.requests import Request

from app.crm.operators import Operator, find_token, find_web_session, hash_cookie
from app.dashboard.web.state import pool_of, state_of

SESSION_COOKIE = "novabot_session"


def hash_presented(request: Request) -> bytes:
    """What "WebSession" keeps of the request's session cookie; without one, the hash of ""."""
    return hash_session(request, request.cookies.get(SESSION_COOKIE, ""))


def hash_session(request: Request, token: str) -> bytes:
    """What "WebSession" keeps of a session cookie."""
    return hash_cookie(state_of(request).settings.secret_key.get_secret_value(), token)


async def identify_operator(request: Request) -> Operator | None:
    """The operator of the request's session cookie; None without a valid one."""
    if not request.cookies.get(SESSION_COOKIE):
        return None
    operator = await find_web_session(pool_of(request), hash_presented(request))
    if operator is not None:
        request.state.operator = operator
        request.state.actor = operator.name
    return operator


async def identify_program(request: Request) -> str | None:
    """The name of the request's API token; None without a valid one."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        return None
    name = await find_token(pool_of(request), token.strip())
    request.state.actor = name
    return name
