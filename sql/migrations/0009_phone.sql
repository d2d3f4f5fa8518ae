-- What a person answers in the business's own WhatsApp app: the bot steps back for that client.

ALTER TABLE public."User" ADD COLUMN "pausedUntil" timestamptz;
COMMENT ON COLUMN public."User"."pausedUntil" IS
'Until then the bot stores messages and does not answer, because a person has answered on the phone. "pausedAt" stops it too, without an end.';
