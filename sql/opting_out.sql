-- Opting out: who asked not to be written to, and what is not sent for it. docs/sending.md says what
-- each level means.

CREATE OR REPLACE FUNCTION novabot_internal.opt_out_of(
    client text, OUT level text, OUT since timestamptz
) RETURNS record
LANGUAGE plpgsql STABLE -- every turn asks it: PL/pgSQL keeps its plan
AS $$
#variable_conflict use_column
BEGIN
    SELECT o.level, o.since INTO level, since
    FROM public."DigestKey" AS k
    CROSS JOIN public."Alias" AS a
    JOIN public."OptOut" AS o
        ON
            o.digest = sha256(k.key || convert_to('address:' || a.alias, 'UTF8'))
            AND o.since >= a.since
    WHERE a."userId" = client
    ORDER BY o.since DESC, o.level = 'everything' DESC, o.level = 'promotions' DESC
    LIMIT 1;
END
$$;
COMMENT ON FUNCTION novabot_internal.opt_out_of(text) IS
'What this client asked for last, at any of its addresses: level none, promotions or everything, and since when; NULL for a client who never asked. What an earlier owner of an address asked for does not count.';

CREATE OR REPLACE FUNCTION novabot_internal.has_stopped(client text) RETURNS boolean
LANGUAGE plpgsql STABLE
AS $$
BEGIN
    RETURN coalesce((novabot_internal.opt_out_of(client)).level = 'everything', false);
END
$$;
COMMENT ON FUNCTION novabot_internal.has_stopped(text) IS
'Whether the client has stopped everything: no responder is asked then.';

CREATE OR REPLACE FUNCTION novabot_internal.set_opt_out(
    addresses text[], new_level text, said_at timestamptz
) RETURNS void
LANGUAGE sql
AS $$
    INSERT INTO public."OptOut" AS o (digest, level, since)
    SELECT DISTINCT novabot_internal.digest_of('address:' || a.alias) AS digest, new_level, said_at
    FROM unnest(novabot_internal.canonical_addresses(addresses)) AS a (alias)
    ORDER BY digest
    ON CONFLICT (digest) DO UPDATE
    SET level = excluded.level, since = excluded.since
    WHERE
        o.since <= excluded.since
        AND NOT (o.level = 'everything' AND excluded.level = 'promotions')
$$;
COMMENT ON FUNCTION novabot_internal.set_opt_out(text[], text, timestamptz) IS
'The owner of these addresses asked for this level. What is older than what is known changes nothing; who has stopped everything has stopped promotions too.';

CREATE OR REPLACE FUNCTION novabot_internal.opt_out_client(
    client text, new_level text, said_at timestamptz
) RETURNS void
LANGUAGE sql
AS $$
    SELECT novabot_internal.set_opt_out(
        ARRAY(SELECT a.alias FROM public."Alias" AS a WHERE a."userId" = client),
        new_level, said_at
    )
$$;
COMMENT ON FUNCTION novabot_internal.opt_out_client(text, text, timestamptz) IS
'What set_opt_out does, for all addresses of a client.';

CREATE OR REPLACE FUNCTION novabot_internal.take_choice(client text, choice text) RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
    IF choice = 'person' THEN
        UPDATE public."User" AS u
        SET "pausedAt" = coalesce(u."pausedAt", now())
        WHERE u.id = client;
    ELSE
        PERFORM novabot_internal.opt_out_client(client, choice, now());
    END IF;
    IF choice = 'everything' THEN
        -- What is queued would be refused when it is given out: its client is told nothing more.
        UPDATE public."Conversation" AS c
        SET
            status = 'failed', "errorCode" = NULL,
            "errorText" = 'the client has stopped all messages'
        WHERE c."userId" = client AND c.status = 'queued' AND coalesce(c.author, 'bot') = 'bot';
    END IF;
END
$$;
COMMENT ON FUNCTION novabot_internal.take_choice(text, text) IS
'What a client chose in a turn, before its confirmation is queued: promotions, everything or none (opting out, and its end), or person: the bot pauses until an operator ends that.';

