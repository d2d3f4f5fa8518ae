"""A file that a client sent: the page that shows it, and its bytes, straight from WhatsApp."""

from __future__ import annotations

from uuid import UUID

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app.crm.clients import get_client_id
from app.crm.media import StoredMedia, find_media
from app.dashboard.media.errors import MediaMissing
from app.dashboard.media.response import MediaResponse
from app.dashboard.web.input import read_segment
from app.dashboard.web.rendering import language_of, quote_segment, render
from app.dashboard.web.state import pool_of, state_of
from app.database.queries import open_snapshot


async def show_media(request: Request) -> Response:
    """GET /clients/{id}/media/{token}: asks WhatsApp first, to say why there is none."""
    client_id, token, stored = await _get_media(request)
    located = await state_of(request).media.locate(stored.media_id)
    page = f"/clients/{quote_segment(client_id)}"
    return render(
        request,
        "media.html",
        kind=language_of(request).kind(stored.kind),
        caption=stored.caption,
        filename=stored.filename,
        shown=located.type.shown,
        file=f"{page}/media/{token}/file",
        back=page,
    )


async def send_file(request: Request) -> Response:
    """GET /clients/{id}/media/{token}/file"""
    _, _, stored = await _get_media(request)
    media = state_of(request).media
    download = await media.open_file(await media.locate(stored.media_id))
    return MediaResponse(download, stored.filename, stored.kind, media.limits.file)


async def _get_media(request: Request) -> tuple[str, UUID, StoredMedia]:
    """Raises UnknownClient, UnreadableHandle, MediaMissing; 404 for what is not the client's."""
    try:
        token = UUID(read_segment(request, "token"))
    except ValueError:
        raise HTTPException(404) from None
    async with open_snapshot(pool_of(request)) as conn:
        client_id = await get_client_id(conn, read_segment(request, "id"))
        stored = await find_media(conn, client_id, token)
    if stored is None:
        raise HTTPException(404)
    if stored.media_id is None:
        raise MediaMissing("the message has no id of a file")
    return client_id, token, stored
