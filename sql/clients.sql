-- Clients: looking one up, making one, its addresses, its new id, two that are one person.
-- enable_seqscan is off where a plan is kept while its tables grow during one INSERT: a sequential
-- scan, planned for a hundred rows, makes an INSERT of 20 000 clients take a minute instead of a
-- second. enable_indexonlyscan is off for the same reason: of a table that was emptied and
-- vacuumed, PostgreSQL takes reading all of user_by_activity for cheaper than one look-up of the key.
-- Before PostgreSQL 18 enable_seqscan raises the plan's cost above jit_above_cost, so jit is off too.

CREATE OR REPLACE FUNCTION novabot_internal.find_client(handle text) RETURNS text
LANGUAGE plpgsql STABLE STRICT
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    found text;
    address text;
BEGIN
    SELECT u.id INTO found FROM public."User" AS u WHERE u.id = handle;
    IF found IS NULL THEN
        SELECT u.id INTO found
        FROM public."User" AS u
        JOIN public."Alias" AS a ON a."userId" = u.id
        WHERE
            a.alias = novabot_internal.canonical_address(handle)
            OR (
                novabot_internal.is_written_number(handle)
                AND a.alias = novabot_internal.canonical_address(
                    regexp_replace(handle, '[^0-9]', '', 'g')
                )
            );
    END IF;
    IF found IS NULL THEN
        address := novabot_internal.canonical_address(novabot_internal.read_handle(handle));
        SELECT u.id INTO found
        FROM public."User" AS u
        JOIN public."Alias" AS a ON a."userId" = u.id
        WHERE a.alias = address;
    END IF;
    IF found IS NULL THEN
        -- Its address may have been deleted by hand: a turn would still find the client.
        SELECT u.id INTO found
        FROM public."User" AS u
        WHERE u.id = ANY (novabot_internal.ids_of(address))
        ORDER BY u.id
        LIMIT 1;
    END IF;
    IF found IS NULL THEN
        -- Who had it last: no other client does, and none that did was forgotten since. After a change
        -- by which it is not known who has it, both sides are found.
        SELECT u.id INTO found
        FROM public."User" AS u
        JOIN public."FormerAlias" AS f ON f."userId" = u.id
        WHERE
            f.alias = address
            AND (
                NOT EXISTS (
                    SELECT
                    FROM public."Forgotten" AS n
                    WHERE
                        n.digest = ANY (novabot_internal.address_digests(ARRAY[address]))
                        AND n.at > f.until
                        AND n.until > f.until
                )
                OR EXISTS (
                    SELECT
                    FROM public."IdentityNote" AS n
                    WHERE n."userId" = u.id AND n.kind = 'ambiguous_change' AND n.at = f.until
                )
            )
        ORDER BY f.until DESC, u.id
        LIMIT 1;
    END IF;
    IF found IS NULL AND EXISTS (SELECT FROM public."IdentityEvent") THEN
        -- Who has moved there, and has not written since.
        SELECT u.id INTO found
        FROM public."User" AS u
        JOIN public."IdentityEvent" AS e ON e.source = u.id
        WHERE
            e."toDigests" && novabot_internal.address_digests(ARRAY[address])
        ORDER BY e.at DESC
        LIMIT 1;
    END IF;
    RETURN found;
END
$$;
COMMENT ON FUNCTION novabot_internal.find_client(text) IS
'The id of the client a handle leads to, or NULL. Raises ST001 for what is neither a handle nor a client''s id.';

CREATE OR REPLACE FUNCTION novabot_internal.ids_in_every_spelling(client text) RETURNS text[]
LANGUAGE sql STABLE STRICT
AS $$
    SELECT array_agg(i.id)
    FROM (
        SELECT client AS id
        UNION
        SELECT s.id
        FROM public."User" AS u
        JOIN public."Alias" AS a ON a."userId" = u.id
        CROSS JOIN unnest(novabot_internal.ids_of(a.alias)) AS s (id)
        WHERE u.id = client
        UNION
        SELECT s.id
        FROM unnest(novabot_internal.ids_of(novabot_internal.alias_of(client))) AS s (id)
    ) AS i
$$;
COMMENT ON FUNCTION novabot_internal.ids_in_every_spelling(text) IS
'A client''s id, and those of clients who stand under another national spelling of its number: they are one person.';

