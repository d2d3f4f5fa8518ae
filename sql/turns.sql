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
        WHEN novabot_internal.is_too_old(written_at) THEN 'too_old'
        WHEN novabot_internal.is_forgotten(addresses, written_at, client_since) THEN 'forgotten'
    END
$$;
COMMENT ON FUNCTION novabot_internal.refusal_of(text[], text, timestamptz, timestamptz) IS
'Why a message is not to be answered: duplicate (seen before, by any bot, before or after any reset), too_old (written over 7.5 days ago), forgotten (written before its sender was forgotten, and delivered late), or NULL.';

CREATE OR REPLACE FUNCTION novabot_internal.detail_of_learnt(name text) RETURNS jsonb
LANGUAGE sql IMMUTABLE
AS $$
    SELECT CASE WHEN name IS NULL THEN '{}' ELSE jsonb_build_object('learnt', name) END
$$;
COMMENT ON FUNCTION novabot_internal.detail_of_learnt(text) IS
'What the detail of a message says of the name that it taught: learnt, empty where it had the name cleared.';

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
    account text DEFAULT NULL,
    kept_for interval DEFAULT '90 days',
    status text DEFAULT 'answered',
    choice text DEFAULT NULL,
    OUT outcome text,
    OUT id text, OUT incarnation uuid, OUT nama text, OUT paused boolean, OUT context jsonb,
    OUT user_revision uuid, OUT session_revision uuid, OUT identity text
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
    decision text;
    client public."User";
    current_session uuid;
    answer_to text := addresses[1];
    stated_at CONSTANT timestamptz := written_at;
