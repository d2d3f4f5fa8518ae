-- Which incarnations each reset took, and when each bot dropped their sessions, by its own measure.

CREATE TABLE public."ResetIncarnations" (
    "resetId" bigint PRIMARY KEY REFERENCES public."Reset" (id) ON DELETE CASCADE,
    incarnations uuid[] NOT NULL,
    "mergedInto" uuid
);
-- Random bytes: to compress them costs time and saves nothing.
ALTER TABLE public."ResetIncarnations" ALTER COLUMN incarnations SET STORAGE EXTERNAL;
COMMENT ON TABLE public."ResetIncarnations" IS
'Whom a reset took; random, so they say nothing once the rows are gone. Empty for a reset that found no client. Resets of 0.1, and TRUNCATE in a transaction with an older snapshot, have no row.';
COMMENT ON COLUMN public."ResetIncarnations".incarnations IS
'The incarnations that are no more: of the deleted clients, and of all that were merged into them before.';
COMMENT ON COLUMN public."ResetIncarnations"."mergedInto" IS
'For source merge: the incarnation that goes on as the same client.';

ALTER TABLE public."ResetAck" ADD COLUMN "evictedAt" timestamptz;
COMMENT ON COLUMN public."ResetAck"."evictedAt" IS
'When the bot dropped the sessions, in the database''s clock as the bot measures it: exact to half of its shortest recent round trip. NULL from bots of 0.1, and for a reset that the bot did not hear and found when it connected again.';
