-- What other programs hang on the tables of a client can keep rows from a DELETE without an error:
-- a BEFORE row trigger that does not return OLD, a rule, a policy that holds for the owner too.
-- Where there is such a thing, a reset looks whether a row was left, and then fails whole.

CREATE OR REPLACE FUNCTION novabot_internal.find_foreign()
RETURNS TABLE (
    relation text, kind text, name text, at_delete boolean, at_update boolean, mend text
)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN QUERY
    -- The bits of tgtype are in PostgreSQL's catalog/pg_trigger.h, ev_type's values in pg_rewrite.h.
    WITH tables AS (
        SELECT
            c.oid, c.relname::text, c.relrowsecurity,
            c.relforcerowsecurity AND NOT r.rolsuper AND NOT r.rolbypassrls AS holds_for_owner
        FROM pg_class AS c
        JOIN pg_roles AS r ON r.oid = c.relowner
        WHERE
            c.relnamespace = 'public'::regnamespace
            AND c.relname IN (
                'User', 'Session', 'Conversation', 'Alias',
                'FormerAlias', 'IdentityNote', 'IdentityEvent', 'SetAside'
            )
    )
    SELECT
        c.relname, 'trigger', t.tgname::text,
        t.tgenabled <> 'D' AND t.tgtype & 8 <> 0,
        t.tgenabled <> 'D' AND t.tgtype & 16 <> 0,
        format('DROP TRIGGER %I ON public.%I', t.tgname, c.relname)
    FROM tables AS c
    JOIN pg_trigger AS t ON t.tgrelid = c.oid
    WHERE
        NOT t.tgisinternal
        AND NOT EXISTS (
            SELECT
            FROM novabot_internal.expected_triggers() AS e
            WHERE
                e.relation = c.relname
                AND e.name = t.tgname
                AND e.routine = t.tgfoid::regproc::text
        )
    UNION ALL
    SELECT
        c.relname,
        CASE WHEN r.is_instead THEN 'DO INSTEAD rule' ELSE 'DO ALSO rule' END,
        r.rulename::text,
        r.ev_enabled <> 'D' AND r.ev_type = '4',
        r.ev_enabled <> 'D' AND r.ev_type = '2',
        format('DROP RULE %I ON public.%I', r.rulename, c.relname)
    FROM tables AS c
    JOIN pg_rewrite AS r ON r.ev_class = c.oid
    UNION ALL
    SELECT
        c.relname, 'row security',
        coalesce(
            (
                SELECT string_agg(p.polname, ', ' ORDER BY p.polname)
                FROM pg_policy AS p
                WHERE p.polrelid = c.oid
            ),
            'without a policy'
        ),
        c.holds_for_owner,
        c.holds_for_owner,
        CASE
            WHEN c.holds_for_owner THEN
                format('ALTER TABLE public.%I NO FORCE ROW LEVEL SECURITY', c.relname)
            ELSE ''
        END
    FROM tables AS c
    WHERE c.relrowsecurity
    ORDER BY 1, 2, 3;
END
$$;
COMMENT ON FUNCTION novabot_internal.find_foreign() IS
'Triggers, rules and row level security on the tables of a client that are not shipped; whether each takes effect when a row is deleted or updated by the owner of the tables, and the statement that removes it.';

