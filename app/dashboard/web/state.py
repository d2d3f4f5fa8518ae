"""What a handler may use: the process's state, and who asks."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import cast

from jinja2 import Environment
from starlette.requests import Request

from app.crm.operators import Operator
from app.dashboard.live.subscriptions import Signals
from app.dashboard.media.meta import MetaMedia
from app.database.pool import Pool
from app.settings import Settings


@dataclass(frozen=True, slots=True)
class DashboardState:
    """Made once, by the composition root."""

    settings: Settings
    pool: Pool
    signals: Signals
    media: MetaMedia
    templates: Environment
    hashing: asyncio.Semaphore
    """Bounds the passwords that are hashed side by side; each takes 64 MiB."""
    decoy: str
    """The hash that the password of an unknown account is compared with."""


def state_of(request: Request) -> DashboardState:
    return cast("DashboardState", request.app.state.dashboard)


def pool_of(request: Request) -> Pool:
    return state_of(request).pool


def operator_of(request: Request) -> Operator | None:
    """The operator who is logged in; None on an open route, which does not look."""
    return cast("Operator | None", getattr(request.state, "operator", None))


def actor_of(request: Request) -> str:
    """The name that a receipt shows. Raises RuntimeError on an open route."""
    actor = cast("str | None", getattr(request.state, "actor", None))
    if actor is None:
        raise RuntimeError("this route does not ask for a login or a token")
    return actor
