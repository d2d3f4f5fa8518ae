"""What a database is made of, as text: a migrated one must not differ from a fresh one."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any

import psycopg

Catalog = Mapping[str, str]
"""Each object's description by its name: `column public."User".id` → `text NOT NULL …`."""

_OURS = "n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'"


def _grants(privileges: str) -> str:
    """A subquery: every grant that is in force, one a line."""
    return f"""(
        SELECT string_agg(
            format(
                '%s to %s by %s%s', x.privilege_type,
                CASE x.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_get_userbyid(x.grantee) END,
                pg_get_userbyid(x.grantor), CASE WHEN x.is_grantable THEN ' with grant option' END
            ),
            E'\\n' ORDER BY x.privilege_type, x.grantee, x.grantor
        )
        FROM aclexplode({privileges}) AS x
    )"""


# Each gives name and description. A part that is NULL is left out of the description.
_QUERIES = {
    "setting": """
        SELECT coalesce(r.rolname, 'all roles'), array_to_string(s.setconfig, ', ')
        FROM pg_db_role_setting AS s
        LEFT JOIN pg_roles AS r ON r.oid = s.setrole
        WHERE s.setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())
    """,
    "extension": """
        SELECT e.extname, concat_ws(E'\\n', e.extversion, n.nspname)
        FROM pg_extension AS e
        JOIN pg_namespace AS n ON n.oid = e.extnamespace
    """,
    "schema": f"""
        SELECT
            n.nspname,
            concat_ws(
                E'\\n', pg_get_userbyid(n.nspowner),
                {_grants("coalesce(n.nspacl, acldefault('n', n.nspowner))")},
                obj_description(n.oid, 'pg_namespace')
            )
        FROM pg_namespace AS n
        WHERE {_OURS}
    """,
    "default privilege": """
        SELECT
            concat_ws(' ', pg_get_userbyid(d.defaclrole), n.nspname, d.defaclobjtype),
            array_to_string(d.defaclacl, E'\\n')
        FROM pg_default_acl AS d
        LEFT JOIN pg_namespace AS n ON n.oid = d.defaclnamespace
    """,
    "relation": f"""
        SELECT
            c.oid::regclass::text,
            concat_ws(
                E'\\n', 'kind ' || c.relkind::text, 'persistence ' || c.relpersistence::text,
                'replica identity ' || c.relreplident::text,
                'row security ' || c.relrowsecurity::text,
                array_to_string(c.reloptions, ', '), pg_get_userbyid(c.relowner),
                CASE WHEN c.relkind IN ('v', 'm') THEN pg_get_viewdef(c.oid) END,
                CASE WHEN c.relkind = 'S'
                    THEN {_grants("coalesce(c.relacl, acldefault('s', c.relowner))")}
                    ELSE {_grants("coalesce(c.relacl, acldefault('r', c.relowner))")}
                END,
                obj_description(c.oid, 'pg_class')
            )
        FROM pg_class AS c
        JOIN pg_namespace AS n ON n.oid = c.relnamespace
        WHERE {_OURS} AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
    """,
    # Options that begin with pg_ are the server's own notes (pg_attver), new for every table.
    "column": f"""
        SELECT
            format('%s.%I', c.oid::regclass, a.attname),
            concat_ws(
                E'\\n',
                'number ' || row_number() OVER (PARTITION BY c.oid ORDER BY a.attnum),
                format_type(a.atttypid, a.atttypmod),
                CASE WHEN a.attnotnull THEN 'NOT NULL' END,
                'DEFAULT ' || pg_get_expr(d.adbin, d.adrelid),
                'identity ' || nullif(a.attidentity, '')::text,
                'generated ' || nullif(a.attgenerated, '')::text,
                'statistics ' || nullif(a.attstattarget, -1)::text,
                'storage ' || a.attstorage::text,
                'compression ' || nullif(a.attcompression, '')::text,
                'collation ' || nullif(a.attcollation, 0)::regcollation::text,
                (
                    SELECT string_agg(o, ', ' ORDER BY o) FROM unnest(a.attoptions) AS o
                    WHERE o NOT LIKE 'pg\\_%'
                ),
                {_grants("a.attacl")},
                col_description(c.oid, a.attnum)
            )
        FROM pg_attribute AS a
        JOIN pg_class AS c ON c.oid = a.attrelid
        JOIN pg_namespace AS n ON n.oid = c.relnamespace
        LEFT JOIN pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
        WHERE
            {_OURS} AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
            AND a.attnum > 0 AND NOT a.attisdropped
    """,
    "constraint": f"""
        SELECT
            format('%s.%I', coalesce(k.conrelid::regclass::text, k.contypid::regtype::text),
                k.conname),
            concat_ws(
                E'\\n', pg_get_constraintdef(k.oid), 'validated ' || k.convalidated::text,
                obj_description(k.oid, 'pg_constraint')
            )
        FROM pg_constraint AS k
        JOIN pg_namespace AS n ON n.oid = k.connamespace
        WHERE {_OURS} AND k.contype <> 't'
    """,
    "index": f"""
        SELECT
            i.indexrelid::regclass::text,
            concat_ws(
                E'\\n', pg_get_indexdef(i.indexrelid),
                'valid ' || i.indisvalid::text, 'ready ' || i.indisready::text,
                'primary ' || i.indisprimary::text, 'clustered ' || i.indisclustered::text,
                obj_description(i.indexrelid, 'pg_class')
            )
        FROM pg_index AS i
        JOIN pg_class AS c ON c.oid = i.indexrelid
        JOIN pg_namespace AS n ON n.oid = c.relnamespace
        WHERE {_OURS}
    """,
    # Those of foreign keys are named after their own oid: here after the constraint. Without
    # parentheses, for `(a, b) IS DISTINCT FROM (c, d)` comes back from a dump as a flat OR.
    "trigger": f"""
        SELECT
            format('%s.%s', t.tgrelid::regclass, CASE
                WHEN t.tgisinternal THEN format('%s of %s', t.tgfoid::regproc, k.conname)
                ELSE quote_ident(t.tgname)
            END),
            concat_ws(
                E'\\n', 'enabled ' || t.tgenabled::text,
                CASE WHEN NOT t.tgisinternal THEN translate(pg_get_triggerdef(t.oid), '()', '') END,
                obj_description(t.oid, 'pg_trigger')
            )
        FROM pg_trigger AS t
        JOIN pg_class AS c ON c.oid = t.tgrelid
        JOIN pg_namespace AS n ON n.oid = c.relnamespace
        LEFT JOIN pg_constraint AS k ON k.oid = t.tgconstraint
        WHERE {_OURS}
    """,
    "event trigger": """
        SELECT e.evtname, concat_ws(E'\\n', e.evtevent, e.evtfoid::regproc, e.evtenabled)
        FROM pg_event_trigger AS e
    """,
    # Signature, result, language, security, configuration and body.
    "function": f"""
        SELECT
            p.oid::regprocedure::text,
            concat_ws(
                E'\\n', pg_get_functiondef(p.oid), pg_get_userbyid(p.proowner),
                {_grants("coalesce(p.proacl, acldefault('f', p.proowner))")},
                obj_description(p.oid, 'pg_proc')
            )
        FROM pg_proc AS p
        JOIN pg_namespace AS n ON n.oid = p.pronamespace
        WHERE {_OURS} AND p.prokind <> 'a'
    """,
    "sequence": f"""
        SELECT
            c.oid::regclass::text,
            concat_ws(
                E'\\n', format_type(s.seqtypid, NULL),
                concat_ws(', ', s.seqstart, s.seqincrement, s.seqmin, s.seqmax, s.seqcache),
                'cycle ' || s.seqcycle::text,
                (
                    SELECT format('of %s.%I, %s', d.refobjid::regclass, a.attname, d.deptype)
                    FROM pg_depend AS d
                    JOIN pg_attribute AS a
                        ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
                    WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid
                        AND d.deptype IN ('a', 'i')
                )
            )
        FROM pg_sequence AS s
        JOIN pg_class AS c ON c.oid = s.seqrelid
        JOIN pg_namespace AS n ON n.oid = c.relnamespace
        WHERE {_OURS}
    """,
    "type": f"""
        SELECT
            t.oid::regtype::text,
            concat_ws(
                E'\\n', 'type ' || t.typtype::text,
                (
                    SELECT string_agg(e.enumlabel, ', ' ORDER BY e.enumsortorder)
                    FROM pg_enum AS e WHERE e.enumtypid = t.oid
                ),
                format_type(nullif(t.typbasetype, 0), t.typtypmod), t.typdefault,
                {_grants("coalesce(t.typacl, acldefault('T', t.typowner))")},
                obj_description(t.oid, 'pg_type')
            )
        FROM pg_type AS t
        JOIN pg_namespace AS n ON n.oid = t.typnamespace
        LEFT JOIN pg_class AS c ON c.oid = t.typrelid
        WHERE {_OURS} AND t.typelem = 0 AND coalesce(c.relkind, 'c') = 'c'
    """,
    "rule": f"""
        SELECT format('%s.%I', r.ev_class::regclass, r.rulename), pg_get_ruledef(r.oid)
        FROM pg_rewrite AS r
        JOIN pg_class AS c ON c.oid = r.ev_class
        JOIN pg_namespace AS n ON n.oid = c.relnamespace
        WHERE {_OURS} AND r.rulename <> '_RETURN'
    """,
    "policy": """
        SELECT format('%I.%I.%I', schemaname, tablename, policyname), p::text
        FROM pg_policies AS p
    """,
    "publication": """
        SELECT p.pubname, concat_ws(E'\\n', p.puballtables, t.prrelid::regclass)
        FROM pg_publication AS p
        LEFT JOIN pg_publication_rel AS t ON t.prpubid = p.oid
    """,
    "statistics": f"""
        SELECT s.stxname, pg_get_statisticsobjdef(s.oid)
        FROM pg_statistic_ext AS s
        JOIN pg_namespace AS n ON n.oid = s.stxnamespace
        WHERE {_OURS}
    """,
}


def read_catalog(conn: psycopg.Connection) -> Catalog:
    """Every object of the database that is not PostgreSQL's own."""
    found: dict[str, str] = {}
    with conn.transaction():
        # Names are then written with their schema.
        conn.execute("SET LOCAL search_path = ''")
        for kind, query in _QUERIES.items():
            rows: list[tuple[Any, Any]] = conn.execute(query.encode()).fetchall()
            for name, description in rows:
                key = f"{kind} {name}"
                assert key not in found, f"two objects of the name {key}"
                found[key] = description or ""
    return found


def assert_same(wanted: Catalog, found: Catalog) -> None:
    """Fails with a readable diff."""
    lines: list[str] = []
    for name in sorted(wanted.keys() | found.keys()):
        if name not in found:
            lines.append(f"missing: {name}")
        elif name not in wanted:
            lines.append(f"left over: {name}")
        elif wanted[name] != found[name]:
            lines.append(f"different: {name}")
            diff = difflib.unified_diff(
                wanted[name].splitlines(), found[name].splitlines(), "wanted", "found", "", "", 1
            )
            lines.extend(f"    {line.rstrip()}" for line in diff)
    assert not lines, "\n".join(lines)
