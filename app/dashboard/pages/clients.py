"""The client list, a client's page, and pausing the bot for one."""

from __future__ import annotations

import json

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app.addresses import write_address
from app.crm.clients import (
    Client,
    count_clients,
    describe_client,
    find_client_id,
    list_clients,
    pause_client,
)
from app.crm.conversation import read_conversation
from app.crm.errors import UnreadableHandle
from app.crm.set_aside import list_set_aside
from app.dashboard.access.roles import read_segment
from app.dashboard.pages.timeline import show_messages
from app.dashboard.web.input import read_incarnation, read_number, read_query
from app.dashboard.web.rendering import quote_segment, render, wants_fragment, words_of
from app.dashboard.web.state import pool_of
from app.database.queries import Source, open_snapshot


async def show_clients(request: Request) -> Response:
    """GET /clients?q=&after="""
    search, after = read_query(request, "q").strip(), read_query(request, "after")
    async with open_snapshot(pool_of(request)) as conn:
        page = await list_clients(conn, search, after)
        total = 0 if wants_fragment(request) else await count_clients(conn)
    if wants_fragment(request):
        return render(request, "_clients.html", page=page, q=search, after=after)
    return render(request, "clients.html", page=page, q=search, after=after, total=total)


async def show_client(request: Request) -> Response:
    """GET /clients/{id}?before=: the page; any other spelling leads to it."""
    handle = read_segment(request, "id")
    before = read_number(read_query(request, "before"))
    async with open_snapshot(pool_of(request)) as conn:
        client = await describe_client(conn, handle)
        if client is None:
            found = await get_client_id(conn, handle)
            return RedirectResponse(f"/clients/{quote_segment(found)}", 303)
        conversation = await read_conversation(conn, client.id, before)
        set_aside = await list_set_aside(conn, client.id) if client.set_aside else []
    messages = show_messages(conversation.messages, words_of(request))
    if wants_fragment(request):
        return render(
            request,
            "_timeline.html",
            client=client,
            messages=messages,
            before_first=conversation.before,
        )
    context = dict(client.context or {})
    return render(
        request,
        "client.html",
        client=client,
        messages=messages,
        before_first=conversation.before,
        before=before,
        addresses=[(alias, write_address(alias)) for alias in client.aliases],
        context=json.dumps(context, ensure_ascii=False, indent=2) if context else "",
        set_aside=set_aside,
    )


async def pause(request: Request) -> Response:
    """POST /clients/{id}/pause"""
    return await _set_paused(request, pausing=True)


async def resume(request: Request) -> Response:
    """POST /clients/{id}/resume"""
    return await _set_paused(request, pausing=False)


async def get_client(source: Source, handle: str) -> Client:
    """The client that a handle leads to, in any spelling. Raises 404 for a stranger."""
    client = await describe_client(source, handle)
    if client is None:
        client = await describe_client(source, await get_client_id(source, handle))
    if client is None:
        raise HTTPException(404, "404_client")
    return client


async def get_client_id(source: Source, handle: str) -> str:
    """The id that a handle leads to. Raises 404 for a stranger and for no handle at all."""
    try:
        found = await find_client_id(source, handle)
    except UnreadableHandle:
        found = None
    if found is None:
        raise HTTPException(404, "404_client")
    return found


async def _set_paused(request: Request, *, pausing: bool) -> Response:
    handle = read_segment(request, "id")
    incarnation = await read_incarnation(request)
    client_id = await get_client_id(pool_of(request), handle)
    if not await pause_client(pool_of(request), client_id, incarnation, pausing=pausing):
        return render(request, "unchanged.html", client_id=client_id)
    return RedirectResponse(f"/clients/{quote_segment(client_id)}", 303)