BEGIN
    written_at := least(written_at, now());
    -- 1. Lock the client, then its session: a transaction that deletes or edits them waits for this
    --    one, or this one for it, and then sees what it left.
    IF stored_message IS NULL THEN
        client := novabot_internal.lock_client(addresses);
        IF novabot_internal.is_known_writer(client.id, addresses, written_at) THEN
            decision := 'known';
        ELSE
            SELECT l.* INTO writer
            FROM novabot_internal.lock_writer(addresses, account, written_at, kept_for) AS l;
            client := writer.client;
            decision := writer.decision;
        END IF;
    ELSE
        client := novabot_internal.lock_stored_client(stored_message);
        IF client.id IS NULL THEN
            client := novabot_internal.lock_client(addresses);
        END IF;
    END IF;
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
        -- 3a. The message was stored before it was answered: it, and those that are answered with
        --     it, must still be there, and say what was answered.
        outcome := novabot_internal.settle_stored(
            stored_message, client.id, body, status, learnt_name
        );
        answer_to := novabot_internal.answer_address(client.id, addresses);
    ELSE
        -- 3b. It must be neither seen before nor forgotten. What it shows of its writer's addresses
        --     is written down; two clients that become one leave another session than the one
        --     that was answered from.
        outcome := novabot_internal.refusal_of(
            addresses, message_id, written_at, client."createdAt"
        );
        IF outcome IS NULL AND decision = 'forgotten' THEN
            outcome := 'forgotten';
        ELSIF outcome IS NULL AND decision <> 'known' THEN
            SELECT a.* INTO changed
            FROM novabot_internal.apply_writer(
                client, writer.decision, writer.other, writer.own, writer.event, account,
                written_at, profile
            ) AS a;
            client := changed.became;
            identity := changed.result;
            outcome := CASE
                WHEN client.id IS NULL OR identity = 'merged' THEN 'stale'
            END;
            IF decision <> 'moved' OR identity IS DISTINCT FROM 'move_failed' THEN
                -- Else the change names the address that it came from, and leads there no longer than
                -- the address that the client had before.
                answer_to := novabot_internal.answer_address(client.id, addresses);
            END IF;
        ELSIF outcome IS NULL AND client.id = ANY (addresses) AND cardinality(addresses) > 1 THEN
            -- Met by a BSUID alone under 0.1, and known by a number since.
            client := novabot_internal.lock_client(ARRAY[novabot_internal.settle_id(client.id)]);
        END IF;
        outcome := coalesce(outcome, 'committed');
    END IF;

    IF outcome = 'stale' THEN
        SELECT r.* INTO id, incarnation, nama, paused, context, user_revision, session_revision
        FROM novabot_internal.read_session(
            CASE
                WHEN stored_message IS NOT NULL THEN client.id
                ELSE (
                    SELECT w.writer
                    FROM novabot_internal.find_writer(
                        addresses, account, written_at, kept_for
                    ) AS w
                )
            END
        ) AS r;
        IF id IS NULL THEN
            paused := novabot_internal.have_stopped(addresses);
        END IF;
        RETURN;
    ELSIF outcome <> 'committed' THEN
        RETURN;
    END IF;

    -- 4. Write: the message, the answers, the name, the session, both revisions.
    IF stored_message IS NULL THEN
        PERFORM novabot_internal.note_delivery(message_id, stated_at);
        INSERT INTO public."Conversation" (
            "userId", direction, kind, body, detail, at, "waMessageId", author, status
        )
        VALUES (client.id, 'in', kind, body, detail, written_at, message_id, 'client', status);
    END IF;
    IF choice IS NOT NULL THEN
        PERFORM novabot_internal.take_choice(client.id, choice);
    END IF;
    PERFORM novabot_internal.queue_outgoing(client.id, answer_to, outgoing);

    -- What is returned is read from the rows: a trigger of the DBA's may have changed it.
    UPDATE public."User" AS u
    SET
        revision = gen_random_uuid(),
        nama = nullif(coalesce(learnt_name, u.nama), ''),
        "profileName" = coalesce(profile, u."profileName"),
        "activeAt" = now(),
        "windowUntil" = CASE
            WHEN stored_message IS NULL
                THEN greatest(u."windowUntil", written_at + interval '24 hours')
            ELSE u."windowUntil"
        END,
        "beganAt" = CASE
            WHEN stored_message IS NULL AND u."beganAt" > written_at THEN written_at
            ELSE u."beganAt"
        END
    WHERE u.id = client.id
    RETURNING
        u.nama,
        novabot_internal.is_paused(u."pausedAt", u."pausedUntil") OR novabot_internal.has_stopped(u.id),
        u.revision
    INTO nama, paused, user_revision;
    IF current_session IS NULL THEN
        INSERT INTO public."Session" AS s ("userId", context, revision)
        VALUES (
            client.id, novabot_internal.keep_wish(new_context, '{}', false), gen_random_uuid()
        )
        RETURNING s.context, s.revision INTO context, session_revision;
    ELSE
        UPDATE public."Session" AS s
        SET
            context = novabot_internal.keep_wish(
                new_context, s.context, stored_message IS NOT NULL
            ),
            revision = gen_random_uuid(),
            "updatedAt" = now()
        WHERE s."userId" = client.id
        RETURNING s.context, s.revision INTO context, session_revision;
    END IF;
    id := client.id;
    incarnation := client.incarnation;
END
$$;
COMMENT ON FUNCTION novabot_internal.commit_turn(
    text[], text, uuid, uuid, text, text, text, jsonb, timestamptz, text, jsonb, text, jsonb, uuid,
    text, interval, text, text
) IS
'One turn, or nothing of it. choice: what the client chose, as take_choice has it; NULL for nothing. learnt_name: NULL keeps the name, an empty text clears it. outgoing: the answers in their order, as queue_outgoing takes them. status: of the message, answered or unanswered (a person has to). outcome: committed (with the session as it is now), stale (the session is another one by now, or became one by a merge: the current one is returned, to answer again from), duplicate (seen before), too_old (written over 7.5 days ago), forgotten (written before a reset, or by an owner of the address who is not known any more), gone (the stored message was reset). identity: what apply_writer reports. Raises lock_not_available after 50 ms behind another transaction''s lock.';

