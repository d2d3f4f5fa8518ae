"""Operators and DBAs: every way to reset a client, and edits by plain SQL."""

from __future__ import annotations

import asyncio
import random
import re
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import httpx2

from app.database.errors import ROWS_KEPT
from tests.system.history.dba import Answer, Dba
from tests.system.history.linearizability import Kind
from tests.system.history.record import Record
from tests.system.nova import PASSWORD, Nova

Act = tuple[Callable[[str], Awaitable[None]], float]


class Operators:
    """Act on the clients of these phones; `everyone` are all whom a TRUNCATE forgets."""

    def __init__(
        self,
        nova: Nova,
        chance: random.Random,
        record: Record,
        dba: Dba,
        phones: Sequence[str],
        everyone: Sequence[str],
    ) -> None:
        self._nova = nova
        self._chance = chance
        self._record = record
        self._dba = dba
        self._phones = phones
        self._everyone = everyone
        self._token = nova.command("token", "create", "history").stdout.strip().splitlines()[-1]
        nova.command("operator", "add", "history", stdin=f"{PASSWORD}\n")
        self._http: httpx2.AsyncClient

    async def log_in(self, http: httpx2.AsyncClient) -> None:
        """`http` is what the dashboard's pages are asked with from now on."""
        self._http = http
        answer = await http.post(
            f"{self._nova.dashboard_url}/login",
            data={"username": "history", "password": PASSWORD},
            timeout=20,
        )
        assert answer.status_code == 303, answer.text

    def acts(self) -> list[Act]:
        """Each with its weight."""
        return [
            (self._edit, 5),
            (self._drop_session, 5),
            (self._delete, 6),
            (self._delete_many, 2),
            (self._call_reset_client, 3),
            (self._reset_by_api, 3),
            (self._reset_by_page, 3),
            (self._reset_by_command, 0.3),
            (self._remake, 3),
            (self._truncate, 0.4),
        ]

    async def _reset_by_api(self, phone: str) -> None:
        url = f"{self._nova.dashboard_url}/api/clients/{phone}"
        invoked = time.monotonic()
        answer = await self._http.delete(
            url, headers={"Authorization": f"Bearer {self._token}"}, timeout=20
        )
        assert answer.status_code in (200, 404, 409, 503), answer.text
        if answer.status_code in (200, 404):
            gone = 1 if answer.status_code == 200 else 0
            self._record.note_write(phone, "reset", invoked, gone, "api")
        elif answer.status_code == 503:
            self._note_lost(phone, "reset", invoked, "api")
        elif "nothing was changed" in answer.json()["error"]:
            self._record.note_refusal("api", ROWS_KEPT, invoked)

    async def _reset_by_page(self, phone: str) -> None:
        """Reads the page that asks, then confirms: the life shown there is what is reset."""
        url = f"{self._nova.dashboard_url}/clients/{id_of(phone)}/reset"
        page = await self._http.get(url, timeout=20)
        assert page.status_code in (200, 404, 503), page.text
        if page.status_code != 200:
            return
        life = re.search(r'name="incarnation" value="([^"]+)"', page.text)
        assert life is not None, page.text
        invoked = time.monotonic()
        answer = await self._http.post(url, data={"incarnation": life[1]}, timeout=20)
        assert answer.status_code in (303, 200, 404, 409, 503), answer.text
        if answer.status_code == 303:
            self._record.note_write(phone, "reset", invoked, None, "page")
        elif answer.status_code == 503:
            self._note_lost(phone, "reset", invoked, "page")
        elif answer.status_code == 409 and "novabot doctor" in answer.text:
            self._record.note_refusal("page", ROWS_KEPT, invoked)

    async def _reset_by_command(self, phone: str) -> None:
        invoked = time.monotonic()
        done = await asyncio.to_thread(self._nova.command, "reset", phone)
        receipt = re.match(r"reset \d+: (\d+) client", done.stdout)
        if receipt is not None:
            self._record.note_write(phone, "reset", invoked, int(receipt[1]), "command")
        elif "nothing was changed" in done.stderr:
            self._record.note_refusal("command", ROWS_KEPT, invoked)
        elif f"novabot: {phone}: it is not known whether" in done.stderr:
            self._note_lost(phone, "reset", invoked, "command")
        else:
            told = ("nothing was reset: ", "The database does not answer")
            assert any(words in done.stderr for words in told), done.stdout + done.stderr
            self._record.retried += 1

    async def _delete(self, phone: str) -> None:
        await self._write(phone, "reset", 'DELETE FROM "User" WHERE id = %s', id_of(phone))

    async def _drop_session(self, phone: str) -> None:
        answer = await self._dba.execute('DELETE FROM "Session" WHERE "userId" = %s', id_of(phone))
        if answer.outcome != "done" or answer.count:
            self._note(phone, "drop session", answer, None, "sql")

    async def _edit(self, phone: str) -> None:
        name = f"e{next(self._record.numbers)}"
        statement = 'UPDATE "User" SET nama = %s WHERE id = %s'
        await self._write(phone, "edit", statement, name, id_of(phone), value=name)

    async def _call_reset_client(self, phone: str) -> None:
        answer = await self._dba.execute("SELECT clients FROM reset_client(%s)", f"0{phone[2:]}")
        self._note(phone, "reset", answer, answer.rows[0][0] if answer.rows else None)

    async def _delete_many(self, phone: str) -> None:
        phones = sorted({phone, *self._chance.sample(self._phones, 4)})
        answer = await self._dba.execute(
            'DELETE FROM "User" WHERE id = ANY (%s)', [id_of(p) for p in phones]
        )
        for each in phones:
            self._note(each, "reset", answer, None, "delete of many")

    async def _truncate(self, _: str) -> None:
        answer = await self._dba.execute('TRUNCATE "User" RESTART IDENTITY CASCADE')
        for each in self._everyone:
            self._note(each, "reset", answer, None, "truncate")

    async def _remake(self, phone: str) -> None:
        """Deleted and made again in one transaction: the same id, another life."""
        answer = await self._dba.transact(
            ('DELETE FROM "User" WHERE id = %s', (id_of(phone),)),
            ('INSERT INTO "User" (id) VALUES (%s) ON CONFLICT DO NOTHING', (id_of(phone),)),
        )
        # Two operations: PostgreSQL lets a statement that waited for the old row find none.
        self._note(phone, "reset", answer, None, "delete and insert")
        self._note(phone, "remake", answer, None, "delete and insert")

    async def _write(
        self, phone: str, kind: Kind, statement: str, *parameters: Any, value: str | None = None
    ) -> None:
        answer = await self._dba.execute(statement, *parameters)
        self._note(phone, kind, answer, answer.count, "sql", value)

    def _note(
        self,
        phone: str,
        kind: Kind,
        answer: Answer,
        result: object,
        how: str = "reset_client",
        value: str | None = None,
    ) -> None:
        if answer.outcome == "refused":
            self._record.note_refusal(how, answer.sqlstate, answer.invoked)
            return
        is_done = answer.outcome == "done"
        self._record.note_write(
            phone, kind, answer.invoked, result if is_done else None, how, value, certain=is_done
        )

    def _note_lost(self, phone: str, kind: Kind, invoked: float, how: str) -> None:
        self._record.lost += 1
        self._record.note_write(phone, kind, invoked, None, how, certain=False)


def id_of(phone: str) -> str:
    return f"{phone}@c.us"
