-- The turn: what a bot loads before it answers, and commits after. See ARCHITECTURE.md.
-- Every statement that touches several tables names "User" first, so that TRUNCATE, which
-- locks "User" and then the rest, can wait for turns but never deadlock with them.

CREATE OR REPLACE FUNCTION load_session(
    addresses text[],
    OUT id text, OUT incarnation uuid, OUT nama text, OUT paused boolean, OUT context jsonb,
    OUT user_revision uuid, OUT session_revision uuid
) RETURNS record
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp
SET lock_timeout = '50ms'
AS $$
BEGIN
    SELECT
        u.id, u.incarnation, u.nama, u."pausedAt" IS NOT NULL, s.context, u.revision, s.revision
    INTO
        load_session.id, load_session.incarnation, load_session.nama, load_session.paused,
        load_session.context, load_session.user_revision, load_session.session_revision
    FROM "User" AS u
    JOIN "Alias" AS a ON a."userId" = u.id
    LEFT JOIN "Session" AS s ON s."userId" = u.id
    WHERE a.alias = ANY (addresses)
    ORDER BY array_position(addresses, a.alias)
    LIMIT 1;
END
$$;
COMMENT ON FUNCTION load_session(text[]) IS
'What is remembered of the client that these addresses (preferred first) lead to; one row, all NULL for a stranger.';

CREATE OR REPLACE FUNCTION lock_client(addresses text[]) RETURNS "User"
LANGUAGE sql SECURITY DEFINER
SET search_path = public, pg_temp
SET plan_cache_mode = force_generic_plan
AS $$
    SELECT u.*
    FROM "User" AS u
    JOIN "Alias" AS a ON a."userId" = u.id
    WHERE a.alias = ANY (addresses)
    ORDER BY array_position(addresses, a.alias)
    LIMIT 1
    FOR NO KEY UPDATE OF u
$$;
COMMENT ON FUNCTION lock_client(text[]) IS
'Locks and returns the client that these addresses lead to; NULL for a stranger. A delete waits until the turn has committed, or the turn until the delete has.';
REVOKE ALL ON FUNCTION lock_client(text[]) FROM PUBLIC;

CREATE OR REPLACE FUNCTION lock_session(client text) RETURNS uuid
LANGUAGE sql SECURITY DEFINER
SET search_path = public, pg_temp
AS $$
    SELECT s.revision FROM "Session" AS s WHERE s."userId" = client FOR NO KEY UPDATE
$$;
COMMENT ON FUNCTION lock_session(text) IS
'Locks a client''s session and returns its revision; NULL without one.';

CREATE OR REPLACE FUNCTION add_client(addresses text[], profile text) RETURNS "User"
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp
AS $$
DECLARE
    client "User";
BEGIN
    INSERT INTO "User" (id, "profileName")
    VALUES (client_id_of(addresses[1]), profile)
    ON CONFLICT (id) DO NOTHING
    RETURNING * INTO client;
    IF client.id IS NULL THEN
        -- Somebody was faster; or the row is there and has lost its own address.
        INSERT INTO "Alias" (alias, "userId")
        SELECT alias_of(u.id), u.id
        FROM "User" AS u
        WHERE u.id = client_id_of(addresses[1])
        FOR KEY SHARE
        ON CONFLICT (alias) DO NOTHING;
    END IF;
    RETURN client;
