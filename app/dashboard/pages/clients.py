"""The clients, the latest active first."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from app.crm.account_events import list_open_account_events
from app.crm.clients import count_clients, list_clients
from app.crm.sending.number import list_numbers
from app.dashboard.pages.account_events import MOST_NOTICES, describe_account_events
from app.dashboard.pages.number import describe_stops
from app.dashboard.web.input import read_query
from app.dashboard.web.rendering import language_of, render, wants_fragment
from app.dashboard.web.state import pool_of
from app.database.queries import open_snapshot


async def show_clients(request: Request) -> Response:
    """GET /clients?q=&after="""
    search, after = read_query(request, "q").strip(), read_query(request, "after")
    whole = not wants_fragment(request)
    async with open_snapshot(pool_of(request)) as conn:
        page = await list_clients(conn, search, after)
        numbers = await list_numbers(conn) if whole else []
        notices = await list_open_account_events(conn) if whole else []
        total = await count_clients(conn) if whole else 0
    stops = describe_stops(numbers, language_of(request))
    template = "clients.html" if whole else "_clients.html"
    return render(
        request,
        template,
        page=page,
        q=search,
        after=after,
        total=total,
        stops=stops,
        account_notices=describe_account_events(notices[:MOST_NOTICES], language_of(request)),
    )
