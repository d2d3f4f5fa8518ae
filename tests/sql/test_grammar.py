"""The grammar of addresses is written in app/addresses.py and in sql/addresses.sql: they agree."""

from __future__ import annotations

import random

import psycopg

from app.addresses import is_bsuid, is_phone
from tests.sql.acts import fetch
from tests.unit.test_addresses import BSUIDS, NEITHER, PHONES

PIECES = ["ID", "id", "US", "ENT", "Ent", ".", "..", "4fzq", "0", "62817", "_", "é", "٣", "\n", " "]
SEED = 20_261_127


def generate(number: int) -> list[str]:
    """Texts that are nearly addresses."""
    chance = random.Random(SEED)
    texts = ["".join(chance.choices(PIECES, k=chance.randint(1, 6))) for _ in range(number)]
    lengths = (1, 4, 5, 20, 21, 127, 128, 129)
    texts += ["7" * chance.randint(1, 24) for _ in range(200)]
    texts += [f"{chance.choice(PIECES)}.{'7' * chance.randint(1, 140)}" for _ in range(400)]
    return [*texts, *("7" * n for n in lengths), *("ID." + "7" * n for n in lengths)]


def test_python_and_sql_judge_every_text_alike(connection: psycopg.Connection) -> None:
    texts = [*BSUIDS, *PHONES, *NEITHER, *generate(5_000)]
    rows = fetch(
        connection,
        "SELECT t.text, novabot_internal.is_phone(t.text) AS phone,"
        " novabot_internal.is_bsuid(t.text) AS bsuid"
        " FROM unnest(%s::text[]) WITH ORDINALITY AS t (text, place) ORDER BY t.place",
        texts,
    )
    judged = [(row.text, row.phone, row.bsuid) for row in rows]
    assert judged == [(text, is_phone(text), is_bsuid(text)) for text in texts]
    assert sum(phone for _, phone, _ in judged) > 50
    assert sum(bsuid for _, _, bsuid in judged) > 50
