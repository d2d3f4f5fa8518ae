-- Clients: looking one up, making one, its addresses, its new id, two that are one person.
-- enable_seqscan is off where a plan is kept while its tables grow during one INSERT: a sequential
-- scan, planned for a hundred rows, makes an INSERT of 20 000 clients take a minute instead of a
-- second. Before PostgreSQL 18 the setting raises the plan's cost above jit_above_cost, so jit is
-- off too.

CREATE OR REPLACE FUNCTION novabot_internal.find_client(handle text) RETURNS text
LANGUAGE plpgsql STABLE STRICT
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    found text;
BEGIN
    SELECT u.id INTO found FROM public."User" AS u WHERE u.id = handle;
    IF found IS NULL THEN
        SELECT u.id INTO found
        FROM public."User" AS u
        JOIN public."Alias" AS a ON a."userId" = u.id
        WHERE
            a.alias = handle
            OR (
                novabot_internal.is_written_number(handle)
                AND a.alias = regexp_replace(handle, '[^0-9]', '', 'g')
            );
    END IF;
    IF found IS NULL THEN
        SELECT u.id INTO found
        FROM public."User" AS u
        JOIN public."Alias" AS a ON a."userId" = u.id
        WHERE a.alias = novabot_internal.read_handle(handle);
    END IF;
    IF found IS NULL THEN
        -- Its address may have been deleted by hand: a turn would still find the client.
        SELECT u.id INTO found
        FROM public."User" AS u
        WHERE u.id = novabot_internal.client_id_of(novabot_internal.read_handle(handle));
    END IF;
    RETURN found;
END
$$;
COMMENT ON FUNCTION novabot_internal.find_client(text) IS
'The id of the client a handle leads to, or NULL. Raises ST001 for what is neither a handle nor a client''s id.';

CREATE OR REPLACE FUNCTION novabot_internal.add_client(
    addresses text[], profile text
) RETURNS public."User"
LANGUAGE plpgsql
AS $$
DECLARE
    client public."User";
BEGIN
    PERFORM set_config('novabot.meeting', 'on', true);
    INSERT INTO public."User" (id, "profileName")
    VALUES (novabot_internal.client_id_of(addresses[1]), profile)
    ON CONFLICT (id) DO NOTHING
    RETURNING * INTO client;
    PERFORM set_config('novabot.meeting', '', true);
    IF client.id IS NULL THEN
        -- Another transaction has made the client; or its row exists and has lost its address.
        INSERT INTO public."Alias" (alias, "userId")
        SELECT novabot_internal.alias_of(u.id), u.id
        FROM public."User" AS u
        WHERE u.id = novabot_internal.client_id_of(addresses[1])
        FOR KEY SHARE
        ON CONFLICT (alias) DO NOTHING;
    END IF;
    RETURN client;
END
$$;
COMMENT ON FUNCTION novabot_internal.add_client(text[], text) IS
'Makes the client first met at these addresses; NULL when its row exists already. Raises ST003 as refuse_other_owner does.';

CREATE OR REPLACE FUNCTION novabot_internal.refuse_other_owner(
    client text, addresses text[]
) RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
    IF EXISTS (
        SELECT
        FROM public."User" AS u
        JOIN public."Alias" AS a ON a."userId" = u.id
        WHERE a.alias = ANY (addresses) AND u.id <> client
    ) THEN
        RAISE EXCEPTION USING
            ERRCODE = 'ST003',
            MESSAGE = 'another transaction has met this client at another address meanwhile';
    END IF;
END
$$;
COMMENT ON FUNCTION novabot_internal.refuse_other_owner(text, text[]) IS
'Raises ST003 when one of these addresses leads to another client, whom another transaction has made since this one looked: everything is undone, and the next try finds that client, or merges the two.';

CREATE OR REPLACE FUNCTION novabot_internal.add_addresses(
    client text, addresses text[]
) RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
    -- Behind another transaction that adds one of them, this waits; the next statement sees it.
    INSERT INTO public."Alias" (alias, "userId")
    SELECT a, client FROM unnest(addresses) AS a
    ORDER BY a
    ON CONFLICT (alias) DO NOTHING;
    PERFORM novabot_internal.refuse_other_owner(client, addresses);
END
$$;
COMMENT ON FUNCTION novabot_internal.add_addresses(text, text[]) IS
'Those of these addresses that lead to no client lead to this one from now on. Raises ST003 as refuse_other_owner does: after merge_clients, another owner is one who came meanwhile.';

CREATE OR REPLACE FUNCTION novabot_internal.merge_clients(
    kept text, addresses text[]
) RETURNS boolean
LANGUAGE plpgsql
AS $$
DECLARE
    actor_before CONSTANT text := coalesce(current_setting('novabot.actor', true), '');
    source_before CONSTANT text := coalesce(current_setting('novabot.source', true), '');
    other public."User";
    other_session public."Session";
    other_wrote_last boolean;
    merged boolean := false;
