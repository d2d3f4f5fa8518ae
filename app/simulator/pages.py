"""The phones in the browser: plain pages, kept fresh by an event stream and two fragments."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

import anyio
import jinja2
from sse_starlette.sse import EventSourceResponse
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from app.addresses import write_address
from app.simulator.address import AddressError, read_address
from app.simulator.chats import Bubble, Phone
from app.simulator.files import FILE_LIMIT
from app.simulator.phones import Said
from app.simulator.sorts import ABOUT_ANY, ABOUT_OWN, SORTS
from app.simulator.state import SimulatorState

TEMPLATES = Path(__file__).parent / "templates"
TEXT_LIMIT = 65_536
# A character takes up to twelve bytes in a form.
FORM_LIMIT = 16 * TEXT_LIMIT
FIRST_ATTEMPT_SECONDS = 1.0
COALESCE_SECONDS = 0.03

STATE_WORDS = {
    "sending": "being sent to the bot",
    "delivered": "delivered to the bot",
    "read": "read by the bot",
    "failed": "not delivered: no bot took it",
}


class Pages:
    """Routes for people: `/`, `/phones/…` and the stream `/events`."""

    def __init__(self, state: SimulatorState) -> None:
        self._state: SimulatorState = state
        self._templates: jinja2.Environment = jinja2.Environment(
            loader=jinja2.FileSystemLoader(TEMPLATES),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.filters.update(
            address=write_address,
            path=_path,
            clock=_clock,
            state_words=STATE_WORDS.__getitem__,
        )

    def routes(self) -> list[Route]:
        return [
            Route("/", self.show_start, methods=["GET"]),
            Route("/events", self.stream_changes, methods=["GET"]),
            Route("/phones", self.list_phones, methods=["GET"]),
            Route("/phones", self.add_phone, methods=["POST"]),
            Route("/phones/{address}", self.show_phone, methods=["GET"]),
            Route("/phones/{address}/messages", self.list_messages, methods=["GET"]),
            Route("/phones/{address}/messages", self.say, methods=["POST"]),
            Route("/phones/{address}/sorts", self.send_sort, methods=["POST"]),
            Route("/phones/{address}/files", self.send_file, methods=["POST"]),
            Route("/phones/{address}/choices", self.choose, methods=["POST"]),
        ]

    async def show_start(self, _request: Request) -> Response:
        return self._page(None)

    async def list_phones(self, request: Request) -> Response:
        """The fragment with the list of phones; `?current=` is the one shown."""
        current = request.query_params.get("current", "")
        return self._render("_phones.html", 200, phones=self._state.chats.phones(), current=current)

    async def add_phone(self, request: Request) -> Response:
        form = await request.form()
        typed = form.get("address")
        try:
            address = read_address(typed if isinstance(typed, str) else "")
        except AddressError as error:
            return self._page(None, 400, typed=typed, address_error=str(error))
        self._state.chats.open(address)
        return RedirectResponse(f"/phones/{_path(address)}", 303)

    async def show_phone(self, request: Request) -> Response:
        address = self._address(request)
        refresh = request.query_params.get("refresh") == "3"
        self._state.statuses.read(address)
        return self._page(address, refresh=refresh)

    async def list_messages(self, request: Request) -> Response:
        """The fragment with a phone's messages; asking for it is looking at it."""
        address = self._address(request)
        self._state.statuses.read(address)
        return self._render("_messages.html", 200, **self._chat(address))

    async def say(self, request: Request) -> Response:
        """Sends the form's `text`; 303 once a bot answered, or after a second."""
        address = self._address(request)
        form = await request.form(max_part_size=FORM_LIMIT)
        text = form.get("text")
        text = text.replace("\r\n", "\n").strip("\n") if isinstance(text, str) else ""
        if not text.strip():
            return self._page(address, 400, text=text, text_error="Write a message first.")
        if len(text) > TEXT_LIMIT:
            error = f"A message has at most {TEXT_LIMIT} characters; this one has {len(text)}."
            return self._page(address, 400, text=text, text_error=error)
        return await self._deliver(Said(sender=address, text=text), text)

    async def send_sort(self, request: Request) -> Response:
        """Does the form's `sort` (sorts.SORTS), with its `text`; 303 as for a message."""
        address = self._address(request)
        form = await request.form(max_part_size=FORM_LIMIT)
        sort, text = form.get("sort"), form.get("text")
        text = text.strip()[:TEXT_LIMIT] if isinstance(text, str) else ""
        if not isinstance(sort, str) or sort not in SORTS:
            raise HTTPException(404, "A phone does no such thing.")
        about = self._find_about(address, sort)
        if about is None and sort in (*ABOUT_OWN, *ABOUT_ANY):
            return self._page(address, 400, text_error="There is no such message yet.")
        return await self._deliver(Said(sender=address, text=text, kind=sort, quoted=about))

    def _find_about(self, address: str, sort: str) -> str | None:
        """The last message that this sort may be about."""
        for bubble in reversed(self._state.chats.bubbles(address)):
            if sort in ABOUT_ANY or (sort in ABOUT_OWN and bubble.author == "phone"):
                return bubble.message_id
        return None

    async def send_file(self, request: Request) -> Response:
        """Sends the form's `file` as a photo, video, recording or document; 303 as for a text."""
        address = self._address(request)
        async with request.form(max_files=1, max_fields=1) as form:
            given = form.get("file")
            if not isinstance(given, UploadFile) or not given.filename:
                return self._page(address, 400, text_error="Choose a file first.")
            content = await given.read(FILE_LIMIT + 1)
        mime_type = given.content_type or "application/octet-stream"
        try:
            file = self._state.files.add(content, mime_type, given.filename)
        except ValueError as error:
            return self._page(address, 400, text_error=str(error))
        return await self._deliver(Said(address, kind=file.kind, media=file.id))

    async def choose(self, request: Request) -> Response:
        """Taps the form's `choice` of its `message`; 303 as for a message that is written."""
        address = self._address(request)
        form = await request.form()
        message_id, choice = form.get("message"), form.get("choice")
        for bubble in self._state.chats.bubbles(address):
            title = dict(bubble.choices).get(choice) if isinstance(choice, str) else None
            if bubble.message_id == message_id and title is not None:
                said = Said(
                    address,
                    title,
                    "interactive",
                    choice=str(choice),
                    reply=bubble.reply,
                    quoted=bubble.message_id,
                )
                return await self._deliver(said)
        raise HTTPException(404, "This phone does not show such a choice.")

    async def _deliver(self, said: Said, written: str = "") -> Response:
        if not self._state.delivery.webhooks:
            error = "This simulator was started without bots: no bot would get the message."
            return self._page(said.sender, 400, text=written, text_error=error)
        tried = anyio.Event()
        self._state.delivery.start(self._send, said, tried)
        with anyio.move_on_after(FIRST_ATTEMPT_SECONDS):
            await tried.wait()
        return RedirectResponse(f"/phones/{_path(said.sender)}#latest", 303)

    async def stream_changes(self, _request: Request) -> Response:
        return EventSourceResponse(self._changes(), ping=15)

    async def _send(self, said: Said, tried: anyio.Event) -> None:
        await self._state.phones.say(said)
        tried.set()

    async def _changes(self) -> AsyncIterator[dict[str, str]]:
        version = self._state.chats.changes.version
        while not self._state.closing.is_set():
            yield {"event": "changed", "data": str(version)}
            await anyio.sleep(COALESCE_SECONDS)
            version = await self._state.chats.changes.wait(version)

    def _address(self, request: Request) -> str:
        """The phone meant by the path: one in the list, or any readable address."""
        typed = str(request.path_params["address"])
        if self._state.chats.find(typed) is not None:
            return typed
        try:
            return read_address(typed)
        except AddressError as error:
            raise HTTPException(404, str(error)) from error

    def _chat(self, address: str) -> dict[str, object]:
        bubbles = self._state.chats.bubbles(address)
        phone = self._state.chats.find(address) or Phone(address, "WhatsApp user", None, 0, False)
        quoted: dict[str, Bubble] = {bubble.message_id: bubble for bubble in bubbles}
        return {"phone": phone, "bubbles": bubbles, "quoted": quoted}

    def _page(
        self,
        address: str | None,
        status: int = 200,
        *,
        refresh: bool = False,
        typed: object = "",
        address_error: str = "",
        text: str = "",
        text_error: str = "",
    ) -> Response:
        chat = {"phone": None} if address is None else self._chat(address)
        return self._render(
            "page.html",
            status,
            phones=self._state.chats.phones(),
            current=address or "",
            bots=self._state.delivery.webhooks,
            refresh=refresh,
            now=time.time_ns(),
            typed=typed,
            address_error=address_error,
            text=text,
            text_error=text_error,
            sorts=SORTS,
            **chat,
        )

    def _render(self, template: str, status: int, **values: object) -> Response:
        page = self._templates.get_template(template).render(**values)
        # Tests send NULs and lone surrogates, which no page can hold.
        return HTMLResponse(page.replace("\0", "\ufffd").encode("utf-8", "replace"), status)


def _clock(at: float) -> str:
    return datetime.fromtimestamp(at).astimezone().strftime("%H:%M")


def _path(address: str) -> str:
    """The address as one path segment; a test's lone surrogates leave a wrong link, no error."""
    return quote(address, safe="", errors="replace")
