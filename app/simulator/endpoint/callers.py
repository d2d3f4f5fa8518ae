"""Who may ask the emulated Graph API: callers with the access token, of a version that it has."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass

from starlette.requests import Request

from app.simulator.endpoint.refusals import RefusalError


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a caller must send: the bearer token; and the id of the number."""

    access_token: str
    phone_number_id: str


def check_version(request: Request, path: str) -> None:
    """Raises RefusalError for a path that begins with no version of the API."""
    version = str(request.path_params.get("version", "v24.0"))
    if re.fullmatch(r"v\d{1,3}\.\d{1,2}", version) is None:
        raise RefusalError(2500, f"Unknown path components: /{path}")


def check_token(request: Request, credentials: Credentials) -> None:
    """Raises RefusalError."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise RefusalError(190, "An access token is required to request this resource.", status=401)
    if not secrets.compare_digest(token.strip().encode(), credentials.access_token.encode()):
        raise RefusalError(
            190, "Invalid OAuth access token - Cannot parse access token", status=401
        )


def refuse_unknown(method: str, object_id: str) -> RefusalError:
    """The refusal for an object that is not there, or not this caller's."""
    return RefusalError(
        100,
        f"Unsupported {method} request. Object with ID '{object_id}' does not exist, cannot be"
        " loaded due to missing permissions, or does not support this operation.",
        kind="GraphMethodException",
        subcode=33,
    )
