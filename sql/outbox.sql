-- The outbox: answers are rows of "Conversation"; a reset deletes them, and so cancels them.
-- queued → sending → sent | uncertain | failed. `sending` is committed before every attempt:
-- that is where a reset, or another bot, stops it.

CREATE OR REPLACE FUNCTION start_sending(
    client text, bot uuid, posted uuid[] DEFAULT NULL, kinds text[] DEFAULT NULL
)
RETURNS TABLE (
    token uuid, address text, kind text, body text, detail jsonb, attempts integer
)
LANGUAGE sql SECURITY DEFINER
SET search_path = public, pg_temp
SET lock_timeout = '100ms'
AS $$
    UPDATE "Conversation" AS c
    SET
        status = 'sending', "claimedBy" = bot, "claimedAt" = clock_timestamp(),
        attempts = c.attempts + 1
    WHERE
        c.id = (
            SELECT first.id
            FROM "Conversation" AS first
            WHERE first."userId" = client AND first.status IN ('queued', 'sending')
            ORDER BY first.id
            LIMIT 1
        )
        AND (
            (c.status = 'queued' AND c."dueAt" <= clock_timestamp())
            OR (c.status = 'sending' AND c."claimedBy" = bot AND c.token <> ALL (posted))
        )
        AND (kinds IS NULL OR c.kind = ANY (kinds))
    RETURNING c.token, c.address, c.kind, c.body, c.detail, c.attempts
$$;
COMMENT ON FUNCTION start_sending(text, uuid, uuid[], text[]) IS
'Gives a bot the client''s oldest unsent answer; none while the one before it is being sent, or waits to be tried again. posted: the tokens that this bot has begun to post; another one that it is said to be sending was given to it by a reply that got lost.';

-- What follows names a message by its token: TRUNCATE … RESTART IDENTITY brings ids back.

CREATE OR REPLACE FUNCTION is_sending(message uuid, bot uuid) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = public, pg_temp
SET lock_timeout = '100ms'
AS $$
    SELECT EXISTS (
        SELECT
        FROM "Conversation" AS c
        WHERE c.token = message AND c.status = 'sending' AND c."claimedBy" = bot
    )
$$;
COMMENT ON FUNCTION is_sending(uuid, uuid) IS
'Whether an answer is still this bot''s to send: asked again when the process was held up.';

