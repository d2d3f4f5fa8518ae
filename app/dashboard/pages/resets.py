"""Resetting a client, the list of resets, and the receipt of one."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app.crm.bots import list_bots
from app.crm.clients import describe_client
from app.crm.resets import find_receipt, list_resets, reset_incarnation
from app.dashboard.access.identity import actor_of
from app.dashboard.access.roles import read_segment
from app.dashboard.pages.clients import get_client, get_client_id
from app.dashboard.web.input import read_incarnation, read_number, read_query
from app.dashboard.web.rendering import render, wants_fragment
from app.dashboard.web.state import pool_of
from app.database.queries import open_snapshot


async def confirm_reset(request: Request) -> Response:
    """GET /clients/{id}/reset: what will go."""
    async with open_snapshot(pool_of(request)) as conn:
        client = await get_client(conn, read_segment(request, "id"))
        bots = [bot for bot in await list_bots(conn) if bot.state == "listening"]
    return render(request, "reset.html", client=client, bots=bots)


async def create_reset(request: Request) -> Response:
    """POST /clients/{id}/reset: 303 to the receipt; a calm page if it is somebody else by now."""
    handle = read_segment(request, "id")
    incarnation = await read_incarnation(request)
    pool = pool_of(request)
    reset = await reset_incarnation(
        pool, handle, incarnation, actor=actor_of(request), door="dashboard"
    )
    if reset is not None:
        return RedirectResponse(f"/resets/{reset.id}", 303)
    client = await describe_client(pool, await get_client_id(pool, handle))
    if client is None:
        raise HTTPException(404, "404_client")
    return render(request, "another_life.html", client=client)


async def show_resets(request: Request) -> Response:
    """GET /resets?before="""
    before = read_number(read_query(request, "before"))
    resets, following = await list_resets(pool_of(request), before)
    template = "_resets.html" if wants_fragment(request) else "resets.html"
    return render(request, template, resets=resets, following=following, before=before)


async def show_receipt(request: Request) -> Response:
    """GET /resets/{reset}"""
    reset_id = read_number(read_segment(request, "reset"))
    receipt = None if reset_id is None else await find_receipt(pool_of(request), reset_id)
    if receipt is None:
        raise HTTPException(404, "404_receipt")
    template = "_receipt.html" if wants_fragment(request) else "receipt.html"
    return render(request, template, receipt=receipt)
