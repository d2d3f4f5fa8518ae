-- What a DELETE of very many, or of everybody, brought to light.

-- The index of the client list holds the id in another collation than the key does, so that no
-- lookup of an id can mistake it for the key. Of a table that was just emptied, PostgreSQL took
-- it for the cheaper one, and one INSERT of 100 000 clients then read all of it for each of them.
DROP INDEX user_by_activity;
CREATE INDEX user_by_activity ON "User" ("activeAt" DESC, id COLLATE "C" DESC);

-- A watermark for everybody no longer replaces the one before: see everybody_at().
UPDATE "Forgotten"
SET digest = decode('00', 'hex') || timestamptz_send(at)
WHERE digest = '';
COMMENT ON TABLE "Forgotten" IS
'Keyed digests of the addresses reset in the last 8 days: messages dated before are late redeliveries. What everybody_at() gives stands for everybody.';

-- It has a fourth argument now.
DROP FUNCTION IF EXISTS set_aside(text, text, text);
