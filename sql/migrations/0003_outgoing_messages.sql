-- An outgoing message has an author and an idempotency key.
ALTER TABLE "Conversation"
    ADD COLUMN author text,
    ADD COLUMN key text;
CREATE UNIQUE INDEX conversation_by_key ON "Conversation" ("userId", key) WHERE key IS NOT NULL;
ALTER TABLE "Conversation"
    ALTER COLUMN author SET STATISTICS 0,
    ALTER COLUMN key SET STATISTICS 0;
