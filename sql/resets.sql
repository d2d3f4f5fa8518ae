-- Resets: deleting from "User", by any statement of any program, forgets those clients.
-- One row of "Reset", one notification and one NOTICE a statement; nothing at all on rollback.
-- Receipts and acknowledgements are in receipts.sql, what keeps a row from a reset in kept.sql, and
-- rows without a client in orphans.sql.

CREATE OR REPLACE FUNCTION novabot_internal.rows_deleted_so_far(child regclass) RETURNS bigint
LANGUAGE sql VOLATILE
AS $$
    SELECT pg_stat_get_xact_tuples_deleted(child)
$$;
COMMENT ON FUNCTION novabot_internal.rows_deleted_so_far(regclass) IS
'The server''s own count of the rows this transaction deleted from a table (needs track_counts, on by default).';

CREATE OR REPLACE FUNCTION novabot_internal.begin_reset() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    can_be_kept CONSTANT boolean := novabot_internal.find_keepers();
BEGIN
    PERFORM
        set_config('novabot.can_be_kept', can_be_kept::text, true),
        set_config(
            'novabot.sessions_before',
            novabot_internal.rows_deleted_so_far('public."Session"')::text, true
        ),
        set_config(
            'novabot.conversations_before',
            novabot_internal.rows_deleted_so_far('public."Conversation"')::text, true
        );
    IF can_be_kept THEN
        PERFORM novabot_internal.refuse_hidden();
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION novabot_internal.begin_reset() IS
'Reads the counters before a DELETE: the cascades run before any statement trigger could count their rows.';

CREATE OR REPLACE TRIGGER begin_reset
BEFORE DELETE ON public."User"
FOR EACH STATEMENT EXECUTE FUNCTION novabot_internal.begin_reset();
ALTER TABLE public."User" ENABLE ALWAYS TRIGGER begin_reset;

CREATE OR REPLACE FUNCTION novabot_internal.delete_rows_of(ids text[]) RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
    DELETE FROM public."Session" WHERE "userId" = ANY (ids);
    DELETE FROM public."Conversation" WHERE "userId" = ANY (ids);
    DELETE FROM public."Alias" WHERE "userId" = ANY (ids);
    DELETE FROM public."FormerAlias" WHERE "userId" = ANY (ids);
    DELETE FROM public."IdentityNote" WHERE "userId" = ANY (ids);
    PERFORM novabot_internal.drop_identity_events(ids, NULL);
END
$$;
COMMENT ON FUNCTION novabot_internal.delete_rows_of(text[]) IS
'Deletes what lies under these ids, whether or not foreign keys have.';

CREATE OR REPLACE FUNCTION novabot_internal.reset_deleted() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    most CONSTANT integer := 10000;
    forgotten bigint;
    incarnations uuid[];
    ids text[];
    given_up text[];
    lost text[];