CREATE OR REPLACE FUNCTION novabot_internal.add_client(
    addresses text[], profile text, account text, at timestamptz
) RETURNS public."User"
LANGUAGE plpgsql
AS $$
DECLARE
    client public."User";
BEGIN
    PERFORM novabot_internal.settle_id_if_left(novabot_internal.client_id_of(addresses[1]));
    PERFORM set_config('novabot.meeting', 'on', true);
    INSERT INTO public."User" (id, "profileName", "beganAt")
    VALUES (novabot_internal.client_id_of(addresses[1]), profile, at)
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
    ELSE
        PERFORM novabot_internal.take_over(client.id, addresses, account, NULL);
        PERFORM novabot_internal.refuse_other_owner(client.id, addresses);
    END IF;
    RETURN client;
END
$$;
COMMENT ON FUNCTION novabot_internal.add_client(text[], text, text, timestamptz) IS
'Makes the client first met at these addresses, in a business account, by a message of this time; NULL when its row exists already. Raises ST003 as refuse_other_owner does.';

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
        WHERE
            a.alias = ANY (novabot_internal.canonical_addresses(addresses))
            AND u.id <> client
    ) THEN
        RAISE EXCEPTION USING
            ERRCODE = 'ST003',
            MESSAGE = 'another transaction has met this client at another address meanwhile';
    END IF;
END
$$;
COMMENT ON FUNCTION novabot_internal.refuse_other_owner(text, text[]) IS
'Raises ST003 when one of these addresses leads to another client, whom another transaction has made since this one looked: everything is undone, and the next try judges anew who writes.';

CREATE OR REPLACE FUNCTION novabot_internal.merge_client(
    kept text, merged text
) RETURNS boolean
LANGUAGE plpgsql
AS $$
DECLARE
    actor_before CONSTANT text := coalesce(current_setting('novabot.actor', true), '');
    source_before CONSTANT text := coalesce(current_setting('novabot.source', true), '');
    one public."User";
    other public."User";
    other_session public."Session";
    other_prevails boolean;
