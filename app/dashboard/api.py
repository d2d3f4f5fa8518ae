"""The JSON API. Errors are {"error": "…"}."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app.crm.clients import describe_client, find_client_id, list_clients
from app.crm.resets import Reset, find_receipt, reset_incarnation
from app.dashboard.access.identity import actor_of
from app.dashboard.access.roles import read_segment
from app.dashboard.web.input import read_number, read_query
from app.dashboard.web.state import pool_of


async def get_clients(request: Request) -> Response:
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


async def get_client(request: Request) -> Response:
    """GET /api/clients/{handle}"""
    client_id = await find_client_id(pool_of(request), read_segment(request, "handle"))
    client = None if client_id is None else await describe_client(pool_of(request), client_id)
    if client is None:
        return _answer_unknown_client()
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
    """DELETE /api/clients/{handle}: a reset."""
    client_id = await find_client_id(pool_of(request), read_segment(request, "handle"))
    if client_id is None:
        return _answer_unknown_client()
    reset = await reset_incarnation(
        pool_of(request), client_id, None, actor=actor_of(request), door="api"
    )
    if reset is None or not reset.clients:
        return _answer_unknown_client()
    return JSONResponse(_write_counts(reset))


async def get_reset(request: Request) -> Response:
    """GET /api/resets/{reset}"""
    reset_id = read_number(read_segment(request, "reset"))
    receipt = None if reset_id is None else await find_receipt(pool_of(request), reset_id)
    if receipt is None:
        return JSONResponse({"error": "there is no such reset"}, 404)
    return JSONResponse(
        {
            **_write_counts(receipt.reset),
            "at": receipt.reset.at.isoformat(),
            "actor": receipt.reset.actor,
            "source": receipt.reset.source,
            "acks": [
                {
                    "bot": str(bot.id),
                    "evicted": bot.evicted,
                    "ackedAt": bot.acked_at.isoformat() if bot.acked_at else None,
                }
                for bot in receipt.acknowledged
            ],
            "missing": [str(bot.id) for bot in receipt.missing],
        }
    )


async def answer_unknown_path(request: Request) -> Response:
    """Any other path below /api."""
    return JSONResponse({"error": f"there is nothing at {request.url.path}"}, 404)


def _answer_unknown_client() -> Response:
    return JSONResponse({"error": "no client has this address"}, 404)


def _write_counts(reset: Reset) -> dict[str, Any]:
    return {
        "reset": reset.id,
        "clients": reset.clients,
        "sessions": reset.sessions,
        "conversations": reset.conversations,
    }
