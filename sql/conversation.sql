-- The conversation: messages stored before they are answered, what waits, statuses of what was sent.
-- Outside this file a message is named by its token: TRUNCATE … RESTART IDENTITY brings ids back.

CREATE OR REPLACE FUNCTION novabot_internal.store_message(
    addresses text[],
    message_id text,
    kind text,
    body text,
    detail jsonb,
    written_at timestamptz,
    profile text,
    bot uuid,
    account text DEFAULT NULL,
    kept_for interval DEFAULT '90 days',
    quiet double precision DEFAULT 0,
    OUT outcome text,
    OUT client_id text,
    OUT identity text,
    OUT due_in double precision,
    OUT incarnation uuid
) RETURNS record
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET lock_timeout = '50ms'
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
SET enable_indexonlyscan = off
SET jit = off
AS $$
#variable_conflict use_variable
DECLARE
    writer record;
    changed record;
    client public."User";
    stated_at CONSTANT timestamptz := written_at;
    waiting bigint[];
    waiting_since timestamptz;
    due timestamptz;
BEGIN
    written_at := least(written_at, now());
    SELECT l.* INTO writer
    FROM novabot_internal.lock_writer(addresses, account, written_at, kept_for) AS l;
    client := writer.client;
    outcome := novabot_internal.refusal_of(addresses, message_id, written_at, client."createdAt");
    IF outcome IS NULL AND writer.decision = 'forgotten' THEN
        outcome := 'forgotten';
    ELSIF outcome IS NULL AND writer.decision <> 'known' THEN
        SELECT a.* INTO changed
        FROM novabot_internal.apply_writer(
            client, writer.decision, writer.other, writer.own, writer.event, account,
            written_at, profile
        ) AS a;
        client := changed.became;
        identity := changed.result;
    END IF;
    outcome := coalesce(outcome, CASE WHEN client.id IS NULL THEN 'stale' ELSE 'stored' END);
    client_id := client.id;
    incarnation := client.incarnation;
    IF outcome <> 'stored' THEN
        RETURN;
    END IF;
    -- What waits for its due time has not been claimed: it is answered with this message, or, if
    -- this one does not wait, at once and before it. No other message has a burst's due time.
    SELECT array_agg(w.id), min(w."claimedAt") INTO waiting, waiting_since
    FROM (
        SELECT c.id, c."claimedAt"
        FROM public."Conversation" AS c
        WHERE
            c."userId" = client.id AND c.status = 'pending' AND c."dueAt" > clock_timestamp()
        ORDER BY c.id
        FOR NO KEY UPDATE
    ) AS w;
    due := clock_timestamp();
    IF quiet > 0 THEN
        due_in := least(
            quiet, 10 - extract(EPOCH FROM due - waiting_since)::double precision
        );
        due := due + due_in * interval '1 second';
    ELSE
        due_in := 0;
    END IF;
    UPDATE public."Conversation" AS c
    SET "dueAt" = CASE WHEN quiet > 0 THEN due ELSE due - interval '1 microsecond' END
    WHERE c.id = ANY (waiting);
    PERFORM novabot_internal.note_delivery(message_id, stated_at);
    INSERT INTO public."Conversation" (
        "userId", direction, kind, body, detail, at, "waMessageId",
        status, address, "claimedBy", "claimedAt", "dueAt", author
    )
    VALUES (
        client.id, 'in', kind, body, detail, written_at, message_id,
        'pending',
        coalesce(novabot_internal.answer_address(client.id, addresses), addresses[1]),
        CASE WHEN quiet > 0 THEN NULL ELSE bot END, clock_timestamp(), due, 'client'
    );
    UPDATE public."User" AS u
    SET
        "profileName" = coalesce(profile, u."profileName"),
        "activeAt" = now(),
        "windowUntil" = greatest(u."windowUntil", written_at + interval '24 hours'),
        "beganAt" = CASE
            WHEN u."beganAt" > written_at THEN written_at ELSE u."beganAt"
        END
    WHERE u.id = client.id;
    UPDATE public."Session" AS s
    SET context = s.context - 'novabotWish'
    WHERE s."userId" = client.id AND s.context ? 'novabotWish';
