-- The conversation: messages stored before they are answered, answers to be sent, their statuses.
-- An answer is a row of "Conversation", so a reset deletes it, and that cancels it:
-- queued → sending → sent | uncertain | failed, then delivered, read. `sending` is committed before
-- every attempt: there a reset, or another bot, stops it.
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
    OUT outcome text,
    OUT client_id text,
    OUT identity text
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
    IF outcome <> 'stored' THEN
        RETURN;
    END IF;
    PERFORM novabot_internal.note_delivery(message_id, stated_at);
    INSERT INTO public."Conversation" (
        "userId", direction, kind, body, detail, at, "waMessageId",
        status, address, "claimedBy", "claimedAt", author
    )
    VALUES (
        client.id, 'in', kind, body, detail, written_at, message_id,
        'pending',
        coalesce(novabot_internal.answer_address(client.id, addresses), addresses[1]),
        bot, clock_timestamp(), 'client'
    );
    UPDATE public."User" AS u
    SET
        "profileName" = coalesce(profile, u."profileName"),
        "activeAt" = now(),
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
    text[], text, text, text, jsonb, timestamptz, text, uuid, text, interval
) IS
'Stores a message whose answer takes its time, claimed by a bot; nothing remembered changes, but an open question about the wish to be forgotten ends. outcome: stored, duplicate, too_old, forgotten, or stale (another transaction made the client: call it again). identity: what apply_writer reports.';

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
    UPDATE public."Conversation" AS c
    SET "claimedBy" = bot, "claimedAt" = clock_timestamp(), attempts = attempts + 1
    WHERE
        c.id = (
            SELECT first.id
            FROM public."Conversation" AS first
            WHERE first."userId" = client AND first.status = 'pending'
            ORDER BY first.id
            LIMIT 1
        )
        AND c.status = 'pending'
        AND (
            c."claimedBy" IS NULL
            OR c."claimedBy" = bot
            OR NOT novabot_internal.is_alive(c."claimedBy")
        )
    RETURNING
        c.token,
        -- The client's own address too: the one it came from may lead to no client by now.
        CASE
            WHEN c.address <> novabot_internal.alias_of(c."userId")
                THEN ARRAY[c.address, novabot_internal.alias_of(c."userId")]
            ELSE ARRAY[novabot_internal.alias_of(c."userId")]
        END,
        c.kind, c.body, c.detail, c.at, c."waMessageId", c.attempts
$$;
COMMENT ON FUNCTION novabot_internal.claim_pending(text, uuid) IS
'Gives a bot the client''s oldest stored message to answer; none while a living bot has claimed it.';

CREATE OR REPLACE FUNCTION novabot_internal.queue_outgoing(
    client text, address text, outgoing jsonb
) RETURNS void
LANGUAGE plpgsql
AS $$
#variable_conflict use_column
BEGIN
    INSERT INTO public."Conversation" (
        "userId", direction, kind, body, detail, status, address, author, key
    )
    SELECT
        queue_outgoing.client, 'out', coalesce(o.message ->> 'kind', 'text'),
        coalesce(o.message ->> 'body', ''), nullif(o.message -> 'detail', 'null'), 'queued',
        queue_outgoing.address, coalesce(o.message ->> 'author', 'bot'), o.message ->> 'key'
    FROM jsonb_array_elements(outgoing) WITH ORDINALITY AS o (message, place)
    WHERE queue_outgoing.address IS NOT NULL
    ORDER BY o.place
    ON CONFLICT ("userId", key) WHERE key IS NOT NULL DO NOTHING;
END
$$;
COMMENT ON FUNCTION novabot_internal.queue_outgoing(text, text, jsonb) IS
'Queues messages to a client in their order: an array of objects with kind (text unless given), body, detail, author (bot unless given) and key. One whose key this client already has is not queued again. Without an address (the client has left them all) nothing is queued.';

CREATE OR REPLACE FUNCTION novabot_internal.stopped_reason() RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
    SELECT 'a person took over before it was sent'
$$;
COMMENT ON FUNCTION novabot_internal.stopped_reason() IS
'"errorText" of what a bot had queued when it was paused.';

CREATE OR REPLACE FUNCTION novabot_internal.stop_sending() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    UPDATE public."Conversation" AS c
    SET status = 'failed', "errorText" = novabot_internal.stopped_reason()
    WHERE c."userId" = NEW.id AND c.status = 'queued' AND coalesce(c.author, 'bot') = 'bot';
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION novabot_internal.stop_sending() IS
'A client for whom a person takes over gets nothing more of the bot: what it has queued is not sent. What operators and programs have queued is.';

CREATE OR REPLACE TRIGGER stop_sending
AFTER UPDATE ON public."User"
FOR EACH ROW WHEN (OLD."pausedAt" IS NULL AND NEW."pausedAt" IS NOT NULL)
EXECUTE FUNCTION novabot_internal.stop_sending();
ALTER TABLE public."User" ENABLE ALWAYS TRIGGER stop_sending;

