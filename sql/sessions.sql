-- Sessions: what is remembered of a client, and the fence that compares it.
-- A revision, in "User" and in "Session", is new at every write of what is remembered. A turn renews
-- both itself, so its writes fire none of these triggers; any other write fires them.
-- load_session, commit_turn and the other entries of a turn keep their plans, because planning takes
-- longer than these look-ups. Why enable_seqscan and jit are off: see clients.sql.

CREATE OR REPLACE FUNCTION novabot_internal.is_paused(
    paused_at timestamptz, paused_until timestamptz
) RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    SELECT paused_at IS NOT NULL OR coalesce(paused_until > now(), false)
$$;
COMMENT ON FUNCTION novabot_internal.is_paused(timestamptz, timestamptz) IS
'Whether the bot is silent for a client, by its "pausedAt" and "pausedUntil".';

CREATE OR REPLACE FUNCTION novabot_internal.read_session(client text)
RETURNS TABLE (
    id text, incarnation uuid, nama text, paused boolean, context jsonb,
    user_revision uuid, session_revision uuid
)
LANGUAGE sql STABLE
AS $$
    SELECT
        u.id, u.incarnation, u.nama,
        novabot_internal.is_paused(u."pausedAt", u."pausedUntil") OR novabot_internal.has_stopped(u.id),
        s.context, u.revision, s.revision
    FROM public."User" AS u
    LEFT JOIN public."Session" AS s ON s."userId" = u.id
    WHERE u.id = client
$$;
COMMENT ON FUNCTION novabot_internal.read_session(text) IS
'What is remembered of a client; no row without a client.';

CREATE OR REPLACE FUNCTION novabot_internal.load_session(
    addresses text[],
    account text DEFAULT NULL,
    written_at timestamptz DEFAULT now(),
    kept_for interval DEFAULT '90 days',
    OUT id text, OUT incarnation uuid, OUT nama text, OUT paused boolean, OUT context jsonb,
    OUT user_revision uuid, OUT session_revision uuid
) RETURNS record
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET lock_timeout = '50ms'
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
SET enable_indexonlyscan = off
SET jit = off
AS $$
DECLARE
    client text;
BEGIN
    SELECT w.writer INTO client
    FROM novabot_internal.find_writer(
        addresses, account, least(written_at, now()), kept_for
    ) AS w;
    SELECT r.*
    INTO
        load_session.id, load_session.incarnation, load_session.nama, load_session.paused,
        load_session.context, load_session.user_revision, load_session.session_revision
    FROM novabot_internal.read_session(client) AS r;
    IF load_session.id IS NULL THEN
        load_session.paused := novabot_internal.have_stopped(addresses);
    END IF;
END
$$;
COMMENT ON FUNCTION novabot_internal.load_session(text[], text, timestamptz, interval) IS
'What is remembered of the client who wrote from these addresses, in this business account, at this time; one row, all NULL without a client, but paused is true where a reset one has stopped everything. kept_for: how long a number stays a client''s who does not write.';

CREATE OR REPLACE FUNCTION novabot_internal.load_stored_session(
    stored_message uuid,
    OUT id text, OUT incarnation uuid, OUT nama text, OUT paused boolean, OUT context jsonb,
    OUT user_revision uuid, OUT session_revision uuid
) RETURNS record
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET lock_timeout = '50ms'
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
SET jit = off
AS $$
DECLARE
    client text;
BEGIN
    SELECT u.id INTO client
    FROM public."User" AS u
    JOIN public."Conversation" AS c ON c."userId" = u.id
    WHERE c.token = stored_message;
    SELECT r.*
    INTO
        load_stored_session.id, load_stored_session.incarnation, load_stored_session.nama,
        load_stored_session.paused, load_stored_session.context,
        load_stored_session.user_revision, load_stored_session.session_revision
    FROM novabot_internal.read_session(client) AS r;
END
$$;
COMMENT ON FUNCTION novabot_internal.load_stored_session(uuid) IS
'What is remembered of the client of a stored message; one row, all NULL when it is gone.';

CREATE OR REPLACE FUNCTION novabot_internal.lock_stored_client(stored_message uuid)
RETURNS public."User"
LANGUAGE plpgsql
AS $$
DECLARE
    client public."User";
BEGIN
    SELECT u.* INTO client
    FROM public."User" AS u
    JOIN public."Conversation" AS c ON c."userId" = u.id
    WHERE c.token = stored_message
    FOR NO KEY UPDATE OF u;
    RETURN client;
END
$$;
COMMENT ON FUNCTION novabot_internal.lock_stored_client(uuid) IS
'Locks and returns the client of a stored message; NULL when it is gone.';

