-- What an operator settles of a message: that it is sent again, or that it arrived.
-- An uncertain one is offered after ten minutes, within which WhatsApp's status mostly comes.

CREATE OR REPLACE FUNCTION novabot_internal.operator_offers(
    message public."Conversation", window_until timestamptz
) RETURNS text[]
LANGUAGE sql STABLE
AS $$
    SELECT CASE
        WHEN
            message.direction <> 'out'
            OR message.author = 'phone'
            OR message.status NOT IN ('uncertain', 'expired', 'failed')
            -- "dueAt" is when the last attempt was settled.
            OR (
                message.status = 'uncertain'
                AND greatest(message.at, message."dueAt")
                >= clock_timestamp() - interval '10 minutes'
            )
            THEN ARRAY[]::text[]
        ELSE
            CASE
                WHEN
                    (window_until < clock_timestamp() AND message.kind <> 'template')
                    OR novabot_internal.refused_for_client(message) IS NOT NULL
                    THEN ARRAY[]::text[]
                ELSE ARRAY['resend']
            END
            || CASE WHEN message.status = 'uncertain' THEN ARRAY['arrived'] ELSE ARRAY[]::text[] END
    END
$$;
COMMENT ON FUNCTION novabot_internal.operator_offers(public."Conversation", timestamptz) IS
'What an operator may say becomes of a message that expired, failed, or has been uncertain for ten minutes: resend, unless the client''s window has closed or it may not be sent to this client (refused_for_client); arrived, if it is uncertain. Nothing of what was sent from the phone: only there is it sent again.';

CREATE OR REPLACE FUNCTION novabot_internal.lock_for_operator(
    message uuid, expected uuid
) RETURNS text
LANGUAGE sql
AS $$
    SELECT u.id
    FROM public."User" AS u
    JOIN public."Conversation" AS c ON c."userId" = u.id
    WHERE
        c.token = message
        AND c.direction = 'out'
        AND u.incarnation = coalesce(expected, u.incarnation)
    FOR KEY SHARE OF u
$$;
COMMENT ON FUNCTION novabot_internal.lock_for_operator(uuid, uuid) IS
'The client to whom an outgoing message goes, kept from being deleted until the transaction ends; NULL if it is gone, or another incarnation is expected.';

CREATE OR REPLACE FUNCTION novabot_internal.resend_message(
    message uuid, expected uuid, operator text
) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET lock_timeout = '2s'
AS $$
DECLARE
    client CONSTANT text := novabot_internal.lock_for_operator(message, expected);
    queued public."Conversation";
BEGIN
    UPDATE public."Conversation" AS c
    SET
        status = 'queued', "dueAt" = clock_timestamp(), attempts = 0, author = operator,
        "errorCode" = NULL, "errorText" = NULL, "claimedBy" = NULL, "claimedAt" = NULL
    FROM public."User" AS u
    WHERE
        u.id = client
        AND c.token = message
        AND c."userId" = u.id
        AND 'resend' = ANY (novabot_internal.operator_offers(c, u."windowUntil"))
    RETURNING c.* INTO queued;
    IF queued.id IS NOT NULL THEN
        -- A message that had expired left the one before it to a person, who has answered it now.
        UPDATE public."Conversation" AS c
        SET status = 'answered'
        WHERE
            c.id = (
                SELECT max(i.id)
                FROM public."Conversation" AS i
                WHERE i."userId" = client AND i.direction = 'in' AND i.id < queued.id
            )
            AND c.status = 'unanswered';
        -- The client may have left the address since.
        PERFORM novabot_internal.readdress(client);
    END IF;
    RETURN client;
END
$$;
COMMENT ON FUNCTION novabot_internal.resend_message(uuid, uuid, text) IS
'Queues a message again in the name of an operator; the message before it counts as answered. One that operator_offers does not offer it for stays as it is. Returns the client, or NULL as lock_for_operator does.';

CREATE OR REPLACE FUNCTION novabot_internal.note_arrived(
    message uuid, expected uuid
) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET lock_timeout = '2s'
AS $$
DECLARE
    client CONSTANT text := novabot_internal.lock_for_operator(message, expected);
BEGIN
    UPDATE public."Conversation" AS c
    SET status = 'sent', "errorCode" = NULL, "errorText" = NULL
    WHERE
        c.token = message
        AND c."userId" = client
        AND 'arrived' = ANY (novabot_internal.operator_offers(c, NULL));
    RETURN client;
END
$$;
COMMENT ON FUNCTION novabot_internal.note_arrived(uuid, uuid) IS
'An operator says that an uncertain message arrived: it becomes sent; a status callback may still say more. Returns the client, or NULL as lock_for_operator does.';