CREATE OR REPLACE FUNCTION novabot_internal.find_keepers() RETURNS boolean
LANGUAGE plpgsql STABLE
AS $$
BEGIN
    -- Asked in each reset, so first by key and by the names of the shipped triggers; and without a
    -- parameter, so that one plan serves the whole connection.
    IF NOT (
        EXISTS (
            SELECT FROM pg_trigger AS t
            WHERE
                t.tgrelid IN (
                    'public."User"'::regclass, 'public."Session"'::regclass,
                    'public."Conversation"'::regclass, 'public."Alias"'::regclass,
                    'public."FormerAlias"'::regclass, 'public."IdentityNote"'::regclass,
                    'public."IdentityEvent"'::regclass, 'public."SetAside"'::regclass
                )
                AND NOT t.tgisinternal
                AND t.tgname NOT IN (
                    'a_own_alias_on_insert', 'begin_reset', 'bury_orphans', 'own_alias_on_rename',
                    'renew_revision', 'renew_revision_if_changed', 'reset_deleted',
                    'reset_truncated', 'stop_sending', 'signal_deleted', 'signal_truncated',
                    'make_canonical', 'mark_forgotten', 'mark_former_forgotten', 'mark_replaced',
                    'mark_truncated', 'share_opt_out'
                )
        )
        OR EXISTS (
            SELECT FROM pg_rewrite AS r
            WHERE
                r.ev_class IN (
                    'public."User"'::regclass, 'public."Session"'::regclass,
                    'public."Conversation"'::regclass, 'public."Alias"'::regclass,
                    'public."FormerAlias"'::regclass, 'public."IdentityNote"'::regclass,
                    'public."IdentityEvent"'::regclass, 'public."SetAside"'::regclass
                )
        )
        OR row_security_active('public."User"'::regclass)
        OR row_security_active('public."Session"'::regclass)
        OR row_security_active('public."Conversation"'::regclass)
        OR row_security_active('public."Alias"'::regclass)
        OR row_security_active('public."FormerAlias"'::regclass)
        OR row_security_active('public."IdentityNote"'::regclass)
        OR row_security_active('public."IdentityEvent"'::regclass)
        OR row_security_active('public."SetAside"'::regclass)
    ) THEN
        RETURN false;
    END IF;
    RETURN EXISTS (
        SELECT FROM novabot_internal.find_foreign() AS f WHERE f.at_delete OR f.at_update
    );
END
$$;
COMMENT ON FUNCTION novabot_internal.find_keepers() IS
'Whether the catalog shows a trigger, rule or policy by which a DELETE or UPDATE of the tables of a client could leave rows without an error. A trigger that has the name of a shipped one is left to find_drift().';

CREATE OR REPLACE FUNCTION novabot_internal.can_be_kept() RETURNS boolean
LANGUAGE plpgsql STABLE
AS $$
BEGIN
    -- Within a DELETE from "User", begin_reset has asked; reset_deleted asks anew.
    RETURN coalesce(
        nullif(current_setting('novabot.can_be_kept', true), '')::boolean,
        novabot_internal.find_keepers()
    );
END
$$;
COMMENT ON FUNCTION novabot_internal.can_be_kept() IS
'What find_keepers() says: within a DELETE from "User", what it said before, until the cascades are done.';

CREATE OR REPLACE FUNCTION novabot_internal.describe_foreign(
    relations text[], also_at_update boolean, OUT causes text, OUT mends text
) RETURNS record
LANGUAGE sql STABLE
AS $$
    SELECT
        string_agg(format('%s %s on "%s"', f.kind, f.name, f.relation), '; '),
        string_agg(f.mend, '; ')
    FROM novabot_internal.find_foreign() AS f
    WHERE
        (relations IS NULL OR f.relation = ANY (relations))
        AND (f.at_delete OR (f.at_update AND also_at_update))
$$;
COMMENT ON FUNCTION novabot_internal.describe_foreign(text[], boolean) IS
'What find_foreign() finds on these tables (NULL: all) that takes effect at a DELETE, or an UPDATE too: its names and the statements that remove it, each as one text; NULLs if there is nothing.';

CREATE OR REPLACE FUNCTION novabot_internal.raise_kept(kept_in text[]) RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    found CONSTANT record := novabot_internal.describe_foreign(kept_in, true);
BEGIN
    RAISE EXCEPTION USING
        ERRCODE = 'ST004',
        MESSAGE = format(
            'rows of the client would stay in %s%s: nothing was changed',
            (SELECT string_agg(format('"%s"', k.relation), ', ') FROM unnest(kept_in) AS k (relation)),
            ', kept by ' || found.causes
        ),
        HINT = coalesce(
            'Let a BEFORE trigger return OLD for DELETE and NEW for UPDATE, or run: ' || found.mends,
            'No trigger, rule or policy is on that table: one on another table writes the rows'
            ' again. "novabot doctor" names every one that is not NovaBot''s.'
        );
