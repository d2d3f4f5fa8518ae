-- Rows of a client who is not there: a DELETE with triggers switched off, or a restore of some of the
-- tables, leaves them. A new client of that id inherits nothing of them.

CREATE OR REPLACE FUNCTION novabot_internal.bury_orphans() RETURNS trigger
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET enable_indexonlyscan = off
SET jit = off
AS $$
BEGIN
    -- STABLE: this sees what was there before the statement that inserts the client. What that
    -- statement inserts itself (a CTE may add the session before the client) is no leftover. Of
    -- another transaction it sees a client with all of its rows, or nothing.
    IF
        NOT (
            EXISTS (SELECT FROM public."Session" AS c WHERE c."userId" = NEW.id)
            OR EXISTS (SELECT FROM public."Conversation" AS c WHERE c."userId" = NEW.id)
            OR EXISTS (SELECT FROM public."Alias" AS c WHERE c."userId" = NEW.id)
            OR EXISTS (SELECT FROM public."FormerAlias" AS c WHERE c."userId" = NEW.id)
            OR EXISTS (SELECT FROM public."IdentityNote" AS c WHERE c."userId" = NEW.id)
            OR EXISTS (SELECT FROM public."IdentityEvent" AS c WHERE c.source = NEW.id)
            OR EXISTS (SELECT FROM public."IdentityEvent" AS c WHERE c.target = NEW.id)
        )
        OR EXISTS (SELECT FROM public."User" AS u WHERE u.id = NEW.id)
        -- A copy of a database brings the rows of a client before the client.
        OR current_setting('session_replication_role') = 'replica'
    THEN
        RETURN NEW;
    END IF;
    PERFORM novabot_internal.delete_leftovers(
        NEW.id,
        ARRAY(SELECT c.ctid FROM public."Session" AS c WHERE c."userId" = NEW.id),
        ARRAY(SELECT c.ctid FROM public."Conversation" AS c WHERE c."userId" = NEW.id),
        ARRAY(SELECT c.ctid FROM public."Alias" AS c WHERE c."userId" = NEW.id),
        ARRAY(SELECT c.ctid FROM public."FormerAlias" AS c WHERE c."userId" = NEW.id),
        ARRAY(SELECT c.ctid FROM public."IdentityNote" AS c WHERE c."userId" = NEW.id),
        ARRAY(
            SELECT c.ctid FROM public."IdentityEvent" AS c WHERE NEW.id IN (c.source, c.target)
        )
    );
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION novabot_internal.bury_orphans() IS
'A new client inherits nothing: rows that a delete with triggers switched off left under its id are deleted first. Not under session_replication_role = replica, as logical replication and restores have it.';

CREATE OR REPLACE TRIGGER bury_orphans
BEFORE INSERT ON public."User"
FOR EACH ROW EXECUTE FUNCTION novabot_internal.bury_orphans();
ALTER TABLE public."User" ENABLE ALWAYS TRIGGER bury_orphans;

