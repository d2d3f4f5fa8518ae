-- Reset: deleting from "User", by whatever statement and client, forgets those clients.
-- One "Reset" row, one notification and one NOTICE a statement; nothing at all on rollback.

CREATE OR REPLACE FUNCTION is_leftover(written xid) RETURNS boolean
LANGUAGE sql VOLATILE
SET search_path = public, pg_temp
AS $$
    -- How much younger than this transaction's id; its subtransactions' ids are younger too,
    -- and so are those of others that began later and have committed.
    WITH writer AS (
        SELECT own, own + age(own::text::xid)::bigint - age(written)::bigint AS id
        FROM (SELECT pg_current_xact_id()::text::bigint AS own) AS this
    )
    SELECT
        id < own
        OR (
            id > own
            AND id < pg_snapshot_xmax(pg_current_snapshot())::text::bigint
            AND pg_xact_status(id::text::xid8) IS DISTINCT FROM 'in progress'
        )
    FROM writer
$$;
COMMENT ON FUNCTION is_leftover(xid) IS
'Whether a visible row with this xmin was written by another transaction than the present one.';

CREATE OR REPLACE FUNCTION bury_orphans() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp
SET enable_seqscan = off
SET jit = off
AS $$
BEGIN
    -- Each statement judges by one snapshot: what another transaction is just inserting
    -- for a client of its own is seen with its client, or not at all. What this transaction
    -- inserted itself (a CTE may add the session before the client) is no leftover.
    DELETE FROM "Session" AS c
    WHERE
        c."userId" = NEW.id
        AND NOT EXISTS (SELECT FROM "User" AS u WHERE u.id = NEW.id)
        AND is_leftover(c.xmin);
    DELETE FROM "Conversation" AS c
    WHERE
        c."userId" = NEW.id
        AND NOT EXISTS (SELECT FROM "User" AS u WHERE u.id = NEW.id)
        AND is_leftover(c.xmin);
    DELETE FROM "Alias" AS c
    WHERE
        c."userId" = NEW.id
        AND NOT EXISTS (SELECT FROM "User" AS u WHERE u.id = NEW.id)
        AND is_leftover(c.xmin);
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION bury_orphans() IS
'A new client inherits nothing: rows left under its id by a delete with triggers switched off go first.';

CREATE OR REPLACE TRIGGER bury_orphans
BEFORE INSERT ON "User"
FOR EACH ROW EXECUTE FUNCTION bury_orphans();
ALTER TABLE "User" ENABLE ALWAYS TRIGGER bury_orphans;

CREATE OR REPLACE FUNCTION write_receipt(
    forgotten bigint, sessions_gone bigint, conversations_gone bigint, incarnations jsonb
) RETURNS "Reset"
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp
AS $$
DECLARE
    receipt "Reset";
BEGIN
    INSERT INTO "Reset" (at, actor, source, clients, sessions, conversations)
    VALUES (
        clock_timestamp(),
        coalesce(nullif(current_setting('novabot.actor', true), ''), session_user),
        coalesce(
            nullif(current_setting('novabot.source', true), ''),
            nullif(current_setting('application_name'), ''),
            'sql'
        ),
        forgotten, sessions_gone, conversations_gone
    )
    RETURNING * INTO receipt;
    PERFORM pg_notify(
        'session_reset',
        jsonb_build_object('reset', receipt.id, 'clients', incarnations)::text
    );
    PERFORM set_config('novabot.reset', receipt.id::text, true);
    RAISE NOTICE 'reset %: % client%, % session%, % conversation%; SELECT * FROM reset_receipt(%)',
        receipt.id,
        forgotten, CASE WHEN forgotten = 1 THEN '' ELSE 's' END,
        sessions_gone, CASE WHEN sessions_gone = 1 THEN '' ELSE 's' END,
        conversations_gone, CASE WHEN conversations_gone = 1 THEN '' ELSE 's' END,
        receipt.id;
    RETURN receipt;
END
$$;
COMMENT ON FUNCTION write_receipt(bigint, bigint, bigint, jsonb) IS
'Records a reset, tells the bots at commit, and says so to the SQL client. For the triggers alone.';
REVOKE ALL ON FUNCTION write_receipt(bigint, bigint, bigint, jsonb) FROM PUBLIC;

CREATE OR REPLACE FUNCTION rows_deleted_so_far(child regclass) RETURNS bigint
LANGUAGE sql VOLATILE
AS $$
    SELECT pg_stat_get_xact_tuples_deleted(child)
$$;
COMMENT ON FUNCTION rows_deleted_so_far(regclass) IS
'The server''s own count of the rows this transaction deleted from a table (needs track_counts, on by default).';

