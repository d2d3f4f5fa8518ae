"""The bots, the webhook items that they could not read, and what WhatsApp told of the account."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from app.crm.account_events import list_account_events, list_open_account_events
from app.crm.bots import list_bots
from app.crm.identity import find_portfolio_move
from app.crm.sending.number import list_numbers
from app.crm.set_aside import list_set_aside
from app.dashboard.pages.account_events import MOST_NOTICES, describe_account_events
from app.dashboard.pages.number import describe_stops
from app.dashboard.pages.set_aside import describe_items
from app.dashboard.web.rendering import language_of, render, wants_fragment
from app.dashboard.web.state import pool_of
from app.database.queries import open_snapshot


async def show_bots(request: Request) -> Response:
    """GET /bots"""
    whole = not wants_fragment(request)
    async with open_snapshot(pool_of(request)) as conn:
        bots = await list_bots(conn)
        numbers = await list_numbers(conn) if whole else []
        moved_at = await find_portfolio_move(conn) if whole else None
        items = await list_set_aside(conn, None) if whole else []
        notices = await list_open_account_events(conn) if whole else []
        events = await list_account_events(conn) if whole else []
    set_aside = describe_items(items, language_of(request))
    template = "bots.html" if whole else "_bots.html"
    return render(
        request,
        template,
        bots=bots,
        stops=describe_stops(numbers, language_of(request)),
        portfolio_moved_at=moved_at,
        set_aside=set_aside,
        account_notices=describe_account_events(notices[:MOST_NOTICES], language_of(request)),
        account_events=describe_account_events(events, language_of(request)),
    )
