-- What the dashboard's pages and its JSON API read of clients, one function a page.
-- Those on several tables name "User" first, and none waits longer than 2 seconds for a lock.

CREATE OR REPLACE FUNCTION novabot_internal.shown_time(at timestamptz) RETURNS timestamptz
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
AS $$
    SELECT greatest(timestamptz '0002-01-01 00:00Z', least(at, timestamptz '9998-12-31 00:00Z'))
$$;
COMMENT ON FUNCTION novabot_internal.shown_time(timestamptz) IS
'A time that every calendar can show: infinity and the like come as the first or last such year.';

CREATE OR REPLACE FUNCTION novabot_internal.list_clients(
    search text, after_at timestamptz, after_id text, most integer
)
RETURNS TABLE (
    id text, nama text, profile_name text, active_at timestamptz, "cursor" text, paused boolean,
    messages bigint, last_message_at timestamptz, last_text text, last_kind text,
    last_direction text, last_status text, last_author text
)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
SET lock_timeout = '2s'
AS $$
#variable_conflict use_column
DECLARE
    sought CONSTANT text := lower(btrim(search));
    digits CONSTANT text := novabot_internal.typed_digits(search);
    canonical CONSTANT text := novabot_internal.canonical_address(digits);
BEGIN
    RETURN QUERY
    SELECT
        u.id, u.nama, u."profileName", novabot_internal.shown_time(u."activeAt"),
        (to_json(u."activeAt") #>> '{}') || ' ' || u.id,
        novabot_internal.is_paused(u."pausedAt", u."pausedUntil"),
        (SELECT count(*) FROM public."Conversation" AS c WHERE c."userId" = u.id),
        novabot_internal.shown_time(last.at), left(last.body, 300), last.kind, last.direction,
        last.status, last.author
    FROM public."User" AS u
    LEFT JOIN LATERAL (
        SELECT c.at, c.body, c.kind, c.direction, c.status, c.author
        FROM (
            SELECT *
            FROM public."Conversation" AS arrived
            WHERE arrived."userId" = u.id
            ORDER BY arrived.id DESC
            LIMIT 20 -- a message that comes later than twenty others is not the last one written
        ) AS c
        ORDER BY date_trunc('second', c.at AT TIME ZONE 'UTC') DESC, c.id DESC
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
                FROM public."Alias" AS a
                WHERE
                    a."userId" = u.id
                    AND (
                        position(canonical IN a.alias) > 0
                        OR position(digits IN a.alias) > 0
                        OR position(digits IN a.spelling) > 0
                        OR position(sought IN lower(a.alias)) > 0
                    )
            )
            OR EXISTS (
                SELECT
                FROM public."FormerAlias" AS f
                WHERE
                    f."userId" = u.id
                    AND (
                        position(canonical IN f.alias) > 0
                        OR position(digits IN f.alias) > 0
                        OR position(sought IN lower(f.alias)) > 0
                    )
            )
        )
    ORDER BY u."activeAt" DESC, u.id COLLATE "C" DESC
    LIMIT most;
END
$$;
COMMENT ON FUNCTION novabot_internal.list_clients(text, timestamptz, text, integer) IS
'A page of clients, the latest active first, after ("activeAt", id), which "cursor" gives joined by a space; search is sought in names, present and former addresses (a number in any usual spelling) and the last text.';

