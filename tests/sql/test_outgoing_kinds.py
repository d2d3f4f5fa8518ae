"""An outgoing message comes back from the database as it went in, whatever its kind."""

from __future__ import annotations

import psycopg
from hypothesis import HealthCheck, given, settings
from psycopg.types.json import Jsonb

from app.messages import Outgoing
from app.sessions.store import write_outgoing
from tests.sql.acts import CLIENT, add_client, fetch
from tests.unit.outgoing import OUTGOING


def test_every_message_comes_back_as_it_was_queued(connection: psycopg.Connection) -> None:
    add_client(connection)

    @settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
    @given(OUTGOING)
    def check(message: Outgoing) -> None:
        connection.execute('DELETE FROM "Conversation" WHERE "userId" = %s', (CLIENT,))
        connection.execute(
            "SELECT novabot_internal.queue_outgoing(%s, '62811', %s)",
            (CLIENT, Jsonb([write_outgoing(message)])),
        )
        (row,) = fetch(
            connection,
            'SELECT kind, body, detail, author, key FROM "Conversation" WHERE "userId" = %s',
            CLIENT,
        )
        assert Outgoing(row.body, row.kind, row.detail, row.author, row.key) == message

    check()