CREATE OR REPLACE FUNCTION novabot_internal.forget_by_chat(
    addresses text[],
    expected_id text,
    expected_user_revision uuid,
    expected_session_revision uuid,
    message_id text,
    written_at timestamptz,
    stored_message uuid,
    account text DEFAULT NULL,
    kept_for interval DEFAULT '90 days',
    OUT outcome text,
    OUT reset bigint,
    OUT address text
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
    client public."User";
    own text[] := addresses;
    halves text[] := '{}';
    held_since timestamptz[];
    held_until timestamptz[];
    current_session uuid;
    stated_at CONSTANT timestamptz := written_at;
BEGIN
    -- What another program's foreign key forbids is to be told here, not at COMMIT.
    SET CONSTRAINTS ALL IMMEDIATE;
    written_at := least(written_at, now());
    IF stored_message IS NULL THEN
        SELECT l.* INTO writer
        FROM novabot_internal.lock_writer(addresses, account, written_at, kept_for) AS l;
        client := writer.client;
        own := writer.own;
        -- One person first met by number and later by BSUID alone is two clients until now.
        halves := CASE WHEN writer.decision = 'halves' THEN ARRAY[writer.other] ELSE '{}' END;
    ELSE
        client := novabot_internal.lock_stored_client(stored_message);
        IF client.id IS NULL THEN
            client := novabot_internal.lock_client(addresses);
        END IF;
        SELECT NULL::text AS decision, NULL::text AS other INTO writer;
        own := '{}';
    END IF;
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
            CASE WHEN writer.decision = 'forgotten' THEN 'forgotten' END,
            'reset'
        );
        IF outcome = 'reset' THEN
            PERFORM novabot_internal.note_delivery(message_id, stated_at);
        END IF;
    END IF;
    IF outcome = 'reset' THEN
        address := CASE
            WHEN writer.decision = 'past' THEN (novabot_internal.without_phones(own))[1]
            WHEN client.id IS NULL THEN own[1]
            WHEN writer.decision = 'known' THEN addresses[1]
            WHEN writer.decision IN ('add', 'moved', 'halves', 'taken') THEN own[1]
            ELSE novabot_internal.answer_address(client.id, addresses)
        END;
        IF writer.decision IN ('taken', 'conflict') THEN
            -- The number is the writer's, and leads to the earlier owner no more.
            PERFORM novabot_internal.give_up(
                writer.other,
                ARRAY(
                    SELECT novabot_internal.canonical_address(w.address)
                    FROM unnest(own) AS w (address)
                ),
                written_at
            );
            PERFORM novabot_internal.settle_id(writer.other);
        END IF;
        IF client.id IS NULL THEN
            -- Its row may be there under the id of these addresses, without an address.
            SELECT u.* INTO client
            FROM public."User" AS u
            WHERE
                u.id = ANY (novabot_internal.ids_of(own[1]))
                AND NOT novabot_internal.has_left_its_id(u.id);
        END IF;
        held_since := novabot_internal.free_since(own, written_at);
        IF writer.decision = 'past' THEN
            SELECT array_agg(novabot_internal.awaited_since(w.address, written_at) ORDER BY w.place)
            INTO held_until
            FROM unnest(novabot_internal.canonical_addresses(own))
                WITH ORDINALITY AS w (address, place);
            own := novabot_internal.canonical_addresses(own);
        END IF;
        PERFORM
            set_config('novabot.actor', 'client', true),
            set_config('novabot.source', 'chat', true),
            set_config('novabot.reset', '', true);
        PERFORM novabot_internal.reset_client(o.id, 'client', 'chat')
        FROM unnest(halves) AS o (id);
        reset := CASE
            WHEN client.id IS NULL THEN (novabot_internal.write_receipt(0, 0, 0, '{}')).id
            ELSE (novabot_internal.reset_client(client.id, 'client', 'chat')).id
        END;
        -- After the client, who may stand at the other side of a kept change of these addresses.
        PERFORM novabot_internal.forget_addresses(own, held_since, held_until);
    END IF;
END
$$;
COMMENT ON FUNCTION novabot_internal.forget_by_chat(
    text[], text, uuid, uuid, text, timestamptz, uuid, text, interval
) IS
'The client asked to be forgotten: a reset, once a message, behind the same fence as a turn. outcome: reset, stale (load and ask again), duplicate, too_old, forgotten (written before a reset) or gone (the stored message was reset). address: where the farewell goes; NULL if the client has left all its addresses. Raises ST004 when something keeps rows: nothing is written.';
