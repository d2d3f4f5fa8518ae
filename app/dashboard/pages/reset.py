"""Resetting a client: the page that says what will be deleted, and the deletion."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app.crm.bots import list_bots
from app.crm.clients import get_client
from app.crm.identity import list_earlier_clients
from app.crm.resetting import reset_incarnation
from app.dashboard.pages.receipt import UNREPLICATED
from app.dashboard.web.input import read_incarnation, read_segment
from app.dashboard.web.rendering import render
from app.dashboard.web.state import actor_of, pool_of
from app.database.queries import open_snapshot
from app.telemetry.dashboard import count_reset


async def confirm_reset(request: Request) -> Response:
    """GET /clients/{id}/reset"""
    handle = read_segment(request, "id")
    async with open_snapshot(pool_of(request)) as conn:
        client = await get_client(conn, handle)
        earlier = await list_earlier_clients(conn, client.aliases)
        bots = [bot for bot in await list_bots(conn) if bot.state == "listening"]
    return render(request, "reset.html", client=client, earlier_clients=earlier, bots=bots)


async def create_reset(request: Request) -> Response:
    """POST /clients/{id}/reset: 303 to the receipt; a page for another incarnation by now."""
    handle = read_segment(request, "id")
    incarnation = await read_incarnation(request)
    reset = await reset_incarnation(
        pool_of(request), handle, incarnation, actor=actor_of(request), door="dashboard"
    )
    if reset is None:
        async with open_snapshot(pool_of(request)) as conn:
            client = await get_client(conn, handle)
        return render(request, "another_incarnation.html", client=client)
    count_reset("dashboard")
    place = f"/resets/{reset.id}" + ("" if reset.is_replicated else f"?{UNREPLICATED}")
    return RedirectResponse(place, 303)