BEGIN
    PERFORM FROM public."User" AS u WHERE u.id IN (kept, merged) ORDER BY u.id FOR UPDATE;
    SELECT u.* INTO one FROM public."User" AS u WHERE u.id = kept;
    SELECT u.* INTO other FROM public."User" AS u WHERE u.id = merged;
    IF one.id IS NULL OR other.id IS NULL OR one.id = other.id THEN
        RETURN false;
    END IF;
    -- The one that wrote last with a name prevails; without names, the one that wrote last.
    other_prevails := CASE
        WHEN (one.nama IS NULL) <> (other.nama IS NULL) THEN other.nama IS NOT NULL
        ELSE other."activeAt" > one."activeAt"
    END;
    SELECT s.* INTO other_session FROM public."Session" AS s WHERE s."userId" = merged;
    UPDATE public."Conversation" AS c
    SET
        "userId" = kept,
        key = CASE
            WHEN NOT EXISTS (
                SELECT FROM public."Conversation" AS k WHERE k."userId" = kept AND k.key = c.key
            ) THEN c.key
        END
    WHERE c."userId" = merged;
    PERFORM set_config('novabot.renaming', 'on', true);
    UPDATE public."Alias" SET "userId" = kept WHERE "userId" = merged;
    PERFORM set_config('novabot.renaming', '', true);
    UPDATE public."FormerAlias" AS f
    SET "userId" = kept
    WHERE
        f."userId" = merged
        AND NOT EXISTS (
            SELECT
            FROM public."FormerAlias" AS k
            WHERE k."userId" = kept AND k.alias = f.alias AND k.until = f.until
        );
    UPDATE public."IdentityEvent" SET source = kept WHERE source = merged;
    UPDATE public."IdentityEvent" SET target = kept WHERE target = merged;
    UPDATE public."IdentityNote" SET "userId" = kept WHERE "userId" = merged;
    -- What did not move would be deleted with the client.
    IF novabot_internal.can_be_kept() THEN
        PERFORM novabot_internal.refuse_kept(
            ARRAY[merged], ARRAY[other.incarnation],
            ARRAY['Conversation', 'Alias', 'IdentityNote', 'IdentityEvent']
        );
    END IF;
    PERFORM
        set_config('novabot.actor', 'novabot', true),
        set_config('novabot.source', 'merge', true),
        set_config('novabot.reset', '', true),
        set_config('novabot.renaming', 'on', true);
    DELETE FROM public."User" AS u WHERE u.id = merged;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING
            ERRCODE = 'ST004', MESSAGE = 'a trigger or rule on "User" keeps a client from being merged';
    END IF;
    UPDATE public."ResetIncarnations" AS i
    SET "mergedInto" = one.incarnation
    WHERE i."resetId" = nullif(current_setting('novabot.reset'), '')::bigint;
    PERFORM
        set_config('novabot.actor', actor_before, true),
        set_config('novabot.source', source_before, true),
        set_config('novabot.renaming', '', true);
    -- What the kept one gets, column by column; id and incarnation stay, a trigger renews the
    -- revisions. "createdAt" is the later of the two: a bulk reset between them covers the
    -- addresses of the younger one, and is_forgotten compares with this time.
    UPDATE public."User" AS u
    SET
        nama = CASE
            WHEN other_prevails THEN coalesce(other.nama, u.nama) ELSE coalesce(u.nama, other.nama)
        END,
        "profileName" = CASE
            WHEN other_prevails THEN coalesce(other."profileName", u."profileName")
            ELSE coalesce(u."profileName", other."profileName")
        END,
        "pausedAt" = least(u."pausedAt", other."pausedAt"),
        "pausedUntil" = greatest(u."pausedUntil", other."pausedUntil"),
        "createdAt" = greatest(u."createdAt", other."createdAt"),
        "activeAt" = greatest(u."activeAt", other."activeAt"),
        "windowUntil" = greatest(u."windowUntil", other."windowUntil"),
        "beganAt" = CASE
            WHEN u."beganAt" IS NOT NULL AND other."beganAt" IS NOT NULL
                THEN least(u."beganAt", other."beganAt")
        END,
        absorbed = u.absorbed || other.incarnation || other.absorbed
    WHERE u.id = kept;
    IF other_session.context <> '{}' THEN
        INSERT INTO public."Session" AS s ("userId", context, "updatedAt")
        VALUES (kept, other_session.context, other_session."updatedAt")
        ON CONFLICT ("userId") DO UPDATE
        SET
            context = excluded.context,
            "updatedAt" = greatest(s."updatedAt", excluded."updatedAt")
        WHERE other_prevails OR s.context = '{}';
    END IF;
    RETURN true;
END
$$;
COMMENT ON FUNCTION novabot_internal.merge_client(text, text) IS
'Two clients turn out to be one person: the kept one gets all messages and addresses of the other, and remembers its incarnation, so that a reset forgets the whole person. It keeps the name, profile name and context of the one that wrote last with a name, and is paused if either was. A receipt (source merge) tells the bots. False, and nothing done, if one of them is gone.';

CREATE OR REPLACE FUNCTION novabot_internal.pause_client(
    client text, incarnation uuid, pausing boolean
) RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET lock_timeout = '5s'
AS $$
BEGIN
    UPDATE public."User" AS u
    SET
        "pausedAt" = CASE WHEN pausing THEN coalesce(u."pausedAt", now()) END,
        "pausedUntil" = CASE WHEN pausing THEN u."pausedUntil" END
    WHERE
        u.id = client
        AND u.incarnation = coalesce(pause_client.incarnation, u.incarnation);
    RETURN FOUND;
END
$$;
COMMENT ON FUNCTION novabot_internal.pause_client(text, uuid, boolean) IS
'A person takes over, or hands back to the bot; false, and nothing done, if the client is gone or has another incarnation. incarnation NULL means the current one.';

CREATE OR REPLACE FUNCTION novabot_internal.make_alias_canonical() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    -- Here and not in a WHEN, which is read anew for every statement. These are the countries whose
    -- numbers have several spellings.
    IF
        left(NEW.alias, 2) IN ('52', '54', '55')
        AND NEW.alias <> novabot_internal.canonical_address(NEW.alias)
    THEN
        NEW.spelling := coalesce(NEW.spelling, NEW.alias);
        NEW.alias := novabot_internal.canonical_address(NEW.alias);
    END IF;
    IF NEW.since = '-infinity' THEN
        -- By hand, without a time: not before the last owner gave it up.
        NEW.since := novabot_internal.since_of(NEW.alias);
    ELSIF
        TG_OP = 'UPDATE'
        AND NEW.since = OLD.since
        AND novabot_internal.canonical_address(OLD.alias) <> NEW.alias
    THEN
        NEW.since := greatest(NEW.since, novabot_internal.since_of(NEW.alias));
    END IF;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION novabot_internal.make_alias_canonical() IS
