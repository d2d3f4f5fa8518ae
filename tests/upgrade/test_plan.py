"""`novabot migrate --plan`: what would run, what it locks, who is in the way; nothing is done."""

from __future__ import annotations

import psycopg
import pytest

from app.database.migrating.migrations import migrate, pending
from app.database.migrating.plan import describe_plan
from tests.upgrade.catalog import assert_same, read_catalog
from tests.upgrade.releases import SAME_SCHEMA


def test_the_plan_of_an_upgrade_names_steps_tables_and_who_is_in_the_way_and_does_nothing(
    old: psycopg.Connection, old_url: str
) -> None:
    steps = pending(old)
    if not steps:
        pytest.skip(SAME_SCHEMA)
    before = read_catalog(old)
    old.execute('ANALYZE "User"')
    clients = old.execute('SELECT count(*) FROM "User"').fetchall()[0][0]
    with psycopg.connect(old_url, application_name="nightly dump") as reader:
        reader.execute('SELECT FROM "User"')
        lines = list(describe_plan(old))
    for step in steps[:-1]:
        assert [line for line in lines if step in line and not line.startswith(" ")], lines
    assert any(line.endswith("functions, triggers and views, in one transaction") for line in lines)
    of_user = [line for line in lines if line.startswith('  "User" (') and "ACCESS EXC" in line]
    assert f"about {clients} rows): readers and writers wait" in of_user[0]
    assert of_user[0].endswith("neither rewrites nor reads it")
    assert any("reads all of it once, for an index" in line for line in lines)
    assert any("would wait now for process" in line and "nightly dump" in line for line in lines)
    assert_same(before, read_catalog(old))
    assert pending(old) == steps


def test_the_plan_of_a_current_schema_is_empty_and_of_an_empty_database_everything(
    fresh: psycopg.Connection, empty_database_url: str
) -> None:
    assert list(describe_plan(fresh)) == ["the schema is current"]
    forced = list(describe_plan(fresh, force=True))
    assert forced[0] == "functions, triggers and views"
    assert any("writers wait, readers do not" in line for line in forced)
    with psycopg.connect(empty_database_url, autocommit=True) as conn:
        lines = list(describe_plan(conn))
        assert lines[0] == "0001_model.sql"
        assert not any(line.startswith("  ") for line in lines)
        assert conn.execute("SELECT FROM pg_tables WHERE schemaname = 'public'").fetchall() == []
        conn.read_only = None
        assert migrate(conn).applied
