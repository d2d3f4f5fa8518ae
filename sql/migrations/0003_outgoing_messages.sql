-- A message has an author and may have a key. From here on every name in a migration is qualified.

-- "User" is locked first, as everywhere: TRUNCATE locks it before "Conversation".
COMMENT ON COLUMN public."User".incarnation IS
'This incarnation of the client: a client deleted and made again has another one; never reused.';
COMMENT ON COLUMN public."User"."createdAt" IS
'When this incarnation began, by the clock: later than a reset in the same transaction.';

-- NOT VALID: the rows of 0.1 have no author, so there is nothing to scan them for.
ALTER TABLE public."Conversation"
    ADD COLUMN author text,
    ADD COLUMN key text,
    ADD CONSTRAINT author_is_known CHECK (
        author IN ('bot', 'client', 'phone')
        OR author LIKE 'operator:_%'
        OR author LIKE 'api:_%'
    ) NOT VALID,
    ALTER COLUMN author SET STATISTICS 0,
    ALTER COLUMN key SET STATISTICS 0;

COMMENT ON COLUMN public."Conversation".author IS
'bot, client, phone (typed on the business''s own phone), operator:NAME or api:NAME. NULL, in rows of 0.1 and of plain INSERTs, is read as client for a message in and as bot for one out.';
COMMENT ON COLUMN public."Conversation".key IS
'The idempotency key that its author gave it: a second message to this client with the same one is not queued.';

-- A key given again is found here.
CREATE UNIQUE INDEX conversation_by_key ON public."Conversation" ("userId", key)
WHERE key IS NOT NULL;

COMMENT ON TABLE public."WebSession" IS
'Who is logged in to the dashboard; deleting a row logs them out. Of the cookie only its HMAC-SHA-256 under NOVABOT_SECRET_KEY is kept.';
COMMENT ON COLUMN public."WebSession"."tokenHash" IS
'HMAC-SHA-256 of the cookie under NOVABOT_SECRET_KEY: without that key, the table proves no login.';
COMMENT ON TABLE public."Forgotten" IS
'Keyed digests of the addresses reset in the last 8 days: messages dated before are late redeliveries. 9 bytes, a zero and a time, stand for all senders who have no client, or one created after that time.';
COMMENT ON TABLE public."Delivery" IS
'Keyed digests of the message ids seen in the last 8 days; outlives resets, and identifies no client.';
COMMENT ON COLUMN public."Bot"."stoppedAt" IS
'Set by a clean stop; such a bot remembers no client.';