BEGIN
    FOR other IN
        SELECT u.*
        FROM public."User" AS u
        WHERE
            u.id <> kept
            AND u.id IN (
                SELECT a."userId" FROM public."Alias" AS a WHERE a.alias = ANY (addresses)
            )
        ORDER BY u.id
        FOR UPDATE
    LOOP
        SELECT other."activeAt" > u."activeAt" INTO other_wrote_last
        FROM public."User" AS u
        WHERE u.id = kept;
        SELECT s.* INTO other_session FROM public."Session" AS s WHERE s."userId" = other.id;
        UPDATE public."Conversation" AS c
        SET
            "userId" = kept,
            key = CASE
                WHEN NOT EXISTS (
                    SELECT FROM public."Conversation" AS k WHERE k."userId" = kept AND k.key = c.key
                ) THEN c.key
            END
        WHERE c."userId" = other.id;
        UPDATE public."Alias" SET "userId" = kept WHERE "userId" = other.id;
        PERFORM
            set_config('novabot.actor', 'novabot', true),
            set_config('novabot.source', 'merge', true);
        DELETE FROM public."User" AS u WHERE u.id = other.id;
        PERFORM
            set_config('novabot.actor', actor_before, true),
            set_config('novabot.source', source_before, true);
        -- What the kept one gets, column by column; id and incarnation stay, a trigger renews the
        -- revisions. "createdAt" is the later of the two: a bulk reset between them covers the
        -- addresses of the younger one, and is_forgotten compares with this time.
        UPDATE public."User" AS u
        SET
            nama = CASE
                WHEN other_wrote_last THEN coalesce(other.nama, u.nama)
                ELSE coalesce(u.nama, other.nama)
            END,
            "profileName" = CASE
                WHEN other_wrote_last THEN coalesce(other."profileName", u."profileName")
                ELSE coalesce(u."profileName", other."profileName")
            END,
            "pausedAt" = least(u."pausedAt", other."pausedAt"),
            "createdAt" = greatest(u."createdAt", other."createdAt"),
            "activeAt" = greatest(u."activeAt", other."activeAt")
        WHERE u.id = kept;
        IF other_session.context <> '{}' THEN
            INSERT INTO public."Session" AS s ("userId", context, "updatedAt")
            VALUES (kept, other_session.context, other_session."updatedAt")
            ON CONFLICT ("userId") DO UPDATE
            SET
                context = excluded.context,
                "updatedAt" = greatest(s."updatedAt", excluded."updatedAt")
            WHERE other_wrote_last OR s.context = '{}';
        END IF;
        merged := true;
    END LOOP;
    RETURN merged;
END
$$;
COMMENT ON FUNCTION novabot_internal.merge_clients(text, text[]) IS
'One person was met by number and by BSUID as two clients: those to whom these addresses lead become the one that is kept, with all messages and addresses, so that a reset of it forgets the whole person. It keeps the name, profile name and context of the one that wrote last and has one, and is paused if either was. A receipt (source merge) tells the bots. Returns whether there was another client.';

CREATE OR REPLACE FUNCTION novabot_internal.pause_client(
    client text, incarnation uuid, pausing boolean
) RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET lock_timeout = '5s'
AS $$
BEGIN
    UPDATE public."User" AS u
    SET "pausedAt" = CASE WHEN pausing THEN coalesce(u."pausedAt", now()) END
    WHERE
        u.id = client
        AND u.incarnation = coalesce(pause_client.incarnation, u.incarnation);
    RETURN FOUND;
END
$$;
COMMENT ON FUNCTION novabot_internal.pause_client(text, uuid, boolean) IS
'A person takes over, or hands back to the bot; false, and nothing done, if the client is gone or has another incarnation. incarnation NULL means the current one.';

CREATE OR REPLACE FUNCTION novabot_internal.add_own_alias() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET jit = off
AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        -- Foreign keys have moved them already, unless session_replication_role = replica.
        UPDATE public."Session" SET "userId" = NEW.id WHERE "userId" = OLD.id;
        UPDATE public."Conversation" SET "userId" = NEW.id WHERE "userId" = OLD.id;
        UPDATE public."Alias" SET "userId" = NEW.id WHERE "userId" = OLD.id;
        -- The old address leads to no client from now on, and is not forgotten: see mark_forgotten.
        PERFORM set_config('novabot.renaming', 'on', true);
        DELETE FROM public."Alias"
        WHERE alias = novabot_internal.alias_of(OLD.id) AND "userId" IN (OLD.id, NEW.id);
        PERFORM set_config('novabot.renaming', '', true);
    END IF;
    INSERT INTO public."Alias" (alias, "userId")
    VALUES (novabot_internal.alias_of(NEW.id), NEW.id)
    ON CONFLICT (alias) DO NOTHING;
    IF NOT FOUND THEN
        IF current_setting('novabot.meeting', true) = 'on' THEN
            PERFORM novabot_internal.refuse_other_owner(
                NEW.id, ARRAY[novabot_internal.alias_of(NEW.id)]
            );
        END IF;
        INSERT INTO public."Alias" (alias, "userId")
        VALUES (novabot_internal.alias_of(NEW.id), NEW.id)
        ON CONFLICT (alias) DO UPDATE SET "userId" = excluded."userId";
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION novabot_internal.add_own_alias() IS
'A client is found at the address its id stands for, also after a plain INSERT or UPDATE of the id. It takes the address from another client who has it, unless a turn makes it (add_client): then it raises ST003.';

CREATE OR REPLACE TRIGGER a_own_alias_on_insert
AFTER INSERT ON public."User"
FOR EACH ROW EXECUTE FUNCTION novabot_internal.add_own_alias();
ALTER TABLE public."User" ENABLE ALWAYS TRIGGER a_own_alias_on_insert;

CREATE OR REPLACE TRIGGER own_alias_on_rename
AFTER UPDATE OF id ON public."User"
FOR EACH ROW WHEN (OLD.id IS DISTINCT FROM NEW.id)
EXECUTE FUNCTION novabot_internal.add_own_alias();
ALTER TABLE public."User" ENABLE ALWAYS TRIGGER own_alias_on_rename;
