"""Resetting a client, the list of resets, and the receipt of one."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app.dashboard.auth import read_segment
from app.dashboard.bot_rows import list_bots
from app.dashboard.client_rows import describe_client
from app.dashboard.clients import find_reader_meant, get_client
from app.dashboard.forms import read_life, read_number, read_query
from app.dashboard.pages import render, wants_fragment
from app.dashboard.reset_rows import list_resets, read_receipt, reset_life


async def confirm_reset(request: Request) -> Response:
    """GET /clients/{id}/reset: what will go."""
    client = await get_client(request)
    bots = [bot for bot in await list_bots(request) if bot.state == "listening"]
    return render(request, "reset.html", client=client, bots=bots)


async def create_reset(request: Request) -> Response:
    """POST /clients/{id}/reset: 303 to the receipt; a calm page if it is somebody else by now."""
    handle = read_segment(request, "id")
    life = await read_life(request)
    reset = await reset_life(request, handle, life, "dashboard")
    if reset is not None:
        return RedirectResponse(f"/resets/{reset.id}", 303)
    client = await describe_client(request, await find_reader_meant(request, handle))
    if client is None:
        raise HTTPException(404, "404_client")
    return render(request, "another_life.html", client=client)


async def show_resets(request: Request) -> Response:
    """GET /resets?before="""
    before = read_number(read_query(request, "before"))
    resets, following = await list_resets(request, before)
    template = "_resets.html" if wants_fragment(request) else "resets.html"
    return render(request, template, resets=resets, following=following, before=before)


async def show_receipt(request: Request) -> Response:
    """GET /resets/{reset}"""
    reset_id = read_number(read_segment(request, "reset"))
    receipt = None if reset_id is None else await read_receipt(request, reset_id)
    if receipt is None:
        raise HTTPException(404, "404_receipt")
    template = "_receipt.html" if wants_fragment(request) else "receipt.html"
    return render(request, template, receipt=receipt)