BEGIN
    SELECT count(*) INTO forgotten FROM gone;
    IF forgotten = 0 THEN
        PERFORM set_config('novabot.can_be_kept', '', true);
        RETURN NULL;
    END IF;
    PERFORM novabot_internal.refuse_old_snapshot();
    -- A reset forgets every client that was merged into one of these before.
    SELECT array_agg(i.incarnation) INTO incarnations
    FROM gone AS g
    CROSS JOIN unnest(g.incarnation || g.absorbed) AS i (incarnation);
    -- Asked anew: a trigger may have been made on a child since begin_reset. None can be made or
    -- dropped after the cascades, which have locked the children.
    PERFORM set_config('novabot.can_be_kept', '', true);
    -- Foreign keys are triggers too, and do not fire under session_replication_role = replica
    -- and after DISABLE TRIGGER ALL: what they left is deleted here. Many are deleted by EXECUTE,
    -- so that no plan made for a million rows is kept for one.
    IF forgotten <= most THEN
        SELECT array_agg(g.id) INTO ids FROM gone AS g;
        given_up := ARRAY(
            SELECT f.alias FROM public."FormerAlias" AS f WHERE f."userId" = ANY (ids)
        );
        PERFORM novabot_internal.delete_rows_of(ids);
        -- Their addresses may have been deleted or changed by hand before.
        SELECT array_agg(l.address) INTO lost
        FROM (
            SELECT k.address
            FROM unnest(ids) AS i (id)
            CROSS JOIN novabot_internal.canonical_address(novabot_internal.alias_of(i.id))
                AS k (address)
            EXCEPT
            SELECT g.address FROM unnest(given_up) AS g (address)
        ) AS l
        WHERE NOT EXISTS (SELECT FROM public."Alias" AS a WHERE a.alias = l.address);
        IF coalesce(current_setting('novabot.renaming', true), '') <> 'on' THEN
            PERFORM novabot_internal.forget_addresses(
                lost, novabot_internal.free_since(lost, now())
            );
            PERFORM novabot_internal.drop_set_aside(lost);
        END IF;
    ELSE
        EXECUTE 'DELETE FROM public."Session" AS c USING gone AS g WHERE c."userId" = g.id';
        EXECUTE 'DELETE FROM public."Conversation" AS c USING gone AS g WHERE c."userId" = g.id';
        EXECUTE 'DELETE FROM public."Alias" AS c USING gone AS g WHERE c."userId" = g.id';
        EXECUTE 'DELETE FROM public."FormerAlias" AS c USING gone AS g WHERE c."userId" = g.id';
        EXECUTE 'DELETE FROM public."IdentityNote" AS c USING gone AS g WHERE c."userId" = g.id';
        PERFORM novabot_internal.drop_all_identity_events();
        PERFORM novabot_internal.set_bulk_watermark();
        IF EXISTS (SELECT FROM public."SetAside") THEN
            PERFORM novabot_internal.drop_set_aside(
                ARRAY(SELECT novabot_internal.alias_of(g.id) FROM gone AS g)
            );
        END IF;
    END IF;
    IF novabot_internal.can_be_kept() THEN
        PERFORM novabot_internal.refuse_kept(
            array_agg(g.id), array_agg(g.incarnation),
            ARRAY[
                'User', 'Session', 'Conversation', 'Alias',
                'FormerAlias', 'IdentityNote', 'IdentityEvent'
            ]
        )
        FROM gone AS g;
    END IF;
    PERFORM novabot_internal.write_receipt(
        forgotten,
        novabot_internal.rows_deleted_so_far('public."Session"')
        - current_setting('novabot.sessions_before')::bigint,
        novabot_internal.rows_deleted_so_far('public."Conversation"')
        - current_setting('novabot.conversations_before')::bigint,
        incarnations
    );
    -- The next statement of this transaction may come after a trigger was made.
    PERFORM set_config('novabot.can_be_kept', '', true);
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION novabot_internal.reset_deleted() IS
'The reset: after any DELETE from "User" that found rows.';

CREATE OR REPLACE TRIGGER reset_deleted
AFTER DELETE ON public."User"
REFERENCING OLD TABLE AS gone
FOR EACH STATEMENT EXECUTE FUNCTION novabot_internal.reset_deleted();
ALTER TABLE public."User" ENABLE ALWAYS TRIGGER reset_deleted;

CREATE OR REPLACE FUNCTION novabot_internal.reset_truncated() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    is_current CONSTANT boolean
        := current_setting('transaction_isolation') IN ('read committed', 'read uncommitted');
    clients bigint;
    sessions bigint;
    conversations bigint;
    incarnations uuid[];
