-- Answers to be sent. An answer is a row of "Conversation", so a reset deletes it, and that cancels it:
-- queued → sending → sent | uncertain | failed, then delivered, read; or expired, cancelled. `sending`
-- is committed before every attempt: there a reset, or another bot, stops it.
-- Outside this file a message is named by its token: TRUNCATE … RESTART IDENTITY brings ids back.

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

CREATE OR REPLACE FUNCTION novabot_internal.stop_sending() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    UPDATE public."Conversation" AS c
    SET status = 'cancelled', "errorCode" = NULL, "errorText" = NULL
    WHERE c."userId" = NEW.id AND c.status = 'queued' AND coalesce(c.author, 'bot') = 'bot';
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION novabot_internal.stop_sending() IS
'A client for whom a person takes over gets nothing more of the bot: what it has queued is not sent. What operators and programs have queued is.';

CREATE OR REPLACE TRIGGER stop_sending
AFTER UPDATE ON public."User"
FOR EACH ROW WHEN (
    OLD."pausedAt" IS NULL AND NEW."pausedAt" IS NOT NULL
    OR OLD."pausedUntil" IS DISTINCT FROM NEW."pausedUntil" AND NEW."pausedUntil" > now()
)
EXECUTE FUNCTION novabot_internal.stop_sending();
ALTER TABLE public."User" ENABLE ALWAYS TRIGGER stop_sending;

CREATE OR REPLACE FUNCTION novabot_internal.is_too_late(
    message public."Conversation", window_until timestamptz, kept_for interval, number text
) RETURNS boolean
LANGUAGE sql STABLE
AS $$
    SELECT
        message.status = 'queued'
        AND (
            (window_until < clock_timestamp() AND message.kind <> 'template')
            OR (
                coalesce(message.author, 'bot') = 'bot'
                AND clock_timestamp() - message.at - (
                    SELECT coalesce(max(
                        greatest(
                            interval '0',
                            coalesce(n."resumedAt", clock_timestamp())
                            - greatest(n."stoppedAt", message.at)
                        )
                    ), interval '0')
                    FROM public."Number" AS n
                    WHERE n.id = number
                ) > kept_for
            )
        )
$$;
COMMENT ON FUNCTION novabot_internal.is_too_late(
    public."Conversation", timestamptz, interval, text
) IS
'Whether a queued message is too old to be said: the client''s window has closed and it is no template, or it is a bot''s and has waited for longer than kept_for, not counting the time during which the number was stopped last.';

CREATE OR REPLACE FUNCTION novabot_internal.expire_answer(message public."Conversation")
RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
    UPDATE public."Conversation" AS c
    SET status = 'expired'
    WHERE c.id = message.id AND c.token = message.token AND c.status = 'queued';
    IF FOUND THEN
        UPDATE public."Conversation" AS c
        SET status = 'unanswered'
        WHERE
            c.id = (
                SELECT max(i.id)
                FROM public."Conversation" AS i
                WHERE
                    i."userId" = message."userId" AND i.direction = 'in' AND i.id < message.id
            )
            AND c.status = 'answered';
    END IF;
END
$$;
COMMENT ON FUNCTION novabot_internal.expire_answer(public."Conversation") IS
'An answer is too old to be said: it is not sent, and a person has to answer the message before it.';

CREATE OR REPLACE FUNCTION novabot_internal.client_interval() RETURNS interval
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
    SELECT interval '6 seconds'
$$;
COMMENT ON FUNCTION novabot_internal.client_interval() IS
'Between two messages to a client, in the long run: Meta''s limit for a pair of numbers.';

CREATE OR REPLACE FUNCTION novabot_internal.client_credit() RETURNS interval
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
    SELECT 44 * novabot_internal.client_interval()
$$;
COMMENT ON FUNCTION novabot_internal.client_credit() IS
'How far "paidUntil" may lie ahead when a message is given out: with it, a burst of 45.';

CREATE OR REPLACE FUNCTION novabot_internal.give_out(
    client text,
    bot uuid,
    posted uuid[],
    kinds text[],
    number text,
    digest bytea,
    is_try boolean,
    is_paced boolean,
    kept_for interval
)
RETURNS TABLE (
    token uuid, address text, kind text, body text, detail jsonb, attempts integer
)
LANGUAGE plpgsql
AS $$
#variable_conflict use_column
DECLARE
    window_until timestamptz;
    first public."Conversation";
    refusal text;
    used timestamptz;