END
$$;
COMMENT ON FUNCTION novabot_internal.raise_kept(text[]) IS
'Raises ST004: rows stayed in these tables. Names what keeps them, and the statements that remove it.';

CREATE OR REPLACE FUNCTION novabot_internal.raise_undone(
    code text, at_table text, at_constraint text
) RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    found CONSTANT record := novabot_internal.describe_foreign(NULL, false);
BEGIN
    -- No text of the error: it may quote what a client wrote.
    RAISE EXCEPTION USING
        ERRCODE = 'ST004',
        MESSAGE = format(
            'the reset was undone by an error with SQLSTATE %s%s%s%s: nothing was changed',
            code,
            ' at constraint "' || nullif(at_constraint, '') || '"',
            ' of table "' || nullif(at_table, '') || '"',
            ', perhaps of ' || found.causes
        ),
        HINT = coalesce(
            'Mend it, or run: ' || found.mends,
            'Let the foreign key of that table be ON DELETE CASCADE or SET NULL, and no trigger of a'
            ' table that it leads to raise an error.'
        );
END
$$;
COMMENT ON FUNCTION novabot_internal.raise_undone(text, text, text) IS
'Raises ST004: an error with this SQLSTATE undid a reset. Names the constraint at which it occurred, or empty texts, and every trigger and rule that is not shipped.';

CREATE OR REPLACE FUNCTION novabot_internal.delete_clients(
    ids text[], OUT gone uuid[], OUT absorbed uuid[]
) RETURNS record
LANGUAGE plpgsql
AS $$
DECLARE
    at_schema text;
    at_table text;
    at_constraint text;
BEGIN
    WITH deleted AS (
        DELETE FROM public."User" AS u
        WHERE u.id = ANY (ids)
        RETURNING u.incarnation, u.absorbed
    )
    SELECT
        array_agg(d.incarnation),
        ARRAY(SELECT i.incarnation FROM deleted AS o CROSS JOIN unnest(o.absorbed) AS i (incarnation))
    INTO gone, absorbed
    FROM deleted AS d;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS
        at_schema = SCHEMA_NAME, at_table = TABLE_NAME, at_constraint = CONSTRAINT_NAME;
    -- What passes (locks, a full disk, a server that ends) and our own errors stay as they are.
    IF
        left(SQLSTATE, 2) IN ('ST', '08', '25', '40', '53', '54', '55', '57', '58', 'XX')
        OR (
            left(SQLSTATE, 2) = '23'
            AND at_schema = 'public'
            AND at_table IN (
                'User', 'Session', 'Conversation', 'Alias', 'FormerAlias', 'IdentityNote',
                'IdentityEvent', 'SetAside', 'Forgotten', 'Reset'
            )
            AND NOT novabot_internal.find_keepers()
        )
    THEN
        RAISE;
    END IF;
    PERFORM novabot_internal.raise_undone(SQLSTATE, at_table, at_constraint);
END
$$;
COMMENT ON FUNCTION novabot_internal.delete_clients(text[]) IS
'Resets the clients with these ids. gone: the incarnations that were deleted, NULL if none was; absorbed: those that had been merged into them before. Raises ST004 where a foreign key of another program''s table forbids it, or a trigger that is not shipped raises an error or makes one.';

CREATE OR REPLACE FUNCTION novabot_internal.refuse_kept_addresses(
    client text, given_up text[]
) RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
    IF EXISTS (
        SELECT FROM public."Alias" AS a WHERE a."userId" = client AND a.alias = ANY (given_up)
    ) THEN
        PERFORM novabot_internal.raise_kept(ARRAY['Alias']);
    END IF;
END
$$;
COMMENT ON FUNCTION novabot_internal.refuse_kept_addresses(text, text[]) IS
'Raises ST004 if one of these canonical addresses, which a client has just given up, still leads to it: the next owner would be told what it said.';

CREATE OR REPLACE FUNCTION novabot_internal.refuse_hidden() RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    hidden text[];
BEGIN
    SELECT array_agg(f.relation) INTO hidden
    FROM novabot_internal.find_foreign() AS f
    WHERE f.kind IN ('row security', 'DO INSTEAD rule') AND f.at_delete;
    IF hidden IS NOT NULL THEN
        PERFORM novabot_internal.raise_kept(hidden);
    END IF;