BEGIN
    SELECT count(*) INTO clients FROM public."User";
    -- TRUNCATE also takes rows that a snapshot of REPEATABLE READ does not show.
    IF clients = 0 AND pg_relation_size('public."User"') = 0 THEN
        RETURN NULL;
    END IF;
    SELECT count(*) INTO sessions FROM public."Session";
    SELECT count(*) INTO conversations FROM public."Conversation";
    IF is_current AND NOT row_security_active('public."User"'::regclass) THEN
        SELECT array_agg(i.incarnation) INTO incarnations
        FROM public."User" AS u
        CROSS JOIN unnest(u.incarnation || u.absorbed) AS i (incarnation);
    END IF;
    IF is_current AND NOT novabot_internal.can_be_kept() THEN
        DELETE FROM public."SetAside";
        DELETE FROM public."FormerAlias";
        DELETE FROM public."IdentityNote";
        DELETE FROM public."IdentityEvent";
    ELSE
        -- No row trigger, rule, policy or old snapshot keeps a row from TRUNCATE.
        EXECUTE 'TRUNCATE public."SetAside", public."FormerAlias", public."IdentityNote",'
            ' public."IdentityEvent"';
    END IF;
    PERFORM novabot_internal.set_bulk_watermark();
    PERFORM novabot_internal.write_receipt(
        clients, sessions, conversations, incarnations, true
    );
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION novabot_internal.reset_truncated() IS
'The reset of all clients: before any TRUNCATE of "User" that holds rows.';

CREATE OR REPLACE TRIGGER reset_truncated
BEFORE TRUNCATE ON public."User"
FOR EACH STATEMENT EXECUTE FUNCTION novabot_internal.reset_truncated();
ALTER TABLE public."User" ENABLE ALWAYS TRIGGER reset_truncated;

CREATE OR REPLACE FUNCTION novabot_internal.mark_forgotten() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    most CONSTANT integer := 30000;
    -- Not for a merge, a move or a new id of a client: those keep the person.
    counts CONSTANT boolean := coalesce(current_setting('novabot.renaming', true), '') <> 'on';
    forgotten text[];
    held_since timestamptz[];
BEGIN
    -- An address deleted by hand before its client counts too: the client's reset cannot see it.
    SELECT array_agg(g.alias), array_agg(g.since) INTO forgotten, held_since
    FROM gone AS g
    WHERE counts;
    IF cardinality(forgotten) <= most THEN
        PERFORM novabot_internal.forget_addresses(forgotten, held_since);
        PERFORM novabot_internal.note_address_taken(g."userId", g.alias, g.since)
        FROM gone AS g
        WHERE EXISTS (SELECT FROM public."User" AS u WHERE u.id = g."userId" OFFSET 0);
    ELSIF cardinality(forgotten) > most THEN
        PERFORM novabot_internal.set_bulk_watermark();
        PERFORM novabot_internal.drop_all_identity_events();
    END IF;
    -- OFFSET 0: each row is looked up by the key, also by a plan that was made for an empty "User".
    SELECT array_agg(g.alias) INTO forgotten
    FROM gone AS g
    WHERE NOT EXISTS (SELECT FROM public."User" AS u WHERE u.id = g."userId" OFFSET 0);
    IF forgotten IS NOT NULL THEN
        PERFORM novabot_internal.drop_set_aside(forgotten);
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION novabot_internal.mark_forgotten() IS
'Deleted addresses get their watermark, as digests (above 30 000 one for all clients), and items set aside that mention those of deleted clients go.';

CREATE OR REPLACE TRIGGER mark_forgotten
AFTER DELETE ON public."Alias"
REFERENCING OLD TABLE AS gone
FOR EACH STATEMENT EXECUTE FUNCTION novabot_internal.mark_forgotten();
ALTER TABLE public."Alias" ENABLE ALWAYS TRIGGER mark_forgotten;

CREATE OR REPLACE FUNCTION novabot_internal.mark_former_forgotten() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    most CONSTANT integer := 30000;
    forgotten text[];
    held_since timestamptz[];
    held_until timestamptz[];
BEGIN
    SELECT array_agg(g.alias), array_agg(g.since), array_agg(g.until)
    INTO forgotten, held_since, held_until
    FROM gone AS g
    WHERE
        coalesce(current_setting('novabot.renaming', true), '') <> 'on'
        AND NOT EXISTS (SELECT FROM public."User" AS u WHERE u.id = g."userId");
    IF cardinality(forgotten) <= most THEN
        PERFORM novabot_internal.forget_addresses(forgotten, held_since, held_until);
    ELSIF cardinality(forgotten) > most THEN
        PERFORM novabot_internal.set_bulk_watermark();
        PERFORM novabot_internal.drop_all_identity_events();
    END IF;
    -- What is set aside of a number that another client has by now may be that one's.
    SELECT array_agg(n.alias) INTO forgotten
    FROM unnest(forgotten) AS n (alias)
    WHERE NOT EXISTS (SELECT FROM public."Alias" AS a WHERE a.alias = n.alias OFFSET 0);
    IF forgotten IS NOT NULL THEN
        PERFORM novabot_internal.drop_set_aside(forgotten);
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION novabot_internal.mark_former_forgotten() IS
'The former addresses of a deleted client get their watermark too, up to when it left them, and items set aside that mention those go which lead to no other client by now.';

