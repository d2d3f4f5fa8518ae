-- The turn: what a bot commits after it has answered. See ARCHITECTURE.md.
-- Every statement that touches several tables names "User" first: TRUNCATE, which locks "User" and
-- then the rest, waits for turns and never deadlocks with them.

CREATE OR REPLACE FUNCTION novabot_internal.refusal_of(
    addresses text[], message_id text, written_at timestamptz, client_since timestamptz
) RETURNS text
LANGUAGE sql STABLE
AS $$
    SELECT CASE
        WHEN novabot_internal.was_delivered(message_id) THEN 'duplicate'
        WHEN novabot_internal.is_forgotten(addresses, written_at, client_since) THEN 'forgotten'
    END
$$;
COMMENT ON FUNCTION novabot_internal.refusal_of(text[], text, timestamptz, timestamptz) IS
'Why a message is not to be answered: duplicate (seen before, by any bot, before or after any reset), forgotten (written before its sender was forgotten, and delivered late), or NULL.';

CREATE OR REPLACE FUNCTION novabot_internal.commit_turn(
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
    outgoing jsonb,
    stored_message uuid,
    OUT outcome text,
    OUT id text, OUT incarnation uuid, OUT nama text, OUT paused boolean, OUT context jsonb,
    OUT user_revision uuid, OUT session_revision uuid
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
    client public."User";
    current_session uuid;
BEGIN
    -- 1. Lock the client, then its session: a transaction that deletes or edits them waits for this
    --    one, or this one for it, and then sees what it left.
    client := novabot_internal.lock_client(addresses);
    current_session := novabot_internal.lock_session(client.id);

    -- 2. The fence: the session answered from is the one in the database, or nothing is written.
    IF
        NOT novabot_internal.is_unchanged(
            client, current_session,
            expected_id, expected_user_revision, expected_session_revision
        )
    THEN
        outcome := 'stale';
    ELSIF stored_message IS NOT NULL THEN
        -- 3a. The message was stored before it was answered: it must still be there.
        UPDATE public."Conversation" AS c
        SET status = 'answered', "claimedBy" = NULL, "claimedAt" = NULL
        WHERE c.token = stored_message AND c."userId" = client.id AND c.status = 'pending';
        outcome := CASE WHEN FOUND THEN 'committed' ELSE 'gone' END;
    ELSE
        -- 3b. It must be neither seen before nor forgotten, and its sender be one client. Two that
        --     are merged here leave another session than the one that was answered from.
        outcome := novabot_internal.refusal_of(
            addresses, message_id, written_at, client."createdAt"
        );
        IF outcome IS NULL AND client.id IS NULL THEN
            client := novabot_internal.add_client(addresses, profile);
            outcome := CASE WHEN client.id IS NULL THEN 'stale' END;
        ELSIF outcome IS NULL AND cardinality(addresses) > 1 THEN
            outcome := CASE
                WHEN novabot_internal.merge_clients(client.id, addresses) THEN 'stale'
            END;
        END IF;
        outcome := coalesce(outcome, 'committed');
    END IF;

    IF outcome = 'stale' THEN
        SELECT l.* INTO id, incarnation, nama, paused, context, user_revision, session_revision
        FROM novabot_internal.read_session(addresses) AS l;
        RETURN;
    ELSIF outcome <> 'committed' THEN
        RETURN;
    END IF;

    -- 4. Write: the message, the answers, the name, the session, both revisions. A client met
    --    by a BSUID alone gets the id that its phone number gives it, once that is known.
    IF stored_message IS NULL THEN
        PERFORM novabot_internal.note_delivery(message_id);
        IF client.id = ANY (addresses) AND novabot_internal.is_phone(addresses[1]) THEN
            UPDATE public."User" AS u
            SET id = novabot_internal.client_id_of(addresses[1]), revision = gen_random_uuid()
            WHERE
                u.id = client.id
                AND NOT EXISTS (
                    SELECT
                    FROM public."User" AS o
                    WHERE o.id = novabot_internal.client_id_of(addresses[1])
                );
            SELECT u.* INTO client
            FROM public."User" AS u
            WHERE u.incarnation = client.incarnation;
        END IF;
        IF cardinality(addresses) > 1 THEN
            PERFORM novabot_internal.add_addresses(client.id, addresses);
        END IF;
        INSERT INTO public."Conversation" (
            "userId", direction, kind, body, detail, at, "waMessageId", author
        )
        VALUES (client.id, 'in', kind, body, detail, written_at, message_id, 'client');
    END IF;
    PERFORM novabot_internal.queue_outgoing(client.id, addresses[1], outgoing);

    user_revision := gen_random_uuid();
    session_revision := gen_random_uuid();
    UPDATE public."User" AS u
    SET
        revision = user_revision,
        nama = coalesce(learnt_name, u.nama),
        "profileName" = coalesce(profile, u."profileName"),
        "activeAt" = now()
    WHERE u.id = client.id
    RETURNING u.nama INTO nama;
    IF current_session IS NULL THEN
        INSERT INTO public."Session" ("userId", context, revision)
        VALUES (client.id, new_context, session_revision);
    ELSE
        UPDATE public."Session" AS s
        SET context = new_context, revision = session_revision, "updatedAt" = now()
        WHERE s."userId" = client.id;
    END IF;
    id := client.id;
    incarnation := client.incarnation;
    paused := client."pausedAt" IS NOT NULL;
    context := new_context;
END
$$;
COMMENT ON FUNCTION novabot_internal.commit_turn(
    text[], text, uuid, uuid, text, text, text, jsonb, timestamptz, text, jsonb, text, jsonb, uuid
) IS
'One turn, or nothing of it. outgoing: the answers in their order, as queue_outgoing takes them. outcome: committed (with the session as it is now), stale (the session is another one by now, or became one by a merge: the current one is returned, to answer again from), duplicate (seen before), forgotten (written before a reset), gone (the stored message was reset). Raises lock_not_available after 50 ms behind another transaction''s lock.';

CREATE OR REPLACE FUNCTION novabot_internal.forget_by_chat(
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
    client public."User";
    current_session uuid;
    receipt public."Reset";
BEGIN
    client := novabot_internal.lock_client(addresses);
    current_session := novabot_internal.lock_session(client.id);
    IF
        NOT novabot_internal.is_unchanged(
            client, current_session,
            expected_id, expected_user_revision, expected_session_revision
        )
    THEN
        outcome := 'stale';
    ELSIF stored_message IS NOT NULL THEN
        outcome := CASE
            WHEN EXISTS (
                SELECT
                FROM public."Conversation" AS c
                WHERE c.token = stored_message AND c."userId" = client.id AND c.status = 'pending'
            ) THEN 'reset'
            ELSE 'gone'
        END;
    ELSE
        outcome := coalesce(
            novabot_internal.refusal_of(
                addresses, message_id, written_at, client."createdAt"
            ),
            'reset'
        );
        IF outcome = 'reset' THEN
            PERFORM novabot_internal.note_delivery(message_id);
        END IF;
    END IF;
    IF outcome = 'reset' THEN
        -- One person first met by number and later by BSUID alone is two clients until now.
        PERFORM novabot_internal.reset_client(u.id, 'client', 'chat')
        FROM public."User" AS u
        WHERE
            u.id <> client.id
            AND u.id IN (
                SELECT a."userId" FROM public."Alias" AS a WHERE a.alias = ANY (addresses)
            );
        PERFORM novabot_internal.set_watermarks(addresses);
        receipt := novabot_internal.reset_client(
            coalesce(client.id, novabot_internal.client_id_of(addresses[1])), 'client', 'chat'
        );
        reset := receipt.id;
    END IF;
END
$$;
COMMENT ON FUNCTION novabot_internal.forget_by_chat(text[], text, uuid, uuid, text, timestamptz, uuid) IS
'The client asked to be forgotten: a reset, once a message, behind the same fence as a turn. outcome: reset, stale (load and ask again), duplicate, forgotten (written before a reset) or gone (the stored message was reset).';
