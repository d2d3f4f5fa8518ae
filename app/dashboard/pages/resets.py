"""The resets, the latest first."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from app.crm.resets import list_resets
from app.dashboard.web.input import read_number, read_query
from app.dashboard.web.rendering import render, wants_fragment
from app.dashboard.web.state import pool_of
from app.database.queries import open_snapshot


async def show_resets(request: Request) -> Response:
    """GET /resets?before="""
    before = read_number(read_query(request, "before"))
    async with open_snapshot(pool_of(request)) as conn:
        resets, following = await list_resets(conn, before)
    template = "_resets.html" if wants_fragment(request) else "resets.html"
    return render(request, template, resets=resets, following=following, before=before)