CREATE OR REPLACE FUNCTION begin_reset() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp
AS $$
BEGIN
    PERFORM
        set_config(
            'novabot.sessions_before', rows_deleted_so_far('"Session"')::text, true
        ),
        set_config(
            'novabot.conversations_before', rows_deleted_so_far('"Conversation"')::text, true
        );
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION begin_reset() IS
'Reads the counters before a DELETE; the cascades run before any statement trigger could count them.';

CREATE OR REPLACE TRIGGER begin_reset
BEFORE DELETE ON "User"
FOR EACH STATEMENT EXECUTE FUNCTION begin_reset();
ALTER TABLE "User" ENABLE ALWAYS TRIGGER begin_reset;

CREATE OR REPLACE FUNCTION reset_deleted() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp
AS $$
DECLARE
    most CONSTANT integer := 150;
    forgotten bigint;
    ids text[];
    lost text[];
    incarnations jsonb := '"*"';
BEGIN
    SELECT count(*) INTO forgotten FROM gone;
    IF forgotten = 0 THEN
        RETURN NULL;
    END IF;
    -- Foreign keys are triggers too, and sleep under session_replication_role = replica
    -- and DISABLE TRIGGER ALL: what they left is deleted here. The many are deleted by
    -- EXECUTE, so that no plan made for a million rows is kept for one.
    IF forgotten <= most THEN
        SELECT array_agg(g.id), jsonb_agg(g.incarnation) INTO ids, incarnations FROM gone AS g;
        DELETE FROM "Session" WHERE "userId" = ANY (ids);
        DELETE FROM "Conversation" WHERE "userId" = ANY (ids);
        DELETE FROM "Alias" WHERE "userId" = ANY (ids);
        -- Somebody may have deleted or changed their addresses by hand before them.
        SELECT array_agg(alias_of(id)) INTO lost
        FROM unnest(ids) AS id
        WHERE NOT EXISTS (SELECT FROM "Alias" AS a WHERE a.alias = alias_of(id));
        PERFORM remember_forgetting(lost);
        PERFORM drop_set_aside(lost);
    ELSE
        EXECUTE 'DELETE FROM "Session" AS c USING gone AS g WHERE c."userId" = g.id';
        EXECUTE 'DELETE FROM "Conversation" AS c USING gone AS g WHERE c."userId" = g.id';
        EXECUTE 'DELETE FROM "Alias" AS c USING gone AS g WHERE c."userId" = g.id';
        PERFORM remember_forgetting_everybody();
        PERFORM drop_set_aside('{}');
    END IF;
    PERFORM write_receipt(
        forgotten,
        rows_deleted_so_far('"Session"')
        - current_setting('novabot.sessions_before')::bigint,
        rows_deleted_so_far('"Conversation"')
        - current_setting('novabot.conversations_before')::bigint,
        incarnations
    );
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION reset_deleted() IS
'The reset: after any DELETE from "User" that found rows.';

CREATE OR REPLACE TRIGGER reset_deleted
AFTER DELETE ON "User"
REFERENCING OLD TABLE AS gone
FOR EACH STATEMENT EXECUTE FUNCTION reset_deleted();
ALTER TABLE "User" ENABLE ALWAYS TRIGGER reset_deleted;

CREATE OR REPLACE FUNCTION reset_truncated() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp
AS $$
DECLARE
    clients bigint;
    sessions bigint;
    conversations bigint;
BEGIN
    SELECT count(*) INTO clients FROM "User";
    -- TRUNCATE also takes rows that a snapshot of REPEATABLE READ does not show.
    IF clients = 0 AND pg_relation_size('"User"') = 0 THEN
        RETURN NULL;
    END IF;
    SELECT count(*) INTO sessions FROM "Session";
    SELECT count(*) INTO conversations FROM "Conversation";
    DELETE FROM "SetAside";
    PERFORM remember_forgetting_everybody();
    PERFORM write_receipt(clients, sessions, conversations, '"*"');
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION reset_truncated() IS 'The reset of everybody: before any TRUNCATE of "User".';

CREATE OR REPLACE TRIGGER reset_truncated
BEFORE TRUNCATE ON "User"
FOR EACH STATEMENT EXECUTE FUNCTION reset_truncated();
ALTER TABLE "User" ENABLE ALWAYS TRIGGER reset_truncated;

