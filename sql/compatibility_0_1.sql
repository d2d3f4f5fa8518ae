-- What bots of 0.1 call, by 0.1's names and signatures, while 0.2 replaces them one by one.
-- REMOVE THIS FILE WITH THE RELEASE AFTER 0.2: `novabot migrate` then drops these functions, for
-- obsolete_0_1.txt names them.

CREATE OR REPLACE FUNCTION public.load_session(
    addresses text[],
    OUT id text, OUT incarnation uuid, OUT nama text, OUT paused boolean, OUT context jsonb,
    OUT user_revision uuid, OUT session_revision uuid
) RETURNS record
LANGUAGE sql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT r.* FROM novabot_internal.load_session(addresses) AS r
$$;

CREATE OR REPLACE FUNCTION public.commit_turn(
    addresses text[],
    expected_id text,
    expected_user_revision uuid,
    expected_session_revision uuid,
    message_id text,
    kind text,
    body text,
    detail jsonb,
    written_at timestamptz,
    profile text,
    new_context jsonb,
    learnt_name text,
    answers text[],
    stored_message uuid,
    OUT outcome text,
    OUT id text, OUT incarnation uuid, OUT nama text, OUT paused boolean, OUT context jsonb,
    OUT user_revision uuid, OUT session_revision uuid
) RETURNS record
LANGUAGE sql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT
        r.outcome, r.id, r.incarnation, r.nama, r.paused, r.context, r.user_revision,
        r.session_revision
    FROM
        novabot_internal.commit_turn(
            addresses, expected_id, expected_user_revision, expected_session_revision,
            message_id, kind, body, detail, written_at, profile, new_context, learnt_name,
            (
                SELECT jsonb_agg(jsonb_build_object('body', a.answer) ORDER BY a.place)
                FROM unnest(answers) WITH ORDINALITY AS a (answer, place)
            ),
            stored_message
        ) AS r
$$;

CREATE OR REPLACE FUNCTION public.forget_by_chat(
    addresses text[],
    expected_id text,
    expected_user_revision uuid,
    expected_session_revision uuid,
    message_id text,
    written_at timestamptz,
    stored_message uuid,
    OUT outcome text,
    OUT reset bigint
) RETURNS record
LANGUAGE sql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT r.outcome, r.reset
    FROM
        novabot_internal.forget_by_chat(
            addresses, expected_id, expected_user_revision, expected_session_revision,
            message_id, written_at, stored_message
        ) AS r
$$;

CREATE OR REPLACE FUNCTION public.store_message(
    addresses text[],
    message_id text,
    kind text,
    body text,
    detail jsonb,
    written_at timestamptz,
    profile text,
    bot uuid,
    OUT outcome text,
    OUT client_id text
) RETURNS record
LANGUAGE sql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT r.outcome, r.client_id
    FROM
        novabot_internal.store_message(
            addresses, message_id, kind, body, detail, written_at, profile, bot
        ) AS r
$$;

-- 0.1 answers each message for itself: those that would get one answer are made due one by one.
CREATE OR REPLACE FUNCTION public.claim_pending(client text, bot uuid)
RETURNS TABLE (
    token uuid, addresses text[], kind text, body text, detail jsonb, at timestamptz,
    "waMessageId" text, attempts integer
)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET lock_timeout = '50ms'
AS $$
BEGIN
    UPDATE public."Conversation" AS c
    SET "dueAt" = c."dueAt" - w.behind * interval '1 microsecond'
    FROM (
        SELECT
            p.id,
            row_number() OVER (PARTITION BY p."dueAt" ORDER BY p.id DESC) - 1 AS behind
        FROM public."Conversation" AS p
        WHERE p."userId" = client AND p.status = 'pending' AND p."dueAt" <= clock_timestamp()
    ) AS w
    WHERE
        c.id = w.id
        AND w.behind > 0
        AND (c."claimedBy" IS NULL OR NOT novabot_internal.is_alive(c."claimedBy"));
    RETURN QUERY SELECT r.* FROM novabot_internal.claim_pending(client, bot) AS r;
END
$$;

