-- Echoes: what a person writes to a client in the business's own WhatsApp app, and edits or takes
-- back there. An echo is an outgoing row that was sent already, by the author `phone`.

CREATE OR REPLACE FUNCTION novabot_internal.store_echo(
    addresses text[],
    account text,
    message_id text,
    kind text,
    body text,
    detail jsonb,
    written_at timestamptz,
    pause_for interval,
    kept_for interval DEFAULT '90 days',
    OUT outcome text,
    OUT identity text
) RETURNS record
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET lock_timeout = '50ms'
SET jit = off
AS $$
#variable_conflict use_variable
DECLARE
    recipient record;
    changed record;
    client public."User";
    stated_at CONSTANT timestamptz := written_at;
BEGIN
    written_at := least(written_at, now());
    SELECT l.* INTO recipient
    FROM novabot_internal.lock_writer(addresses, account, written_at, kept_for) AS l;
    client := recipient.client;
    outcome := coalesce(
        novabot_internal.refusal_of(
            addresses, message_id,
            -- Where the client is not there, a second is allowed instead of a minute: the person who
            -- wrote may be the one who has just reset them. WhatsApp's times are whole seconds.
            written_at - CASE WHEN client.id IS NULL THEN interval '59 seconds' ELSE interval '0' END,
            client."createdAt"
        ),
        CASE
            WHEN
                EXISTS (
                    SELECT
                    FROM public."Conversation" AS c
                    WHERE c."waMessageId" = message_id AND c.direction = 'out'
                )
                THEN 'own'
            WHEN recipient.decision = 'forgotten' THEN 'forgotten'
        END
    );
    IF outcome IS NULL AND recipient.decision <> 'known' THEN
        SELECT a.* INTO changed
        FROM novabot_internal.apply_writer(
            client, recipient.decision, recipient.other, recipient.own, recipient.event, account,
            written_at, NULL
        ) AS a;
        client := changed.became;
        identity := changed.result;
    END IF;
    outcome := coalesce(outcome, CASE WHEN client.id IS NULL THEN 'stale' ELSE 'stored' END);
    IF outcome <> 'stored' THEN
        RETURN;
    END IF;
    PERFORM novabot_internal.note_delivery(message_id, stated_at);
    INSERT INTO public."Conversation" (
        "userId", direction, kind, body, detail, at, "waMessageId", author, status, "paidUntil"
    )
    VALUES (
        client.id, 'out', kind, body, detail, written_at, message_id, 'phone', 'sent',
        -- The limit of what the bots send to a client lies in its last message.
        (
            SELECT c."paidUntil"
            FROM public."Conversation" AS c
            WHERE c."userId" = client.id AND c.direction = 'out'
            ORDER BY c.id DESC
            LIMIT 1
        )
    );
    UPDATE public."Conversation" AS c
    SET status = 'answered'
    WHERE
        c."userId" = client.id
        AND c.direction = 'in'
        AND c.status = 'unanswered'
        AND c.at <= written_at;
    -- "activeAt" stays: it also tells when the client last wrote from its number.
    IF pause_for > interval '0' THEN
        UPDATE public."User" AS u
        SET "pausedUntil" = greatest(u."pausedUntil", least(written_at, now()) + pause_for)
        WHERE u.id = client.id AND written_at + pause_for > now();
    END IF;
END
$$;
COMMENT ON FUNCTION novabot_internal.store_echo(
    text[], text, text, text, text, jsonb, timestamptz, interval, interval
) IS
'Stores what a person wrote on the phone to the client at these addresses, who is met by it if it is not known. The messages that waited for a person count as answered, and the bot steps back for pause_for from then on (0: it does not; nor for what comes later than that). outcome: stored, own (the bots or operators sent it), duplicate, too_old or forgotten as commit_turn says, stale (another transaction made the client: call it again). identity: what apply_writer reports. Raises lock_not_available after 50 ms behind another transaction''s lock.';

CREATE OR REPLACE FUNCTION novabot_internal.annotate_echo(
    addresses text[],
    account text,
    event_id text,
    target text,
    act text,
    new_text text,
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
    side CONSTANT text := CASE act WHEN 'reaction' THEN 'in' ELSE 'out' END;
    client public."User";
    held record;
    stated_at CONSTANT timestamptz := written_at;
    done_at numeric;
BEGIN
    written_at := least(written_at, now());
    done_at := extract(EPOCH FROM written_at);
    SELECT l.* INTO held
    FROM novabot_internal.lock_annotated(
        addresses, account, event_id, target, act, ARRAY[side], stated_at, kept_for
    ) AS l;
    IF held.outcome IS NOT NULL THEN
        RETURN held.outcome;
    END IF;
    client := held.client;
    UPDATE public."Conversation" AS c
    SET
        body = CASE act WHEN 'edit' THEN new_text WHEN 'revoke' THEN '' ELSE c.body END,
        detail = CASE act
            WHEN 'revoke' THEN jsonb_build_object('revoked', true)
            WHEN 'edit' THEN coalesce(c.detail, '{}') || jsonb_build_object('editedAt', done_at)
            ELSE nullif(
                (coalesce(c.detail, '{}') - 'reactionByPhone')
                || jsonb_strip_nulls(
                    jsonb_build_object(
                        'reactionByPhone', nullif(new_text, ''), 'reactedByPhoneAt', done_at
                    )
                ),
                '{}'
            )
        END
    WHERE
        c.id = (
            SELECT m.id
            FROM public."Conversation" AS m
            WHERE m."userId" = client.id AND m."waMessageId" = target AND m.direction = side
            ORDER BY m.id DESC
            LIMIT 1
        )
        AND c.detail -> 'revoked' IS NULL
        AND (
            act = 'revoke'
            OR coalesce(
                c.detail -> CASE act WHEN 'edit' THEN 'editedAt' ELSE 'reactedByPhoneAt' END, '0'
            )::numeric <= done_at
        );
    RETURN CASE WHEN found THEN 'annotated' ELSE 'overtaken' END;
END
$$;
COMMENT ON FUNCTION novabot_internal.annotate_echo(
    text[], text, text, text, text, text, timestamptz, interval
) IS
'A person edits or takes back, on the phone, a message that the business sent to the client at these addresses, or reacts there to one of the client''s (reaction; new_text: the emoji, empty where it is removed). target: WhatsApp''s id of the message. What is taken back is blanked for good. outcome: annotated, noted (a revoke of an echo that has not come: it will be a duplicate), unknown, foreign, overtaken, duplicate, too_old or forgotten, as annotate_message says. Raises lock_not_available after 50 ms behind another transaction''s lock.';
