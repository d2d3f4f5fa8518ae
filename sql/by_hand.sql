-- Addresses that a DBA takes from a client, or gives to one, by plain SQL: docs/identity.md says what
-- each edit of "Alias" means.

CREATE OR REPLACE FUNCTION novabot_internal.note_address_taken(
    client text, address text, since timestamptz
) RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    canonical CONSTANT text := novabot_internal.canonical_address(address);
BEGIN
    IF
        NOT EXISTS (SELECT FROM public."User" AS u WHERE u.id = client)
        OR (
            client = ANY (novabot_internal.ids_of(canonical))
            AND novabot_internal.reply_address(client) IS NULL
            AND NOT EXISTS (SELECT FROM public."Alias" AS a WHERE a.alias = canonical)
        )
    THEN
        RETURN;
    END IF;
    INSERT INTO public."FormerAlias" (alias, "userId", since, until)
    VALUES (canonical, client, note_address_taken.since, greatest(note_address_taken.since, clock_timestamp()))
    ON CONFLICT DO NOTHING;
END
$$;
COMMENT ON FUNCTION novabot_internal.note_address_taken(text, text, timestamptz) IS
'Records an address that was taken from a client by hand as a former one. Does nothing for a deleted client, nor for one that has no other address and whose id is this one: the next message from there finds it again.';

CREATE OR REPLACE FUNCTION novabot_internal.has_left_its_id(client text) RETURNS boolean
LANGUAGE sql STABLE
AS $$
    SELECT
        NOT EXISTS (
            SELECT FROM public."Alias" AS a WHERE a."userId" = client AND a.alias = o.address
        )
        AND (
            novabot_internal.reply_address(client) IS NOT NULL
            OR EXISTS (
                SELECT
                FROM public."FormerAlias" AS f
                WHERE f."userId" = client AND f.alias = o.address
            )
        )
    FROM novabot_internal.canonical_address(novabot_internal.alias_of(client)) AS o (address)
$$;
COMMENT ON FUNCTION novabot_internal.has_left_its_id(text) IS
'Whether the address in a client''s id was taken from it by hand, so that its next writer is another person.';

CREATE OR REPLACE FUNCTION novabot_internal.settle_id_if_left(client text) RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
    IF
        EXISTS (SELECT FROM public."User" AS u WHERE u.id = client)
        AND novabot_internal.has_left_its_id(client)
    THEN
        IF novabot_internal.settle_id(client) = client THEN
            RAISE EXCEPTION USING
                ERRCODE = 'ST004',
                MESSAGE = 'a foreign key of another table keeps a client at an id whose address is'
                    ' another person''s: nothing was changed',
                HINT = 'Let that foreign key be ON UPDATE CASCADE.';
        END IF;
    END IF;
END
$$;
COMMENT ON FUNCTION novabot_internal.settle_id_if_left(text) IS
'Called before a client is made with this id: one that has the id and has left the address gets another id. Not done when the address is taken, because a DBA may delete the client by that id next.';

CREATE OR REPLACE FUNCTION novabot_internal.mark_replaced() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF current_setting('novabot.renaming', true) = 'on' THEN
        RETURN NULL; -- a merge, or a client's new id
    END IF;
    IF OLD."userId" <> NEW."userId" THEN
        IF NOT EXISTS (SELECT FROM public."User" AS u WHERE u.id = OLD."userId") THEN
            RETURN NULL; -- the client has another id
        ELSIF ARRAY[OLD."userId", NEW."userId"] <@ novabot_internal.ids_of(NEW.alias) THEN
            RETURN NULL; -- two clients in two spellings of one number are one person
        END IF;
        -- What was written before, and comes late, is the earlier client's.
        UPDATE public."Alias" AS a
        SET since = greatest(OLD.since, date_trunc('second', clock_timestamp()))
        WHERE a.alias = NEW.alias AND NEW.since = OLD.since;
    ELSIF
        novabot_internal.canonical_address(OLD.alias)
        = novabot_internal.canonical_address(NEW.alias)
    THEN
        RETURN NULL;
    END IF;
    IF OLD.alias <> NEW.alias THEN
        PERFORM novabot_internal.forget_addresses(ARRAY[OLD.alias], ARRAY[OLD.since]);
    END IF;
    PERFORM novabot_internal.note_address_taken(OLD."userId", OLD.alias, OLD.since);
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION novabot_internal.mark_replaced() IS
'An address that is overwritten or given to another client by hand is a former one of the client who had it. One that is overwritten gets its watermark, as one that is deleted does: its client''s reset cannot see it. One that is given to another client leads there from now on, unless the same statement says since when.';

CREATE OR REPLACE TRIGGER mark_replaced
AFTER UPDATE OF alias, "userId" ON public."Alias"
FOR EACH ROW
WHEN (OLD.alias IS DISTINCT FROM NEW.alias OR OLD."userId" IS DISTINCT FROM NEW."userId")
EXECUTE FUNCTION novabot_internal.mark_replaced();
ALTER TABLE public."Alias" ENABLE ALWAYS TRIGGER mark_replaced;
