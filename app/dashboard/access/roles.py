"""Which routes ask for what. A route that isn't open asks for a login, or for a token."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from urllib.parse import quote, unquote, urlsplit

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from app.dashboard.access.identity import identify_operator, identify_program
from app.dashboard.web.rendering import wants_fragment

Endpoint = Callable[[Request], Awaitable[Response]]


def for_everybody(path: str, endpoint: Endpoint, methods: Sequence[str] = ("GET",)) -> Route:
    """An open route."""
    return Route(path, endpoint, methods=list(methods))


def for_operators(path: str, endpoint: Endpoint) -> Route:
    """A page: readable for every operator, whatever the role."""

    async def ask(request: Request) -> Response:
        if await identify_operator(request) is None:
            return _send_to_login(request)
        return await endpoint(request)

    return Route(path, ask)


def for_changes(path: str, endpoint: Endpoint, methods: Sequence[str] = ("POST",)) -> Route:
    """What viewers may not do."""

    async def ask(request: Request) -> Response:
        operator = await identify_operator(request)
        if operator is None:
            return _send_to_login(request)
        if not operator.may_change:
            raise HTTPException(403, "403_text")
        return await endpoint(request)

    return Route(path, ask, methods=list(methods))


def for_programs(path: str, endpoint: Endpoint, methods: Sequence[str] = ("GET",)) -> Route:
    """The JSON API: by token."""

    async def ask(request: Request) -> Response:
        if await identify_program(request) is None:
            return JSONResponse(
                {"error": "a valid token is needed: Authorization: Bearer TOKEN"},
                401,
                {"WWW-Authenticate": 'Bearer realm="novabot"'},
            )
        return await endpoint(request)

    return Route(path, ask, methods=list(methods))


def is_local(path: str) -> bool:
    """Whether a path given from outside stays on this site."""
    parts = urlsplit(path)
    return (
        path.startswith("/")
        and not path.startswith(("//", "/\\"))
        and not parts.scheme
        and not parts.netloc
        and path.isprintable()
        and "\\" not in path
    )


def read_segment(request: Request, name: str) -> str:
    """A part of the path as it was meant: routes match the path still encoded."""
    text = unquote(request.path_params[name])
    if "\0" in text:
        raise HTTPException(404)
    return text


def _send_to_login(request: Request) -> Response:
    if wants_fragment(request):
        return Response(status_code=401, headers={"HX-Redirect": "/login"})
    if request.method not in {"GET", "HEAD"}:
        return RedirectResponse("/login", 303)
    path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return RedirectResponse(f"/login?next={quote(path, safe='/@')}", 303)
