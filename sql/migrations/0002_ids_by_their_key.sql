-- The index of the client list holds the id in another collation than the key does, so that no
-- lookup of an id can mistake it for the key. Of a table that was just emptied, PostgreSQL took
-- it for the cheaper one, and one INSERT of 100 000 clients then read all of it for each of them.

DROP INDEX user_by_activity;
CREATE INDEX user_by_activity ON "User" ("activeAt" DESC, id COLLATE "C" DESC);