CREATE OR REPLACE FUNCTION drop_set_aside(forgotten text[]) RETURNS void
LANGUAGE sql SECURITY DEFINER
SET search_path = public, pg_temp
AS $$
    -- A message id has the number in base64, in step with its groups of three bytes; so many
    -- characters do not depend on what follows. The last digit may be lost: better too much.
    DELETE FROM "SetAside" AS s
    WHERE EXISTS (
        SELECT
        FROM unnest(forgotten) AS f (alias)
        WHERE
            s.address = f.alias
            OR position(f.alias IN s.item) > 0
            OR position(
                left(encode(convert_to(f.alias, 'UTF8'), 'base64'), length(f.alias) * 8 / 6)
                IN s.item
            ) > 0
    )
    OR (
        NOT EXISTS (SELECT FROM "Alias" AS a WHERE a.alias = s.address)
        AND EXISTS (
            SELECT
            FROM "Forgotten" AS f
            WHERE f.digest = digest_of('address:' || s.address) AND f.at >= s.at
        )
    )
$$;
COMMENT ON FUNCTION drop_set_aside(text[]) IS
'Deletes the items set aside that mention one of these addresses, also inside a message id, and those of addresses forgotten since that lead to nobody.';

CREATE OR REPLACE FUNCTION mark_forgotten() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp
AS $$
DECLARE
    most CONSTANT integer := 450;
    forgotten text[];
BEGIN
    -- An address deleted before its client, by hand, counts too: nobody could tell it later.
    SELECT array_agg(g.alias) INTO forgotten
    FROM gone AS g
    WHERE coalesce(current_setting('novabot.renaming', true), '') <> 'on';
    IF cardinality(forgotten) <= most THEN
        PERFORM remember_forgetting(forgotten);
    ELSIF cardinality(forgotten) > most THEN
        PERFORM remember_forgetting_everybody();
    END IF;
    SELECT array_agg(g.alias) INTO forgotten
    FROM gone AS g
    WHERE NOT EXISTS (SELECT FROM "User" AS u WHERE u.id = g."userId");
    IF cardinality(forgotten) <= most THEN
        PERFORM drop_set_aside(forgotten);
    ELSIF cardinality(forgotten) > most THEN
        -- Looking for each address in each item would take minutes.
        DELETE FROM "SetAside";
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION mark_forgotten() IS
'Deleted addresses get their watermark, as digests (one for everybody when there are many), and items set aside that mention those of deleted clients go (all when there are many).';

CREATE OR REPLACE TRIGGER mark_forgotten
AFTER DELETE ON "Alias"
REFERENCING OLD TABLE AS gone
FOR EACH STATEMENT EXECUTE FUNCTION mark_forgotten();
ALTER TABLE "Alias" ENABLE ALWAYS TRIGGER mark_forgotten;

CREATE OR REPLACE FUNCTION reset_client(
    handle text, actor text DEFAULT NULL, source text DEFAULT NULL
) RETURNS "Reset"
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp
AS $$
DECLARE
    actor_before CONSTANT text := coalesce(current_setting('novabot.actor', true), '');
    source_before CONSTANT text := coalesce(current_setting('novabot.source', true), '');
    client text;
    life uuid;
    gone uuid;
    sessions_before bigint;
    conversations_before bigint;
    receipt "Reset";
BEGIN
    IF handle IS NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'ST001', MESSAGE = 'reset_client needs a handle, not NULL';
    END IF;
    PERFORM set_config('novabot.actor', coalesce(reset_client.actor, ''), true);
    PERFORM set_config('novabot.source', coalesce(reset_client.source, ''), true);
    -- A client deleted and made again while we waited for its row is found by a second look.
    PERFORM set_config('novabot.reset', '', true);
    LOOP
        client := find_client(handle);
        EXIT WHEN client IS NULL;
        sessions_before := rows_deleted_so_far('"Session"');
        conversations_before := rows_deleted_so_far('"Conversation"');
        SELECT u.incarnation INTO life FROM "User" AS u WHERE u.id = client;
        DELETE FROM "User" AS u WHERE u.id = client RETURNING u.incarnation INTO gone;
        EXIT WHEN FOUND;
        IF EXISTS (SELECT FROM "User" AS u WHERE u.id = client AND u.incarnation = life) THEN
            RAISE EXCEPTION USING
                ERRCODE = 'ST004',
                MESSAGE = format('a trigger or rule on "User" kept %s: nothing was reset', client),
                HINT = 'A BEFORE DELETE trigger has to return OLD; \d "User" shows them.';
        END IF;
    END LOOP;
    IF client IS NOT NULL AND current_setting('novabot.reset') <> '' THEN
        SELECT r.* INTO receipt
        FROM "Reset" AS r
        WHERE r.id = current_setting('novabot.reset')::bigint;
    ELSIF client IS NOT NULL THEN
        -- Somebody has switched the trigger off: this door works all the same.
        receipt := write_receipt(
            1,
            rows_deleted_so_far('"Session"') - sessions_before,
            rows_deleted_so_far('"Conversation"') - conversations_before,
            jsonb_build_array(gone)
        );
    ELSE
        PERFORM remember_forgetting(ARRAY[read_handle(handle)]);
        PERFORM drop_set_aside(ARRAY[read_handle(handle)]);
        receipt := write_receipt(0, 0, 0, '[]');
    END IF;
    PERFORM set_config('novabot.actor', actor_before, true);
    PERFORM set_config('novabot.source', source_before, true);
    RETURN receipt;
