"""What an operator settles of a message that may not have arrived."""

from __future__ import annotations

from uuid import UUID

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app.crm.sending.by_operators import note_arrived, resend_message
from app.dashboard.web.input import read_incarnation, read_segment
from app.dashboard.web.rendering import quote_segment, render
from app.dashboard.web.state import pool_of


async def resend(request: Request) -> Response:
    """POST /messages/{token}/resend: a second time changes nothing."""
    token, incarnation = _read_token(request), await read_incarnation(request)
    operator = request.state.operator.name
    client_id = await resend_message(pool_of(request), token, incarnation, operator)
    return _go_back(request, client_id, incarnation)


async def note_that_it_arrived(request: Request) -> Response:
    """POST /messages/{token}/arrived"""
    token, incarnation = _read_token(request), await read_incarnation(request)
    client_id = await note_arrived(pool_of(request), token, incarnation)
    return _go_back(request, client_id, incarnation)


def _read_token(request: Request) -> UUID:
    try:
        return UUID(read_segment(request, "token"))
    except ValueError:
        raise HTTPException(404) from None


def _go_back(request: Request, client_id: str | None, incarnation: UUID | None) -> Response:
    if client_id is not None:
        return RedirectResponse(f"/clients/{quote_segment(client_id)}", 303)
    if incarnation is None:
        raise HTTPException(404)
    return render(request, "unchanged.html", client_id=None)
