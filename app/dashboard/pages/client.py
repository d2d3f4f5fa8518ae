"""A client: the conversation, what the bot remembers, its addresses, and pausing the bot."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app.addresses import write_address
from app.crm.clients import find_client, get_client_id, pause_client
from app.crm.conversation import read_conversation
from app.crm.identity import list_earlier_clients, list_identity_notes
from app.crm.opting_out import describe_opt_out
from app.crm.set_aside import list_set_aside
from app.dashboard.pages.identity_notes import describe_notes
from app.dashboard.pages.set_aside import describe_items
from app.dashboard.pages.timeline import describe_messages
from app.dashboard.web.i18n import Language
from app.dashboard.web.input import read_incarnation, read_number, read_query, read_segment
from app.dashboard.web.rendering import language_of, quote_segment, render, wants_fragment
from app.dashboard.web.state import pool_of
from app.database.queries import open_snapshot


async def show_client(request: Request) -> Response:
    """GET /clients/{id}?before=&day=: 303 to the client's id for any other spelling.

    `day`: the first that the page shows already, to which a fragment of older messages is added.
    """
    handle = read_segment(request, "id")
    before = read_number(read_query(request, "before"))
    async with open_snapshot(pool_of(request)) as conn:
        client = await find_client(conn, handle)
        if client is None:
            return _go_to_client(await get_client_id(conn, handle))
        conversation = await read_conversation(conn, client.id, before)
        notes = await list_identity_notes(conn, client.id)
        earlier = await list_earlier_clients(conn, client.aliases)
        opt_out = await describe_opt_out(conn, client.id)
        items = await list_set_aside(conn, client.id) if client.set_aside else []
    language = language_of(request)
    return render(
        request,
        "_timeline.html" if wants_fragment(request) else "client.html",
        client=client,
        messages=describe_messages(conversation.messages, language, conversation.quoted),
        opt_out=opt_out,
        before_first=conversation.before,
        before=before,
        shown_day=read_query(request, "day") if wants_fragment(request) else "",
        addresses=_write_addresses(client.aliases),
        former_addresses=_write_addresses(client.former_aliases),
        earlier_clients=earlier,
        remembered=describe_context(client.context or {}, language),
        stored=json.dumps(dict(client.context or {}), ensure_ascii=False, indent=2),
        notes=describe_notes(notes, language),
        set_aside=describe_items(items, language),
    )


async def pause(request: Request) -> Response:
    """POST /clients/{id}/pause"""
    return await _set_paused(request, pausing=True)


async def resume(request: Request) -> Response:
    """POST /clients/{id}/resume"""
    return await _set_paused(request, pausing=False)


def describe_context(context: Mapping[str, Any], language: Language) -> list[tuple[str, str]]:
    """What a session remembers, a name and a value each; NovaBot's own names have a text."""
    return [
        (language.name("context", name), _write_value(name, value, language))
        for name, value in context.items()
    ]


def _write_addresses(aliases: Sequence[str]) -> list[tuple[str, str]]:
    """Each address as it is stored and as people write it."""
    return [(alias, write_address(alias)) for alias in aliases]


async def _set_paused(request: Request, *, pausing: bool) -> Response:
    handle = read_segment(request, "id")
    incarnation = await read_incarnation(request)
    client_id = await get_client_id(pool_of(request), handle)
    if not await pause_client(pool_of(request), client_id, incarnation, pausing=pausing):
        return render(request, "unchanged.html", client_id=client_id)
    return _go_to_client(client_id)


def _write_value(name: str, value: object, language: Language) -> str:
    """A value that has a text in words, any other text as it is, the rest as JSON."""
    match value:
        case str():
            return language.find(f"context.{name}_{value}") or value
        case True:
            return language.t("context.yes")
        case False:
            return language.t("context.no")
        case _:
            return json.dumps(value, ensure_ascii=False)


def _go_to_client(client_id: str) -> Response:
    return RedirectResponse(f"/clients/{quote_segment(client_id)}", 303)
