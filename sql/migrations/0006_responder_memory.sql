-- A responder may remember clients by itself, and fail to forget them.

ALTER TABLE public."ResetAck"
    ADD COLUMN error text;

COMMENT ON COLUMN public."ResetAck".error IS
'Why the responder of this bot may still remember these clients: the kind of error in which its `forgotten` ended, never a message; NULL if it forgot them, or remembers nothing by itself.';
COMMENT ON TABLE public."ResetAck" IS
'This bot no longer remembers the clients of this reset, nor does its responder unless there is an error; evicted says how many sessions it dropped.';
