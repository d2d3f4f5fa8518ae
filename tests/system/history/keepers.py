"""Triggers that a DBA hangs on the tables of a client, and that keep resets from being whole."""

from __future__ import annotations

TABLES = ("Session", "Conversation", "Alias")
BODIES = {
    "skips the row": "RETURN NULL;",
    "skips the row, meaning to let it go": "RETURN NEW;",
    "changes the row": """
        UPDATE public."{table}" SET "userId" = OLD."userId" WHERE "userId" = OLD."userId";
        RETURN OLD;""",
    "writes the row again": 'INSERT INTO public."{table}" SELECT OLD.*; RETURN OLD;',
    "raises": "RAISE EXCEPTION 'no';",
}
"""What it does BEFORE DELETE, for each row."""


def make(table: str, kind: str) -> str:
    """The statement that makes the trigger `keep` on a table."""
    return f"""
        CREATE OR REPLACE FUNCTION public.keep() RETURNS trigger LANGUAGE plpgsql AS $keep$
        BEGIN {BODIES[kind].replace("{table}", table)} END $keep$;
        CREATE TRIGGER keep BEFORE DELETE ON public."{table}"
        FOR EACH ROW EXECUTE FUNCTION public.keep()"""


def drop(table: str) -> str:
    return f'DROP TRIGGER IF EXISTS keep ON public."{table}"'