END
$$;
COMMENT ON FUNCTION novabot_internal.refuse_hidden() IS
'Raises ST004 before a reset where it cannot work: row level security that holds for the owner of the tables too hides rows from the search as well, and a DO INSTEAD rule replaces the DELETE of foreign keys and functions.';

CREATE OR REPLACE FUNCTION novabot_internal.refuse_kept(
    ids text[], incarnations uuid[], tables text[]
) RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    kept_in text[];
BEGIN
    SELECT array_agg(k.relation) INTO kept_in
    FROM (
        SELECT 'User'
        WHERE EXISTS (SELECT FROM public."User" AS u WHERE u.incarnation = ANY (incarnations))
        UNION ALL
        SELECT 'Session'
        WHERE EXISTS (SELECT FROM public."Session" AS c WHERE c."userId" = ANY (ids))
        UNION ALL
        SELECT 'Conversation'
        WHERE EXISTS (SELECT FROM public."Conversation" AS c WHERE c."userId" = ANY (ids))
        UNION ALL
        SELECT 'Alias'
        WHERE EXISTS (SELECT FROM public."Alias" AS c WHERE c."userId" = ANY (ids))
        UNION ALL
        SELECT 'FormerAlias'
        WHERE EXISTS (SELECT FROM public."FormerAlias" AS c WHERE c."userId" = ANY (ids))
        UNION ALL
        SELECT 'IdentityNote'
        WHERE EXISTS (SELECT FROM public."IdentityNote" AS c WHERE c."userId" = ANY (ids))
        UNION ALL
        SELECT 'IdentityEvent'
        WHERE EXISTS (
            SELECT FROM public."IdentityEvent" AS c
            WHERE c.source = ANY (ids) OR c.target = ANY (ids)
        )
    ) AS k (relation)
    WHERE k.relation = ANY (tables);
    IF kept_in IS NOT NULL THEN
        PERFORM novabot_internal.raise_kept(kept_in);
    END IF;
END
$$;
COMMENT ON FUNCTION novabot_internal.refuse_kept(text[], uuid[], text[]) IS
'Raises ST004 if one of these tables still has rows of these clients: of the incarnations themselves in "User", of their ids elsewhere. Asked before another statement can give them to a new incarnation.';

CREATE OR REPLACE FUNCTION novabot_internal.refuse_old_snapshot() RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
    IF current_setting('transaction_isolation') IN ('read committed', 'read uncommitted') THEN
        RETURN;
    END IF;
    -- Foreign keys look beyond the snapshot; statements of this transaction cannot.
    IF
        current_setting('session_replication_role') = 'replica'
        OR EXISTS (
            SELECT FROM novabot_internal.find_drift() AS d WHERE d.fault LIKE '%foreign key %'
        )
    THEN
        RAISE EXCEPTION USING
            ERRCODE = 'ST004',
            MESSAGE = 'without foreign keys, a snapshot older than the reset hides rows of the'
                ' client: nothing was changed',
            HINT = 'Reset in a READ COMMITTED transaction, or with session_replication_role ='
                ' origin and the foreign keys that "novabot doctor" misses.';
    END IF;
END
$$;
COMMENT ON FUNCTION novabot_internal.refuse_old_snapshot() IS
'Raises ST004 in REPEATABLE READ and SERIALIZABLE when foreign keys do not fire: rows that another transaction has committed since the snapshot would stay unseen.';

CREATE OR REPLACE FUNCTION novabot_internal.drop_all_identity_events() RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    kept boolean;
BEGIN
    WITH dropped AS (DELETE FROM public."IdentityEvent" RETURNING id)
    SELECT (SELECT count(*) FROM public."IdentityEvent") > (SELECT count(*) FROM dropped) INTO kept;
    IF kept AND novabot_internal.can_be_kept() THEN
        PERFORM novabot_internal.raise_kept(ARRAY['IdentityEvent']);
    END IF;
END
$$;
COMMENT ON FUNCTION novabot_internal.drop_all_identity_events() IS
'Deletes all kept changes of addresses; raises ST004 when one of them is kept.';
