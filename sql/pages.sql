-- What the dashboard and its JSON API read and do, one function a page or a button.
-- All of them name "User" first, and none waits long behind a DBA's lock.

CREATE OR REPLACE FUNCTION shown_time(at timestamptz) RETURNS timestamptz
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
AS $$
    SELECT greatest(timestamptz '0002-01-01 00:00Z', least(at, timestamptz '9998-12-31 00:00Z'))
$$;
COMMENT ON FUNCTION shown_time(timestamptz) IS
'A time that every calendar can show: infinity and the like come as the first or last such year.';

CREATE OR REPLACE FUNCTION list_clients(
    search text, after_at timestamptz, after_id text, most integer
)
RETURNS TABLE (
    id text, nama text, profile_name text, active_at timestamptz, "cursor" text, paused boolean,
    messages bigint, last_message_at timestamptz, last_text text, last_kind text,
    last_direction text, last_status text
)
LANGUAGE plpgsql STABLE
SET search_path = public, pg_temp
SET lock_timeout = '2s'
AS $$
#variable_conflict use_column
DECLARE
    sought CONSTANT text := lower(btrim(search));
    digits CONSTANT text := typed_digits(search);
BEGIN
    RETURN QUERY
    SELECT
        u.id, u.nama, u."profileName", shown_time(u."activeAt"),
        (to_json(u."activeAt") #>> '{}') || ' ' || u.id, u."pausedAt" IS NOT NULL,
        (SELECT count(*) FROM "Conversation" AS c WHERE c."userId" = u.id),
        shown_time(last.at), left(last.body, 300), last.kind, last.direction, last.status
    FROM "User" AS u
    LEFT JOIN LATERAL (
        SELECT c.at, c.body, c.kind, c.direction, c.status
        FROM "Conversation" AS c
        WHERE c."userId" = u.id
        ORDER BY c.id DESC
        LIMIT 1
    ) AS last ON true
    WHERE
        (u."activeAt", u.id COLLATE "C")
        < (coalesce(after_at, 'infinity'), coalesce(after_id, ''))
        AND (
            coalesce(sought, '') = ''
            OR position(sought IN lower(u.nama)) > 0
            OR position(sought IN lower(u."profileName")) > 0
            OR position(sought IN lower(u.id)) > 0
            OR position(sought IN lower(last.body)) > 0
            OR EXISTS (
                SELECT
                FROM "Alias" AS a
                WHERE
                    a."userId" = u.id
                    AND (
                        position(digits IN a.alias) > 0 OR position(sought IN lower(a.alias)) > 0
                    )
            )
        )
    ORDER BY u."activeAt" DESC, u.id COLLATE "C" DESC
    LIMIT most;
END
$$;
COMMENT ON FUNCTION list_clients(text, timestamptz, text, integer) IS
'A page of clients, the latest active first, after ("activeAt", id), which "cursor" gives joined by a space; search is sought in names, addresses (a number in any usual spelling) and the last text.';

CREATE OR REPLACE FUNCTION describe_client(client text)
RETURNS TABLE (
    id text, incarnation uuid, nama text, profile_name text, created_at timestamptz,
    active_at timestamptz, paused_at timestamptz, context jsonb, updated_at timestamptz,
    aliases text[], received bigint, sent bigint, queued bigint, set_aside bigint
)
LANGUAGE plpgsql STABLE
SET search_path = public, pg_temp
SET lock_timeout = '2s'
AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT
        u.id, u.incarnation, u.nama, u."profileName", shown_time(u."createdAt"),
        shown_time(u."activeAt"), shown_time(u."pausedAt"), s.context, shown_time(s."updatedAt"),
        ARRAY(
            SELECT a.alias FROM "Alias" AS a WHERE a."userId" = u.id
            ORDER BY a."createdAt", a.alias
        ),
        messages.received, messages.sent, messages.queued,
        (SELECT count(*) FROM items_set_aside(u.id, 1000))
    FROM "User" AS u
    LEFT JOIN "Session" AS s ON s."userId" = u.id
    CROSS JOIN LATERAL (
        SELECT
            count(*) FILTER (WHERE c.direction = 'in') AS received,
            count(*) FILTER (WHERE c.direction = 'out') AS sent,
            count(*) FILTER (WHERE c.status IN ('queued', 'sending')) AS queued
        FROM "Conversation" AS c
        WHERE c."userId" = u.id
    ) AS messages
    WHERE u.id = client;
END
$$;
COMMENT ON FUNCTION describe_client(text) IS
'Everything that is kept of a client, with the messages counted (queued ones are among the sent); context is NULL without a session. This is what a reset deletes.';

CREATE OR REPLACE FUNCTION client_timeline(client text, before bigint, most integer)
RETURNS TABLE (
    id bigint, direction text, kind text, body text, at timestamptz, status text,
    error_code integer, error_text text
)
LANGUAGE plpgsql STABLE
SET search_path = public, pg_temp
SET lock_timeout = '2s'
AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT
        c.id, c.direction, c.kind, c.body, shown_time(c.at), c.status, c."errorCode", c."errorText"
    FROM "User" AS u
    JOIN "Conversation" AS c ON c."userId" = u.id
    WHERE u.id = client AND c.id < coalesce(before, 9223372036854775807)
    ORDER BY c.id DESC
    LIMIT most;
END
$$;
COMMENT ON FUNCTION client_timeline(text, bigint, integer) IS
'A client''s messages, the latest first, older than the message `before`.';

CREATE OR REPLACE FUNCTION items_set_aside(client text, most integer) RETURNS SETOF "SetAside"
LANGUAGE plpgsql STABLE
SET search_path = public, pg_temp
SET lock_timeout = '2s'
AS $$
BEGIN
    RETURN QUERY
    SELECT s.*
    FROM "SetAside" AS s
    WHERE
        client IS NULL
        OR EXISTS (
            SELECT
            FROM "User" AS u
            JOIN "Alias" AS a ON a."userId" = u.id
            WHERE u.id = client AND (s.address = a.alias OR position(a.alias IN s.item) > 0)
        )
    ORDER BY s.id DESC
    LIMIT most;
END
$$;
COMMENT ON FUNCTION items_set_aside(text, integer) IS
'Webhook items that could not be read and mention this client, the latest first; NULL: everybody''s.';

CREATE OR REPLACE FUNCTION list_resets(before bigint, most integer)
RETURNS TABLE (
    id bigint, at timestamptz, actor text, source text,
    clients bigint, sessions bigint, conversations bigint, acknowledged bigint, missing bigint
)
LANGUAGE plpgsql STABLE
SET search_path = public, pg_temp
AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT
        r.id, r.at, r.actor, r.source, r.clients, r.sessions, r.conversations,
        (SELECT count(*) FROM "ResetAck" AS a WHERE a."resetId" = r.id),
        (SELECT count(*) FROM bots_missing(r.id))
    FROM "Reset" AS r
    WHERE r.id < coalesce(before, 9223372036854775807)
    ORDER BY r.id DESC
    LIMIT most;
END
$$;
COMMENT ON FUNCTION list_resets(bigint, integer) IS
'Receipts, the latest first, older than `before`, with how many bots have acknowledged and how many have not.';

CREATE OR REPLACE FUNCTION receipt_bots(reset bigint)
RETURNS TABLE (
    id uuid, host text, pid integer, evicted bigint, acked_at timestamptz,
    milliseconds double precision, started_later boolean
)
LANGUAGE plpgsql STABLE
SET search_path = public, pg_temp
AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT
        b.id, b.host, b.pid, a.evicted, a."ackedAt",
        (extract(EPOCH FROM a."ackedAt" - r.at) * 1000)::double precision, b."startedAt" > r.at
    FROM "Reset" AS r
    JOIN "ResetAck" AS a ON a."resetId" = r.id
    JOIN "Bot" AS b ON b.id = a."botId"
    WHERE r.id = receipt_bots.reset
    UNION ALL
    SELECT b.id, b.host, b.pid, NULL, NULL, NULL, false
    FROM bots_missing(receipt_bots.reset) AS b
    ORDER BY 5, 1;
END
$$;
COMMENT ON FUNCTION receipt_bots(bigint) IS
'The bots of a receipt: those that acknowledged, in their order, then those that are missing (acked_at NULL).';

CREATE OR REPLACE FUNCTION list_bots(most integer)
RETURNS TABLE (
    id uuid, host text, pid integer, sessions bigint, state text,
    started_at timestamptz, seen_at timestamptz, stopped_at timestamptz,
    seconds_silent double precision
)
LANGUAGE sql STABLE
SET search_path = public, pg_temp
AS $$
    SELECT
        b.id, b.host, b.pid, b.sessions,
        CASE
            WHEN b."stoppedAt" IS NOT NULL THEN 'stopped'
            WHEN b."seenAt" <= clock_timestamp() - interval '10 seconds' THEN 'silent'
            WHEN b.listening THEN 'listening'
            ELSE 'deaf'
        END,
        b."startedAt", b."seenAt", b."stoppedAt",
        greatest(0, extract(EPOCH FROM clock_timestamp() - b."seenAt"))::double precision
    FROM "Bot" AS b
    ORDER BY b."stoppedAt" IS NOT NULL, b."seenAt" DESC, b.id
    LIMIT most
$$;
COMMENT ON FUNCTION list_bots(integer) IS
'The bots, living ones first. state: listening, deaf (runs and cannot hear: remembers nobody), silent (not seen for 10 seconds) or stopped.';

CREATE OR REPLACE FUNCTION reset_life(handle text, life uuid, actor text, source text)
RETURNS "Reset"
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp
SET lock_timeout = '5s'
AS $$
DECLARE
    client text;
    receipt "Reset";
BEGIN
    IF life IS NULL THEN
        RETURN reset_client(handle, actor, source);
    END IF;
    -- By the life, not by the id, which may have changed since the form was made.
    SELECT u.id INTO client FROM "User" AS u WHERE u.incarnation = life FOR UPDATE;
    IF client IS NOT NULL THEN
        RETURN reset_client(client, actor, source);
    END IF;
    BEGIN
        client := find_client(handle);
    EXCEPTION WHEN SQLSTATE 'ST001' THEN
        client := NULL;
    END;
    IF client IS NULL THEN
        -- Gone already: not reset_client, which would take whoever comes in this moment.
        PERFORM
            set_config('novabot.actor', actor, true),
            set_config('novabot.source', source, true);
        RETURN write_receipt(0, 0, 0, '[]');
    END IF;
    RETURN receipt;
END
$$;
COMMENT ON FUNCTION reset_life(text, uuid, text, text) IS
'reset_client, if the client is still in this life (incarnation): NULLs, and nothing done, for another one; a receipt of zeros when it is gone; life NULL means the current one. Raises ST001 as reset_client does, lock_not_available after 5 seconds behind somebody''s lock.';

CREATE OR REPLACE FUNCTION pause_client(client text, life uuid, pausing boolean) RETURNS boolean
LANGUAGE plpgsql
SET search_path = public, pg_temp
SET lock_timeout = '5s'
AS $$
BEGIN
    UPDATE "User" AS u
    SET "pausedAt" = CASE WHEN pausing THEN coalesce(u."pausedAt", now()) END
    WHERE u.id = client AND u.incarnation = coalesce(life, u.incarnation);
    RETURN FOUND;
END
$$;
COMMENT ON FUNCTION pause_client(text, uuid, boolean) IS
'A person takes over, or hands back to the bot; false, and nothing done, if the client is gone or in another life. life NULL means the current one.';