END
$$;
COMMENT ON FUNCTION novabot_internal.store_message(
    text[], text, text, text, jsonb, timestamptz, text, uuid, text, interval, double precision
) IS
'Stores a message whose answer takes its time; nothing remembered changes, but an open question about the wish to be forgotten ends. quiet: seconds after which it may be answered, together with those of the client that wait for their due time, which becomes this one''s; 10 s after the first of them at most. Any bot claims it then. With 0 it is claimed by this bot at once, and what waits is due before it. due_in: seconds from now. outcome: stored, duplicate, too_old, forgotten, or stale (another transaction made the client: call it again). identity: what apply_writer reports.';

CREATE OR REPLACE FUNCTION novabot_internal.claim_pending(client text, bot uuid)
RETURNS TABLE (
    token uuid, addresses text[], kind text, body text, detail jsonb, at timestamptz,
    "waMessageId" text, attempts integer
)
LANGUAGE sql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET lock_timeout = '50ms'
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
SET enable_indexonlyscan = off
SET jit = off
AS $$
    WITH claimed AS (
        UPDATE public."Conversation" AS c
        SET "claimedBy" = bot, "claimedAt" = clock_timestamp(), attempts = attempts + 1
        WHERE
            c."userId" = client
            AND c."dueAt" = (
                SELECT first."dueAt"
                FROM public."Conversation" AS first
                WHERE first."userId" = client AND first.status = 'pending'
                ORDER BY first.id
                LIMIT 1
            )
            AND c.status = 'pending'
            AND c."dueAt" <= clock_timestamp()
            AND (
                c."claimedBy" IS NULL
                OR c."claimedBy" = bot
                OR NOT novabot_internal.is_alive(c."claimedBy")
            )
        RETURNING
            c.id, c.token,
            -- The client's own address too: the one it came from may lead to no client by now.
            CASE
                WHEN c.address <> novabot_internal.alias_of(c."userId")
                    THEN ARRAY[c.address, novabot_internal.alias_of(c."userId")]
                ELSE ARRAY[novabot_internal.alias_of(c."userId")]
            END AS addresses,
            c.kind, c.body, c.detail, c.at, c."waMessageId", c.attempts
    )

    SELECT
        c.token, c.addresses, c.kind, c.body, c.detail, c.at, c."waMessageId", c.attempts
    FROM claimed AS c
    ORDER BY c.id
$$;
COMMENT ON FUNCTION novabot_internal.claim_pending(text, uuid) IS
'Gives a bot the client''s oldest stored message to answer, and those with the same due time, which are answered with it, the oldest first; none before that time, nor while a living bot has claimed them.';

CREATE OR REPLACE FUNCTION novabot_internal.settle_stored(
    stored_message uuid, client text, answered text, new_status text, learnt_name text
) RETURNS text
LANGUAGE plpgsql
AS $$
DECLARE
    stored bigint[];
    now_said text;
    taught bigint;
BEGIN
    SELECT
        array_agg(s.id),
        string_agg(s.body, E'\n' ORDER BY s.id),
        -- That the name stands in it is all that can be told of which message taught it.
        (
            array_agg(
                s.id
                ORDER BY
                    learnt_name <> '' AND strpos(lower(s.body), lower(learnt_name)) > 0 DESC,
                    s.id DESC
            )
        )[1]
    INTO stored, now_said, taught
    FROM (
        SELECT c.id, c.body
        FROM public."Conversation" AS c
        WHERE
            c."userId" = client
            AND c.status = 'pending'
            AND c."dueAt" = (
                SELECT l."dueAt" FROM public."Conversation" AS l WHERE l.token = stored_message
            )
        ORDER BY c.id
        FOR NO KEY UPDATE
    ) AS s;
    IF now_said IS NULL THEN
        RETURN 'gone';
    ELSIF now_said <> answered THEN
        RETURN 'stale';
    END IF;
    UPDATE public."Conversation" AS c
    SET
        status = new_status,
        "claimedBy" = NULL,
        "claimedAt" = NULL,
        detail = CASE
            WHEN c.id = taught
                THEN nullif(
                    coalesce(c.detail, '{}') || novabot_internal.detail_of_learnt(learnt_name), '{}'
                )
            ELSE c.detail
        END
    WHERE c.id = ANY (stored);
    RETURN 'committed';
