"""The JSON API. An error is {"error": reason}: here, or by web/errors.py."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app.crm.clients import get_client, get_client_id, list_clients
from app.crm.errors import UnknownClient, UnknownReset
from app.crm.resets import get_receipt
from app.crm.resetting import reset_incarnation
from app.dashboard.web.input import read_number, read_query, read_segment
from app.dashboard.web.state import actor_of, pool_of
from app.database.queries import open_snapshot
from app.telemetry.dashboard import count_reset


async def answer_clients(request: Request) -> Response:
    """GET /api/clients?q=&after="""
    page = await list_clients(
        pool_of(request), read_query(request, "q").strip(), request.query_params.get("after", "")
    )
    clients = [
        {
            "id": client.id,
            "nama": client.nama,
            "messages": client.messages,
            "lastMessageAt": (
                client.last_message_at.isoformat() if client.last_message_at else None
            ),
        }
        for client in page.clients
    ]
    return JSONResponse({"clients": clients, "next": page.next})


async def answer_client(request: Request) -> Response:
    """GET /api/clients/{handle}"""
    handle = read_segment(request, "handle")
    async with open_snapshot(pool_of(request)) as conn:
        client = await get_client(conn, handle)
    return JSONResponse(
        {
            "id": client.id,
            "nama": client.nama,
            "aliases": client.aliases,
            "context": dict(client.context or {}),
            "messages": client.received + client.sent,
            "incarnation": str(client.incarnation),
        }
    )


async def delete_client(request: Request) -> Response:
    """DELETE /api/clients/{handle}: a reset. An unknown client leaves no receipt."""
    client_id = await get_client_id(pool_of(request), read_segment(request, "handle"))
    reset = await reset_incarnation(
        pool_of(request), client_id, None, actor=actor_of(request), door="api"
    )
    if reset is None or not reset.clients:
        raise UnknownClient
    count_reset("api")
    return JSONResponse(reset.counts_as_json())


async def answer_reset(request: Request) -> Response:
    """GET /api/resets/{reset}"""
    reset_id = read_number(read_segment(request, "reset"))
    if reset_id is None:
        raise UnknownReset
    async with open_snapshot(pool_of(request)) as conn:
        receipt = await get_receipt(conn, reset_id)
    return JSONResponse(receipt.as_json())


async def answer_unknown_path(request: Request) -> Response:
    """Any other path below /api: 404."""
    return JSONResponse({"error": f"there is nothing at {request.url.path}"}, 404)