BEGIN
    SELECT u."windowUntil" INTO window_until FROM public."User" AS u WHERE u.id = client;
    IF NOT is_try AND NOT novabot_internal.may_send(number, digest) THEN
        RETURN;
    END IF;
    LOOP
        SELECT c.* INTO first
        FROM public."Conversation" AS c
        WHERE c."userId" = client AND c.status IN ('queued', 'sending')
        ORDER BY c.id
        LIMIT 1;
        EXIT WHEN first.id IS NULL;
        IF novabot_internal.is_too_late(first, window_until, kept_for, number) THEN
            PERFORM novabot_internal.expire_answer(first);
            CONTINUE;
        END IF;
        refusal := CASE
            WHEN first.status = 'queued' THEN novabot_internal.refused_for_client(first)
        END;
        EXIT WHEN refusal IS NULL;
        UPDATE public."Conversation" AS c
        SET status = 'failed', "errorCode" = NULL, "errorText" = refusal
        WHERE c.id = first.id AND c.token = first.token AND c.status = 'queued';
    END LOOP;
    IF first.id IS NULL OR first.kind <> ALL (kinds) THEN
        RETURN;
    END IF;
    IF is_paced AND first.status = 'queued' AND first."dueAt" <= clock_timestamp() THEN
        SELECT greatest(c."paidUntil", clock_timestamp()) INTO used
        FROM public."Conversation" AS c
        WHERE c."userId" = client AND c.direction = 'out' AND c.id < first.id
        ORDER BY c.id DESC
        LIMIT 1;
        used := coalesce(used, clock_timestamp());
        IF used > clock_timestamp() + novabot_internal.client_credit() THEN
            UPDATE public."Conversation" AS c
            SET "dueAt" = used - novabot_internal.client_credit()
            WHERE c.id = first.id AND c.token = first.token AND c.status = 'queued';
            RETURN;
        END IF;
    END IF;
    RETURN QUERY
    UPDATE public."Conversation" AS c
    SET
        status = 'sending', "claimedBy" = bot, "claimedAt" = clock_timestamp(),
        attempts = c.attempts + 1,
        "paidUntil" = coalesce(used + novabot_internal.client_interval(), c."paidUntil")
    WHERE
        c.id = first.id
        AND (
            (c.status = 'queued' AND c."dueAt" <= clock_timestamp())
            OR (c.status = 'sending' AND c."claimedBy" = bot AND c.token <> ALL (posted))
        )
    RETURNING c.token, c.address, c.kind, c.body, c.detail, c.attempts;
END
$$;
COMMENT ON FUNCTION novabot_internal.give_out(
    text, uuid, uuid[], text[], text, bytea, boolean, boolean, interval
) IS
'Marks the client''s oldest unsent answer as being sent by this bot, and returns it; no row if none may be sent. The parameters are those of start_sending, which calls it with a lock_timeout, as settle_sendings does.';

CREATE OR REPLACE FUNCTION novabot_internal.start_sending(
    client text,
    bot uuid,
    posted uuid[] DEFAULT NULL,
    kinds text[] DEFAULT NULL,
    number text DEFAULT NULL,
    digest bytea DEFAULT NULL,
    is_try boolean DEFAULT false,
    is_paced boolean DEFAULT false,
    kept_for interval DEFAULT NULL
)
RETURNS TABLE (
    token uuid, address text, kind text, body text, detail jsonb, attempts integer
)
LANGUAGE sql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET lock_timeout = '100ms'
AS $$
    SELECT *
    FROM novabot_internal.give_out(
        client, bot, posted, kinds, number, digest, is_try, is_paced, kept_for
    )
$$;
COMMENT ON FUNCTION novabot_internal.start_sending(
    text, uuid, uuid[], text[], text, bytea, boolean, boolean, interval
) IS
'Gives a bot the client''s oldest unsent answer; none while the one before it is being sent, or waits to be tried again. posted: tokens that this bot has begun to POST. A `sending` row of this bot that is not among them was claimed by a call whose reply was lost: it is given out again. kinds: those that this bot can send (NULL: all); one of another kind waits for a bot of a newer release, and so does what is queued behind it. number, digest: of which number, with the SHA-256 of which access token; none is given out while that is stopped or in a pause, unless is_try. is_paced: at most one in 6 seconds to a client, with a burst of 45. kept_for: a bot''s answer that waited for longer, or any whose client''s window has closed, expires.';

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

CREATE OR REPLACE FUNCTION novabot_internal.settle_sendings(
    tokens uuid[],
    message_ids text[],
    wants_next boolean[],
    bot uuid,
    posted uuid[],
    kinds text[],
    number text,
    digest bytea,
    is_paced boolean,
    kept_for interval
)
RETURNS TABLE (
    place bigint, outcome text, has_more boolean, taken jsonb
)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET lock_timeout = '100ms'
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
SET enable_bitmapscan = off
SET enable_hashjoin = off
SET enable_mergejoin = off
SET jit = off
AS $$
#variable_conflict use_column
DECLARE
    settled record;
