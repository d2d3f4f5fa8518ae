"""Reactions, edits and revokes: written to the message that they are about, never answered."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from app.bot.silent import is_silent
from app.bot.whatsapp.annotations import Annotation
from app.crm.annotations import annotate_message
from app.database.pool import Pool
from app.messages import Message, check_reply, is_instant
from app.sessions.session import Responder, Session
from app.telemetry.bot import count_annotation, report_responder_failed


class Annotating:
    """`load` reads the session of a message's writer; `take` answers a message."""

    def __init__(
        self,
        pool: Pool,
        responder: Responder,
        load: Callable[[Message], Awaitable[Session]],
        take: Callable[[Sequence[Message]], Awaitable[int]],
    ) -> None:
        self._pool = pool
        self._responder = responder
        self._load = load
        self._take = take

    async def annotate(self, annotation: Annotation) -> None:
        """An edit that comes before its message is taken as that message. Raises TryLater."""
        edited = annotation.edited
        outcome = await self._write(annotation)
        if outcome == "unknown" and edited is not None:
            await self._take([edited])
            outcome = await self._write(annotation)  # also if the message has come meanwhile
        count_annotation(annotation.act, outcome)

    async def _write(self, annotation: Annotation) -> str:
        edited = annotation.edited
        return await annotate_message(
            self._pool,
            addresses=annotation.addresses,
            account=annotation.account,
            event_id=annotation.id,
            target=annotation.target,
            act=annotation.act,
            text=annotation.text,
            learnt_name=None if edited is None else await self._find_name(edited),
            at=annotation.at,
        )

    async def _find_name(self, edited: Message) -> str | None:
        """What an instant responder learns from the new text; any other one is not asked."""
        if not is_instant(self._responder) or is_silent(edited):
            return None
        session = await self._load(edited)
        if session.paused:
            return None
        try:
            return check_reply(self._responder(session, edited)).learnt_name
        except Exception as error:  # the text is replaced all the same
            report_responder_failed(error)
            return None