CREATE OR REPLACE FUNCTION novabot_internal.lock_client(addresses text[]) RETURNS public."User"
LANGUAGE plpgsql
AS $$
DECLARE
    keys CONSTANT text[] := novabot_internal.canonical_addresses(addresses);
    client public."User";
BEGIN
    SELECT u.* INTO client
    FROM public."User" AS u
    JOIN public."Alias" AS a ON a."userId" = u.id
    WHERE a.alias = ANY (keys)
    ORDER BY array_position(keys, a.alias)
    LIMIT 1
    FOR NO KEY UPDATE OF u;
    RETURN client;
END
$$;
COMMENT ON FUNCTION novabot_internal.lock_client(text[]) IS
'Locks and returns the client that the first known of these addresses, BSUIDs before numbers, leads to now; NULL without a client. A delete then waits until this transaction ends, or this one until the delete does.';

CREATE OR REPLACE FUNCTION novabot_internal.lock_session(client text) RETURNS uuid
LANGUAGE plpgsql
AS $$
BEGIN
    RETURN (
        SELECT s.revision FROM public."Session" AS s WHERE s."userId" = client FOR NO KEY UPDATE
    );
END
$$;
COMMENT ON FUNCTION novabot_internal.lock_session(text) IS
'Locks a client''s session and returns its revision; NULL without one.';

CREATE OR REPLACE FUNCTION novabot_internal.is_unchanged(
    client public."User", session uuid,
    expected_id text, expected_user_revision uuid, expected_session_revision uuid
) RETURNS boolean
LANGUAGE sql IMMUTABLE
AS $$
    SELECT
        client.id IS NOT DISTINCT FROM expected_id
        AND client.revision IS NOT DISTINCT FROM expected_user_revision
        AND session IS NOT DISTINCT FROM expected_session_revision
$$;
COMMENT ON FUNCTION novabot_internal.is_unchanged(public."User", uuid, text, uuid, uuid) IS
'The fence: whether a locked client and its session''s revision are those that were answered from.';

CREATE OR REPLACE FUNCTION novabot_internal.signal_change(changed uuid) RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    most CONSTANT integer := 150;
    told integer := coalesce(nullif(current_setting('novabot.changes_told', true), ''), '0');
BEGIN
    -- The server sends equal notifications of a transaction once, so "*" is sent once.
    PERFORM pg_notify(
        'session_changed',
        jsonb_build_object(
            'clients',
            CASE WHEN told < most THEN to_jsonb(ARRAY[changed]) ELSE '"*"' END
        )::text
    );
    IF told < most THEN
        PERFORM set_config('novabot.changes_told', (told + 1)::text, true);
    END IF;
END
$$;
COMMENT ON FUNCTION novabot_internal.signal_change(uuid) IS
'Tells the bots, at commit, that what they remember of a client was edited; past 150 in a transaction, that anything was.';

CREATE OR REPLACE FUNCTION novabot_internal.renew_user_revision() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    NEW.revision := gen_random_uuid();
    PERFORM novabot_internal.signal_change(OLD.incarnation);
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION novabot_internal.renew_user_revision() IS
'An UPDATE that is no turn changed what is remembered of a client: no turn begun before may commit.';

CREATE OR REPLACE TRIGGER renew_revision
BEFORE UPDATE ON public."User"
FOR EACH ROW WHEN (
    OLD.revision = NEW.revision
    AND (OLD.id, OLD.incarnation, OLD.nama, OLD."pausedAt", OLD."pausedUntil")
    IS DISTINCT FROM (NEW.id, NEW.incarnation, NEW.nama, NEW."pausedAt", NEW."pausedUntil")
)
EXECUTE FUNCTION novabot_internal.renew_user_revision();
ALTER TABLE public."User" ENABLE ALWAYS TRIGGER renew_revision;

CREATE OR REPLACE FUNCTION novabot_internal.renew_changed_user() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    UPDATE public."User" AS u
    SET revision = gen_random_uuid()
    WHERE u.id = NEW.id AND u.revision = NEW.revision;
    PERFORM novabot_internal.signal_change(OLD.incarnation);
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION novabot_internal.renew_changed_user() IS
'What renew_user_revision does, for what a trigger that fires after it (triggers fire in the order of their names) made of the row.';

