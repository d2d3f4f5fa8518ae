"""What every handler may use, made once by the composition root."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import cast

from jinja2 import Environment
from starlette.requests import Request

from app.dashboard.live.subscriptions import Signals
from app.database.pool import Pool
from app.settings import Settings


@dataclass(frozen=True, slots=True)
class Services:
    settings: Settings
    pool: Pool
    signals: Signals
    templates: Environment
    hashing: asyncio.Semaphore
    """How many passwords are hashed side by side; each takes 64 MiB."""
    decoy: str
    """The hash that the password of an unknown account is compared with."""


def services_of(request: Request) -> Services:
    return cast("Services", request.app.state.services)


def pool_of(request: Request) -> Pool:
    return services_of(request).pool
