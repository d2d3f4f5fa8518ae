-- What messages quote: the text stays in the row that is quoted, and is read from there.

CREATE OR REPLACE FUNCTION novabot_internal.messages_quoted(client text, sought text[])
RETURNS TABLE (message_id text, id bigint, direction text, kind text, body text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
SET lock_timeout = '2s'
AS $$
    SELECT DISTINCT ON (c."waMessageId")
        c."waMessageId", c.id, c.direction, c.kind, left(c.body, 300)
    FROM public."Conversation" AS c
    WHERE c."userId" = client AND c."waMessageId" = ANY (sought)
    ORDER BY c."waMessageId", c.id DESC
$$;
COMMENT ON FUNCTION novabot_internal.messages_quoted(text, text[]) IS
'Of these ids of WhatsApp''s the messages that a client''s chat holds, each with its first 300 characters; no row for one that is not there, or is another client''s.';