BEGIN
    -- "User" first, as everywhere: TRUNCATE locks "User" and then "Conversation".
    LOCK TABLE public."User" IN ACCESS SHARE MODE;
    FOR settled IN
        WITH held AS (
            SELECT c.id, c.token, i.place
            FROM unnest(tokens) WITH ORDINALITY AS i (token, place)
            JOIN public."Conversation" AS c ON c.token = i.token
            ORDER BY c.id
            FOR NO KEY UPDATE OF c SKIP LOCKED
        ),
        changed AS (
            UPDATE public."Conversation" AS c
            SET
                status = CASE
                    WHEN c.status IN ('queued', 'sending', 'uncertain') THEN 'sent' ELSE c.status
                END,
                "waMessageId" = message_ids[h.place],
                "errorCode" = CASE WHEN c.status = 'failed' THEN c."errorCode" END,
                "errorText" = CASE WHEN c.status = 'failed' THEN c."errorText" END,
                "claimedBy" = NULL, "claimedAt" = NULL
            FROM held AS h
            WHERE c.id = h.id AND c.token = h.token
            RETURNING h.place, c.id, c."userId"
        )
        SELECT
            i.place, w."userId" AS client,
            CASE
                WHEN w.id IS NOT NULL THEN 'settled'
                WHEN EXISTS (SELECT FROM public."Conversation" AS c WHERE c.token = i.token)
                    THEN 'locked'
                ELSE 'gone'
            END AS outcome,
            EXISTS (
                SELECT
                FROM public."Conversation" AS q
                WHERE
                    q."userId" = w."userId" AND q.status IN ('queued', 'sending') AND q.id <> w.id
            ) AS has_more
        FROM unnest(tokens) WITH ORDINALITY AS i (token, place)
        LEFT JOIN changed AS w ON w.place = i.place
        ORDER BY i.place
    LOOP
        place := settled.place;
        outcome := settled.outcome;
        has_more := settled.has_more;
        taken := NULL;
        IF has_more AND wants_next[place] AND novabot_internal.hold_next(settled.client) THEN
            SELECT
                jsonb_build_object(
                    'token', s.token, 'address', s.address, 'kind', s.kind, 'body', s.body,
                    'detail', s.detail, 'attempts', s.attempts
                )
            INTO taken
            FROM novabot_internal.give_out(
                settled.client, bot, posted, kinds, number, digest, false, is_paced, kept_for
            ) AS s;
        END IF;
        RETURN NEXT;
    END LOOP;
END
$$;
COMMENT ON FUNCTION novabot_internal.settle_sendings(
    uuid[], text[], boolean[], uuid, uuid[], text[], text, bytea, boolean, interval
) IS
'What settle_sent does for one answer, for many; and where wants_next, the client''s next answer is given out as start_sending does. A row a place. outcome: settled, gone (reset), or locked (another transaction holds the row, which is not waited for: settle_sent has to). has_more: something of the client is still to be sent, whether or not it was given out here.';

CREATE OR REPLACE FUNCTION novabot_internal.hold_next(client text) RETURNS boolean
LANGUAGE plpgsql
AS $$
BEGIN
    PERFORM
    FROM public."Conversation" AS c
    WHERE
        c.id = (
            SELECT q.id
            FROM public."Conversation" AS q
            WHERE q."userId" = client AND q.status IN ('queued', 'sending')
            ORDER BY q.id
            LIMIT 1
        )
    FOR NO KEY UPDATE SKIP LOCKED;
    RETURN FOUND;
END
$$;
COMMENT ON FUNCTION novabot_internal.hold_next(text) IS
'Locks the client''s oldest unsent answer; false, without waiting, if there is none or another transaction holds it.';

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
        -- What the pause's own transaction queued tells the client of it.
        SELECT
            novabot_internal.is_paused(u."pausedAt", u."pausedUntil")
            AND u."pausedAt" IS DISTINCT FROM c.at
            AND coalesce(c.author, 'bot') = 'bot'
        INTO is_stopped
        FROM public."User" AS u
        JOIN public."Conversation" AS c ON c."userId" = u.id
        WHERE c.token = message
        FOR SHARE OF u;
    END IF;
    UPDATE public."Conversation" AS c
    SET
        status = CASE WHEN is_stopped THEN 'cancelled' ELSE new_status END,
        "errorCode" = CASE WHEN NOT is_stopped THEN code END,
        "errorText" = CASE WHEN NOT is_stopped THEN reason END,
        "claimedBy" = NULL, "claimedAt" = NULL, "dueAt" = clock_timestamp() + again_after
    WHERE c.token = message AND c.status = 'sending' AND c."claimedBy" = bot
    RETURNING c."userId" INTO client;
    IF client IS NULL THEN
        RETURN false;
    END IF;
    IF code = 131050 THEN
        PERFORM novabot_internal.opt_out_client(client, 'promotions', now());
    END IF;
    IF new_status = 'queued' THEN
        -- The client may have left the address while the answer was being sent.
        PERFORM novabot_internal.readdress(client);
    END IF;
    RETURN true;
END
$$;
COMMENT ON FUNCTION novabot_internal.settle_unsent(uuid, uuid, text, integer, text, interval) IS
'An attempt did not succeed: queued (nothing was sent; again after a while, or cancelled if a person has taken over), uncertain (it may have gone out) or failed. Code 131050 says that the client has stopped promotions.';

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
        "claimedBy" = NULL, "claimedAt" = NULL, "dueAt" = clock_timestamp()
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
