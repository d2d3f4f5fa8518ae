-- Bots: who is there, and what they have acknowledged.

CREATE OR REPLACE FUNCTION is_alive(bot uuid) RETURNS boolean
LANGUAGE sql STABLE
SET search_path = public, pg_temp
AS $$
    SELECT EXISTS (
        SELECT
        FROM "Bot" AS b
        WHERE
            b.id = bot
            AND b."stoppedAt" IS NULL
            AND b."seenAt" > clock_timestamp() - interval '10 seconds'
    )
$$;
COMMENT ON FUNCTION is_alive(uuid) IS
'Whether a bot was seen in the last 10 seconds; the work of others is taken over.';

CREATE OR REPLACE FUNCTION report_bot(
    bot uuid, on_host text, with_pid integer, is_listening boolean, holds bigint
) RETURNS void
LANGUAGE sql SECURITY DEFINER
SET search_path = public, pg_temp
AS $$
    INSERT INTO "Bot" AS b (id, host, pid, listening, sessions)
    VALUES (bot, on_host, with_pid, is_listening, holds)
    ON CONFLICT (id) DO UPDATE
    SET
        "seenAt" = clock_timestamp(),
        "stoppedAt" = NULL,
        listening = excluded.listening,
        sessions = excluded.sessions
$$;
COMMENT ON FUNCTION report_bot(uuid, text, integer, boolean, bigint) IS
'A bot says that it is there, whether it hears, and how many sessions it holds.';

CREATE OR REPLACE FUNCTION retire_bot(bot uuid) RETURNS void
LANGUAGE sql SECURITY DEFINER
SET search_path = public, pg_temp
AS $$
    UPDATE "Bot"
    SET "seenAt" = clock_timestamp(), "stoppedAt" = clock_timestamp(), listening = false, sessions = 0
    WHERE id = bot
$$;
COMMENT ON FUNCTION retire_bot(uuid) IS 'A bot has stopped cleanly: nobody waits for it any more.';

CREATE OR REPLACE FUNCTION acknowledge_resets(bot uuid, resets bigint[], dropped bigint[])
RETURNS TABLE (reset bigint, seconds double precision)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp
AS $$
DECLARE
    most CONSTANT integer := 50;
BEGIN
    -- A forged notification may name a reset that never was: it is acknowledged nowhere.
    RETURN QUERY
    WITH acknowledged AS (
        INSERT INTO "ResetAck" AS a ("resetId", "botId", evicted)
        SELECT r.id, bot, d.evicted
        FROM unnest(resets, dropped) AS d (reset, evicted)
        JOIN "Reset" AS r ON r.id = d.reset
        ON CONFLICT DO NOTHING
        RETURNING a."resetId", a."ackedAt"
    )
    SELECT a."resetId", extract(EPOCH FROM a."ackedAt" - r.at)::double precision
    FROM acknowledged AS a
    JOIN "Reset" AS r ON r.id = a."resetId";
    IF cardinality(resets) <= most THEN
        PERFORM pg_notify('reset_acknowledged', jsonb_build_object('reset', n)::text)
        FROM unnest(resets) AS n;
    ELSE
        PERFORM pg_notify('reset_acknowledged', '{"reset": "*"}');
    END IF;
END
$$;
COMMENT ON FUNCTION acknowledge_resets(uuid, bigint[], bigint[]) IS
'A bot no longer remembers the clients of these resets; dropped: how many sessions each cost. Returns the seconds from each reset to its acknowledgement.';

CREATE OR REPLACE FUNCTION missed_resets(bot uuid) RETURNS bigint[]
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = public, pg_temp
AS $$
    SELECT coalesce(array_agg(r.id ORDER BY r.id), '{}')
    FROM "Reset" AS r
    WHERE
        r.at > now() - interval '1 day'
        AND NOT EXISTS (
            SELECT FROM "ResetAck" AS a WHERE a."resetId" = r.id AND a."botId" = bot
        )
$$;
COMMENT ON FUNCTION missed_resets(uuid) IS
'The resets of the last day that lack this bot''s acknowledgement. Asked between LISTEN and the first notification by a bot that has just dropped everything: those it sees are carried out, later ones it will hear.';
