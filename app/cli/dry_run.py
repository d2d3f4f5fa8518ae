"""`novabot reset --dry-run`: what a reset of each handle would delete; nothing is deleted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from psycopg import AsyncConnection
from rich.console import Console
from rich.text import Text

from app.cli.counting import count
from app.crm.clients import Client, get_client
from app.crm.errors import UnknownClient, UnreadableHandle
from app.crm.identity import EarlierClient, list_earlier_clients


async def describe_resets(conn: AsyncConnection[tuple[Any, ...]], handles: Sequence[str]) -> bool:
    """Prints what each reset would delete; False if a handle could not be read."""
    found, complaints = Console(soft_wrap=True), Console(stderr=True, soft_wrap=True)
    done = True
    for handle in handles:
        try:
            client = await get_client(conn, handle)
        except UnreadableHandle as error:
            complaints.print(Text(f"novabot: {handle}: {error}"))
            done = False
        except UnknownClient:
            complaints.print(Text(f"novabot: {handle}: no client has this address"))
        else:
            earlier = await list_earlier_clients(conn, client.aliases)
            found.print(Text("\n".join(describe(client, earlier))))
    return done


def describe(client: Client, earlier: Sequence[EarlierClient]) -> list[str]:
    """The lines for one client."""
    counts = (
        count(1, "client"),
        count(int(client.context is not None), "session"),
        count(client.received + client.sent, "conversation"),
    )
    lines = [f"{client.id}: a reset would delete {', '.join(counts)}"]
    if client.aliases:
        lines.append(f"  its addresses: {', '.join(client.aliases)}")
    if client.former_aliases:
        lines.append(f"  addresses it had before: {', '.join(client.former_aliases)}")
    lines += [
        f"  stays: {other.id}, who had one of these addresses until"
        f" {other.until.isoformat(timespec='seconds')}"
        for other in earlier
    ]
    return lines