CREATE OR REPLACE FUNCTION novabot_internal.share_opt_out() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    last record;
BEGIN
    SELECT o.level, o.since INTO last
    FROM (
        SELECT a.alias, 'infinity'::timestamptz AS until, a.since
        FROM public."Alias" AS a
        WHERE a."userId" = NEW."userId"
        UNION ALL
        SELECT f.alias, f.until, f.since
        FROM public."FormerAlias" AS f
        WHERE f."userId" = NEW."userId"
    ) AS h
    CROSS JOIN public."DigestKey" AS k
    JOIN public."OptOut" AS o
        ON
            o.digest = sha256(k.key || convert_to('address:' || h.alias, 'UTF8'))
            AND o.since BETWEEN h.since AND h.until
    ORDER BY o.since DESC, o.level = 'everything' DESC, o.level = 'promotions' DESC
    LIMIT 1;
    IF last.level IS NOT NULL THEN
        PERFORM novabot_internal.set_opt_out(
            ARRAY[NEW.alias], last.level, greatest(last.since, NEW.since)
        );
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION novabot_internal.share_opt_out() IS
'A new address of a client who opted out carries that on, also when the others are left.';

CREATE OR REPLACE TRIGGER share_opt_out
AFTER INSERT OR UPDATE OF alias, "userId" ON public."Alias"
FOR EACH ROW EXECUTE FUNCTION novabot_internal.share_opt_out();
ALTER TABLE public."Alias" ENABLE ALWAYS TRIGGER share_opt_out;

CREATE OR REPLACE FUNCTION novabot_internal.was_reset_lately(client text) RETURNS boolean
LANGUAGE sql STABLE
AS $$
    SELECT EXISTS (
        SELECT
        FROM public."User" AS u
        JOIN public."Forgotten" AS f
            ON
                f.at <= u."createdAt"
                AND (
                    length(f.digest) = 9
                    OR f.until = 'infinity'
                    AND f.digest = ANY (
                        novabot_internal.address_digests(
                            ARRAY(SELECT a.alias FROM public."Alias" AS a WHERE a."userId" = u.id)
                        )
                    )
                )
        WHERE u.id = client AND u."windowUntil" IS NULL
    )
$$;
COMMENT ON FUNCTION novabot_internal.was_reset_lately(text) IS
'Whether the owner of the client''s addresses was reset before the client''s row was made, in the last 8 days, and has not written since. After a reset of all or very many clients: any that was made since and has not written.';

CREATE OR REPLACE FUNCTION novabot_internal.describe_opt_out(
    client text, OUT state text, OUT since timestamptz
) RETURNS record
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
SET lock_timeout = '2s'
AS $$
BEGIN
    PERFORM FROM public."User" AS u WHERE u.id = client;
    SELECT o.level, novabot_internal.shown_time(o.since) INTO state, describe_opt_out.since
    FROM novabot_internal.opt_out_of(client) AS o
    WHERE o.level <> 'none';
    IF state IS NULL AND novabot_internal.was_reset_lately(client) THEN
        state := 'reset';
    END IF;
END
$$;
COMMENT ON FUNCTION novabot_internal.describe_opt_out(text) IS
'Why a client is not written to, for its page: promotions or everything, since when, or reset (was_reset_lately); NULL if it is.';

CREATE OR REPLACE FUNCTION novabot_internal.refused_for_client(message public."Conversation")
RETURNS text
LANGUAGE plpgsql STABLE
AS $$
DECLARE
    chosen record;
    written timestamptz;
BEGIN
    SELECT o.level, o.since INTO chosen
    FROM novabot_internal.opt_out_of(message."userId") AS o;
    IF chosen.level = 'everything' THEN
        -- A bot's message since then confirms it, or answers the wish to be forgotten.
        IF
            message.kind = 'template'
            OR coalesce(message.author, 'bot') <> 'bot'
            OR message.at < chosen.since
        THEN
            RETURN 'the client has stopped all messages';
        END IF;
    ELSIF chosen.level = 'promotions' AND message.kind = 'template' THEN
        SELECT u."activeAt" INTO written
        FROM public."User" AS u
        WHERE u.id = message."userId";
        IF
            coalesce(message.detail ->> 'category', '') NOT IN ('utility', 'authentication')
            OR written <= chosen.since
        THEN
            RETURN 'the client has stopped promotions';
        END IF;
    END IF;
    IF novabot_internal.was_reset_lately(message."userId") THEN
        RETURN 'the client was reset and has not written since';
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION novabot_internal.refused_for_client(public."Conversation") IS
'Why this message may not be sent to its client, as "Conversation"."errorText" has it; NULL if it may.';

