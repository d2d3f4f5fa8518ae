"""The receipt of a reset."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from app.crm.errors import UnknownReset
from app.crm.resets import get_receipt
from app.dashboard.web.input import read_number, read_segment
from app.dashboard.web.rendering import render, wants_fragment
from app.dashboard.web.state import pool_of
from app.database.queries import open_snapshot

UNREPLICATED = "unreplicated"
"""In the address of a receipt: no synchronous standby had confirmed the commit by then."""


async def show_receipt(request: Request) -> Response:
    """GET /resets/{reset}"""
    reset_id = read_number(read_segment(request, "reset"))
    if reset_id is None:
        raise UnknownReset
    async with open_snapshot(pool_of(request)) as conn:
        receipt = await get_receipt(conn, reset_id)
    template = "_receipt.html" if wants_fragment(request) else "receipt.html"
    return render(
        request, template, receipt=receipt, is_replicated=UNREPLICATED not in request.query_params
    )
