-- The audit: compares what forgetting depends on with what is shipped. It changes nothing.
-- Bots call audit_triggers() every minute; `novabot doctor` calls all of it.

CREATE OR REPLACE FUNCTION novabot_internal.expected_triggers()
RETURNS TABLE (relation text, name text, kind text, routine text)
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT t.relation, t.name, t.kind, 'novabot_internal.' || t.routine
    FROM (
        VALUES
            ('User', 'a_own_alias_on_insert', 'AFTER INSERT ROW', 'add_own_alias'),
            ('User', 'begin_reset', 'BEFORE DELETE STATEMENT', 'begin_reset'),
            ('User', 'bury_orphans', 'BEFORE INSERT ROW', 'bury_orphans'),
            ('User', 'own_alias_on_rename', 'AFTER UPDATE OF id ROW WHEN', 'add_own_alias'),
            ('User', 'renew_revision', 'BEFORE UPDATE ROW WHEN', 'renew_user_revision'),
            ('User', 'renew_revision_if_changed', 'AFTER UPDATE ROW WHEN', 'renew_changed_user'),
            ('User', 'reset_deleted', 'AFTER DELETE STATEMENT OLD TABLE gone', 'reset_deleted'),
            ('User', 'reset_truncated', 'BEFORE TRUNCATE STATEMENT', 'reset_truncated'),
            ('User', 'stop_sending', 'AFTER UPDATE ROW WHEN', 'stop_sending'),
            ('Session', 'renew_revision', 'BEFORE UPDATE ROW WHEN', 'renew_session_revision'),
            ('Session', 'signal_deleted', 'AFTER DELETE STATEMENT OLD TABLE gone',
                'signal_sessions_deleted'),
            ('Session', 'signal_truncated', 'AFTER TRUNCATE STATEMENT', 'signal_sessions_truncated'),
            ('Alias', 'make_canonical', 'BEFORE INSERT UPDATE OF alias ROW',
                'make_alias_canonical'),
            ('Alias', 'mark_forgotten', 'AFTER DELETE STATEMENT OLD TABLE gone', 'mark_forgotten'),
            ('Alias', 'mark_replaced', 'AFTER UPDATE OF alias, userId ROW WHEN', 'mark_replaced'),
            ('Alias', 'mark_truncated', 'BEFORE TRUNCATE STATEMENT', 'mark_all_forgotten'),
            ('Alias', 'share_opt_out', 'AFTER INSERT UPDATE OF alias, userId ROW', 'share_opt_out'),
            ('FormerAlias', 'mark_former_forgotten', 'AFTER DELETE STATEMENT OLD TABLE gone',
                'mark_former_forgotten'),
            ('FormerAlias', 'mark_truncated', 'BEFORE TRUNCATE STATEMENT', 'mark_all_forgotten')
    ) AS t (relation, name, kind, routine)
$$;
COMMENT ON FUNCTION novabot_internal.expected_triggers() IS
'The triggers that forgetting depends on, as they are shipped; all of them ENABLE ALWAYS.';

CREATE OR REPLACE FUNCTION novabot_internal.present_triggers()
RETURNS TABLE (relation text, name text, kind text, routine text, enabled "char")
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    -- The bits of tgtype are in PostgreSQL's catalog/pg_trigger.h.
    SELECT
        c.relname::text,
        t.tgname::text,
        concat_ws(
            ' ',
            CASE WHEN t.tgtype & 2 <> 0 THEN 'BEFORE' ELSE 'AFTER' END,
            CASE WHEN t.tgtype & 4 <> 0 THEN 'INSERT' END,
            CASE WHEN t.tgtype & 8 <> 0 THEN 'DELETE' END,
            CASE WHEN t.tgtype & 16 <> 0 THEN 'UPDATE' END,
            (
                SELECT 'OF ' || string_agg(a.attname, ', ' ORDER BY a.attnum)
                FROM pg_attribute AS a
                WHERE a.attrelid = c.oid AND a.attnum = ANY (t.tgattr::smallint[])
            ),
            CASE WHEN t.tgtype & 32 <> 0 THEN 'TRUNCATE' END,
            CASE WHEN t.tgtype & 1 <> 0 THEN 'ROW' ELSE 'STATEMENT' END,
            CASE WHEN t.tgqual IS NOT NULL THEN 'WHEN' END,
            'OLD TABLE ' || t.tgoldtable,
            'NEW TABLE ' || t.tgnewtable
        ),
        p.oid::regproc::text,
        t.tgenabled
    FROM pg_class AS c
    JOIN pg_trigger AS t ON t.tgrelid = c.oid
    JOIN pg_proc AS p ON p.oid = t.tgfoid
    WHERE
        c.relnamespace = 'public'::regnamespace
        AND c.relname IN ('User', 'Session', 'Alias', 'Conversation', 'FormerAlias')
        AND NOT t.tgisinternal
$$;
COMMENT ON FUNCTION novabot_internal.present_triggers() IS
'The triggers that are on the tables now, described as expected_triggers() does.';

