-- Transactions that make, or move, a client at the same address take turns: by rows that they lock,
-- which a role without rights on the table cannot.

CREATE TABLE public."AddressLock" (
    bucket integer PRIMARY KEY
);

COMMENT ON TABLE public."AddressLock" IS
'What transactions lock that make, or move, a client: a row for one in 1024 addresses. It says nothing of a client.';
INSERT INTO public."AddressLock" (bucket) SELECT generate_series(0, 1023);
