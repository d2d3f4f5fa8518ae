"""A migrated database is made of the same things as a fresh one."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from app.database.migrating.migrations import migrate, pending
from tests.upgrade.catalog import assert_same, read_catalog
from tests.upgrade.releases import Release, run_from

SIGNATURES = """
    SELECT p.proname, p.oid::regprocedure::text, pg_get_function_result(p.oid), p.provolatile
    FROM pg_proc AS p
    WHERE p.pronamespace = 'public'::regnamespace AND p.proname = ANY (%s)
    ORDER BY 2
"""
DIFFERENCES = {
    'column public."User".nama': 'ALTER TABLE "User" ALTER nama SET STATISTICS 10',
    'column public."Session".context': """COMMENT ON COLUMN "Session".context IS 'x'""",
    'column public."Conversation".body': 'GRANT SELECT (body) ON "Conversation" TO PUBLIC',
    'constraint public."User".id_is_not_empty': 'ALTER TABLE "User" DROP CONSTRAINT'
    " id_is_not_empty, ADD CONSTRAINT id_is_not_empty CHECK (id <> '') NOT VALID",
    "index public.alias_by_client": "DROP INDEX alias_by_client",
    'trigger public."User".renew_revision': 'ALTER TABLE "User" ENABLE TRIGGER renew_revision',
    'relation public."Alias"': 'GRANT SELECT ON "Alias" TO PUBLIC',
    'sequence public."Reset_id_seq"': 'ALTER SEQUENCE "Reset_id_seq" INCREMENT 2',
    "function public.reset_client(text,text,text)": "GRANT EXECUTE ON FUNCTION reset_client"
    " TO PUBLIC",
    "schema public": "REVOKE USAGE ON SCHEMA public FROM PUBLIC",
    "function public.extra()": "CREATE FUNCTION extra() RETURNS int LANGUAGE sql AS 'SELECT 1'",
}
"""What is different, and how it came to be."""


def test_migrating_a_release_gives_what_a_fresh_database_has(
    upgraded: psycopg.Connection, fresh: psycopg.Connection
) -> None:
    assert pending(upgraded) == ()
    wanted = read_catalog(fresh)
    assert len([name for name in wanted if name.startswith("function ")]) >= 60
    assert_same(wanted, read_catalog(upgraded))
    applied = 'SELECT name, checksum FROM "Migration" ORDER BY name'
    assert upgraded.execute(applied).fetchall() == fresh.execute(applied).fetchall()


def test_migrating_again_changes_nothing(upgraded: psycopg.Connection) -> None:
    before = read_catalog(upgraded)
    again = migrate(upgraded)
    assert (again.applied, again.routines) == ((), False)
    migrate(upgraded, force=True)
    assert_same(before, read_catalog(upgraded))


def test_the_dump_holds_what_the_release_itself_makes(
    old: psycopg.Connection,
    empty_database_url: str,
    unpacked: Callable[[Release], Path],
    release: Release,
) -> None:
    subprocess.run(
        [sys.executable, "-m", "app", "migrate"],
        env={**os.environ, "DATABASE_URL": empty_database_url}
        | run_from(unpacked(release), release),
        check=True,
        capture_output=True,
    )
    with psycopg.connect(empty_database_url, autocommit=True) as made:
        assert_same(read_catalog(made), read_catalog(old))


def test_every_function_that_a_bot_of_the_release_calls_is_there_for_it(
    old: psycopg.Connection, unpacked: Callable[[Release], Path], release: Release
) -> None:
    sources = [*(unpacked(release) / "app" / "bot").rglob("*.py")]
    sources += (unpacked(release) / "app" / "sessions").rglob("*.py")
    called = {name for source in sources for name in re.findall(r"\b(\w+)\(", source.read_text())}
    before = old.execute(SIGNATURES, (list(called),)).fetchall()
    assert len(before) >= 15
    migrate(old)
    assert old.execute(SIGNATURES, (list(called),)).fetchall() == before


def test_a_difference_is_found_and_named(
    fresh: psycopg.Connection, upgraded: psycopg.Connection
) -> None:
    wanted = read_catalog(fresh)
    for name, statement in DIFFERENCES.items():
        with upgraded.transaction(force_rollback=True):
            upgraded.execute(statement.encode())
            with pytest.raises(AssertionError) as raised:
                assert_same(wanted, read_catalog(upgraded))
            named = [line for line in str(raised.value).splitlines() if not line.startswith(" ")]
            assert name in {line.partition(": ")[2] for line in named}, named