CREATE OR REPLACE FUNCTION settle_sent(message uuid, message_id text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp
SET lock_timeout = '100ms'
AS $$
BEGIN
    UPDATE "Conversation" AS c
    SET
        status = CASE
            WHEN c.status IN ('queued', 'sending', 'uncertain') THEN 'sent' ELSE c.status
        END,
        "waMessageId" = message_id,
        "errorCode" = CASE WHEN c.status = 'failed' THEN c."errorCode" END,
        "errorText" = CASE WHEN c.status = 'failed' THEN c."errorText" END,
        "claimedBy" = NULL, "claimedAt" = NULL
    WHERE c.token = message;
    RETURN FOUND;
END
$$;
COMMENT ON FUNCTION settle_sent(uuid, text) IS
'WhatsApp accepted an answer under this message id. A status callback may have been faster; false when a reset was.';

CREATE OR REPLACE FUNCTION settle_unsent(
    message uuid, bot uuid, new_status text, code integer, reason text,
    again_after interval DEFAULT '0'
) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp
SET lock_timeout = '100ms'
AS $$
BEGIN
    UPDATE "Conversation" AS c
    SET
        status = new_status, "errorCode" = code, "errorText" = reason,
        "claimedBy" = NULL, "claimedAt" = NULL, "dueAt" = clock_timestamp() + again_after
    WHERE c.token = message AND c.status = 'sending' AND c."claimedBy" = bot;
    RETURN FOUND;
END
$$;
COMMENT ON FUNCTION settle_unsent(uuid, uuid, text, integer, text, interval) IS
'An attempt did not succeed: queued (nothing was sent; again after a while), uncertain (it may have gone out) or failed.';

CREATE OR REPLACE FUNCTION settle_abandoned() RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp
AS $$
DECLARE
    abandoned bigint;
BEGIN
    UPDATE "Conversation" AS c
    SET
        status = 'uncertain', "errorText" = 'the bot ended while it was sending',
        "claimedBy" = NULL, "claimedAt" = NULL
    WHERE
        c.id IN (
            SELECT s.id
            FROM "Conversation" AS s
            WHERE
                s.status = 'sending'
                AND (
                    s."claimedAt" < clock_timestamp() - interval '2 minutes'
                    OR NOT is_alive(s."claimedBy")
                )
            ORDER BY s.id
            FOR UPDATE SKIP LOCKED
        );
    GET DIAGNOSTICS abandoned = ROW_COUNT;
    RETURN abandoned;
END
$$;
COMMENT ON FUNCTION settle_abandoned() IS
'Answers whose bot died while sending may have gone out: they become uncertain and are not sent again; a status callback settles them.';

CREATE OR REPLACE FUNCTION clients_waiting(bot uuid, kinds text[] DEFAULT NULL)
RETURNS TABLE (client text, has_pending boolean, has_queued boolean)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = public, pg_temp
AS $$
    SELECT
        c."userId",
        bool_or(c.status = 'pending'),
        bool_or(c.status = 'queued')
    FROM "Conversation" AS c
    WHERE
        (
            c.status = 'queued'
            AND (kinds IS NULL OR c.kind = ANY (kinds))
            AND c."dueAt" <= clock_timestamp()
            AND (c.at < clock_timestamp() - interval '1 second' OR c.attempts > 0)
            AND NOT EXISTS (
                SELECT
                FROM "Conversation" AS s
                WHERE
                    s."userId" = c."userId"
                    AND (s.status = 'sending' OR (s.status = 'queued' AND s.id < c.id))
            )
        )
        OR (
            c.status = 'pending'
            AND (c."claimedBy" IS NULL OR c."claimedBy" = bot OR NOT is_alive(c."claimedBy"))
        )
    GROUP BY c."userId"
    ORDER BY min(c.id)
    LIMIT 1000
$$;
COMMENT ON FUNCTION clients_waiting(uuid, text[]) IS
'Clients with something to send or to answer that no living bot is at. Each bot looks every second.';

CREATE OR REPLACE FUNCTION apply_status(
    message_id text, message_token uuid, reported text, code integer, reason text
) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp
SET lock_timeout = '100ms'
AS $$
DECLARE
    ranks CONSTANT text[] := ARRAY[
        'queued', 'sending', 'uncertain', 'sent', 'failed', 'delivered', 'read'
    ];
BEGIN
    UPDATE "Conversation" AS c
    SET
        status = CASE
            WHEN array_position(ranks, reported) > array_position(ranks, c.status)
                THEN reported
            ELSE c.status
        END,
        "errorCode" = CASE
            WHEN reported = 'failed' AND c.status NOT IN ('delivered', 'read') THEN code
            WHEN reported IN ('delivered', 'read') THEN NULL
            ELSE c."errorCode"
        END,
        "errorText" = CASE
            WHEN reported = 'failed' AND c.status NOT IN ('delivered', 'read') THEN reason
            WHEN reported IN ('delivered', 'read') THEN NULL
            ELSE c."errorText"
        END,
        "waMessageId" = message_id
    WHERE
        c.direction = 'out'
        AND c.id = coalesce(
            (SELECT t.id FROM "Conversation" AS t WHERE t.token = message_token),
            (SELECT max(w.id) FROM "Conversation" AS w WHERE w."waMessageId" = message_id)
        );
    RETURN FOUND;
END
$$;
COMMENT ON FUNCTION apply_status(text, uuid, text, integer, text) IS
'A status callback, found by our token, else by WhatsApp''s message id. Ticks never go backwards; an unknown message changes nothing.';
