-- Receipts: what a reset deleted and whom, which bots have acknowledged it, and which have not; kept
-- for 400 days.
-- reset_receipt and wait_for_acks run with the rights of the role that calls them, so they call
-- nothing in novabot_internal: GRANT SELECT ON "Reset", "ResetAck", "Bot" is all they need.

CREATE OR REPLACE FUNCTION novabot_internal.write_receipt(
    forgotten bigint,
    sessions_gone bigint,
    conversations_gone bigint,
    incarnations uuid[],
    names_none boolean DEFAULT false
) RETURNS public."Reset"
LANGUAGE plpgsql
AS $$
DECLARE
    most CONSTANT integer := 150;
    receipt public."Reset";
BEGIN
    INSERT INTO public."Reset" (at, actor, source, clients, sessions, conversations)
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
    IF incarnations IS NOT NULL THEN
        INSERT INTO public."ResetIncarnations" ("resetId", incarnations)
        VALUES (receipt.id, incarnations);
    END IF;
    PERFORM pg_notify(
        'session_reset',
        jsonb_build_object(
            'reset', receipt.id,
            'clients', CASE
                WHEN NOT names_none AND cardinality(incarnations) <= most
                    THEN to_jsonb(incarnations)
                ELSE '"*"'
            END
        )::text
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
COMMENT ON FUNCTION novabot_internal.write_receipt(bigint, bigint, bigint, uuid[], boolean) IS
'Records a reset and the incarnations that it took (NULL: not known), tells the bots at commit and the SQL client by a NOTICE. names_none: the notification says "*", however few they are.';

CREATE OR REPLACE FUNCTION public.reset_receipt(reset bigint)
RETURNS TABLE (
    id bigint, at timestamptz, actor text, source text,
    clients bigint, sessions bigint, conversations bigint,
    acks jsonb, missing jsonb
)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT
        r.id, r.at, r.actor, r.source, r.clients, r.sessions, r.conversations,
        coalesce(
            (
                SELECT
                    jsonb_agg(
                        jsonb_build_object(
                            'bot', a."botId", 'evicted', a.evicted, 'evictedAt', a."evictedAt",
                            'ackedAt', a."ackedAt", 'error', a.error
                        )
                        ORDER BY a."ackedAt", a."botId"
                    )
                FROM public."ResetAck" AS a
                WHERE a."resetId" = r.id
            ),
            '[]'
        ),
        -- Alive at the reset, and without an acknowledgement. A missing bot does no harm: the fence
        -- refuses its turns.
        coalesce(
            (
                SELECT jsonb_agg(b.id ORDER BY b."startedAt", b.id)
                FROM public."Bot" AS b
                WHERE
                    b."startedAt" <= r.at
                    AND b."seenAt" >= r.at - interval '15 seconds'
                    AND b."stoppedAt" IS NULL
                    AND NOT EXISTS (
                        SELECT
                        FROM public."ResetAck" AS a
                        WHERE a."resetId" = r.id AND a."botId" = b.id
                    )
            ),
            '[]'
        )
    FROM public."Reset" AS r
    WHERE r.id = reset_receipt.reset
$$;
COMMENT ON FUNCTION public.reset_receipt(bigint) IS
'The receipt of a reset with who has acknowledged (acks: bot, evicted, evictedAt, ackedAt, and the error for which its responder may still remember) and who has not (missing).';

CREATE OR REPLACE PROCEDURE public.wait_for_acks(
    reset bigint, timeout interval DEFAULT '5 seconds'
)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    deadline CONSTANT timestamptz := clock_timestamp() + timeout;
    missing text;
    acknowledged bigint;
BEGIN
    LOOP
        SELECT
            (
                SELECT
                    string_agg(format('%s (%s, pid %s)', b.id, b.host, b.pid), ', ' ORDER BY b.id)
                FROM jsonb_array_elements_text(r.missing) AS m (bot)
                JOIN public."Bot" AS b ON b.id = m.bot::uuid
            ),
            jsonb_array_length(r.acks)
        INTO missing, acknowledged
        FROM public.reset_receipt(reset) AS r;
        IF NOT FOUND THEN
            RAISE EXCEPTION USING
                ERRCODE = 'ST002',
                MESSAGE = format('there is no reset %s', reset),
                HINT = 'SELECT * FROM "Reset" ORDER BY id DESC LIMIT 10 shows the last ones.';
        END IF;
        EXIT WHEN missing IS NULL OR clock_timestamp() >= deadline;
        PERFORM pg_sleep(0.01);
    END LOOP;
    IF missing IS NULL THEN
        RAISE NOTICE 'reset %: acknowledged by all (%)', reset, acknowledged;
    ELSE
        RAISE WARNING 'reset %: acknowledged by %, still missing: %', reset, acknowledged, missing
        USING HINT = 'A missing bot answers no client from memory: the fence refuses its turns.';
    END IF;
END
$$;
COMMENT ON PROCEDURE public.wait_for_acks (bigint, interval) IS
'Waits until every bot has acknowledged a reset, or warns of those that have not. Call it after the reset has committed.';

CREATE OR REPLACE FUNCTION novabot_internal.bots_missing(reset bigint) RETURNS SETOF public."Bot"
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT b.*
    FROM public.reset_receipt(bots_missing.reset) AS r
    CROSS JOIN LATERAL jsonb_array_elements_text(r.missing) AS m (bot)
    JOIN public."Bot" AS b ON b.id = m.bot::uuid
$$;
COMMENT ON FUNCTION novabot_internal.bots_missing(bigint) IS
'The bots that a receipt names as missing.';

CREATE OR REPLACE FUNCTION novabot_internal.bots_silent(reset bigint) RETURNS SETOF public."Bot"
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT b.*
    FROM public."Reset" AS r
    JOIN public."Bot" AS b
        ON
            b."seenAt" < r.at - interval '15 seconds'
            AND b."seenAt" >= r.at - interval '1 day'
            AND b."stoppedAt" IS NULL
    WHERE
        r.id = bots_silent.reset
        AND NOT EXISTS (
            SELECT
            FROM public."ResetAck" AS a
            WHERE a."resetId" = r.id AND a."botId" = b.id
        )
$$;
COMMENT ON FUNCTION novabot_internal.bots_silent(bigint) IS
'The bots that had been silent for 15 seconds to a day at a reset, have not stopped cleanly, and have not acknowledged it. Each was killed, or stands still and acknowledges when it goes on: nothing tells which, so no receipt waits for it.';

CREATE OR REPLACE FUNCTION novabot_internal.list_resets(before bigint, most integer)
RETURNS TABLE (
    id bigint, at timestamptz, actor text, source text,
    clients bigint, sessions bigint, conversations bigint,
    acknowledged bigint, missing bigint, silent bigint
)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT
        r.id, r.at, r.actor, r.source, r.clients, r.sessions, r.conversations,
        jsonb_array_length(receipt.acks)::bigint, jsonb_array_length(receipt.missing)::bigint,
        (SELECT count(*) FROM novabot_internal.bots_silent(r.id))
    FROM public."Reset" AS r
    CROSS JOIN LATERAL public.reset_receipt(r.id) AS receipt
    WHERE r.id < coalesce(before, 9223372036854775807)
    ORDER BY r.id DESC
    LIMIT most;
END
$$;
COMMENT ON FUNCTION novabot_internal.list_resets(bigint, integer) IS
'Receipts, the latest first, older than `before`, with how many bots have acknowledged, how many have not, and how many had been silent before.';

CREATE OR REPLACE FUNCTION novabot_internal.receipt_bots(reset bigint)
RETURNS TABLE (
    id uuid, host text, pid integer, evicted bigint, evicted_at timestamptz, acked_at timestamptz,
    milliseconds double precision, started_later boolean, error text, silent_since timestamptz
)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT
        b.id, b.host, b.pid, a.evicted, a."evictedAt", a."ackedAt",
        (extract(EPOCH FROM a."evictedAt" - r.at) * 1000)::double precision,
        b."startedAt" > r.at, a.error, NULL::timestamptz
    FROM public."Reset" AS r
    JOIN public."ResetAck" AS a ON a."resetId" = r.id
    JOIN public."Bot" AS b ON b.id = a."botId"
    WHERE r.id = receipt_bots.reset
    UNION ALL
    SELECT b.id, b.host, b.pid, NULL, NULL, NULL, NULL, false, NULL, NULL
    FROM novabot_internal.bots_missing(receipt_bots.reset) AS b
    UNION ALL
    SELECT b.id, b.host, b.pid, NULL, NULL, NULL, NULL, false, NULL, b."seenAt"
    FROM novabot_internal.bots_silent(receipt_bots.reset) AS b
    ORDER BY 6, 10 NULLS FIRST, 1;
END
$$;
COMMENT ON FUNCTION novabot_internal.receipt_bots(bigint) IS
'The bots of a receipt: those that acknowledged, in their order, then those that are missing (acked_at NULL), then those that had been silent before the reset (silent_since). milliseconds: from the reset to evicted_at; NULL for a bot that does not know when it forgot: it was not connected then, or is of 0.1';

CREATE OR REPLACE FUNCTION novabot_internal.acknowledge_resets(
    bot uuid,
    resets bigint[],
    dropped bigint[],
    dropped_at timestamptz[] DEFAULT '{}',
    errors text[] DEFAULT NULL
)
RETURNS TABLE (reset bigint, seconds double precision)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    most CONSTANT integer := 50;
BEGIN
    -- A forged notification may name a reset that does not exist: that is acknowledged nowhere.
    RETURN QUERY
    WITH acknowledged AS (
        INSERT INTO public."ResetAck" AS a ("resetId", "botId", evicted, "evictedAt", error)
        SELECT
            r.id, bot, d.evicted,
            -- The bot's measure has an error: not before the reset, and not after now.
            CASE WHEN d.at IS NOT NULL THEN greatest(r.at, least(d.at, clock_timestamp())) END,
            d.error
        FROM unnest(resets, dropped, dropped_at, errors) AS d (reset, evicted, at, error)
        JOIN public."Reset" AS r ON r.id = d.reset
        ON CONFLICT DO NOTHING
        RETURNING a."resetId", coalesce(a."evictedAt", a."ackedAt") AS at
    )
    SELECT a."resetId", extract(EPOCH FROM a.at - r.at)::double precision
    FROM acknowledged AS a
    JOIN public."Reset" AS r ON r.id = a."resetId";
    IF cardinality(resets) <= most THEN
        PERFORM pg_notify('reset_acknowledged', jsonb_build_object('reset', n)::text)
        FROM unnest(resets) AS n;
    ELSE
        PERFORM pg_notify('reset_acknowledged', '{"reset": "*"}');
    END IF;
END
$$;
COMMENT ON FUNCTION novabot_internal.acknowledge_resets(
    uuid, bigint[], bigint[], timestamptz[], text[]
) IS
'A bot no longer remembers the clients of these resets; dropped: how many sessions each cost; dropped_at: when, NULL or left out if the bot does not know; errors: why its responder may still remember them, NULL each or at all if it does not. Returns the seconds from each reset to then, or else to its acknowledgement.';

CREATE OR REPLACE FUNCTION novabot_internal.missed_resets(
    bot uuid, untold boolean DEFAULT false
) RETURNS bigint[]
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT coalesce(array_agg(m.id ORDER BY m.id), '{}')
    FROM (
        SELECT r.id
        FROM public."Reset" AS r
        WHERE r.at > now() - interval '1 day'
        UNION ALL
        SELECT r.id
        FROM public."Reset" AS r
        WHERE
            untold
            AND r.at <= now() - interval '1 day'
            AND NOT EXISTS (
                SELECT
                FROM public."ResetAck" AS a
                WHERE a."resetId" = r.id AND a.error IS NULL
            )
    ) AS m
    WHERE NOT EXISTS (
        SELECT FROM public."ResetAck" AS a WHERE a."resetId" = m.id AND a."botId" = bot
    )
$$;
COMMENT ON FUNCTION novabot_internal.missed_resets(uuid, boolean) IS
'The resets of the last day that lack this bot''s acknowledgement; with untold, also older ones that no bot has acknowledged without an error: no responder was told of them. A bot calls it between LISTEN and the first notification, when it has just dropped everything: the resets it returns are carried out, and later ones will be notified.';

CREATE OR REPLACE FUNCTION novabot_internal.incarnations_of_resets(resets bigint[])
RETURNS TABLE (reset bigint, incarnations uuid[])
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT i."resetId", i.incarnations
    FROM public."ResetIncarnations" AS i
    WHERE
        i."resetId" = ANY (resets)
        -- A bot that reads more than this holds up everything else for seconds.
        AND (SELECT sum(r.clients) FROM public."Reset" AS r WHERE r.id = ANY (resets)) <= 10000
$$;
COMMENT ON FUNCTION novabot_internal.incarnations_of_resets(bigint[]) IS
'Whom these resets took. Left out are those of which that is not recorded, and all of them if they took more than 10 000 clients together: the caller forgets every client.';

CREATE OR REPLACE FUNCTION novabot_internal.prune_receipts() RETURNS void
LANGUAGE sql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    DELETE FROM public."Reset"
    WHERE id IN (
        SELECT r.id
        FROM public."Reset" AS r
        WHERE r.at < now() - interval '400 days'
        ORDER BY r.at
        LIMIT 1000
        FOR UPDATE SKIP LOCKED
    )
$$;
COMMENT ON FUNCTION novabot_internal.prune_receipts() IS
'Deletes receipts, and who acknowledged them, that are older than 400 days. At most 1000 at a time; the bots call it every minute.';