CREATE OR REPLACE TRIGGER renew_revision_if_changed
AFTER UPDATE ON public."User"
FOR EACH ROW WHEN (
    OLD.revision = NEW.revision
    AND (OLD.id, OLD.incarnation, OLD.nama, OLD."pausedAt", OLD."pausedUntil")
    IS DISTINCT FROM (NEW.id, NEW.incarnation, NEW.nama, NEW."pausedAt", NEW."pausedUntil")
)
EXECUTE FUNCTION novabot_internal.renew_changed_user();
ALTER TABLE public."User" ENABLE ALWAYS TRIGGER renew_revision_if_changed;

CREATE OR REPLACE FUNCTION novabot_internal.renew_session_revision() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    client uuid;
BEGIN
    NEW.revision := gen_random_uuid();
    FOR client IN
        SELECT u.incarnation FROM public."User" AS u WHERE u.id IN (OLD."userId", NEW."userId")
    LOOP
        PERFORM novabot_internal.signal_change(client);
    END LOOP;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION novabot_internal.renew_session_revision() IS
'An UPDATE that is no turn changed a session: no turn begun before may commit.';

CREATE OR REPLACE TRIGGER renew_revision
BEFORE UPDATE ON public."Session"
FOR EACH ROW WHEN (OLD.revision = NEW.revision)
EXECUTE FUNCTION novabot_internal.renew_session_revision();
ALTER TABLE public."Session" ENABLE ALWAYS TRIGGER renew_revision;

CREATE OR REPLACE FUNCTION novabot_internal.signal_sessions_deleted() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    client uuid;
BEGIN
    -- In a reset the clients are gone by now, and nothing is sent. OFFSET 0: each row is looked up
    -- by the key, also by a plan that was made when "User" was empty and is kept since.
    FOR client IN
        SELECT u.incarnation
        FROM gone AS g
        CROSS JOIN LATERAL (
            SELECT x.incarnation FROM public."User" AS x WHERE x.id = g."userId" OFFSET 0
        ) AS u
        LIMIT 151
    LOOP
        PERFORM novabot_internal.signal_change(client);
    END LOOP;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION novabot_internal.signal_sessions_deleted() IS
'DELETE FROM "Session": the bots drop those sessions. The clients stay; it is no reset.';

CREATE OR REPLACE TRIGGER signal_deleted
AFTER DELETE ON public."Session"
REFERENCING OLD TABLE AS gone
FOR EACH STATEMENT EXECUTE FUNCTION novabot_internal.signal_sessions_deleted();
ALTER TABLE public."Session" ENABLE ALWAYS TRIGGER signal_deleted;

CREATE OR REPLACE FUNCTION novabot_internal.signal_sessions_truncated() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM pg_notify('session_changed', '{"clients": "*"}');
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION novabot_internal.signal_sessions_truncated() IS
'TRUNCATE "Session": the bots drop every session. It is no reset.';

CREATE OR REPLACE TRIGGER signal_truncated
AFTER TRUNCATE ON public."Session"
FOR EACH STATEMENT EXECUTE FUNCTION novabot_internal.signal_sessions_truncated();
ALTER TABLE public."Session" ENABLE ALWAYS TRIGGER signal_truncated;

CREATE OR REPLACE FUNCTION novabot_internal.keep_wish(
    new_context jsonb, before jsonb, was_stored boolean
) RETURNS jsonb
LANGUAGE sql STABLE
AS $$
    SELECT (new_context - 'novabotWish') || CASE
        WHEN new_context -> 'novabotWish' = 'true'
            THEN jsonb_build_object('novabotWish', extract(EPOCH FROM now()))
        WHEN was_stored AND before ? 'novabotWish'
            THEN jsonb_build_object('novabotWish', before -> 'novabotWish')
        ELSE '{}'
    END
$$;
COMMENT ON FUNCTION novabot_internal.keep_wish(jsonb, jsonb, boolean) IS
'The context as a turn leaves it. novabotWish: when the client was asked whether everything shall be deleted, in seconds since 1970 by the database''s clock. true in new_context: asked now. Every other turn ends the question, but one of a stored message leaves it: storing a message ends it.';

CREATE OR REPLACE FUNCTION novabot_internal.is_wish_open(client text) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET jit = off
AS $$
    SELECT coalesce((
        SELECT
            CASE
                WHEN jsonb_typeof(s.context -> 'novabotWish') = 'number'
                    THEN (s.context ->> 'novabotWish')::numeric
                        > extract(EPOCH FROM now() - interval '5 minutes')
            END
        FROM public."Session" AS s
        WHERE s."userId" = client
    ), false)
$$;
COMMENT ON FUNCTION novabot_internal.is_wish_open(text) IS
'Whether the client was asked, within five minutes, to confirm the wish to be forgotten, and has written nothing else since.';