CREATE OR REPLACE FUNCTION novabot_internal.start_sending(
    client text, bot uuid, posted uuid[] DEFAULT NULL, kinds text[] DEFAULT NULL
)
RETURNS TABLE (
    token uuid, address text, kind text, body text, detail jsonb, attempts integer
)
LANGUAGE sql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET lock_timeout = '100ms'
AS $$
    UPDATE public."Conversation" AS c
    SET
        status = 'sending', "claimedBy" = bot, "claimedAt" = clock_timestamp(),
        attempts = c.attempts + 1
    WHERE
        c.id = (
            SELECT first.id
            FROM public."Conversation" AS first
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
COMMENT ON FUNCTION novabot_internal.start_sending(text, uuid, uuid[], text[]) IS
'Gives a bot the client''s oldest unsent answer; none while the one before it is being sent, or waits to be tried again. posted: tokens that this bot has begun to POST. A `sending` row of this bot that is not among them was claimed by a call whose reply was lost: it is given out again. kinds: those that this bot can send (NULL: all); one of another kind waits for a bot of a newer release, and so does what is queued behind it.';

CREATE OR REPLACE FUNCTION novabot_internal.is_sending(message uuid, bot uuid) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET lock_timeout = '100ms'
AS $$
    SELECT EXISTS (
        SELECT
        FROM public."Conversation" AS c
        WHERE c.token = message AND c.status = 'sending' AND c."claimedBy" = bot
    )
$$;
COMMENT ON FUNCTION novabot_internal.is_sending(uuid, uuid) IS
'Whether an answer is still this bot''s to send: asked again when much time has passed since start_sending.';

CREATE OR REPLACE FUNCTION novabot_internal.settle_sent(
    message uuid, message_id text
) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET lock_timeout = '100ms'
AS $$
BEGIN
    UPDATE public."Conversation" AS c
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
COMMENT ON FUNCTION novabot_internal.settle_sent(uuid, text) IS
'WhatsApp accepted an answer under this message id. A status callback may have come before; false when a reset did.';

CREATE OR REPLACE FUNCTION novabot_internal.settle_unsent(
    message uuid, bot uuid, new_status text, code integer, reason text,
    again_after interval DEFAULT '0'
) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET lock_timeout = '100ms'
AS $$
DECLARE
    is_stopped boolean := false;
    client text;
BEGIN
    IF new_status = 'queued' THEN
        -- A person who takes over meanwhile waits for this, or this for them.
        SELECT u."pausedAt" IS NOT NULL AND coalesce(c.author, 'bot') = 'bot' INTO is_stopped
        FROM public."User" AS u
        JOIN public."Conversation" AS c ON c."userId" = u.id
        WHERE c.token = message
        FOR SHARE OF u;
    END IF;
    UPDATE public."Conversation" AS c
    SET
        status = CASE WHEN is_stopped THEN 'failed' ELSE new_status END,
        "errorCode" = CASE WHEN NOT is_stopped THEN code END,
        "errorText" = CASE
            WHEN is_stopped THEN novabot_internal.stopped_reason() ELSE reason
        END,
        "claimedBy" = NULL, "claimedAt" = NULL, "dueAt" = clock_timestamp() + again_after
    WHERE c.token = message AND c.status = 'sending' AND c."claimedBy" = bot
    RETURNING c."userId" INTO client;
    IF client IS NULL THEN
        RETURN false;
    END IF;
    IF new_status = 'queued' THEN
        -- The client may have left the address while the answer was being sent.
        PERFORM novabot_internal.readdress(client);
    END IF;
    RETURN true;
END
$$;
COMMENT ON FUNCTION novabot_internal.settle_unsent(uuid, uuid, text, integer, text, interval) IS
'An attempt did not succeed: queued (nothing was sent; again after a while, or failed if a person has taken over), uncertain (it may have gone out) or failed.';

CREATE OR REPLACE FUNCTION novabot_internal.settle_abandoned() RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    abandoned bigint;
BEGIN
    UPDATE public."Conversation" AS c
    SET
        status = 'uncertain', "errorText" = 'the bot ended while it was sending',
        "claimedBy" = NULL, "claimedAt" = NULL
    WHERE
        c.id IN (
            SELECT s.id
            FROM public."Conversation" AS s
            WHERE
                s.status = 'sending'
                AND (
                    s."claimedAt" < clock_timestamp() - interval '2 minutes'
                    OR NOT novabot_internal.is_alive(s."claimedBy")
                )
            ORDER BY s.id
            FOR UPDATE SKIP LOCKED
        );
    GET DIAGNOSTICS abandoned = ROW_COUNT;
    RETURN abandoned;
END
$$;
COMMENT ON FUNCTION novabot_internal.settle_abandoned() IS
'Answers whose bot ended while it was sending may have gone out: they become uncertain and are not sent again; a status callback settles them.';

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
BEGIN
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
        );
    RETURN FOUND;
END
$$;
COMMENT ON FUNCTION novabot_internal.apply_status(text, uuid, text, integer, text) IS
'A status callback, found by our token, else by WhatsApp''s message id. Ticks never go backwards; an unknown message changes nothing.';

CREATE OR REPLACE FUNCTION novabot_internal.unknown_kinds_queued(known text[]) RETURNS text[]
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT coalesce(array_agg(DISTINCT c.kind ORDER BY c.kind), '{}')
    FROM public."Conversation" AS c
    WHERE
        c.status = 'queued'
        AND c.kind <> ALL (known)
        AND c.at < clock_timestamp() - interval '1 minute'
$$;
COMMENT ON FUNCTION novabot_internal.unknown_kinds_queued(text[]) IS
'The kinds, of messages queued for a minute, that a bot does not know: only a bot of a newer release sends them, and what is queued behind them waits.';
