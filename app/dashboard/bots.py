"""The bots page: who listens, and what they could not read."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from app.dashboard.bot_rows import list_bots
from app.dashboard.client_rows import list_set_aside
from app.dashboard.pages import render, wants_fragment


async def show_bots(request: Request) -> Response:
    """GET /bots"""
    bots = await list_bots(request)
    if wants_fragment(request):
        return render(request, "_bots.html", bots=bots)
    return render(request, "bots.html", bots=bots, set_aside=await list_set_aside(request, None))
