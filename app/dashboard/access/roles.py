"""Routes by who may use them: any caller, operators, operators who may change, programs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from app.dashboard.access.identity import identify_operator, identify_program
from app.dashboard.web.rendering import wants_fragment

Endpoint = Callable[[Request], Awaitable[Response]]


def open_route(path: str, endpoint: Endpoint, methods: Sequence[str] = ("GET",)) -> Route:
    """A route that asks for no login."""
    return Route(path, endpoint, methods=list(methods))


def operator_route(path: str, endpoint: Endpoint) -> Route:
    """A page that every operator may read, whatever the role."""

    async def ask(request: Request) -> Response:
        if await identify_operator(request) is None:
            return _send_to_login(request)
        return await endpoint(request)

    return Route(path, ask)


def change_route(path: str, endpoint: Endpoint, methods: Sequence[str] = ("POST",)) -> Route:
    """A route for operators who may change something: 403 for a viewer."""

    async def ask(request: Request) -> Response:
        operator = await identify_operator(request)
        if operator is None:
            return _send_to_login(request)
        if not operator.may_change:
            raise HTTPException(403)
        return await endpoint(request)

    return Route(path, ask, methods=list(methods))


def program_route(path: str, endpoint: Endpoint, methods: Sequence[str] = ("GET",)) -> Route:
    """A route of the JSON API, which asks for a token."""

    async def ask(request: Request) -> Response:
        if await identify_program(request) is None:
            return JSONResponse(
                {"error": "a valid token is needed: Authorization: Bearer TOKEN"},
                401,
                {"WWW-Authenticate": 'Bearer realm="novabot"'},
            )
        return await endpoint(request)

    return Route(path, ask, methods=list(methods))


def _send_to_login(request: Request) -> Response:
    if wants_fragment(request):
        return Response(status_code=401, headers={"HX-Redirect": "/login"})
    if request.method not in {"GET", "HEAD"}:
        return RedirectResponse("/login", 303)
    path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return RedirectResponse(f"/login?next={quote(path, safe='/@')}", 303)
