"""What the pages and the doctor say of what WhatsApp told of the account."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import get_args

import httpx2 as httpx
import psycopg
import pytest

from app.crm.account_events import StoredAccountEvent, Topic, find_topic
from app.dashboard.pages.account_events import describe_account_events
from app.dashboard.web.i18n import LOCALES, Locale, load_language
from app.doctor.account_events import MENDING, check_account_events

NOTE = "SELECT novabot_internal.note_account_event('900', %s, %s, %s, %s, %s, now(), %s)"
TOLD = [
    ("account_update", "DISABLED_UPDATE DISABLE", "15550009000", "fault"),
    ("message_template_status_update", "REJECTED", "promo <b>id", "warning"),
    ("business_capability_update", "", "", "note"),
    ("new_thing", "", "", "note"),
]


def tell(connection: psycopg.Connection, *events: tuple[str, str, str, str]) -> None:
    for event in events:
        connection.execute(NOTE, (*event, '{"x": 1}', " ".join(event)))


async def examine(url: str) -> list[tuple[str, str, str]]:
    return [(one.level, one.text, one.mend) async for one in check_account_events(url)]


def read_notices(ana: httpx.Client, path: str) -> list[tuple[str, str]]:
    """Each as its class and its text."""
    page = ana.get(path).text
    return re.findall(
        r'<p class="notice (\w+)" role="status">\s+(WhatsApp on .*?)</p>', page, re.DOTALL
    )


async def test_what_is_wrong_is_told_until_it_has_ended(
    ana: httpx.Client, connection: psycopg.Connection, database_url: str
) -> None:
    page = ana.get("/bots").text
    assert "WhatsApp has reported nothing." in page
    assert [level for level, _, _ in await examine(database_url)] == ["ok"]
    tell(connection, *TOLD)
    page = ana.get("/bots").text
    places = [page.rindex(text) for text in ("new_thing", "promo &lt;b&gt;id", "15550009000")]
    assert places == sorted(places), "not the newest first"
    for path in ("/bots", "/clients"):
        (ban, template) = read_notices(ana, path)
        assert ban[0] == "bad"
        assert "DISABLED_UPDATE DISABLE · 15550009000" in ban[1]
        assert "Messages may not reach clients." in ban[1]
        assert template[0] == "warn"
        assert "REJECTED · promo &lt;b&gt;id" in template[1]
    ban, template = await examine(database_url)
    assert ban[0] == template[0] == "warning"
    assert "account_update DISABLED_UPDATE DISABLE 15550009000 of account 900" in ban[1]
    assert (ban[2], template[2]) == (MENDING["account"], MENDING["template"])
    reinstated = ("account_update", "DISABLED_UPDATE REINSTATE", "15550009000", "over")
    tell(
        connection,
        reinstated,
        ("message_template_status_update", "APPROVED", *TOLD[1][2:3], "over"),
    )
    assert read_notices(ana, "/clients") == []
    assert [level for level, _, _ in await examine(database_url)] == ["ok"]


def test_no_more_than_three_stand_above_the_clients(
    ana: httpx.Client, connection: psycopg.Connection
) -> None:
    tell(connection, *(("security", "PIN_CHANGED", str(number), "warning") for number in range(9)))
    assert len(read_notices(ana, "/clients")) == 3


@pytest.mark.parametrize("locale", LOCALES)
def test_every_topic_has_words_and_advice(locale: Locale) -> None:
    language = load_language(locale)
    assert set(get_args(Topic)) == MENDING.keys()
    for topic in get_args(Topic):
        assert language.find(f"account_topic.{topic}")
        assert language.find(f"account_advice.{topic}")
    at = datetime(2026, 6, 1, tzinfo=UTC)
    unknown = StoredAccountEvent(1, at, at, None, "later_field", "NEW", "", "note", "")
    (shown,) = describe_account_events([unknown], language)
    assert (shown.told, shown.advice) == ("NEW", "")
    assert find_topic("account_update", "ACCOUNT_RESTRICTION") == "restriction"