CREATE OR REPLACE FUNCTION novabot_internal.delete_leftovers(
    client text,
    sessions tid[],
    conversations tid[],
    aliases tid[],
    former_aliases tid[],
    notes tid[],
    events tid[]
) RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    kept_in text[];
BEGIN
    -- Another transaction may have made the client meanwhile.
    DELETE FROM public."Session" AS c
    WHERE
        c.ctid = ANY (sessions)
        AND NOT EXISTS (SELECT FROM public."User" AS u WHERE u.id = client);
    DELETE FROM public."Conversation" AS c
    WHERE
        c.ctid = ANY (conversations)
        AND NOT EXISTS (SELECT FROM public."User" AS u WHERE u.id = client);
    DELETE FROM public."Alias" AS c
    WHERE
        c.ctid = ANY (aliases)
        AND NOT EXISTS (SELECT FROM public."User" AS u WHERE u.id = client);
    DELETE FROM public."FormerAlias" AS c
    WHERE
        c.ctid = ANY (former_aliases)
        AND NOT EXISTS (SELECT FROM public."User" AS u WHERE u.id = client);
    DELETE FROM public."IdentityNote" AS c
    WHERE
        c.ctid = ANY (notes)
        AND NOT EXISTS (SELECT FROM public."User" AS u WHERE u.id = client);
    DELETE FROM public."IdentityEvent" AS c
    WHERE
        c.ctid = ANY (events)
        AND NOT EXISTS (SELECT FROM public."User" AS u WHERE u.id = client);
    IF
        novabot_internal.can_be_kept()
        AND NOT EXISTS (SELECT FROM public."User" AS u WHERE u.id = client)
    THEN
        SELECT array_agg(k.relation) INTO kept_in
        FROM (
            SELECT 'Session'
            WHERE EXISTS (SELECT FROM public."Session" AS c WHERE c.ctid = ANY (sessions))
            UNION ALL
            SELECT 'Conversation'
            WHERE EXISTS (SELECT FROM public."Conversation" AS c WHERE c.ctid = ANY (conversations))
            UNION ALL
            SELECT 'Alias'
            WHERE EXISTS (SELECT FROM public."Alias" AS c WHERE c.ctid = ANY (aliases))
            UNION ALL
            SELECT 'FormerAlias'
            WHERE EXISTS (SELECT FROM public."FormerAlias" AS c WHERE c.ctid = ANY (former_aliases))
            UNION ALL
            SELECT 'IdentityNote'
            WHERE EXISTS (SELECT FROM public."IdentityNote" AS c WHERE c.ctid = ANY (notes))
            UNION ALL
            SELECT 'IdentityEvent'
            WHERE EXISTS (SELECT FROM public."IdentityEvent" AS c WHERE c.ctid = ANY (events))
        ) AS k (relation);
        IF kept_in IS NOT NULL THEN
            PERFORM novabot_internal.raise_kept(kept_in);
        END IF;
    END IF;
END
$$;
COMMENT ON FUNCTION novabot_internal.delete_leftovers(
    text, tid[], tid[], tid[], tid[], tid[], tid[]
) IS
'Deletes these rows, by their place in their tables, unless the client is there. Raises ST004 when one of them is kept.';

CREATE OR REPLACE FUNCTION novabot_internal.count_orphans()
RETURNS TABLE (relation text, orphans bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM FROM public."User" AS u LIMIT 0;
    RETURN QUERY
    SELECT 'Session', count(*)
    FROM public."Session" AS c
    WHERE NOT EXISTS (SELECT FROM public."User" AS u WHERE u.id = c."userId")
    UNION ALL
    SELECT 'Conversation', count(*)
    FROM public."Conversation" AS c
    WHERE NOT EXISTS (SELECT FROM public."User" AS u WHERE u.id = c."userId")
    UNION ALL
    SELECT 'Alias', count(*)
    FROM public."Alias" AS c
    WHERE NOT EXISTS (SELECT FROM public."User" AS u WHERE u.id = c."userId")
    UNION ALL
    SELECT 'FormerAlias', count(*)
    FROM public."FormerAlias" AS c
    WHERE NOT EXISTS (SELECT FROM public."User" AS u WHERE u.id = c."userId")
    UNION ALL
    SELECT 'IdentityNote', count(*)
    FROM public."IdentityNote" AS c
    WHERE NOT EXISTS (SELECT FROM public."User" AS u WHERE u.id = c."userId");
END
$$;
COMMENT ON FUNCTION novabot_internal.count_orphans() IS
'How many rows of clients who are not there each table holds.';

CREATE OR REPLACE FUNCTION novabot_internal.delete_orphans() RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    -- A client whose rows are being written is there, or is locked out until this ends.
    LOCK TABLE public."User" IN SHARE MODE;
    DELETE FROM public."Session" AS c
    WHERE NOT EXISTS (SELECT FROM public."User" AS u WHERE u.id = c."userId");
    DELETE FROM public."Conversation" AS c
    WHERE NOT EXISTS (SELECT FROM public."User" AS u WHERE u.id = c."userId");
    DELETE FROM public."Alias" AS c
    WHERE NOT EXISTS (SELECT FROM public."User" AS u WHERE u.id = c."userId");
    DELETE FROM public."FormerAlias" AS c
    WHERE NOT EXISTS (SELECT FROM public."User" AS u WHERE u.id = c."userId");
    DELETE FROM public."IdentityNote" AS c
    WHERE NOT EXISTS (SELECT FROM public."User" AS u WHERE u.id = c."userId");
END
$$;
COMMENT ON FUNCTION novabot_internal.delete_orphans() IS
'Deletes the rows of clients who are not there. No client is made or deleted until it ends.';
