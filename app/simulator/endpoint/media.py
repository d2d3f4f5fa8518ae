"""The emulated endpoints `GET /v24.0/{media id}` and the addresses that it gives out."""

from __future__ import annotations

import secrets

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.simulator.cloud_api import JsonObject, encode
from app.simulator.endpoint.callers import (
    Credentials,
    check_token,
    check_version,
    refuse_unknown,
)
from app.simulator.endpoint.refusals import RefusalError
from app.simulator.files import Files


class MediaEndpoint:
    """Tells where a file is, and sends it, to callers with the access token."""

    def __init__(self, credentials: Credentials, files: Files) -> None:
        self._credentials: Credentials = credentials
        self._files: Files = files

    def routes(self) -> list[Route]:
        return [
            Route("/files/{address}", self.send, methods=["GET"]),
            Route("/{version}/{media_id}", self.describe, methods=["GET"]),
        ]

    async def describe(self, request: Request) -> Response:
        media_id = str(request.path_params["media_id"])
        try:
            check_version(request, media_id)
            check_token(request, self._credentials)
            number = request.query_params.get("phone_number_id")
            file = self._files.find(media_id)
            if file is None or number not in (None, self._credentials.phone_number_id):
                raise refuse_unknown("get", media_id)
        except RefusalError as refusal:
            return _refuse(refusal)
        address = self._files.open_address(file)
        told: JsonObject = {
            "url": f"{request.base_url}files/{address}",
            "mime_type": file.mime_type,
            "sha256": file.sha256,
            "file_size": len(file.content),
            "id": file.id,
            "messaging_product": "whatsapp",
        }
        return Response(encode(told), media_type="application/json")

    async def send(self, request: Request) -> Response:
        """404 for an address that has expired."""
        try:
            check_token(request, self._credentials)
        except RefusalError as refusal:
            return _refuse(refusal)
        file = self._files.find_by_address(str(request.path_params["address"]))
        if file is None:
            return Response(status_code=404)
        return Response(file.content, headers={"Content-Type": file.mime_type})


def _refuse(refusal: RefusalError) -> Response:
    error: JsonObject = {**refusal.error, "fbtrace_id": "A" + secrets.token_urlsafe(16)}
    return Response(encode({"error": error}), refusal.status, media_type="application/json")