END
$$;
COMMENT ON FUNCTION add_client(text[], text) IS
'Makes the client first met at these addresses; NULL when another transaction was faster.';
REVOKE ALL ON FUNCTION add_client(text[], text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION add_addresses(client text, addresses text[]) RETURNS void
LANGUAGE sql SECURITY DEFINER
SET search_path = public, pg_temp
AS $$
    INSERT INTO "Alias" (alias, "userId")
    SELECT a, client FROM unnest(addresses) AS a
    ORDER BY a
    ON CONFLICT (alias) DO NOTHING;
    SELECT merge_clients(client, addresses)
    WHERE EXISTS (
        SELECT FROM "Alias" AS a WHERE a.alias = ANY (addresses) AND a."userId" <> client
    )
$$;
COMMENT ON FUNCTION add_addresses(text, text[]) IS
'These addresses lead to this client too; another one to whom they led becomes part of it.';
REVOKE ALL ON FUNCTION add_addresses(text, text[]) FROM PUBLIC;

CREATE OR REPLACE FUNCTION merge_clients(kept text, addresses text[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp
AS $$
DECLARE
    actor_before CONSTANT text := coalesce(current_setting('novabot.actor', true), '');
    source_before CONSTANT text := coalesce(current_setting('novabot.source', true), '');
    other "User";
BEGIN
    PERFORM set_config('novabot.actor', 'novabot', true);
    PERFORM set_config('novabot.source', 'merge', true);
    FOR other IN
        SELECT u.*
        FROM "User" AS u
        WHERE
            u.id <> kept
            AND u.id IN (SELECT a."userId" FROM "Alias" AS a WHERE a.alias = ANY (addresses))
        ORDER BY u.id
        FOR UPDATE
    LOOP
        UPDATE "Conversation" SET "userId" = kept WHERE "userId" = other.id;
        UPDATE "Alias" SET "userId" = kept WHERE "userId" = other.id;
        DELETE FROM "User" AS u WHERE u.id = other.id;
        UPDATE "User" AS u SET nama = coalesce(u.nama, other.nama) WHERE u.id = kept;
    END LOOP;
    PERFORM set_config('novabot.actor', actor_before, true);
    PERFORM set_config('novabot.source', source_before, true);
END
$$;
COMMENT ON FUNCTION merge_clients(text, text[]) IS
'Somebody who was met by number and by BSUID apart turns out to be one person: the clients these addresses lead to become the one that is kept, with all messages and addresses, so that a reset of the one forgets the other. A receipt (source merge) tells the bots.';
REVOKE ALL ON FUNCTION merge_clients(text, text[]) FROM PUBLIC;

CREATE OR REPLACE FUNCTION note_delivery(message_id text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp
AS $$
BEGIN
    INSERT INTO "Delivery" (digest) VALUES (digest_of('message:' || message_id))
    ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING
            ERRCODE = 'ST003',
            MESSAGE = 'this message was stored by another transaction meanwhile';
    END IF;
END
$$;
COMMENT ON FUNCTION note_delivery(text) IS
'Remembers that this message was seen, as a digest. Raises ST003 when another transaction just did: everything is undone, and the next try finds it seen.';
REVOKE ALL ON FUNCTION note_delivery(text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION was_delivered(message_id text) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = public, pg_temp
AS $$
    SELECT EXISTS (SELECT FROM "Delivery" WHERE digest = digest_of('message:' || message_id))
$$;
COMMENT ON FUNCTION was_delivered(text) IS 'Whether this message was seen in the last 8 days.';
REVOKE ALL ON FUNCTION was_delivered(text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION is_unchanged(
    client "User", session uuid,
    expected_id text, expected_user_revision uuid, expected_session_revision uuid
) RETURNS boolean
LANGUAGE sql IMMUTABLE
AS $$
    SELECT
        client.id IS NOT DISTINCT FROM expected_id
        AND client.revision IS NOT DISTINCT FROM expected_user_revision
        AND session IS NOT DISTINCT FROM expected_session_revision
$$;
COMMENT ON FUNCTION is_unchanged("User", uuid, text, uuid, uuid) IS
'The fence: whether a locked client and its session''s revision are those that were answered from.';

CREATE OR REPLACE FUNCTION refusal_of(
    addresses text[], message_id text, written_at timestamptz, client_since timestamptz
) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = public, pg_temp
AS $$
    SELECT CASE
        WHEN was_delivered(message_id) THEN 'duplicate'
        WHEN is_forgotten(addresses, written_at, client_since) THEN 'forgotten'
    END
$$;
COMMENT ON FUNCTION refusal_of(text[], text, timestamptz, timestamptz) IS
'Why a message is not to be answered: duplicate (seen before, by any bot, before or after any reset), forgotten (written before its sender was forgotten, and delivered late), or NULL.';
REVOKE ALL ON FUNCTION refusal_of(text[], text, timestamptz, timestamptz) FROM PUBLIC;

CREATE OR REPLACE FUNCTION commit_turn(
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
SET search_path = public, pg_temp
SET lock_timeout = '50ms'
AS $$
#variable_conflict use_variable
DECLARE
    client "User";
    current_session uuid;
BEGIN
    -- 1. Lock the client, then its session: whoever deletes or edits them waits for us,
    --    or we for them, and then see what they left.
    client := lock_client(addresses);
    current_session := lock_session(client.id);

    -- 2. The fence: the session answered from is the one in the database, or nothing is written.
    IF
        NOT is_unchanged(
            client, current_session,
            expected_id, expected_user_revision, expected_session_revision
        )
    THEN
        outcome := 'stale';
    ELSIF stored_message IS NOT NULL THEN
        -- 3a. The message was stored before it was answered: it must still be there.
        UPDATE "Conversation" AS c
        SET status = 'answered', "claimedBy" = NULL, "claimedAt" = NULL
        WHERE c.token = stored_message AND c."userId" = client.id AND c.status = 'pending';
        outcome := CASE WHEN FOUND THEN 'committed' ELSE 'gone' END;
    ELSE
        -- 3b. It must be neither seen before nor forgotten, and its sender be a client.
        outcome := refusal_of(addresses, message_id, written_at, client."createdAt");
        IF outcome IS NULL AND client.id IS NULL THEN
            client := add_client(addresses, profile);
        END IF;
        outcome := coalesce(outcome, CASE WHEN client.id IS NULL THEN 'stale' ELSE 'committed' END);
    END IF;

    IF outcome = 'stale' THEN
        SELECT l.* INTO id, incarnation, nama, paused, context, user_revision, session_revision
        FROM load_session(addresses) AS l;
        RETURN;
    ELSIF outcome <> 'committed' THEN
        RETURN;
    END IF;

    -- 4. Write: the message, the answers, the name, the session, both revisions. A client met
    --    by a BSUID alone gets the id that its phone number gives it, once that is known.
    IF stored_message IS NULL THEN
        PERFORM note_delivery(message_id);
        IF
            client.id = ANY (addresses)
            AND client_id_of(addresses[1]) <> addresses[1]
            AND NOT EXISTS (SELECT FROM "User" AS u WHERE u.id = client_id_of(addresses[1]))
        THEN
            UPDATE "User" AS u
            SET id = client_id_of(addresses[1]), revision = gen_random_uuid()
            WHERE u.id = client.id
            RETURNING u.* INTO client;
        END IF;
        IF cardinality(addresses) > 1 THEN
            PERFORM add_addresses(client.id, addresses);
        END IF;
        INSERT INTO "Conversation" ("userId", direction, kind, body, detail, at, "waMessageId")
        VALUES (client.id, 'in', kind, body, detail, written_at, message_id);
    END IF;
    INSERT INTO "Conversation" (
        "userId", direction, kind, body, detail, author, key, status, address
    )
    SELECT
        client.id, 'out', coalesce(o.message ->> 'kind', 'text'), o.message ->> 'body',
        nullif(o.message -> 'detail', 'null'), coalesce(o.message ->> 'author', 'bot'),
        o.message ->> 'key', 'queued', addresses[1]
    FROM jsonb_array_elements(outgoing) WITH ORDINALITY AS o (message, position)
    ORDER BY o.position
    ON CONFLICT ("userId", key) WHERE key IS NOT NULL DO NOTHING;

    user_revision := gen_random_uuid();
    session_revision := gen_random_uuid();
    UPDATE "User" AS u
    SET
        revision = user_revision,
        nama = coalesce(learnt_name, u.nama),
        "profileName" = coalesce(profile, u."profileName"),
        "activeAt" = now()
    WHERE u.id = client.id
    RETURNING u.nama INTO nama;
    IF current_session IS NULL THEN
        INSERT INTO "Session" ("userId", context, revision)
        VALUES (client.id, new_context, session_revision);
    ELSE
        UPDATE "Session" AS s
        SET context = new_context, revision = session_revision, "updatedAt" = now()
        WHERE s."userId" = client.id;
    END IF;
    id := client.id;
    incarnation := client.incarnation;
    paused := client."pausedAt" IS NOT NULL;
    context := new_context;
END
$$;
COMMENT ON FUNCTION commit_turn(
    text[], text, uuid, uuid, text, text, text, jsonb, timestamptz, text, jsonb, text, jsonb, uuid
) IS
'One turn, or nothing of it. outcome: committed (with the session as it is now), stale (somebody else wrote: the current session comes back, answer again from it), duplicate (seen before), forgotten (written before a reset), gone (the stored message was reset). Raises lock_not_available after 50 ms behind somebody''s lock.';

CREATE OR REPLACE FUNCTION store_message(
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
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp
SET lock_timeout = '50ms'
AS $$
#variable_conflict use_variable
DECLARE
    client "User";
BEGIN
    client := lock_client(addresses);
    outcome := refusal_of(addresses, message_id, written_at, client."createdAt");
    IF outcome IS NULL AND client.id IS NULL THEN
        client := add_client(addresses, profile);
    END IF;
    outcome := coalesce(outcome, CASE WHEN client.id IS NULL THEN 'stale' ELSE 'stored' END);
    client_id := client.id;
    IF outcome <> 'stored' THEN
        RETURN;
    END IF;
    PERFORM note_delivery(message_id);
    PERFORM add_addresses(client.id, addresses);
    INSERT INTO "Conversation" (
        "userId", direction, kind, body, detail, at, "waMessageId",
        status, address, "claimedBy", "claimedAt"
    )
    VALUES (
        client.id, 'in', kind, body, detail, written_at, message_id,
        'pending', addresses[1], bot, clock_timestamp()
    );
    UPDATE "User" AS u
    SET "profileName" = coalesce(profile, u."profileName"), "activeAt" = now()
    WHERE u.id = client.id;
END
$$;
COMMENT ON FUNCTION store_message(text[], text, text, text, jsonb, timestamptz, text, uuid) IS
'Stores a message whose answer takes its time, claimed by a bot; nothing remembered changes. outcome: stored, duplicate, forgotten, or stale (another transaction made the client: try again).';

CREATE OR REPLACE FUNCTION claim_pending(client text, bot uuid)
RETURNS TABLE (
    token uuid, addresses text[], kind text, body text, detail jsonb, at timestamptz,
    "waMessageId" text, attempts integer
)
LANGUAGE sql SECURITY DEFINER
SET search_path = public, pg_temp
SET lock_timeout = '50ms'
AS $$
    UPDATE "Conversation" AS c
    SET "claimedBy" = bot, "claimedAt" = clock_timestamp(), attempts = attempts + 1
    WHERE
        c.id = (
            SELECT first.id
            FROM "Conversation" AS first
            WHERE first."userId" = client AND first.status = 'pending'
            ORDER BY first.id
            LIMIT 1
        )
        AND c.status = 'pending'
        AND (c."claimedBy" IS NULL OR c."claimedBy" = bot OR NOT is_alive(c."claimedBy"))
    RETURNING
        c.token,
        -- Its own address too: the one it came from may lead to nobody by now.
        CASE
            WHEN c.address <> alias_of(c."userId") THEN ARRAY[c.address, alias_of(c."userId")]
            ELSE ARRAY[alias_of(c."userId")]
        END,
        c.kind, c.body, c.detail, c.at, c."waMessageId", c.attempts
$$;
COMMENT ON FUNCTION claim_pending(text, uuid) IS
'Gives a bot the client''s oldest stored message to answer; none while a living bot is at it.';

CREATE OR REPLACE FUNCTION forget_by_chat(
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
SET search_path = public, pg_temp
SET lock_timeout = '50ms'
AS $$
#variable_conflict use_variable
DECLARE
    client "User";
    current_session uuid;
    receipt "Reset";
BEGIN
    client := lock_client(addresses);
    current_session := lock_session(client.id);
    IF
        NOT is_unchanged(
            client, current_session,
            expected_id, expected_user_revision, expected_session_revision
        )
    THEN
        outcome := 'stale';
    ELSIF stored_message IS NOT NULL THEN
        outcome := CASE
            WHEN EXISTS (
                SELECT
                FROM "Conversation" AS c
                WHERE c.token = stored_message AND c."userId" = client.id AND c.status = 'pending'
            ) THEN 'reset'
            ELSE 'gone'
        END;
    ELSE
        outcome := coalesce(
            refusal_of(addresses, message_id, written_at, client."createdAt"), 'reset'
        );
        IF outcome = 'reset' THEN
            PERFORM note_delivery(message_id);
        END IF;
    END IF;
    IF outcome = 'reset' THEN
        -- Somebody first met by number and later by BSUID alone is two clients until now.
        PERFORM reset_client(u.id, 'client', 'chat')
        FROM "User" AS u
        WHERE
            u.id <> client.id
            AND u.id IN (SELECT a."userId" FROM "Alias" AS a WHERE a.alias = ANY (addresses));
        PERFORM remember_forgetting(addresses);
        receipt := reset_client(coalesce(client.id, client_id_of(addresses[1])), 'client', 'chat');
        reset := receipt.id;
    END IF;
END
$$;
COMMENT ON FUNCTION forget_by_chat(text[], text, uuid, uuid, text, timestamptz, uuid) IS
'The client asked to be forgotten: a reset, once a message, behind the same fence as a turn. outcome: reset, stale (load and ask again), duplicate, forgotten (written before a reset) or gone (the stored message was reset).';
