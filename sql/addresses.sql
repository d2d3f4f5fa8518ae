-- Addresses: how a sender, or a handle typed by a person, leads to a client.
-- enable_seqscan is off where a plan is kept while its tables grow under it: made for a hundred
-- rows, a sequential scan turned one INSERT of 20 000 clients from a second into a minute. Before
-- PostgreSQL 18 that prices plans so high that they would be compiled each time: jit is off too.

CREATE OR REPLACE FUNCTION alias_of(client_id text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
AS $$
    SELECT regexp_replace(client_id, '@(c\.us|s\.whatsapp\.net)$', '')
$$;
COMMENT ON FUNCTION alias_of(text) IS
'The address that a client id stands for: 6281717407674@c.us → 6281717407674; a BSUID stays.';

CREATE OR REPLACE FUNCTION client_id_of(address text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
AS $$
    SELECT CASE WHEN address ~ '^[0-9]+$' THEN address || '@c.us' ELSE address END
$$;
COMMENT ON FUNCTION client_id_of(text) IS
'The id of a client first met at this address: 6281717407674 → 6281717407674@c.us.';

CREATE OR REPLACE FUNCTION strip_handle(handle text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
AS $$
    -- Copied from a chat or a contact, a number brings other spaces and dashes, and marks
    -- of the writing direction that nobody sees.
    SELECT regexp_replace(
        regexp_replace(
            btrim(
                regexp_replace(
                    regexp_replace(
                        regexp_replace(
                            handle, '[\u200B-\u200F\u202A-\u202E\u2060-\u2069\uFEFF]', '', 'g'
                        ),
                        '[\u2010-\u2015\u2212]', '-', 'g'
                    ),
                    '[[:space:]\u00A0\u2000-\u200A\u202F\u3000]+', ' ', 'g'
                )
            ),
            '^(tel:|whatsapp:|https?://wa\.me/)', '', 'i'
        ),
        '@(c\.us|s\.whatsapp\.net)$', '', 'i'
    )
$$;
COMMENT ON FUNCTION strip_handle(text) IS
'A handle without what copying it brought along: its link, its host, odd spaces and dashes.';

CREATE OR REPLACE FUNCTION read_handle(handle text) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
SET search_path = public, pg_temp
AS $$
DECLARE
    written CONSTANT text := strip_handle(handle);
    digits text;
BEGIN
    -- Without its 0, an Indonesian number is one only as people write it, in groups: bare digits,
    -- as programs and ids have them, are international, and 852… is in Hong Kong.
    IF written ~* '^[a-z]{2}\.(ent\.)?[a-z0-9]{1,128}$' THEN
        RETURN written;
    END IF;
    IF written ~ '^\+?[0-9 ()./-]+$' THEN
        digits := regexp_replace(written, '[^0-9]', '', 'g');
        digits := CASE
            WHEN digits LIKE '00%' THEN substr(digits, 3)
            WHEN written LIKE '+%' THEN digits
            WHEN digits LIKE '0%' THEN '62' || substr(digits, 2)
            WHEN digits ~ '^8[0-9]{8,11}$' AND written ~ '[0-9][ -][0-9]' THEN '62' || digits
            ELSE digits
        END;
        digits := regexp_replace(digits, '^620+', '62');
        IF length(digits) BETWEEN 6 AND 20 THEN
            RETURN digits;
        END IF;
    END IF;
    RAISE EXCEPTION USING
        ERRCODE = 'ST001',
        MESSAGE = format('%L is no client id, phone number or BSUID', handle),
        HINT = 'Write 6281717407674@c.us, +62 817-1740-7674, 0817-1740-7674, or a BSUID such as ID.1a2b3c.';
END
$$;
COMMENT ON FUNCTION read_handle(text) IS
'The address a person meant: a client id, a phone number in any usual spelling (national ones are Indonesian), or a BSUID. Raises ST001 for anything else.';

CREATE OR REPLACE FUNCTION typed_digits(typed text) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
SET search_path = public, pg_temp
AS $$
DECLARE
    written CONSTANT text := strip_handle(typed);
    digits text;
BEGIN
    IF written !~ '^\+?[0-9 ()./-]+$' THEN
        RETURN NULL;
    END IF;
    digits := ltrim(regexp_replace(written, '[^0-9]', '', 'g'), '0');
    digits := regexp_replace(digits, '^620+', '62');
    RETURN CASE WHEN length(digits) >= 3 THEN digits END;
END
$$;
COMMENT ON FUNCTION typed_digits(text) IS
'The digits to look for when somebody searches a number, or a part of one, in any usual spelling: 0817-1740 → 8171740; NULL for what is none.';

CREATE OR REPLACE FUNCTION find_client(handle text) RETURNS text
LANGUAGE plpgsql STABLE STRICT
SET search_path = public, pg_temp
AS $$
DECLARE
    found text;
BEGIN
    SELECT u.id INTO found FROM "User" AS u WHERE u.id = handle;
    IF found IS NULL THEN
        SELECT u.id INTO found
        FROM "User" AS u
        JOIN "Alias" AS a ON a."userId" = u.id
        WHERE
            a.alias = handle
            OR (handle ~ '^[+0-9 ()./-]+$' AND a.alias = regexp_replace(handle, '[^0-9]', '', 'g'));
    END IF;
    IF found IS NULL THEN
        SELECT u.id INTO found
        FROM "User" AS u
        JOIN "Alias" AS a ON a."userId" = u.id
        WHERE a.alias = read_handle(handle);
    END IF;
    IF found IS NULL THEN
        -- Somebody may have deleted its address by hand: a turn would find it all the same.
        SELECT u.id INTO found FROM "User" AS u WHERE u.id = client_id_of(read_handle(handle));
    END IF;
    RETURN found;
END
$$;
COMMENT ON FUNCTION find_client(text) IS
'The id of the client a handle leads to, or NULL. Raises ST001 for what is no handle and no client.';

CREATE OR REPLACE FUNCTION add_own_alias() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp
SET enable_seqscan = off
SET jit = off
AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        -- Foreign keys have moved them already, unless session_replication_role = replica.
        UPDATE "Session" SET "userId" = NEW.id WHERE "userId" = OLD.id;
        UPDATE "Conversation" SET "userId" = NEW.id WHERE "userId" = OLD.id;
        UPDATE "Alias" SET "userId" = NEW.id WHERE "userId" = OLD.id;
        -- It leads to nobody from now on, and nobody is forgotten: see mark_forgotten.
        PERFORM set_config('novabot.renaming', 'on', true);
        DELETE FROM "Alias" WHERE alias = alias_of(OLD.id) AND "userId" IN (OLD.id, NEW.id);
        PERFORM set_config('novabot.renaming', '', true);
    END IF;
    INSERT INTO "Alias" (alias, "userId")
    VALUES (alias_of(NEW.id), NEW.id)
    ON CONFLICT (alias) DO UPDATE SET "userId" = excluded."userId";
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION add_own_alias() IS
'A client is found at the address its id stands for, also after a plain INSERT or UPDATE of the id.';

CREATE OR REPLACE TRIGGER a_own_alias_on_insert
AFTER INSERT ON "User"
FOR EACH ROW EXECUTE FUNCTION add_own_alias();
ALTER TABLE "User" ENABLE ALWAYS TRIGGER a_own_alias_on_insert;

CREATE OR REPLACE TRIGGER own_alias_on_rename
AFTER UPDATE OF id ON "User"
FOR EACH ROW WHEN (OLD.id IS DISTINCT FROM NEW.id)
EXECUTE FUNCTION add_own_alias();
ALTER TABLE "User" ENABLE ALWAYS TRIGGER own_alias_on_rename;