'A number that is written in another national spelling is stored in its canonical form, and keeps its spelling; an address that a client had before leads to another one since then.';

CREATE OR REPLACE TRIGGER make_canonical
BEFORE INSERT OR UPDATE OF alias ON public."Alias"
FOR EACH ROW EXECUTE FUNCTION novabot_internal.make_alias_canonical();
ALTER TABLE public."Alias" ENABLE ALWAYS TRIGGER make_canonical;

CREATE OR REPLACE FUNCTION novabot_internal.add_own_alias() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
SET enable_indexonlyscan = off
SET jit = off
AS $$
DECLARE
    own CONSTANT text := novabot_internal.alias_of(NEW.id);
    canonical CONSTANT text := novabot_internal.canonical_address(own);
BEGIN
    IF TG_OP = 'UPDATE' THEN
        -- Foreign keys have moved them already, unless session_replication_role = replica.
        UPDATE public."Session" SET "userId" = NEW.id WHERE "userId" = OLD.id;
        UPDATE public."Conversation" SET "userId" = NEW.id WHERE "userId" = OLD.id;
        UPDATE public."Alias" SET "userId" = NEW.id WHERE "userId" = OLD.id;
        UPDATE public."FormerAlias" SET "userId" = NEW.id WHERE "userId" = OLD.id;
        UPDATE public."IdentityNote" SET "userId" = NEW.id WHERE "userId" = OLD.id;
        UPDATE public."IdentityEvent" SET source = NEW.id WHERE source = OLD.id;
        UPDATE public."IdentityEvent" SET target = NEW.id WHERE target = OLD.id;
        IF current_setting('novabot.renaming', true) = 'on' THEN
            RETURN NULL; -- settle_id: the addresses are as they are to be
        END IF;
        -- The old address leads to no client from now on, and is not forgotten: see mark_forgotten.
        PERFORM set_config('novabot.renaming', 'on', true);
        DELETE FROM public."Alias"
        WHERE
            alias = novabot_internal.canonical_address(novabot_internal.alias_of(OLD.id))
            AND "userId" IN (OLD.id, NEW.id);
        PERFORM set_config('novabot.renaming', '', true);
        PERFORM novabot_internal.refuse_kept_addresses(
            NEW.id, ARRAY[novabot_internal.canonical_address(novabot_internal.alias_of(OLD.id))]
        );
    ELSIF current_setting('session_replication_role') = 'replica' THEN
        RETURN NULL; -- a copy of a database brings the address itself
    END IF;
    INSERT INTO public."Alias" (alias, "userId", since)
    VALUES (own, NEW.id, novabot_internal.since_of(canonical))
    ON CONFLICT (alias) DO NOTHING;
    IF NOT FOUND THEN
        IF current_setting('novabot.meeting', true) = 'on' THEN
            PERFORM novabot_internal.refuse_other_owner(NEW.id, ARRAY[own]);
        END IF;
        INSERT INTO public."Alias" (alias, "userId")
        VALUES (own, NEW.id)
        ON CONFLICT (alias) DO UPDATE SET "userId" = excluded."userId";
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION novabot_internal.add_own_alias() IS
'A client is found at the address its id stands for, also after a plain INSERT (but under session_replication_role = replica, where its addresses come as rows) or UPDATE of the id. It takes the address from another client who has it, unless a turn makes it (add_client): then it raises ST003.';

CREATE OR REPLACE TRIGGER a_own_alias_on_insert
AFTER INSERT ON public."User"
FOR EACH ROW EXECUTE FUNCTION novabot_internal.add_own_alias();
ALTER TABLE public."User" ENABLE ALWAYS TRIGGER a_own_alias_on_insert;

CREATE OR REPLACE TRIGGER own_alias_on_rename
AFTER UPDATE OF id ON public."User"
FOR EACH ROW WHEN (OLD.id IS DISTINCT FROM NEW.id)
EXECUTE FUNCTION novabot_internal.add_own_alias();
ALTER TABLE public."User" ENABLE ALWAYS TRIGGER own_alias_on_rename;