CREATE OR REPLACE FUNCTION novabot_internal.find_drift() RETURNS TABLE (fault text, mend text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    WITH judged AS (
        SELECT
            e.relation,
            e.name,
            CASE
                WHEN p.name IS NULL THEN 'is missing'
                WHEN p.enabled = 'D' THEN 'is disabled'
                WHEN p.kind <> e.kind OR p.routine <> e.routine THEN
                    format('is not as shipped: %s, calls %s', p.kind, p.routine)
                WHEN p.enabled <> 'A' THEN
                    'is not ENABLE ALWAYS: it does not fire under'
                    ' session_replication_role = replica'
            END AS fault
        FROM novabot_internal.expected_triggers() AS e
        LEFT JOIN novabot_internal.present_triggers() AS p USING (relation, name)
    ),
    children AS (
        SELECT r.relation, to_regclass(format('public.%I', r.relation)) AS oid
        FROM (VALUES ('Session'), ('Conversation'), ('Alias')) AS r (relation)
    ),
    keys AS (
        SELECT
            c.relation,
            k.conname,
            k.confdeltype = 'c' AND k.confupdtype = 'c' AS cascades,
            (
                SELECT count(*) FROM pg_trigger AS t
                WHERE t.tgconstraint = k.oid AND t.tgenabled <> 'D'
            ) = 4 AS is_enforced
        FROM children AS c
        LEFT JOIN pg_constraint AS k
            ON k.conrelid = c.oid
            AND k.confrelid = to_regclass('public."User"')
            AND k.contype = 'f'
    )
    SELECT
        format('trigger %s on "%s" %s', j.name, j.relation, j.fault),
        'novabot migrate --force'
    FROM judged AS j
    WHERE j.fault IS NOT NULL
    UNION ALL
    SELECT
        format('the foreign key of "%s" is missing', k.relation),
        format(
            'ALTER TABLE public."%s" ADD FOREIGN KEY ("userId") REFERENCES public."User" (id)'
            ' ON DELETE CASCADE ON UPDATE CASCADE',
            k.relation
        )
    FROM keys AS k
    WHERE k.conname IS NULL
    UNION ALL
    SELECT
        format('foreign key %s of "%s" does not cascade', k.conname, k.relation),
        format(
            'ALTER TABLE public."%s" DROP CONSTRAINT %I,'
            ' ADD FOREIGN KEY ("userId") REFERENCES public."User" (id)'
            ' ON DELETE CASCADE ON UPDATE CASCADE',
            k.relation, k.conname
        )
    FROM keys AS k
    WHERE NOT k.cascades
    UNION ALL
    SELECT
        format('foreign key %s of "%s" is disabled', k.conname, k.relation),
        format(
            'ALTER TABLE public."User" ENABLE TRIGGER ALL;'
            ' ALTER TABLE public."%s" ENABLE TRIGGER ALL;'
            ' then novabot migrate --force',
            k.relation
        )
    FROM keys AS k
    WHERE k.cascades AND NOT k.is_enforced
    UNION ALL
    SELECT
        format('rule %s replaces statements on "%s"', r.rulename, c.relname),
        format('DROP RULE %I ON public."%s"', r.rulename, c.relname)
    FROM pg_rewrite AS r
    JOIN pg_class AS c ON c.oid = r.ev_class
    WHERE
        r.is_instead
        AND c.relnamespace = 'public'::regnamespace
        AND c.relname IN (
            'User', 'Session', 'Conversation', 'Alias',
            'FormerAlias', 'IdentityNote', 'IdentityEvent', 'SetAside'
        )
    UNION ALL
    SELECT
        format('row level security (%s) on "%s" holds for the owner too', f.name, f.relation),
        f.mend
    FROM novabot_internal.find_foreign() AS f
    WHERE f.kind = 'row security' AND f.at_delete
    ORDER BY 1
$$;
COMMENT ON FUNCTION novabot_internal.find_drift() IS
'What has changed in the triggers and foreign keys that forgetting depends on, and how to mend each; no row when all is as shipped. DISABLE TRIGGER ALL followed by ENABLE TRIGGER ALL (pg_restore --disable-triggers) silently loses ENABLE ALWAYS.';

CREATE OR REPLACE FUNCTION novabot_internal.audit_triggers() RETURNS text[]
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT ARRAY(SELECT d.fault FROM novabot_internal.find_drift() AS d)
$$;
COMMENT ON FUNCTION novabot_internal.audit_triggers() IS
'The faults of find_drift(), empty when all is as shipped. Each bot calls it every minute, and is unready while there are any; the fence keeps its answers right meanwhile.';

CREATE OR REPLACE FUNCTION novabot_internal.find_open_rights()
RETURNS TABLE (fault text, mend text, grave boolean)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    WITH own AS (
        SELECT c.relowner AS owner FROM pg_class AS c WHERE c.oid = to_regclass('public."User"')
    ),
    public_tables AS (
        SELECT c.relname
        FROM pg_class AS c
        WHERE
            c.relnamespace = 'public'::regnamespace
            AND c.relname IN (
                'User', 'Session', 'Alias', 'Conversation', 'SetAside', 'DigestKey',
                'Operator', 'WebSession', 'ApiToken', 'LoginAttempt', 'Delivery', 'Forgotten',
                'FormerAlias', 'IdentityEvent', 'IdentityNote', 'AddressLock', 'Number', 'AccountEvent', 'OptOut',
                'Migration'
            )
            AND (
                has_any_column_privilege('public', c.oid, 'SELECT, INSERT, UPDATE')
                OR has_table_privilege('public', c.oid, 'DELETE, TRUNCATE, TRIGGER')
            )
    )
    SELECT
        format('PUBLIC may read or write "%s"', t.relname),
        format('REVOKE ALL ON public."%s" FROM PUBLIC', t.relname),
        true
    FROM public_tables AS t
    UNION ALL
    SELECT
        format('role %s may read "DigestKey", the key of all digests', r.rolname),
        format('REVOKE ALL ON public."DigestKey" FROM %I (or pg_read_all_data from it)', r.rolname),
        true
    FROM pg_roles AS r
    CROSS JOIN own
    WHERE
        NOT r.rolsuper
        AND r.rolname NOT LIKE 'pg\_%'
        AND NOT pg_has_role(r.oid, own.owner, 'MEMBER')
        AND has_any_column_privilege(r.oid, to_regclass('public."DigestKey"'), 'SELECT')
        AND NOT has_any_column_privilege('public', to_regclass('public."DigestKey"'), 'SELECT')
    UNION ALL
    SELECT
        format('PUBLIC may call %s, which acts as its owner', p.oid::regprocedure),
        'novabot migrate --force',
        true
    FROM pg_proc AS p
    CROSS JOIN own
    WHERE
        p.pronamespace IN ('public'::regnamespace, to_regnamespace('novabot_internal'))
        AND p.proowner = own.owner
        AND p.prosecdef
        AND has_function_privilege('public', p.oid, 'EXECUTE')
    UNION ALL
    SELECT
        'PUBLIC may create objects in the schema public: SQL typed by hand can call them in place'
        ' of PostgreSQL''s',
        'REVOKE CREATE ON SCHEMA public FROM PUBLIC',
        false
    WHERE has_schema_privilege('public', 'public', 'CREATE')
    UNION ALL
    SELECT
        format(
            '%s has %s on the schema novabot_internal',
            coalesce('role ' || r.rolname, 'PUBLIC'), granted.privilege_type
        ),
        format(
            'REVOKE %s ON SCHEMA novabot_internal FROM %s',
            granted.privilege_type, coalesce(quote_ident(r.rolname), 'PUBLIC')
        ),
        true
    FROM pg_namespace AS n
    CROSS JOIN LATERAL aclexplode(n.nspacl) AS granted
    LEFT JOIN pg_roles AS r ON r.oid = granted.grantee
    WHERE n.nspname = 'novabot_internal' AND granted.grantee <> n.nspowner
    ORDER BY 1
$$;
COMMENT ON FUNCTION novabot_internal.find_open_rights() IS
'Who may see or do more with personal data than they should, and the statement that mends each; grave: personal data or functions are open now.';

CREATE OR REPLACE FUNCTION novabot_internal.find_idle_transactions(
    older_than interval DEFAULT '5 minutes'
)
RETURNS TABLE (pid integer, application text, role text, seconds double precision)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT
        a.pid, a.application_name, a.usename::text,
        extract(EPOCH FROM clock_timestamp() - a.state_change)::double precision
    FROM pg_stat_activity AS a
    WHERE
        a.datname = current_database()
        AND a.state LIKE 'idle in transaction%'
        AND (
            a.application_name = 'novabot listener'
            OR a.state_change <= clock_timestamp() - older_than
        )
    ORDER BY 4 DESC
$$;
COMMENT ON FUNCTION novabot_internal.find_idle_transactions(interval) IS
'Sessions that sit in an open transaction: a bot''s listener (which then receives nothing) at once, others after older_than. They keep locks, and notifications if they LISTEN.';

CREATE OR REPLACE FUNCTION novabot_internal.find_prepared_deletes()
RETURNS TABLE (gid text, owner text, seconds double precision)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT
        x.gid, x.owner::text, extract(EPOCH FROM clock_timestamp() - x.prepared)::double precision
    FROM pg_prepared_xacts AS x
    WHERE
        x.database = current_database()
        AND EXISTS (
            SELECT
            FROM pg_locks AS own
            JOIN pg_locks AS held
                ON held.virtualtransaction = own.virtualtransaction
                AND held.pid IS NULL
            WHERE
                own.transactionid = x.transaction
                AND own.pid IS NULL
                AND held.relation
                IN (to_regclass('public."User"'), to_regclass('public."Session"'))
        )
    ORDER BY x.prepared
$$;
COMMENT ON FUNCTION novabot_internal.find_prepared_deletes() IS
'Prepared transactions that hold "User" or "Session": they outlive their sessions, and keep turns and resets waiting.';