CREATE OR REPLACE TRIGGER mark_former_forgotten
AFTER DELETE ON public."FormerAlias"
REFERENCING OLD TABLE AS gone
FOR EACH STATEMENT EXECUTE FUNCTION novabot_internal.mark_former_forgotten();
ALTER TABLE public."FormerAlias" ENABLE ALWAYS TRIGGER mark_former_forgotten;

CREATE OR REPLACE FUNCTION novabot_internal.mark_all_forgotten() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    -- Its clients may be deleted later: by then nothing tells which addresses they had.
    IF pg_relation_size(TG_RELID) > 0 THEN
        PERFORM novabot_internal.set_bulk_watermark();
        DELETE FROM public."IdentityEvent";
        DELETE FROM public."SetAside";
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION novabot_internal.mark_all_forgotten() IS
'After a TRUNCATE of addresses there is one watermark for all senders who have no client, and the kept changes and items set aside are gone.';

CREATE OR REPLACE TRIGGER mark_truncated
BEFORE TRUNCATE ON public."Alias"
FOR EACH STATEMENT EXECUTE FUNCTION novabot_internal.mark_all_forgotten();
ALTER TABLE public."Alias" ENABLE ALWAYS TRIGGER mark_truncated;

CREATE OR REPLACE TRIGGER mark_truncated
BEFORE TRUNCATE ON public."FormerAlias"
FOR EACH STATEMENT EXECUTE FUNCTION novabot_internal.mark_all_forgotten();
ALTER TABLE public."FormerAlias" ENABLE ALWAYS TRIGGER mark_truncated;

CREATE OR REPLACE FUNCTION novabot_internal.reset_client(
    handle text, actor text, source text
) RETURNS public."Reset"
LANGUAGE plpgsql
AS $$
DECLARE
    actor_before CONSTANT text := coalesce(current_setting('novabot.actor', true), '');
    source_before CONSTANT text := coalesce(current_setting('novabot.source', true), '');
    client text;
    seen uuid;
    absorbed uuid[];
    gone uuid[];
    sessions_before bigint;
    conversations_before bigint;
    receipt public."Reset";