CREATE OR REPLACE FUNCTION novabot_internal.describe_client(client text)
RETURNS TABLE (
    id text, incarnation uuid, nama text, profile_name text, created_at timestamptz,
    active_at timestamptz, paused_at timestamptz, paused_until timestamptz, context jsonb,
    updated_at timestamptz,
    aliases text[], former_aliases text[], received bigint, sent bigint, queued bigint, set_aside bigint
)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
SET lock_timeout = '2s'
AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT
        u.id, u.incarnation, u.nama, u."profileName", novabot_internal.shown_time(u."createdAt"),
        novabot_internal.shown_time(u."activeAt"), novabot_internal.shown_time(u."pausedAt"),
        novabot_internal.shown_time(CASE WHEN u."pausedUntil" > now() THEN u."pausedUntil" END),
        s.context, novabot_internal.shown_time(s."updatedAt"),
        ARRAY(
            SELECT a.alias FROM public."Alias" AS a WHERE a."userId" = u.id
            ORDER BY a."createdAt", a.alias
        ),
        ARRAY(
            SELECT f.alias
            FROM public."FormerAlias" AS f
            WHERE
                f."userId" = u.id
                AND NOT EXISTS (
                    SELECT FROM public."Alias" AS a WHERE a.alias = f.alias AND a."userId" = u.id
                )
            GROUP BY f.alias
            ORDER BY max(f.until) DESC, f.alias
        ),
        messages.received, messages.sent, messages.queued,
        (SELECT count(*) FROM novabot_internal.items_set_aside(u.id, 1000))
    FROM public."User" AS u
    LEFT JOIN public."Session" AS s ON s."userId" = u.id
    CROSS JOIN LATERAL (
        SELECT
            count(*) FILTER (WHERE c.direction = 'in') AS received,
            count(*) FILTER (WHERE c.direction = 'out') AS sent,
            count(*) FILTER (WHERE c.status IN ('queued', 'sending')) AS queued
        FROM public."Conversation" AS c
        WHERE c."userId" = u.id
    ) AS messages
    WHERE u.id = client;
END
$$;
COMMENT ON FUNCTION novabot_internal.describe_client(text) IS
'Everything that is kept of a client, with the messages counted (queued ones are among the sent); context is NULL without a session. paused_until: NULL once it is over. This is what a reset deletes.';

CREATE OR REPLACE FUNCTION novabot_internal.client_timeline(
    client text, before bigint, most integer
)
RETURNS TABLE (
    id bigint, direction text, kind text, body text, at timestamptz, status text,
    error_code integer, error_text text, token uuid, detail jsonb, offers text[], author text
)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
SET lock_timeout = '2s'
AS $$
#variable_conflict use_column
DECLARE
    place timestamp := 'infinity';
BEGIN
    IF before IS NOT NULL THEN
        -- Where a DBA has deleted that message: the place of the one that arrived before it.
        SELECT date_trunc('second', c.at AT TIME ZONE 'UTC') INTO place
        FROM public."User" AS u
        JOIN public."Conversation" AS c ON c."userId" = u.id
        WHERE u.id = client AND c.id <= before
        ORDER BY c.id DESC
        LIMIT 1;
    END IF;
    RETURN QUERY
    SELECT
        c.id, c.direction, c.kind, c.body, novabot_internal.shown_time(c.at), c.status,
        c."errorCode", c."errorText", c.token, c.detail, novabot_internal.operator_offers(c, u."windowUntil"),
        coalesce(c.author, CASE c.direction WHEN 'in' THEN 'client' ELSE 'bot' END)
    FROM public."User" AS u
    JOIN public."Conversation" AS c ON c."userId" = u.id
    WHERE
        u.id = client
        AND (date_trunc('second', c.at AT TIME ZONE 'UTC'), c.id)
        < (place, coalesce(before, 9223372036854775807))
    ORDER BY date_trunc('second', c.at AT TIME ZONE 'UTC') DESC, c.id DESC
    LIMIT most;
END
$$;
COMMENT ON FUNCTION novabot_internal.client_timeline(text, bigint, integer) IS
'A client''s messages, the latest first, that stand before the message `before` (NULL: all). The order is the sender''s time in whole seconds, which is all that WhatsApp tells, then arrival: an answer has the time at which it was composed, so it stands after what it answers. offers: what operator_offers gives.';

CREATE OR REPLACE FUNCTION novabot_internal.portfolio_moved_at() RETURNS timestamptz
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
SET lock_timeout = '2s'
AS $$
    SELECT max(n."notedAt")
    FROM public."IdentityNote" AS n
    WHERE n.kind = 'portfolio_moved' AND n."notedAt" > clock_timestamp() - interval '7 days'
$$;
COMMENT ON FUNCTION novabot_internal.portfolio_moved_at() IS
'When it last showed within 7 days that the business''s number had moved to another portfolio; else NULL.';
