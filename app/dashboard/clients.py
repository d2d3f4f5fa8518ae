"""The client list, a client's page, and pausing the bot for one."""

from __future__ import annotations

import json

from psycopg import Error
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app.dashboard.auth import read_segment
from app.dashboard.client_rows import (
    Client,
    count_clients,
    describe_client,
    find_client_id,
    list_clients,
    list_set_aside,
    write_address,
)
from app.dashboard.failures import UNREADABLE_HANDLE
from app.dashboard.forms import read_life, read_number, read_query
from app.dashboard.pages import quote_segment, render, wants_fragment
from app.dashboard.queries import fetch_value
from app.dashboard.timeline import read_timeline


async def show_clients(request: Request) -> Response:
    """GET /clients?q=&after="""
    search, after = read_query(request, "q").strip(), read_query(request, "after")
    page = await list_clients(request, search, after)
    if wants_fragment(request):
        return render(request, "_clients.html", page=page, q=search, after=after)
    total = await count_clients(request)
    return render(request, "clients.html", page=page, q=search, after=after, total=total)


async def show_client(request: Request) -> Response:
    """GET /clients/{id}?before=: the page; any other spelling leads to it."""
    handle = read_segment(request, "id")
    client = await describe_client(request, handle)
    if client is None:
        found = await find_reader_meant(request, handle)
        return RedirectResponse(f"/clients/{quote_segment(found)}", 303)
    before = read_number(read_query(request, "before"))
    timeline = await read_timeline(request, client.id, before)
    if wants_fragment(request):
        return render(request, "_timeline.html", client=client, timeline=timeline)
    context = dict(client.context or {})
    return render(
        request,
        "client.html",
        client=client,
        timeline=timeline,
        before=before,
        addresses=[(alias, write_address(alias)) for alias in client.aliases],
        context=json.dumps(context, ensure_ascii=False, indent=2) if context else "",
        set_aside=await list_set_aside(request, client.id) if client.set_aside else [],
    )


async def pause(request: Request) -> Response:
    """POST /clients/{id}/pause"""
    return await _set_paused(request, pausing=True)


async def resume(request: Request) -> Response:
    """POST /clients/{id}/resume"""
    return await _set_paused(request, pausing=False)


async def get_client(request: Request) -> Client:
    """The client of this path, in any spelling. Raises 404 for a stranger."""
    handle = read_segment(request, "id")
    client = await describe_client(request, handle)
    if client is None:
        client = await describe_client(request, await find_reader_meant(request, handle))
    if client is None:
        raise HTTPException(404, "404_client")
    return client


async def find_reader_meant(request: Request, handle: str) -> str:
    """The id that a handle leads to. Raises 404 for a stranger and for no handle at all."""
    try:
        found = await find_client_id(request, handle)
    except Error as error:
        if error.sqlstate != UNREADABLE_HANDLE:
            raise
        found = None
    if found is None:
        raise HTTPException(404, "404_client")
    return found


async def _set_paused(request: Request, *, pausing: bool) -> Response:
    handle = read_segment(request, "id")
    life = await read_life(request)
    client_id = await find_reader_meant(request, handle)
    done = await fetch_value(request, "SELECT pause_client(%s, %s, %s)", [client_id, life, pausing])
    if not done:
        return render(request, "unchanged.html", client_id=client_id)
    return RedirectResponse(f"/clients/{quote_segment(client_id)}", 303)