BEGIN
    IF handle IS NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'ST001', MESSAGE = 'reset_client needs a handle, not NULL';
    END IF;
    PERFORM set_config('novabot.actor', coalesce(reset_client.actor, ''), true);
    PERFORM set_config('novabot.source', coalesce(reset_client.source, ''), true);
    PERFORM set_config('novabot.reset', '', true);
    -- A client deleted and made again while this waited for its row is found by the next round.
    LOOP
        client := novabot_internal.find_client(handle);
        IF client IS NULL THEN
            PERFORM novabot_internal.refuse_hidden();
            EXIT;
        END IF;
        sessions_before := novabot_internal.rows_deleted_so_far('public."Session"');
        conversations_before := novabot_internal.rows_deleted_so_far('public."Conversation"');
        SELECT u.incarnation INTO seen FROM public."User" AS u WHERE u.id = client;
        SELECT d.* INTO gone, absorbed
        FROM novabot_internal.delete_clients(novabot_internal.ids_in_every_spelling(client)) AS d;
        EXIT WHEN seen = ANY (gone);
        IF EXISTS (SELECT FROM public."User" AS u WHERE u.id = client AND u.incarnation = seen) THEN
            PERFORM novabot_internal.raise_kept(ARRAY['User']);
        END IF;
    END LOOP;
    IF client IS NOT NULL AND current_setting('novabot.reset') <> '' THEN
        SELECT r.* INTO receipt
        FROM public."Reset" AS r
        WHERE r.id = current_setting('novabot.reset')::bigint;
    ELSIF client IS NOT NULL THEN
        -- The trigger is disabled: what it does is done here.
        PERFORM novabot_internal.refuse_hidden();
        PERFORM novabot_internal.refuse_old_snapshot();
        PERFORM novabot_internal.delete_rows_of(novabot_internal.ids_in_every_spelling(client));
        IF novabot_internal.can_be_kept() THEN
            PERFORM novabot_internal.refuse_kept(
                novabot_internal.ids_in_every_spelling(client), gone,
                ARRAY[
                    'User', 'Session', 'Conversation', 'Alias',
                    'FormerAlias', 'IdentityNote', 'IdentityEvent'
                ]
            );
        END IF;
        receipt := novabot_internal.write_receipt(
            cardinality(gone),
            novabot_internal.rows_deleted_so_far('public."Session"') - sessions_before,
            novabot_internal.rows_deleted_so_far('public."Conversation"') - conversations_before,
            gone || absorbed
        );
    ELSE
        PERFORM novabot_internal.forget_addresses(ARRAY[novabot_internal.read_handle(handle)]);
        PERFORM novabot_internal.drop_set_aside(ARRAY[novabot_internal.read_handle(handle)]);
        receipt := novabot_internal.write_receipt(0, 0, 0, '{}');
    END IF;
    PERFORM set_config('novabot.actor', actor_before, true);
    PERFORM set_config('novabot.source', source_before, true);
    RETURN receipt;
END
$$;
COMMENT ON FUNCTION novabot_internal.reset_client(text, text, text) IS
'What public.reset_client does, for the functions that already act as the owner.';

CREATE OR REPLACE FUNCTION public.reset_client(
    handle text, actor text DEFAULT NULL, source text DEFAULT NULL
) RETURNS public."Reset"
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN novabot_internal.reset_client(handle, actor, source);
END
$$;
COMMENT ON FUNCTION public.reset_client(text, text, text) IS
'Forgets the client a handle leads to and returns the receipt: zeros for an unknown client. Raises ST001 for a handle that cannot be read, ST004 when something in the database keeps a row or raises an error. SELECT * FROM reset_client(''0817-1740-7674'').';

CREATE OR REPLACE FUNCTION novabot_internal.reset_incarnation(
    handle text, incarnation uuid, actor text, source text
) RETURNS public."Reset"
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET lock_timeout = '5s'
AS $$
DECLARE
    client text;
    receipt public."Reset";
BEGIN
    -- What another program's foreign key forbids is to be told here, not at COMMIT.
    SET CONSTRAINTS ALL IMMEDIATE;
    IF incarnation IS NULL THEN
        RETURN novabot_internal.reset_client(handle, actor, source);
    END IF;
    -- By the incarnation, not by the id, which may have changed since the form was made.
    SELECT u.id INTO client
    FROM public."User" AS u
    WHERE u.incarnation = reset_incarnation.incarnation
    FOR UPDATE;
    IF client IS NOT NULL THEN
        RETURN novabot_internal.reset_client(client, actor, source);
    END IF;
    BEGIN
        client := novabot_internal.find_client(handle);
    EXCEPTION WHEN SQLSTATE 'ST001' THEN
        client := NULL;
    END;
    IF client IS NULL THEN
        -- Gone already. reset_client could reset a client who is made at this very moment.
        PERFORM
            set_config('novabot.actor', actor, true),
            set_config('novabot.source', source, true);
        RETURN novabot_internal.write_receipt(0, 0, 0, '{}');
    END IF;
    RETURN receipt;
END
$$;
COMMENT ON FUNCTION novabot_internal.reset_incarnation(text, uuid, text, text) IS
'reset_client, if the client still has this incarnation: NULLs, and nothing done, if it has another one; a receipt of zeros when it is gone; incarnation NULL means the current one. Raises ST001 as reset_client does, lock_not_available after 5 seconds behind another transaction''s lock.';
