"""Logging in and out, and the language switch."""

from __future__ import annotations

import asyncio
import secrets
from datetime import UTC, datetime
from math import ceil

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app.crm.operators import Account, begin_login, end_web_session, find_account, finish_login
from app.dashboard.access.identity import (
    SESSION_COOKIE,
    hash_presented,
    hash_session,
    identify_operator,
)
from app.dashboard.web.i18n import LOCALES
from app.dashboard.web.input import is_local, read_form
from app.dashboard.web.rendering import LANGUAGE_COOKIE, language_of, render
from app.dashboard.web.state import pool_of, state_of
from app.telemetry import dashboard as telemetry

HOME = "/clients"
"""Where a login leads that no page asked for."""
YEAR = 365 * 24 * 3600
"""Seconds that the language switch is kept."""


async def show_login(request: Request) -> Response:
    """GET /login"""
    following = _read_next(request.query_params.get("next"))
    if await identify_operator(request) is not None:
        return RedirectResponse(following, 303)
    return render(request, "login.html", next=following, username="", problem="")


async def log_in(request: Request) -> Response:
    """POST /login: 303 with a session's cookie, 401, or 429 after too many failures."""
    fields = await read_form(request)
    username, password = fields.get("username", "").strip(), fields.get("password", "")
    following = _read_next(fields.get("next"))
    address = request.client.host if request.client else ""
    wait_until = await begin_login(pool_of(request), username, address)
    if wait_until is not None:
        telemetry.report_login_refused("throttled")
        language = language_of(request)
        seconds = ceil((wait_until - datetime.now(UTC)).total_seconds())
        return render(
            request,
            "login.html",
            status=429,
            headers={"Retry-After": str(max(1, seconds))},
            next=following,
            username=username,
            problem=language.t("login.throttled", time=f"{language.clock(wait_until)} WIB"),
        )
    account = await find_account(pool_of(request), username)
    if not await _is_right(request, account, password) or account is None:
        telemetry.report_login_refused("password")
        problem = language_of(request).t("login.wrong")
        return render(
            request, "login.html", status=401, next=following, username=username, problem=problem
        )
    token = secrets.token_urlsafe(32)
    await finish_login(
        pool_of(request),
        account.name,
        address,
        hash_session(request, token),
        hash_presented(request),
    )
    telemetry.report_login(account.name)
    response = RedirectResponse(following, 303)
    response.set_cookie(
        SESSION_COOKIE,
        token,
        httponly=True,
        samesite="lax",
        path="/",
        secure=request.url.scheme == "https",
    )
    return response


async def log_out(request: Request) -> Response:
    """POST /logout: ends the session in the database and in the browser."""
    await end_web_session(pool_of(request), hash_presented(request))
    response = RedirectResponse("/login", 303)
    response.delete_cookie(SESSION_COOKIE, path="/")
    return response


async def switch_language(request: Request) -> Response:
    """POST /language"""
    fields = await read_form(request)
    response = RedirectResponse(_read_next(fields.get("next")), 303)
    if fields.get("language") in LOCALES:
        response.set_cookie(
            LANGUAGE_COOKIE,
            fields["language"],
            max_age=YEAR,
            httponly=True,
            samesite="lax",
            path="/",
            secure=request.url.scheme == "https",
        )
    return response


async def _is_right(request: Request, account: Account | None, password: str) -> bool:
    """Takes the same time for an unknown account: a password is hashed in any case."""
    state = state_of(request)
    known = account.password_hash if account else state.decoy
    async with state.hashing:
        return await asyncio.to_thread(_verify, known, password) and account is not None


def _verify(known: str, password: str) -> bool:
    try:
        return PasswordHasher().verify(known, password)
    except (VerificationError, InvalidHashError):
        return False


def _read_next(path: str | None) -> str:
    return path if path and is_local(path) else HOME
