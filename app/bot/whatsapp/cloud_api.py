"""The Cloud API client: one POST a message, and what may be known of it afterwards.

The question it must answer rightly is whether the message may be on its way. `NotSent`: nothing
was written, it may be sent again. `ApiRefusal`: Meta said no. `Uncertain`: something was written
and no answer could be read; only a status webhook, found by our token, can tell. A sender that
repeats an uncertain message may deliver it twice.

Nothing here, nor in httpx2's transport, sends by itself again: its `retries` are 0 and concern
connecting alone, and redirects are not followed. A pooled connection that the server has meanwhile
closed takes the bytes all the same and then breaks off, indistinguishable from a server that
crashed in the middle, so that is `Uncertain` too; it is made rare by keeping idle connections for
a shorter time than servers do (httpx2 also looks for the server's FIN before it reuses one).
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, cast

import httpx2

from app.bot.whatsapp.cleaning import clean_text, mask_ids
from app.bot.whatsapp.outbound import UnsendableError, build_request
from app.bot.whatsapp.refusals import ApiRefusal, read_refusal
from app.bot.whatsapp.way_out import check_proxies, load_certificates
from app.messages import Outgoing

_LIMITS = httpx2.Limits(max_connections=512, max_keepalive_connections=64, keepalive_expiry=4)
"""A client has one message on its way: so many clients can wait for a slow answer and hold up no
other."""

# All of these come before the first byte of the request (httpcore2: `connect_tcp`, `start_tls`,
# the wait for the pool, the proxy's CONNECT); every other error may come after it.
_NOTHING_WRITTEN = (
    httpx2.ConnectError,
    httpx2.ConnectTimeout,
    httpx2.PoolTimeout,
    httpx2.ProxyError,
    httpx2.UnsupportedProtocol,
)


@dataclass(frozen=True, slots=True)
class Accepted:
    """Meta took it, which is not yet delivered."""

    message_id: str


@dataclass(frozen=True, slots=True)
class NotSent:
    """Nothing was written to a socket: safe to send again."""

    text: str


@dataclass(frozen=True, slots=True)
class Uncertain:
    """It may be on its way: not to be sent again."""

    text: str


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """`may_write` said no: nothing was written."""


@dataclass(frozen=True, slots=True)
class Unsendable:
    """WhatsApp would refuse it, for a reason that does not pass: nothing was written."""

    text: str


Outcome = Accepted | ApiRefusal | NotSent | Uncertain | Withdrawn | Unsendable

_BEFORE_WRITING = "http11.send_request_headers.started"
"""httpcore2 says so when it has a connection and has written nothing of this request."""


class _WithdrawnError(Exception):
    """Ends a request before it is written."""


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds that each step may take, and all of them together."""

    pool: float = 5
    connect: float = 3
    write: float = 10
    read: float = 20
    whole: float = 45


class CloudApi:
    """One number's sending side; open it once a process, with `async with CloudApi.open(…)`."""

    def __init__(self, client: httpx2.AsyncClient, url: str, whole: float) -> None:
        self._client = client
        self._url = url
        self._whole = whole

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        api_url: str,
        phone_number_id: str,
        access_token: str,
        timeouts: Timeouts | None = None,
    ) -> AsyncGenerator[CloudApi]:
        """Raises ValueError for a token that no HTTP header can carry, and WayOutError.

        The environment's proxy is the way to Meta, not to a simulator on this machine.
        """
        if not access_token.isascii() or not access_token.isprintable() or " " in access_token:
            raise ValueError("the access token holds characters that no token has")
        steps = timeouts or Timeouts()
        leads_out = api_url.startswith("https:")
        if leads_out:
            check_proxies()
        async with httpx2.AsyncClient(
            headers={"Authorization": f"Bearer {access_token}"},
            limits=_LIMITS,
            timeout=httpx2.Timeout(
                pool=steps.pool, connect=steps.connect, write=steps.write, read=steps.read
            ),
            follow_redirects=False,
            verify=load_certificates() if leads_out else True,
            trust_env=leads_out,
        ) as client:
            yield cls(client, f"{api_url.rstrip('/')}/{phone_number_id}/messages", steps.whole)

    async def send(
        self,
        address: str,
        message: Outgoing,
        token: str,
        may_write: Callable[[], Awaitable[bool]] | None = None,
    ) -> Outcome:
        """Sends to phone digits or a BSUID; `token` comes back in every status of the message.

        `may_write` is asked when there is a connection, right before the first byte; what it
        raises is raised, and nothing was written. Cancelled in the middle, it leaves what
        `Uncertain` means.
        """
        try:
            request = build_request(address, message, token)
        except UnsendableError as error:
            return Unsendable(str(error))

        async def trace(event: str, _: dict[str, Any]) -> None:
            if event == _BEFORE_WRITING and may_write is not None and not await may_write():
                raise _WithdrawnError

        try:
            async with (
                asyncio.timeout(self._whole),
                self._client.stream(
                    "POST", self._url, json=request, extensions={"trace": trace}
                ) as response,
            ):
                status, retry_after = response.status_code, response.headers.get("retry-after")
                content = await _read_content(response)
        except _WithdrawnError:
            return Withdrawn()
        except _NOTHING_WRITTEN as error:
            return NotSent(_describe(error))
        except (httpx2.RequestError, OSError) as error:
            return Uncertain(_describe(error))
        if content is None and status == 400:
            # Not accepted; but nearly every reason, a passing one too, comes as a 400.
            return ApiRefusal(status, f"HTTP {status}, the answer broke off", "retry")
        answer = _decode(content or b"")
        return read_refusal(status, answer, retry_after) or _read_acceptance(status, answer)


async def _read_content(response: httpx2.Response) -> bytes | None:
    """None if the answer breaks off: its status line says something all the same."""
    try:
        return await response.aread()
    except (httpx2.RequestError, OSError):
        return None


def _decode(content: bytes) -> object:
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None


def _read_acceptance(status: int, answer: object) -> Accepted | Uncertain:
    message_id = _find_message_id(answer)
    if not 200 <= status < 300 or not isinstance(message_id, str) or not message_id:
        return Uncertain(f"HTTP {status} without a readable message id")
    return Accepted(clean_text(message_id))


def _find_message_id(answer: object) -> object:
    """`answer["messages"][0]["id"]`, or None."""
    rows = cast("dict[str, Any]", answer).get("messages") if isinstance(answer, dict) else None
    first = cast("list[Any]", rows)[0] if isinstance(rows, list) and rows else None
    return cast("dict[str, Any]", first).get("id") if isinstance(first, dict) else None


def _describe(error: Exception) -> str:
    return mask_ids(f"{type(error).__name__}: {error}".rstrip(": "))
