-- Bots: which ones run.

CREATE OR REPLACE FUNCTION novabot_internal.is_alive(bot uuid) RETURNS boolean
LANGUAGE sql STABLE
AS $$
    SELECT EXISTS (
        SELECT
        FROM public."Bot" AS b
        WHERE
            b.id = bot
            AND b."stoppedAt" IS NULL
            AND b."seenAt" > clock_timestamp() - interval '10 seconds'
    )
$$;
COMMENT ON FUNCTION novabot_internal.is_alive(uuid) IS
'Whether a bot was seen in the last 10 seconds; other bots take over what one has claimed that was not.';

CREATE OR REPLACE FUNCTION novabot_internal.report_bot(
    bot uuid, on_host text, with_pid integer, is_listening boolean, holds bigint,
    wanting integer DEFAULT 0
) RETURNS void
LANGUAGE sql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET lock_timeout = '100ms'
AS $$
    INSERT INTO public."Bot" AS b (id, host, pid, listening, sessions, wants)
    VALUES (bot, on_host, with_pid, is_listening, holds, wanting)
    ON CONFLICT (id) DO UPDATE
    SET
        "seenAt" = clock_timestamp(),
        "stoppedAt" = NULL,
        listening = excluded.listening,
        sessions = excluded.sessions,
        wants = excluded.wants
$$;
COMMENT ON FUNCTION novabot_internal.report_bot(uuid, text, integer, boolean, bigint, integer) IS
'Renews a bot''s row: that it runs, whether it is listening, how many sessions it holds, and how many messages it had to send in the last second. Raises lock_not_available after 100 ms behind another transaction''s lock.';

CREATE OR REPLACE FUNCTION novabot_internal.retire_bot(bot uuid) RETURNS void
LANGUAGE sql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    UPDATE public."Bot"
    SET "seenAt" = clock_timestamp(), "stoppedAt" = clock_timestamp(), listening = false, sessions = 0
    WHERE id = bot
$$;
COMMENT ON FUNCTION novabot_internal.retire_bot(uuid) IS
'A bot has stopped cleanly: no receipt waits for it any more.';

CREATE OR REPLACE FUNCTION novabot_internal.list_bots(most integer)
RETURNS TABLE (
    id uuid, host text, pid integer, sessions bigint, state text,
    started_at timestamptz, seen_at timestamptz, stopped_at timestamptz,
    seconds_silent double precision
)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT
        b.id, b.host, b.pid, b.sessions,
        CASE
            WHEN b."stoppedAt" IS NOT NULL THEN 'stopped'
            WHEN b."seenAt" <= clock_timestamp() - interval '10 seconds' THEN 'silent'
            WHEN b.listening THEN 'listening'
            ELSE 'not_listening'
        END,
        b."startedAt", b."seenAt", b."stoppedAt",
        greatest(0, extract(EPOCH FROM clock_timestamp() - b."seenAt"))::double precision
    FROM public."Bot" AS b
    ORDER BY b."stoppedAt" IS NOT NULL, b."seenAt" DESC, b.id
    LIMIT most
$$;
COMMENT ON FUNCTION novabot_internal.list_bots(integer) IS
'The bots, living ones first. state: listening, not_listening (runs without a working LISTEN connection, and remembers no client), silent (not seen for 10 seconds) or stopped.';