-- It hands out what 0.1 can send: text that is nothing but a body. Another message waits for a bot
-- of 0.2, and what is behind it waits too, for the order holds.
CREATE OR REPLACE FUNCTION public.start_sending(client text, bot uuid, posted uuid[] DEFAULT NULL)
RETURNS TABLE (id bigint, address text, body text, token uuid, attempts integer)
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
        AND c.kind = 'text'
        AND c.detail IS NULL
        AND (
            (c.status = 'queued' AND c."dueAt" <= clock_timestamp())
            OR (c.status = 'sending' AND c."claimedBy" = bot AND c.token <> ALL (posted))
        )
    RETURNING c.id, c.address, c.body, c.token, c.attempts
$$;

CREATE OR REPLACE FUNCTION public.is_sending(message uuid, bot uuid) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT novabot_internal.is_sending(message, bot)
$$;

CREATE OR REPLACE FUNCTION public.settle_sent(message uuid, message_id text) RETURNS boolean
LANGUAGE sql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT novabot_internal.settle_sent(message, message_id)
$$;

CREATE OR REPLACE FUNCTION public.settle_unsent(
    message uuid, bot uuid, new_status text, code integer, reason text,
    again_after interval DEFAULT '0'
) RETURNS boolean
LANGUAGE sql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT novabot_internal.settle_unsent(message, bot, new_status, code, reason, again_after)
$$;

CREATE OR REPLACE FUNCTION public.settle_abandoned() RETURNS bigint
LANGUAGE sql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT novabot_internal.settle_abandoned()
$$;

CREATE OR REPLACE FUNCTION public.clients_waiting(bot uuid)
RETURNS TABLE (client text, has_pending boolean, has_queued boolean)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT r.* FROM novabot_internal.clients_waiting(bot, ARRAY['text']) AS r
$$;

CREATE OR REPLACE FUNCTION public.apply_status(
    message_id text, message_token uuid, reported text, code integer, reason text
) RETURNS boolean
LANGUAGE sql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT novabot_internal.apply_status(message_id, message_token, reported, code, reason)
$$;

CREATE OR REPLACE FUNCTION public.set_aside(
    sender text, what text, why text, written_at timestamptz
) RETURNS boolean
LANGUAGE sql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT novabot_internal.set_aside(sender, what, why, written_at)
$$;

CREATE OR REPLACE FUNCTION public.prune_digests() RETURNS void
LANGUAGE sql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT novabot_internal.prune_digests()
$$;

CREATE OR REPLACE FUNCTION public.audit_triggers() RETURNS text[]
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT novabot_internal.audit_triggers()
$$;

CREATE OR REPLACE FUNCTION public.report_bot(
    bot uuid, on_host text, with_pid integer, is_listening boolean, holds bigint
) RETURNS void
LANGUAGE sql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT novabot_internal.report_bot(bot, on_host, with_pid, is_listening, holds)
$$;

CREATE OR REPLACE FUNCTION public.retire_bot(bot uuid) RETURNS void
LANGUAGE sql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT novabot_internal.retire_bot(bot)
$$;

CREATE OR REPLACE FUNCTION public.acknowledge_resets(bot uuid, resets bigint[], dropped bigint[])
RETURNS TABLE (reset bigint, seconds double precision)
LANGUAGE sql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT r.* FROM novabot_internal.acknowledge_resets(bot, resets, dropped) AS r
$$;

CREATE OR REPLACE FUNCTION public.missed_resets(bot uuid) RETURNS bigint[]
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT novabot_internal.missed_resets(bot)
$$;

DO $$
DECLARE
    routine regprocedure;
BEGIN
    FOR routine IN
        SELECT p.oid
        FROM pg_proc AS p
        WHERE
            p.pronamespace = 'public'::regnamespace
            AND p.proname IN (
                'load_session', 'commit_turn', 'forget_by_chat', 'store_message', 'claim_pending',
                'start_sending', 'is_sending', 'settle_sent', 'settle_unsent', 'settle_abandoned',
                'clients_waiting', 'apply_status', 'set_aside', 'prune_digests', 'audit_triggers',
                'report_bot', 'retire_bot', 'acknowledge_resets', 'missed_resets'
            )
            AND p.prosecdef
            AND pg_has_role(p.proowner, 'USAGE')
    LOOP
        EXECUTE format(
            'COMMENT ON FUNCTION %s IS %L',
            routine, 'For bots of 0.1; removed with the release after 0.2. See novabot_internal.'
        );
    END LOOP;
END
$$;
