"""The bots page: who listens, and what they could not read."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from app.crm.bots import list_bots
from app.crm.set_aside import list_set_aside
from app.dashboard.web.rendering import render, wants_fragment
from app.dashboard.web.state import pool_of


async def show_bots(request: Request) -> Response:
    """GET /bots"""
    bots = await list_bots(pool_of(request))
    if wants_fragment(request):
        return render(request, "_bots.html", bots=bots)
    return render(
        request, "bots.html", bots=bots, set_aside=await list_set_aside(pool_of(request), None)
    )
