-- What WhatsApp lets the business's number send, shared by all bots; when a client's window closes;
-- and what became of answers that were not sent in time.

CREATE TABLE public."Number" (
    id text NOT NULL,
    token bytea NOT NULL DEFAULT '',
    state text NOT NULL DEFAULT 'running',
    since timestamptz NOT NULL DEFAULT now(),
    code integer,
    reason text,
    "byHand" boolean NOT NULL DEFAULT false,
    "dueAt" timestamptz NOT NULL DEFAULT now(),
    attempts integer NOT NULL DEFAULT 0,
    rate double precision,
    "refusedAt" double precision,
    suspect uuid,
    "stoppedAt" timestamptz,
    "resumedAt" timestamptz,
    PRIMARY KEY (id, token),
    CONSTRAINT state_is_known CHECK (state IN ('running', 'slowed', 'stopped'))
);
COMMENT ON TABLE public."Number" IS
'Whether the business''s number may send, for all bots together. A row is written only when that changes; without a row the number is running.';
COMMENT ON COLUMN public."Number".id IS 'WhatsApp''s id of the number.';
COMMENT ON COLUMN public."Number".token IS
'Empty: for every access token. Else the SHA-256 of the access token that was refused; bots with another one go on.';
COMMENT ON COLUMN public."Number".state IS
'running, slowed (WhatsApp refused the rate; it grows again by itself) or stopped (nothing is sent until the cause is mended).';
COMMENT ON COLUMN public."Number".since IS 'When the state, or the suspicion, began.';
COMMENT ON COLUMN public."Number".code IS 'WhatsApp''s error code; the HTTP status where it gave none.';
COMMENT ON COLUMN public."Number"."byHand" IS
'Stopped until novabot number resume; else single messages try at growing distances whether it is mended.';
COMMENT ON COLUMN public."Number"."dueAt" IS
'Slowed: until then nothing is sent. Stopped: when the next message tries it.';
COMMENT ON COLUMN public."Number".attempts IS 'Slowed: pauses in a row. Stopped: tries.';
COMMENT ON COLUMN public."Number".rate IS 'Slowed: messages a second right after the pause.';
COMMENT ON COLUMN public."Number"."refusedAt" IS 'Slowed: messages a second when WhatsApp refused.';
COMMENT ON COLUMN public."Number".suspect IS
'The incarnation of the one client whose message was refused for a reason that may concern the number; a second client''s stops it.';
COMMENT ON COLUMN public."Number"."stoppedAt" IS 'When the last stop began.';
COMMENT ON COLUMN public."Number"."resumedAt" IS 'When the last stop ended; NULL while it lasts.';

ALTER TABLE public."Bot" ADD COLUMN wants integer NOT NULL DEFAULT 0;
COMMENT ON COLUMN public."Bot".wants IS
'Messages that it sent, or had to send, in the last second: its share of the number''s rate.';

ALTER TABLE public."User" ADD COLUMN "windowUntil" timestamptz;
COMMENT ON COLUMN public."User"."windowUntil" IS
'Until then WhatsApp lets the business answer: 24 hours from the client''s last message. NULL: it has not written since this column exists.';

-- NOT VALID: whatever the narrower constraint let in is right, so there is nothing to scan for.
ALTER TABLE public."Conversation"
    ADD COLUMN "paidUntil" timestamptz,
    DROP CONSTRAINT status_is_known,
    ADD CONSTRAINT status_is_known CHECK (
        status IN (
            'pending', 'answered', 'unanswered',
            'queued', 'sending', 'uncertain', 'sent', 'failed', 'delivered', 'read',
            'expired', 'cancelled'
        )
    ) NOT VALID;
COMMENT ON COLUMN public."Conversation".status IS
'In: pending (stored, not yet answered), answered, unanswered (a person has to). Out: queued, sending, then uncertain, sent, failed, delivered or read; expired (too old to be said) or cancelled (a person took over).';
COMMENT ON COLUMN public."Conversation"."paidUntil" IS
'Out: what the client''s messages until this one have used up of WhatsApp''s limit, one in 6 seconds.';
