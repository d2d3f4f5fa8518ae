-- Readiness: what makes turns and resets fail although the server answers. The bots look at it every
-- second, `novabot doctor` when it is asked.

CREATE OR REPLACE FUNCTION novabot_internal.find_late_sequences()
RETURNS TABLE (relation text, id_column text, mend text)
LANGUAGE plpgsql
AS $$
DECLARE
    counter record;
    is_late boolean;
BEGIN
    FOR counter IN
        SELECT
            c.oid::regclass AS of_table, c.relname AS name, a.attname AS id,
            s.seqrelid::regclass AS sequence, s.seqstart AS first
        FROM unnest(ARRAY[
            'AccountEvent', 'Conversation', 'IdentityEvent', 'IdentityNote', 'LoginAttempt', 'Reset', 'SetAside'
        ]) AS ours (name)
        JOIN pg_class AS c ON c.relname = ours.name AND c.relnamespace = 'public'::regnamespace
        JOIN pg_depend AS d
            ON
                d.refobjid = c.oid
                AND d.refclassid = 'pg_class'::regclass
                AND d.classid = 'pg_class'::regclass
                AND d.deptype IN ('a', 'i')
        JOIN pg_sequence AS s ON s.seqrelid = d.objid
        JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = d.refobjsubid
        ORDER BY c.relname
    LOOP
        -- The snapshot is older than the reading of the sequence: a row that it shows has been
        -- given its id before.
        EXECUTE format(
            'SELECT coalesce((SELECT max(%1$I) FROM %2$s) > coalesce(pg_sequence_last_value(%3$L), %4$L - 1), false)',
            counter.id, counter.of_table, counter.sequence, counter.first
        ) INTO is_late;
        IF is_late THEN
            relation := counter.name;
            id_column := counter.id;
            mend := format(
                'SELECT setval(%L, (SELECT max(%I) FROM %s))',
                counter.sequence, counter.id, counter.of_table
            );
            RETURN NEXT;
        END IF;
    END LOOP;
END
$$;
COMMENT ON FUNCTION novabot_internal.find_late_sequences() IS
'The sequences of our tables that will give ids that are taken, as logical replication leaves them behind (it copies rows and no sequences). mend: the SQL that moves the sequence on.';

CREATE OR REPLACE FUNCTION novabot_internal.find_write_faults()
RETURNS TABLE (kind text, fault text, mend text)
LANGUAGE plpgsql
AS $$
BEGIN
    IF current_setting('transaction_read_only') = 'on' THEN
        RETURN QUERY SELECT
            'read_only',
            CASE
                WHEN pg_is_in_recovery() THEN 'the connections lead to a standby, which only reads'
                ELSE 'the connections only read (default_transaction_read_only)'
            END,
            'let DATABASE_URL lead to the primary, in the pooler too; or ALTER ROLE, DATABASE or SYSTEM … RESET default_transaction_read_only, and RECONNECT in the pooler';
    END IF;
    IF NOT EXISTS (SELECT FROM public."DigestKey") THEN
        RETURN QUERY SELECT
            'digest_key',
            'the table "DigestKey" is empty',
            'insert its row from a backup; without one, INSERT INTO "DigestKey" (key) VALUES (uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())), and what was delivered or reset in the last 8 days is not known any more';
    END IF;
    RETURN QUERY
    SELECT
        'sequence', format('the sequence of %I.%I is behind its table', s.relation, s.id_column),
        s.mend
    FROM novabot_internal.find_late_sequences() AS s;
    -- A session that waits to be confirmed goes on waiting when its client is gone.
    IF
        EXISTS (
            SELECT
            FROM pg_stat_activity AS a
            WHERE
                a.wait_event = 'SyncRep'
                AND a.query_start < clock_timestamp() - interval '2 seconds'
        )
        OR (
            current_setting('synchronous_standby_names') <> ''
            AND current_setting('synchronous_commit') NOT IN ('off', 'local')
            AND NOT EXISTS (SELECT FROM pg_stat_replication)
        )
    THEN
        RETURN QUERY SELECT
            'commits_wait',
            'commits wait for a synchronous standby',
            'bring back a standby that synchronous_standby_names names; or, if resets may be lost by a failover, ALTER SYSTEM SET synchronous_standby_names = '''', then SELECT pg_reload_conf()';
    END IF;
END
$$;
COMMENT ON FUNCTION novabot_internal.find_write_faults() IS
'Why turns and resets fail or wait on a server that answers, and what to do. kind: read_only (the connections only read), digest_key ("DigestKey" is empty), sequence (behind its table), commits_wait (a synchronous standby is away). Writes nothing.';

CREATE OR REPLACE FUNCTION novabot_internal.examine_writing(OUT server text, OUT faults jsonb)
RETURNS record
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET lock_timeout = '50ms'
AS $$
BEGIN
    -- pg_control_checkpoint() tells a new timeline only after the first checkpoint on it.
    server := concat_ws(
        ' ',
        (SELECT c.system_identifier FROM pg_control_system() AS c),
        CASE
            WHEN NOT pg_is_in_recovery() THEN left(pg_walfile_name(pg_current_wal_insert_lsn()), 8)
        END,
        (SELECT d.oid FROM pg_database AS d WHERE d.datname = current_database()),
        extract(EPOCH FROM pg_postmaster_start_time())
    );
    SELECT coalesce(jsonb_agg(to_jsonb(f)), '[]') INTO faults
    FROM novabot_internal.find_write_faults() AS f;
END
$$;
COMMENT ON FUNCTION novabot_internal.examine_writing() IS
'What a bot asks each second. server: which server this is, on which timeline, with which database, since which start; another text means that a turn has to be tried anew. faults: those of find_write_faults, as objects. Writes nothing. Raises lock_not_available after 50 ms behind another transaction''s lock.';
