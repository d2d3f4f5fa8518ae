-- When each bot dropped the sessions of a reset, by its own measure.

ALTER TABLE public."ResetAck" ADD COLUMN "evictedAt" timestamptz;
COMMENT ON COLUMN public."ResetAck"."evictedAt" IS
'When the bot dropped the sessions, in the database''s clock as the bot measures it: exact to half of its shortest recent round trip. NULL from bots of 0.1, and for a reset that the bot did not hear and found when it connected again.';
