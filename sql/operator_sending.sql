-- What an operator settles of a message: that it is sent again, or that it arrived.
-- An uncertain one is offered after ten minutes, within which WhatsApp's status mostly comes.

CREATE OR REPLACE FUNCTION novabot_internal.may_be_settled(message public."Conversation")
RETURNS boolean
LANGUAGE sql STABLE
AS $$
    SELECT
        message.direction = 'out'
        AND (
            message.status IN ('expired', 'failed')
            OR (
                message.status = 'uncertain'
                -- "dueAt" is when the last attempt was settled.
                AND greatest(message.at, message."dueAt") < clock_timestamp() - interval '10 minutes'
            )
        )
$$;
COMMENT ON FUNCTION novabot_internal.may_be_settled(public."Conversation") IS
'Whether an operator may say what becomes of a message: one that expired or failed, or has been uncertain for ten minutes.';

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
BEGIN
    UPDATE public."Conversation" AS c
    SET
        status = 'queued', "dueAt" = clock_timestamp(), attempts = 0, author = operator,
        "errorCode" = NULL, "errorText" = NULL, "claimedBy" = NULL, "claimedAt" = NULL
    WHERE c.token = message AND c."userId" = client AND novabot_internal.may_be_settled(c);
    IF FOUND THEN
        -- The client may have left the address since.
        PERFORM novabot_internal.readdress(client);
    END IF;
    RETURN client;
END
$$;
COMMENT ON FUNCTION novabot_internal.resend_message(uuid, uuid, text) IS
'Queues a message again in the name of an operator; one that is waiting, being sent or arrived stays as it is. Returns the client, or NULL as lock_for_operator does.';

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
        AND c.status = 'uncertain'
        AND novabot_internal.may_be_settled(c);
    RETURN client;
END
$$;
COMMENT ON FUNCTION novabot_internal.note_arrived(uuid, uuid) IS
'An operator says that an uncertain message arrived: it becomes sent; a status callback may still say more. Returns the client, or NULL as lock_for_operator does.';