END
$$;
COMMENT ON FUNCTION novabot_internal.settle_stored(uuid, text, text, text, text) IS
'Gives a stored message, and those that are answered with it, their status. answered: their texts when they were claimed, a line each. Returns committed; stale, if one was edited, revoked or deleted meanwhile; gone, if none waits. What is learnt is noted in the latest message in which the name stands, else in the last. The caller has locked the client.';

CREATE OR REPLACE FUNCTION novabot_internal.clients_waiting(
    bot uuid, kinds text[] DEFAULT NULL
)
RETURNS TABLE (client text, has_pending boolean, has_queued boolean)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT
        c."userId",
        bool_or(c.status = 'pending'),
        bool_or(c.status = 'queued')
    FROM public."Conversation" AS c
    WHERE
        (
            c.status = 'queued'
            AND (kinds IS NULL OR c.kind = ANY (kinds))
            AND c."dueAt" <= clock_timestamp()
            AND (c.at < clock_timestamp() - interval '1 second' OR c.attempts > 0)
            AND NOT EXISTS (
                SELECT
                FROM public."Conversation" AS s
                WHERE
                    s."userId" = c."userId"
                    AND (s.status = 'sending' OR (s.status = 'queued' AND s.id < c.id))
            )
        )
        OR (
            c.status = 'pending'
            AND c."dueAt" <= clock_timestamp()
            AND (
                c."claimedBy" IS NULL
                OR c."claimedBy" = bot
                OR NOT novabot_internal.is_alive(c."claimedBy")
            )
        )
    GROUP BY c."userId"
    ORDER BY min(c.id)
    LIMIT 1000
$$;
COMMENT ON FUNCTION novabot_internal.clients_waiting(uuid, text[]) IS
'Clients with something to send or to answer that no living bot has claimed. kinds: those that the bot can send, or NULL for all. Each bot asks every second.';

CREATE OR REPLACE FUNCTION novabot_internal.apply_status(
    message_id text, message_token uuid, reported text, code integer, reason text
) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET lock_timeout = '100ms'
AS $$
DECLARE
    ranks CONSTANT text[] := ARRAY[
        'queued', 'sending', 'uncertain', 'sent', 'failed', 'delivered', 'read'
    ];
    client text;
    was_known boolean := false; -- delivered again, it does not undo what the client said since
BEGIN
    -- "User" first, as everywhere.
    LOCK TABLE public."User" IN ACCESS SHARE MODE;
    IF code = 131050 THEN
        was_known := EXISTS (
            SELECT
            FROM public."Conversation" AS c
            WHERE
                (c.token = message_token OR c."waMessageId" = message_id)
                AND c.direction = 'out'
                AND c."errorCode" = 131050
        );
    END IF;
    UPDATE public."Conversation" AS c
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
            (SELECT t.id FROM public."Conversation" AS t WHERE t.token = message_token),
            (SELECT max(w.id) FROM public."Conversation" AS w WHERE w."waMessageId" = message_id)
        )
    RETURNING c."userId" INTO client;
    IF code = 131050 AND client IS NOT NULL AND NOT was_known THEN
        PERFORM novabot_internal.opt_out_client(client, 'promotions', now());
    END IF;
    RETURN client IS NOT NULL;
END
$$;
COMMENT ON FUNCTION novabot_internal.apply_status(text, uuid, text, integer, text) IS
'A status callback, found by our token, else by WhatsApp''s message id. Ticks never go backwards; an unknown message changes nothing. Code 131050 says that the client has stopped promotions.';
