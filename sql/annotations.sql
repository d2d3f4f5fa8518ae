-- What clients do to messages that are there: they react to one, edit their own, take it back.

CREATE OR REPLACE FUNCTION novabot_internal.lock_annotated(
    addresses text[],
    account text,
    event_id text,
    target text,
    act text,
    sides text[],
    stated_at timestamptz,
    kept_for interval,
    OUT client public."User",
    OUT outcome text
) RETURNS record
LANGUAGE plpgsql
AS $$
#variable_conflict use_variable
DECLARE
    written_at CONSTANT timestamptz := least(stated_at, now());
BEGIN
    SELECT u.* INTO client
    FROM public."User" AS u
    WHERE
        u.id = (
            SELECT c."userId"
            FROM public."Conversation" AS c
            WHERE c."waMessageId" = target AND c.direction = ANY (sides)
            ORDER BY c.id DESC
            LIMIT 1
        )
    FOR NO KEY UPDATE;
    outcome := novabot_internal.refusal_of(addresses, event_id, written_at, client."createdAt");
    IF outcome IS NOT NULL THEN
        RETURN;
    END IF;
    IF client.id IS NULL AND act <> 'revoke' THEN
        outcome := 'unknown';
        RETURN;
    END IF;
    IF
        client.id IS NOT NULL
        AND client.id IS DISTINCT FROM (
            SELECT w.writer
            FROM novabot_internal.find_writer(addresses, account, written_at, kept_for) AS w
        )
    THEN
        outcome := 'foreign';
        RETURN;
    END IF;
    PERFORM novabot_internal.note_delivery(event_id, stated_at);
    IF client.id IS NULL THEN
        -- The message itself, if it comes later, is then one that was seen.
        IF NOT novabot_internal.was_delivered(target) THEN
            PERFORM novabot_internal.note_delivery(target, stated_at);
        END IF;
        outcome := 'noted';
    END IF;
END
$$;
COMMENT ON FUNCTION novabot_internal.lock_annotated(
    text[], text, text, text, text, text[], timestamptz, interval
) IS
'Locks the client of the message that a reaction, edit or revoke is about, and notes that event as seen. sides: the directions of messages that it may be about. outcome: NULL where it is to be written; else what annotate_message says: noted, unknown, foreign, duplicate, too_old, forgotten.';

CREATE OR REPLACE FUNCTION novabot_internal.annotate_message(
    addresses text[],
    account text,
    event_id text,
    target text,
    act text,
    new_text text,
    learnt_name text,
    written_at timestamptz,
    kept_for interval DEFAULT '90 days'
) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET lock_timeout = '50ms'
SET jit = off
AS $$
#variable_conflict use_variable
DECLARE
    client public."User";
    about public."Conversation";
    held record;
    taught_before text;
    stated_at CONSTANT timestamptz := written_at;
    done_at numeric;
BEGIN
    written_at := least(written_at, now());
    done_at := extract(EPOCH FROM written_at);
    SELECT l.* INTO held
    FROM novabot_internal.lock_annotated(
        addresses, account, event_id, target, act,
        CASE act WHEN 'reaction' THEN ARRAY['in', 'out'] ELSE ARRAY['in'] END, stated_at, kept_for
    ) AS l;
    IF held.outcome IS NOT NULL THEN
        RETURN held.outcome;
    END IF;
    client := held.client;
    SELECT c.* INTO about
    FROM public."Conversation" AS c
    WHERE
        c."userId" = client.id
        AND c."waMessageId" = target
        AND (act = 'reaction' OR c.direction = 'in')
    ORDER BY c.id DESC
    LIMIT 1
    FOR UPDATE;

    IF act = 'reaction' THEN
        UPDATE public."Conversation" AS c
        SET
            detail = (coalesce(c.detail, '{}') - 'reaction')
            || jsonb_strip_nulls(
                jsonb_build_object('reaction', nullif(new_text, ''), 'reactedAt', done_at)
            )
        WHERE
            c.id = about.id
            AND coalesce((c.detail ->> 'reactedAt')::numeric, 0) <= done_at;
        RETURN 'annotated';
    END IF;
    IF
        about.detail ? 'revoked'
        OR act = 'edit' AND coalesce((about.detail ->> 'editedAt')::numeric, 0) > done_at
    THEN
        RETURN 'overtaken';
    END IF;
    UPDATE public."Conversation" AS c
    SET
        body = CASE act WHEN 'edit' THEN new_text ELSE '' END,
        detail = CASE act
            WHEN 'edit'
                THEN (coalesce(c.detail, '{}') - 'learnt')
                || jsonb_build_object('editedAt', done_at)
                || novabot_internal.detail_of_learnt(learnt_name)
            ELSE jsonb_build_object('revoked', true)
        END,
        -- What was taken back waits for no answer, and for no person.
        status = CASE
            WHEN act = 'revoke' AND c.status IN ('pending', 'unanswered') THEN 'answered'
            ELSE c.status
        END
    WHERE c.id = about.id;

    -- What this message taught and no other, is known no more.
    SELECT c.detail ->> 'learnt' INTO taught_before
    FROM public."Conversation" AS c
    WHERE c."userId" = client.id AND c.direction = 'in' AND c.detail ? 'learnt'
    ORDER BY c.id DESC
    LIMIT 1;
    IF
        client.nama = about.detail ->> 'learnt'
        OR act = 'edit' AND learnt_name = taught_before
    THEN
        client.nama := nullif(taught_before, '');
    END IF;
    -- No bot answers from what it remembers; what a responder keeps may quote what was taken back.
    UPDATE public."User" AS u
    SET nama = client.nama, revision = gen_random_uuid()
    WHERE u.id = client.id;
    PERFORM novabot_internal.signal_change(client.incarnation);
    IF act = 'revoke' THEN
        UPDATE public."Session" AS s
        SET context = '{}', "updatedAt" = now()
        WHERE s."userId" = client.id;
    END IF;
    RETURN 'annotated';
END
$$;
COMMENT ON FUNCTION novabot_internal.annotate_message(
    text[], text, text, text, text, text, text, timestamptz, interval
) IS
'A client reacts to a message (act reaction; new_text: the emoji, empty where it is removed), edits (edit; new_text: the new text, learnt_name: the name it teaches, NULL for none) or takes back (revoke) one of its own. target: WhatsApp''s id of the message. A revoke blanks text and detail for good, ends the waiting for an answer, clears what the responder keeps, and makes bots drop what they remember; a name that an edited or revoked message taught alone is forgotten. outcome: annotated, noted (a revoke of a message that has not come: it will be a duplicate), unknown (no such message), foreign (the message is another client''s), overtaken (by a later edit or a revoke), duplicate, too_old or forgotten as commit_turn says. Raises lock_not_available after 50 ms behind another transaction''s lock.';