CREATE OR REPLACE FUNCTION novabot_internal.note_preference(
    addresses text[], event_id text, new_level text, said_at timestamptz
) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET lock_timeout = '50ms'
AS $$
DECLARE
    keys CONSTANT text[] := novabot_internal.canonical_addresses(addresses);
    owner public."User";
    refusal text;
BEGIN
    SELECT u.* INTO owner
    FROM public."User" AS u
    WHERE u.id = (
        SELECT a."userId" FROM public."Alias" AS a WHERE a.alias = ANY (keys)
        ORDER BY array_position(keys, a.alias) LIMIT 1
    )
    FOR NO KEY UPDATE;
    -- Not refusal_of: what was said before a reset outlives it.
    refusal := CASE
        WHEN novabot_internal.was_delivered(event_id) THEN 'duplicate'
        WHEN novabot_internal.is_too_old(said_at) THEN 'too_old'
    END;
    IF refusal IS NOT NULL THEN
        RETURN refusal;
    END IF;
    PERFORM novabot_internal.note_delivery(event_id, said_at);
    IF new_level = 'promotions' AND owner.id IS NOT NULL AND novabot_internal.has_stopped(owner.id) THEN
        RETURN 'noted'; -- who has stopped everything has stopped promotions too, at every address
    END IF;
    PERFORM novabot_internal.set_opt_out(keys, new_level, least(said_at, now()));
    IF owner.id IS NOT NULL THEN
        PERFORM novabot_internal.opt_out_client(owner.id, new_level, least(said_at, now()));
        -- No bot goes by what it remembers.
        UPDATE public."User" AS u SET revision = gen_random_uuid() WHERE u.id = owner.id;
        PERFORM novabot_internal.signal_change(owner.incarnation);
    END IF;
    RETURN 'noted';
END
$$;
COMMENT ON FUNCTION novabot_internal.note_preference(text[], text, text, timestamptz) IS
'WhatsApp tells that the owner of these addresses stops promotions (level promotions) or ends that (none); it need not be a client. Returns noted, duplicate or too_old. Raises lock_not_available after 50 ms behind another transaction''s lock.';

CREATE OR REPLACE FUNCTION novabot_internal.last_said(addresses text[]) RETURNS text
LANGUAGE sql STABLE
AS $$
    SELECT o.level
    FROM unnest(novabot_internal.canonical_addresses(addresses)) AS a (alias)
    JOIN public."OptOut" AS o ON o.digest = novabot_internal.digest_of('address:' || a.alias)
    ORDER BY o.since DESC, o.level = 'everything' DESC, o.level = 'promotions' DESC
    LIMIT 1
$$;
COMMENT ON FUNCTION novabot_internal.last_said(text[]) IS
'The level that was asked for last at one of these addresses, by its owner of that time; NULL if none was.';

CREATE OR REPLACE FUNCTION novabot_internal.have_stopped(addresses text[]) RETURNS boolean
LANGUAGE sql STABLE
AS $$
    SELECT nullif(novabot_internal.last_said(addresses) = 'everything', false)
$$;
COMMENT ON FUNCTION novabot_internal.have_stopped(text[]) IS
'True if a person who is no client (any more) has stopped everything at these addresses, else NULL.';

CREATE OR REPLACE FUNCTION novabot_internal.opt_out_at(addresses text[], at timestamptz)
RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET lock_timeout = '50ms'
AS $$
    SELECT coalesce(
        (
            SELECT coalesce((novabot_internal.opt_out_of(a."userId")).level, 'none')
            FROM public."User" AS u
            JOIN public."Alias" AS a ON a."userId" = u.id
            WHERE
                a.alias = ANY (novabot_internal.canonical_addresses(addresses)) AND a.since <= at
            ORDER BY array_position(novabot_internal.canonical_addresses(addresses), a.alias)
            LIMIT 1
        ),
        novabot_internal.last_said(addresses),
        'none'
    )
$$;
COMMENT ON FUNCTION novabot_internal.opt_out_at(text[], timestamptz) IS
'The level that the owner of these addresses has asked for: none, promotions or everything; of a stranger, what its addresses'' digests say.';
