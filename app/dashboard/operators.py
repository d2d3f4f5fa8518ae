"""Who asks: the operator of a web session, or the program of an API token."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, cast

from starlette.requests import Request

from app.dashboard.accounts import hash_cookie, hash_token
from app.dashboard.queries import fetch_one, fetch_value
from app.dashboard.services import services_of

SESSION_COOKIE = "novabot_session"


@dataclass(frozen=True, slots=True)
class Operator:
    name: str
    role: Literal["admin", "operator", "viewer"]

    @property
    def may_change(self) -> bool:
        return self.role != "viewer"


def operator_of(request: Request) -> Operator | None:
    """Who was found for this request; None on pages that are open."""
    return cast("Operator | None", getattr(request.state, "operator", None))


def actor_of(request: Request) -> str:
    """The name that a receipt shows. Raises RuntimeError on an open route."""
    actor = cast("str | None", getattr(request.state, "actor", None))
    if actor is None:
        raise RuntimeError("this route asks nobody who they are")
    return actor


def hash_presented(request: Request, token: str) -> bytes:
    """What "WebSession" keeps of this cookie."""
    key = services_of(request).settings.secret_key.get_secret_value()
    return hash_cookie(key, token)


async def find_operator(request: Request) -> Operator | None:
    """The operator whose session cookie came along, if it is still valid."""
    token = request.cookies.get(SESSION_COOKIE)
    if not token:
        return None
    operator = await fetch_one(
        request, Operator, "SELECT * FROM find_web_session(%s)", [hash_presented(request, token)]
    )
    if operator is not None:
        request.state.operator = operator
        request.state.actor = operator.name
    return operator


async def find_token(request: Request) -> str | None:
    """The name of the API token that came along, if it is not revoked."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        return None
    name = cast(
        "str | None",
        await fetch_value(request, "SELECT find_api_token(%s)", [hash_token(token.strip())]),
    )
    request.state.actor = name
    return name