END
$$;
COMMENT ON FUNCTION reset_client(text, text, text) IS
'Forgets the client a handle leads to and returns the receipt: zeros for a client nobody knows. Raises ST001 for a handle that cannot be read, ST004 when a trigger of somebody else keeps the row. SELECT * FROM reset_client(''0817-1740-7674'').';

CREATE OR REPLACE FUNCTION bots_missing(reset bigint) RETURNS SETOF "Bot"
LANGUAGE sql STABLE
SET search_path = public, pg_temp
AS $$
    SELECT b.*
    FROM "Reset" AS r
    JOIN "Bot" AS b
        ON b."startedAt" <= r.at
        AND b."seenAt" >= r.at - interval '15 seconds'
        AND b."stoppedAt" IS NULL
    WHERE
        r.id = bots_missing.reset
        AND NOT EXISTS (
            SELECT FROM "ResetAck" AS a WHERE a."resetId" = r.id AND a."botId" = b.id
        )
$$;
COMMENT ON FUNCTION bots_missing(bigint) IS
'The bots that were alive at this reset and have not acknowledged it. A silent bot does no harm: the fence has it.';

CREATE OR REPLACE FUNCTION reset_receipt(reset bigint)
RETURNS TABLE (
    id bigint, at timestamptz, actor text, source text,
    clients bigint, sessions bigint, conversations bigint,
    acks jsonb, missing jsonb
)
LANGUAGE sql STABLE
SET search_path = public, pg_temp
AS $$
    SELECT
        r.id, r.at, r.actor, r.source, r.clients, r.sessions, r.conversations,
        coalesce(
            (
                SELECT
                    jsonb_agg(
                        jsonb_build_object(
                            'bot', a."botId", 'evicted', a.evicted, 'ackedAt', a."ackedAt"
                        )
                        ORDER BY a."ackedAt", a."botId"
                    )
                FROM "ResetAck" AS a
                WHERE a."resetId" = r.id
            ),
            '[]'
        ),
        coalesce(
            (SELECT jsonb_agg(b.id ORDER BY b."startedAt", b.id) FROM bots_missing(r.id) AS b),
            '[]'
        )
    FROM "Reset" AS r
    WHERE r.id = reset_receipt.reset
$$;
COMMENT ON FUNCTION reset_receipt(bigint) IS
'The receipt of a reset with who has acknowledged (acks: bot, evicted, ackedAt) and who has not (missing).';

CREATE OR REPLACE PROCEDURE wait_for_acks(reset bigint, timeout interval DEFAULT '5 seconds')
LANGUAGE plpgsql
AS $$
DECLARE
    deadline CONSTANT timestamptz := clock_timestamp() + timeout;
    missing text;
    acknowledged bigint;
BEGIN
    IF NOT EXISTS (SELECT FROM public."Reset" AS r WHERE r.id = wait_for_acks.reset) THEN
        RAISE EXCEPTION USING
            ERRCODE = 'ST002',
            MESSAGE = format('there is no reset %s', reset),
            HINT = 'SELECT * FROM "Reset" ORDER BY id DESC LIMIT 10 shows the last ones.';
    END IF;
    LOOP
        SELECT string_agg(format('%s (%s, pid %s)', b.id, b.host, b.pid), ', ' ORDER BY b.id)
        INTO missing
        FROM public.bots_missing(reset) AS b;
        EXIT WHEN missing IS NULL OR clock_timestamp() >= deadline;
        PERFORM pg_sleep(0.01);
    END LOOP;
    SELECT count(*) INTO acknowledged FROM public."ResetAck" AS a WHERE a."resetId" = reset;
    IF missing IS NULL THEN
        RAISE NOTICE 'reset %: acknowledged by all (%)', reset, acknowledged;
    ELSE
        RAISE WARNING 'reset %: acknowledged by %, still missing: %', reset, acknowledged, missing
        USING HINT = 'A silent bot answers nobody from memory: its turns are refused by the fence.';
    END IF;
END
$$;
COMMENT ON PROCEDURE wait_for_acks (bigint, interval) IS
'Waits until every bot has acknowledged a reset, or says who is missing. Call it after the reset has committed.';
